"""The Run page: a form that becomes a task, and the session it starts. The page only follows; the hub runs it."""

from collections.abc import Iterator

import gradio as gr
from markupsafe import Markup

from sizing_app.domain import Circuit, Conditions, Task
from sizing_app.errors import PolicyError, StoreError
from sizing_app.events import SessionState
from sizing_app.ui.circuit_panel import panel
from sizing_app.ui.components import cell_table, read_asset
from sizing_app.ui.form import INITIAL, MAX_BUDGET, initial_table, initial_values, read_task, spec_table
from sizing_app.ui.services import Services
from sizing_app.ui.session_view import SessionView
from sizing_app.units import format_si

FOLLOWERS = 100
"""Browsers that may follow sessions at once; each takes a thread that mostly sleeps."""
STARTS = 8


class RunPage:
    """Built inside a gr.Blocks."""

    def __init__(self, services: Services):
        self.services = services
        self.first = services.circuits[services.default_circuit]
        self.session_id = gr.Textbox("", label="Session", visible="hidden", elem_id="session-id")
        with gr.Row(elem_classes="workbench"):
            with gr.Column(elem_classes="task-column"):
                self._task_form()
            with gr.Column(elem_classes="result-column"):
                self.view = SessionView("run", services)
                with gr.Accordion(self._panel_title(self.first), open=True, elem_id="circuit-panel") as self.accordion:
                    self.panel = gr.HTML(panel(self.first), apply_default_css=False)
                self.view.body("run")
        self._wire()

    def connect(self, page: gr.Blocks) -> None:
        """Open the session that the address names."""
        opened = page.load(self.open_link, None, [self.session_id, self.accordion, *self.form], show_progress="hidden",
                           api_visibility="private")
        self._follow(opened)

    def begin(self, circuit: str, corner: str, temperature: float, supply: float, load: float, specs: dict,
              policy: str, budget: float, seed: float, kind: str, initial: dict) -> list:
        """Check the form and start a session; problems go back into the form and nothing starts."""
        reading = read_task(self.services.circuits[circuit], Conditions(corner, temperature, supply, load), specs,
                            kind, initial, budget, seed)
        problems, session_id = reading.problems, ""
        if reading.task is not None:
            try:
                session_id = self.services.start(reading.task, policy)
            except (PolicyError, StoreError) as error:
                problems = (str(error),)
        return [session_id or gr.skip(), _problem_list(problems), reading.specs, reading.initial,
                gr.Accordion(open=False) if session_id else gr.skip(),
                gr.Button(interactive=not session_id)]

    def follow(self, session_id: str) -> Iterator[list]:
        """Everything that shows the session, again and again until it ends."""
        if not session_id:  # a page just opened; whatever it shows by now is newer
            yield [gr.skip()] * (len(self.view.outputs) + 2)
            return
        try:
            for state in self.services.states(session_id):
                yield [*self.view.update(state, session_id), *_buttons(state.running)]
        except StoreError as error:
            missing = SessionState(message=str(error))
            yield [*self.view.update(missing, ""), *_buttons(False)]

    def stop(self, session_id: str) -> dict:
        if session_id:
            self.services.hub.stop(session_id)
        return gr.Button(interactive=False)

    def open_link(self, request: gr.Request) -> list:
        """The session of ?session=ID with its task in the form, so that it can be run again with a change."""
        query = request.query_params
        session_id = query.get("session", "")
        if not session_id:
            if query.get("circuit", "") in self.services.circuits and "view" not in query:
                return self.preset(query["circuit"], query.get("policy", ""))
            return [gr.skip()] * (2 + len(self.form))
        task, policy = self._stored(session_id)
        if task is None or task.circuit.name not in self.services.circuits:
            return [session_id, *[gr.skip()] * (1 + len(self.form))]
        circuit = self.services.circuits[task.circuit.name]
        conditions = task.conditions
        return [session_id, gr.Accordion(open=False, label=self._panel_title(circuit)), circuit.name,
                *_condition_choices(circuit, conditions), spec_table(circuit, task.specs),
                self._policy_choice(circuit.name, policy), task.budget, task.seed, "typed",
                gr.update(value=initial_table(circuit, task.initial), visible=True), panel(circuit)]

    def preset(self, name: str, policy: str) -> list:
        """A circuit and a policy chosen, nothing started: ?circuit=NAME&policy=NAME."""
        accordion, schematic, *conditions, specs, initial, policies = self.change_circuit(name, "random", 0, policy)
        return [gr.skip(), accordion, name, *conditions, specs, policies, *[gr.skip()] * 3, initial, schematic]

    def change_circuit(self, name: str, kind: str, seed: float | None, policy: str) -> list:
        circuit = self.services.circuits[name]
        table = initial_table(circuit, initial_values(circuit, kind, int(seed or 0)))
        return [gr.Accordion(label=self._panel_title(circuit)), panel(circuit),
                *_condition_choices(circuit, circuit.conditions.nominal), spec_table(circuit, circuit.specs), table,
                self._policy_choice(name, policy)]

    def change_initial(self, name: str, kind: str, seed: float | None) -> dict:
        circuit = self.services.circuits[name]
        if kind == "typed":
            return gr.update(visible=True)
        return gr.update(value=initial_table(circuit, initial_values(circuit, kind, int(seed or 0))), visible=False)

    def _task_form(self) -> None:
        circuit, nominal = self.first, self.first.conditions.nominal
        choices = [(f"{item.name} \u2013 {item.title}", name) for name, item in self.services.circuits.items()]
        self.circuit = gr.Dropdown(choices, value=circuit.name, label="Circuit")
        with gr.Row(elem_classes="pair"):
            corner, temperature, supply, load = _condition_choices(circuit, nominal)
            self.corner, self.temperature, self.supply, self.load = corner, temperature, supply, load
        self.specs = cell_table(spec_table(circuit, circuit.specs), label="Specs", elem_id="specs")
        self.reset = gr.Button("Default specs", size="sm", elem_classes="quiet-button")
        self.policy = self._policy_choice(circuit.name, "")
        with gr.Row(elem_classes="pair"):
            self.budget = gr.Number(5, label=f"Simulations, 1 to {MAX_BUDGET}", min_width=80)
            self.seed = gr.Number(0, label="Seed", min_width=80)
        self.kind = gr.Dropdown([(title, kind) for kind, title in INITIAL.items()], value="random",
                                label="Initial design")
        self.initial = cell_table(initial_table(circuit, initial_values(circuit, "random", 0)),
                                  label="Initial values", elem_id="initial", visible=False)
        self.problems = gr.HTML("", elem_id="problems", apply_default_css=False)
        with gr.Row(elem_classes="actions"):
            self.start = gr.Button("Start", variant="primary", elem_id="start")
            self.halt = gr.Button("Stop", interactive=False, elem_id="stop")

    @property
    def fields(self) -> list:
        """The inputs of ``begin``, in its order."""
        return [self.circuit, self.corner, self.temperature, self.supply, self.load, self.specs, self.policy,
                self.budget, self.seed, self.kind, self.initial]

    @property
    def form(self) -> list:
        return [*self.fields, self.panel]

    def _wire(self) -> None:
        self.view.inspection.connect(self.session_id)
        private = {"api_visibility": "private", "show_progress": "hidden"}
        context = [self.circuit, self.kind, self.seed]
        self.circuit.input(self.change_circuit, [*context, self.policy],
                           [self.accordion, self.panel, self.corner, self.temperature, self.supply, self.load,
                            self.specs, self.initial, self.policy], **private)
        for field in (self.kind, self.seed):
            field.input(self.change_initial, context, self.initial, **private)
        self.reset.click(lambda name: spec_table(self.services.circuits[name], self.services.circuits[name].specs),
                         self.circuit, self.specs, **private)
        begun = self.start.click(self.begin, self.fields, [self.session_id, self.problems, self.specs, self.initial,
                                                           self.accordion, self.start],
                                 concurrency_limit=STARTS, **private)
        self._follow(begun.then(None, self.session_id, None, js=read_asset("permalink.js"), **private))
        self.halt.click(self.stop, self.session_id, self.halt, queue=False, **private)

    def _follow(self, event) -> None:
        event.then(self.follow, self.session_id, [*self.view.outputs, self.start, self.halt], show_progress="hidden",
                   concurrency_limit=FOLLOWERS, concurrency_id="follow", api_visibility="private")

    def _stored(self, session_id: str) -> tuple[Task | None, str]:
        try:
            started = self.services.store.events(session_id)[0] if session_id else None
        except StoreError:
            started = None
        return (started.task, started.policy) if started else (None, "")

    def _policy_choice(self, circuit: str, policy: str) -> gr.Dropdown:
        """The policies that can size a circuit; ``policy`` stays chosen if it is one of them."""
        choices = self.services.policies_for(circuit)
        names = [name for _, name in choices]
        return gr.Dropdown(choices, value=policy if policy in names else names[0], label="Policy")

    @staticmethod
    def _panel_title(circuit: Circuit) -> str:
        return f"{circuit.name}: schematic, parameters, netlist"


def _condition_choices(circuit: Circuit, chosen: Conditions) -> list:
    """Dropdowns of a circuit's conditions: corner, temperature, supply, load."""
    space = circuit.conditions
    lists = (("Corner", [(corner, corner) for corner in space.corners], chosen.corner),
             ("Temperature", [(f"{value:g} \u00b0C", value) for value in space.temperatures], chosen.temperature),
             ("Supply", [(format_si(value, unit="V"), value) for value in space.supplies], chosen.supply),
             ("Load", [(format_si(value, unit="F"), value) for value in space.loads], chosen.load))
    return [gr.Dropdown(choices, value=value, label=label, min_width=80) for label, choices, value in lists]


def _problem_list(problems: tuple[str, ...]) -> str:
    if not problems:
        return ""
    items = Markup("").join(Markup("<li>{}</li>").format(problem) for problem in problems)
    return str(Markup('<div class="problem-list" role="alert"><b>Not started</b><ul>{}</ul></div>').format(items))


def _buttons(running: bool) -> list:
    return [gr.Button(interactive=not running), gr.Button(interactive=running)]
