"""The form that becomes a task: circuit, conditions, specs, policies, budget. The same on every page that sizes."""

from collections.abc import Sequence

import gradio as gr
from markupsafe import Markup

from sizing_app.domain import Circuit, Conditions, Task
from sizing_app.ui.components import cell_table
from sizing_app.ui.form import INITIAL, MAX_BUDGET, Reading, initial_table, initial_values, read_task, spec_table
from sizing_app.ui.services import Services
from sizing_app.units import format_si

PRIVATE = {"api_visibility": "private", "show_progress": "hidden"}
NONE = ""
"""The choice of no policy, for a lane that stays empty."""


class TaskForm:
    """Made inside a gr.Blocks. ``prefix`` begins the ids of its elements; ``lanes`` is how many policies are chosen."""

    def __init__(self, services: Services, prefix: str = "", lanes: int = 1):
        self.services, self.prefix = services, prefix
        self.first = services.circuits[services.default_circuit]
        circuit = self.first
        choices = [(f"{item.name} \u2013 {item.title}", name) for name, item in services.circuits.items()]
        self.circuit = gr.Dropdown(choices, value=circuit.name, label="Circuit")
        with gr.Row(elem_classes="pair"):
            self.conditions = condition_choices(circuit, circuit.conditions.nominal)
        self.specs = cell_table(spec_table(circuit, circuit.specs), label="Specs", elem_id=f"{prefix}specs")
        self.reset = gr.Button("Default specs", size="sm", elem_classes="quiet-button")
        self.policies = [self._policy_choice(circuit.name, lane, lanes) for lane in range(lanes)]
        with gr.Row(elem_classes="pair"):
            self.budget = gr.Number(5, label=f"Simulations, 1 to {MAX_BUDGET}", min_width=80)
            self.seed = gr.Number(0, label="Seed", min_width=80)
        self.kind = gr.Dropdown([(title, kind) for kind, title in INITIAL.items()], value="random",
                                label="Initial design")
        self.initial = cell_table(initial_table(circuit, initial_values(circuit, "random", 0)),
                                  label="Initial values", elem_id=f"{prefix}initial", visible=False)
        self.problems = gr.HTML("", elem_id=f"{prefix}problems", apply_default_css=False)
        self._wire()

    @property
    def fields(self) -> list:
        """The inputs of ``read``, in its order."""
        return [self.circuit, *self.conditions, self.specs, self.budget, self.seed, self.kind, self.initial,
                *self.policies]

    @property
    def checked(self) -> list:
        """What ``answer`` gives the values of."""
        return [self.problems, self.specs, self.initial]

    def read(self, circuit: str, corner: str, temperature: float, supply: float, load: float, specs: dict,
             budget: float, seed: float, kind: str, initial: dict, *policies: str) -> tuple[Reading, list[str]]:
        """What was filled in, with its problems, and the chosen policies."""
        reading = read_task(self.services.circuits[circuit], Conditions(corner, temperature, supply, load), specs,
                            kind, initial, budget, seed)
        return reading, [policy for policy in policies if policy != NONE]

    @staticmethod
    def answer(reading: Reading, problems: Sequence[str]) -> list:
        """The form with what is wrong in it."""
        return [problem_list(problems), reading.specs, reading.initial]

    def fill(self, task: Task, policies: Sequence[str]) -> list:
        """The values of ``fields`` that give this task again."""
        circuit = self.services.circuits[task.circuit.name]
        lanes = len(self.policies)
        chosen = [*policies, *[NONE] * lanes][:lanes]
        return [circuit.name, *condition_choices(circuit, task.conditions), spec_table(circuit, task.specs),
                task.budget, task.seed, "typed", gr.update(value=initial_table(circuit, task.initial), visible=True),
                *(self._policy_choice(circuit.name, lane, lanes, policy) for lane, policy in enumerate(chosen))]

    def change_circuit(self, name: str, kind: str, seed: float | None, *policies: str) -> list:
        circuit = self.services.circuits[name]
        table = initial_table(circuit, initial_values(circuit, kind, int(seed or 0)))
        return [*condition_choices(circuit, circuit.conditions.nominal), spec_table(circuit, circuit.specs), table,
                *(self._policy_choice(name, lane, len(policies), policy) for lane, policy in enumerate(policies))]

    def change_initial(self, name: str, kind: str, seed: float | None) -> dict:
        circuit = self.services.circuits[name]
        if kind == "typed":
            return gr.update(visible=True)
        return gr.update(value=initial_table(circuit, initial_values(circuit, kind, int(seed or 0))), visible=False)

    def _wire(self) -> None:
        context = [self.circuit, self.kind, self.seed]
        self.circuit.input(self.change_circuit, [*context, *self.policies],
                           [*self.conditions, self.specs, self.initial, *self.policies], **PRIVATE)
        for field in (self.kind, self.seed):
            field.input(self.change_initial, context, self.initial, **PRIVATE)
        self.reset.click(lambda name: spec_table(self.services.circuits[name], self.services.circuits[name].specs),
                         self.circuit, self.specs, **PRIVATE)

    def _policy_choice(self, circuit: str, lane: int, lanes: int, wanted: str | None = None) -> gr.Dropdown:
        """The policies that can size a circuit; ``wanted`` stays chosen if it is one of them. All but the first two
        lanes may stay empty."""
        choices = self.services.policies_for(circuit)
        if lane > 1:
            choices = [("None", NONE), *choices]
        names = [name for _, name in choices]
        default = names[0] if lane != 1 else next((name for name in names if name == "bayes"), names[-1])
        label = "Policy" if lanes == 1 else f"Policy {lane + 1}"
        return gr.Dropdown(choices, value=wanted if wanted in names else default, label=label)


def condition_choices(circuit: Circuit, chosen: Conditions) -> list:
    """Dropdowns of a circuit's conditions: corner, temperature, supply, load."""
    space = circuit.conditions
    lists = (("Corner", [(corner, corner) for corner in space.corners], chosen.corner),
             ("Temperature", [(f"{value:g} \u00b0C", value) for value in space.temperatures], chosen.temperature),
             ("Supply", [(format_si(value, unit="V"), value) for value in space.supplies], chosen.supply),
             ("Load", [(format_si(value, unit="F"), value) for value in space.loads], chosen.load))
    return [gr.Dropdown(choices, value=value, label=label, min_width=80) for label, choices, value in lists]


def problem_list(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    items = Markup("").join(Markup("<li>{}</li>").format(problem) for problem in problems)
    return str(Markup('<div class="problem-list" role="alert"><b>Not started</b><ul>{}</ul></div>').format(items))
