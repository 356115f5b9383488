"""The form that becomes a task: circuit, conditions, specs, policies, budget, and what a person adds. For all pages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.catalog import handle_of
from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.validation import Invalid
from sizing_app.task.definition import Task
from sizing_app.task.goal import STOP, Goal, read_goal
from sizing_app.task.limits import hold
from sizing_app.task.validation import MAX_HINT, SESSION_BUDGET, check_task
from sizing_app.ui.forms.fields import condition_choices, problem_list, then_field
from sizing_app.ui.forms.form import (INITIAL, Reading, best_of, initial_table, initial_values, read_task,
                                      spec_table)
from sizing_app.ui.forms.limit_form import limit_table, read_limits
from sizing_app.ui.forms.over_form import Chosen, OverForm, problem, read_plan
from sizing_app.ui.forms.policy_choice import budget_for, in_tiers, line_of, suggested_budget
from sizing_app.ui.forms.then_choice import then_text
from sizing_app.ui.parts.circuit_panel import choices
from sizing_app.ui.parts.components import cell_table
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.render import alert
from sizing_app.ui.services import BUDGET, Services, begins_with_hints, reads_hints, reads_ranges

NONE = ""
"""The choice of no policy, for a lane that stays empty."""
BEST = "best"
KINDS = {**INITIAL, BEST: "Best design of a session"}


@dataclass(frozen=True)
class Filled:
    """What was filled in: the task, or the problems that prevent one; and the form with the problems at its cells."""

    reading: Reading
    limits: dict
    policies: tuple[str, ...]
    parent: str | None = None
    """The session whose best design is the initial one."""
    over: tuple = ()
    """What is shown beside the conditions to meet."""
    remembers: bool = False
    """Whether a policy that can begins with what earlier sessions simulated."""

    @property
    def task(self) -> Task | None:
        return self.reading.task

    @property
    def problems(self) -> tuple[str, ...]:
        return self.reading.problems


class TaskForm:
    """Made inside a gr.Blocks. ``prefix`` begins the ids of its elements; ``lanes`` is how many policies are chosen."""

    def __init__(self, services: Services, prefix: str = "", lanes: int = 1):
        self.services, self.prefix = services, prefix
        self.first = services.circuits[services.default_circuit]
        circuit = self.first
        self.circuit = gr.Dropdown(choices(services.circuits), value=circuit.name, label="Circuit")
        with gr.Row(elem_classes="pair"):
            self.conditions = condition_choices(circuit, circuit.conditions.nominal)
        self.over = OverForm(circuit, prefix)
        self.specs = cell_table(spec_table(circuit, circuit.specs), label="Specs", elem_id=f"{prefix}specs")
        self.reset = gr.Button("Default specs", size="sm", elem_classes="quiet-button")
        self.policies = [self._policy_choice(circuit.name, lane, lanes) for lane in range(lanes)]
        self.picked = [gr.Textbox("", visible="hidden", container=False)] if lanes == 1 else []
        """The policy that a person chose; empty: none, so that another circuit comes with its own default."""
        self.lines = gr.HTML(self._lines(circuit.name, *(policy.value for policy in self.policies)),
                             apply_default_css=False, elem_id=f"{prefix}policy-lines")
        with gr.Row(elem_classes="pair"):
            self.budget = gr.Number(BUDGET, label=f"Designs, 1 to {SESSION_BUDGET}", min_width=80)
            self.seed = gr.Number(0, label="Seed", min_width=80)
        self.then = then_field(circuit, STOP)
        self.earlier = gr.Checkbox(True, label="Begin with what earlier sessions simulated", container=False,
                                   info="Response surfaces only: all at the same conditions, of others the best "
                                        "designs.",
                                   elem_id=f"{prefix}earlier", visible=lanes == 1)
        self.kind = gr.Dropdown([(title, kind) for kind, title in KINDS.items()], value="random",
                                label="Initial design")
        self.source = gr.Textbox("", label="Session whose best design to start from", max_lines=1, visible=False,
                                 elem_id=f"{prefix}source")
        self.initial = cell_table(initial_table(circuit, initial_values(circuit, "random", 0)),
                                  label="Initial values", elem_id=f"{prefix}initial", visible=False)
        with gr.Accordion("Limits and a hint from you", open=False, elem_id=f"{prefix}person",
                          elem_classes="person") as self.person:
            self.hint = gr.Textbox("", label="Hint", lines=2, max_length=MAX_HINT, elem_id=f"{prefix}hint")
            self.note = gr.HTML(self._note(*(policy.value for policy in self.policies)), apply_default_css=False,
                                elem_id=f"{prefix}note")
            self.limits = cell_table(limit_table(circuit, {}), label="Limits of the parameters",
                                     elem_id=f"{prefix}limits")
        self.problems = gr.HTML("", elem_id=f"{prefix}problems", apply_default_css=False, render=False)
        """Rendered by the page, above the button that they kept from starting."""
        self._wire()

    @property
    def fields(self) -> list:
        """The inputs of ``read``, in its order."""
        return [self.circuit, *self.conditions, *self.over.fields, self.specs, self.budget, self.seed, self.kind,
                self.initial, self.source, self.limits, self.hint, self.then, self.earlier, *self.policies]

    @property
    def checked(self) -> list:
        """What ``answer`` gives the values of."""
        return [self.problems, self.specs, self.initial, self.limits, self.budget, self.seed, *self.over.checked]

    def read(self, circuit: str, corner: str, temperature: float, supply: float, load: float, over: str,
             over_text: str, samples: float, aim: str, pelgrom: str, specs: dict, budget: float, seed: float,
             kind: str, initial: dict, source: str, limits: dict, hint: str, then: str, earlier: bool,
             *policies: str) -> Filled:
        """Check everything at once, so that a person sees all problems together."""
        chosen, problems, parent = self.services.circuits.get(circuit), [], None
        if chosen is None:
            return Filled(Reading(None, (_removed(circuit),), specs, initial), limits, (),
                          over=tuple(_left_alone(self.over.checked)))
        if kind == BEST:
            kind, parent = "typed", (source or "").strip()
            initial = best_of(self.services.store, parent, chosen, initial, problems)
        conditions = Conditions(corner, temperature, supply, load)
        where = Chosen(over, over_text, samples, aim, pelgrom)
        reading = read_task(chosen, conditions, specs, kind, initial, budget, seed)
        ranges, wrong, limits = read_limits(chosen, limits)
        nowhere, goal = problem(chosen, conditions, where), self._goal(then, problems)
        problems = (*problems, *([nowhere] if nowhere else []), *reading.problems, *wrong)
        task = None
        if reading.task is not None and not problems:
            task = replace(reading.task, limits=ranges, hint=(hint or "").strip(), goal=goal,
                           plan=read_plan(chosen, conditions, where),
                           initial=hold(reading.task.initial, ranges)[0])
            try:
                check_task(task, "Task")
            except Invalid as error:
                task, problems = None, (f"{error}.",)
        return Filled(replace(reading, task=task, problems=problems), limits,
                      tuple(policy for policy in policies if policy != NONE), parent,
                      tuple(self.over.answer(chosen, conditions, where)), bool(earlier))

    @staticmethod
    def answer(filled: Filled, problems: Sequence[str]) -> list:
        """The form with what is wrong in it."""
        marks = [gr.Number(elem_classes=["wrong"] if any(text.startswith(field) for text in problems) else [])
                 for field in ("Budget:", "Seed:")]
        return [problem_list(problems), filled.reading.specs, filled.reading.initial, filled.limits, *marks,
                *filled.over]

    def shows(self, circuit: Circuit) -> bool:
        """Whether the form can be filled with a task of this circuit: it is in the folders or the database."""
        return handle_of(self.services.circuits, circuit) in self.services.circuits

    def listed(self) -> list:
        """The values of ``fields``, all as they are but for the circuits to choose of: those of who asks, by now."""
        return [gr.Dropdown(choices(self.services.circuits)), *[gr.skip()] * (len(self.fields) - 1)]

    def preset(self, name: str, policies: Sequence[str]) -> list:
        """The values of ``fields`` for a circuit's default specs under nominal conditions."""
        circuit = self.services.circuits[name]
        offered = [policy for _, policy in self.services.policies_for(name)]
        first = next((policy for policy in policies if policy in offered), offered[0])
        task = Task(circuit, circuit.specs, circuit.conditions.nominal, initial_values(circuit, "random", 0),
                    budget=budget_for(first))
        return self.fill(task, policies, "random")

    def fill(self, task: Task, policies: Sequence[str], kind: str = "", source: str = "") -> list:
        """The values of ``fields`` that give this task again; with BEST, from the best design of session ``source``."""
        circuit, circuits, lanes = task.circuit, self.services.circuits, len(self.policies)
        handle, kind = handle_of(circuits, circuit), kind or kind_of(circuit, task)
        chosen = [*policies, *[NONE] * lanes][:lanes]
        return [gr.Dropdown(choices(circuits, handle), value=handle), *condition_choices(circuit, task.conditions),
                *self.over.fill(circuit, task), spec_table(circuit, task.specs), min(task.budget, SESSION_BUDGET),
                task.seed, kind,
                gr.update(value=initial_table(circuit, task.initial), visible=kind == "typed"),
                gr.update(value=source, visible=kind == BEST), limit_table(circuit, task.limits), task.hint,
                then_field(circuit, then_text(task.goal)), True,
                *(self._policy_choice(handle, lane, lanes, policy) for lane, policy in enumerate(chosen))]

    def change_circuit(self, name: str, kind: str, seed: float | None, *policies: str) -> list:
        circuit = self.services.circuits.get(name)
        if circuit is None:
            return _left_alone(self._of_circuit)
        table = initial_table(circuit, initial_values(circuit, kind, int(seed or 0)))
        nominal = Task(circuit, circuit.specs, circuit.conditions.nominal, {})
        return [*condition_choices(circuit, nominal.conditions), *self.over.fill(circuit, nominal),
                spec_table(circuit, circuit.specs), table, limit_table(circuit, {}), then_field(circuit, STOP),
                *(self._policy_choice(name, lane, len(policies), policy) for lane, policy in enumerate(policies))]

    @property
    def _of_circuit(self) -> list:
        """What ``change_circuit`` gives the values of."""
        return [*self.conditions, *self.over.fields, self.specs, self.initial, self.limits, self.then, *self.policies]

    def change_initial(self, name: str, kind: str, seed: float | None) -> list:
        circuit, source = self.services.circuits.get(name), gr.Textbox(visible=kind == BEST)
        if circuit is None:
            return _left_alone((self.initial, self.source))
        if kind == "typed":
            return [gr.update(visible=True), source]
        table = initial_table(circuit, initial_values(circuit, kind, int(seed or 0)))
        return [gr.update(value=table, visible=False), source]

    @staticmethod
    def _goal(then: str, problems: list[str]) -> Goal | None:
        """The goal of the field; None and a problem where it cannot be read."""
        try:
            return read_goal(then or STOP)
        except Invalid as error:
            problems.append(f"Then: {str(error).removeprefix('then: ')}.")
            return None

    def _told_over(self, name: str, corner: str, temperature: float, supply: float, load: float, *over) -> list:
        """What stands beside the conditions to meet."""
        circuit = self.services.circuits.get(name)
        if circuit is None:
            return _left_alone(self.over.checked)
        return self.over.answer(circuit, Conditions(corner, temperature, supply, load), Chosen(*over))

    def _note(self, *policies: str) -> str:
        """What each chosen policy does with hint and limits."""
        titles, lines = self.services.policies, []
        for policy in filter(None, policies):
            hint = ("reads the hint" if reads_hints(policy) else "begins with the hint as its plan"
                    if begins_with_hints(policy) else "reads no hints")
            ranges = ("and works within the limits" if reads_ranges(policy) else
                      "and knows nothing of the limits: what it proposes is held to them")
            lines.append(f"{titles.get(policy, policy)} {hint} {ranges}.")
        text = Markup("<br>").join(lines)
        return str(Markup('<p class="quiet note">{} Equal limits lock a parameter; empty ones leave the range.</p>'
                          ).format(text))

    def _lines(self, circuit: str, *policies: str) -> str:
        """One line on each policy that is chosen, what it does not know, and why the model is not among them that can
        be."""
        if circuit not in self.services.circuits:
            return alert(_removed(circuit))
        unknown = (self.services.untrained(name, circuit) for name in policies)
        lines = filter(None, (*map(line_of, policies), *unknown, self.services.not_offered(circuit)))
        return str(Markup("").join(Markup('<p class="quiet note">{}</p>').format(line) for line in lines))

    def _wire(self) -> None:
        context = [self.circuit, self.kind, self.seed]
        changed = self.circuit.input(
            self.change_circuit, [*context, *(self.picked or self.policies)], self._of_circuit, **PRIVATE)
        for field in self.over.fields:
            field.change(self._told_over, [self.circuit, *self.conditions, *self.over.fields], self.over.checked,
                         trigger_mode="always_last", **PRIVATE)
        for picked in self.picked:  # not input, which a list that is left without a choice sends too
            self.policies[0].select(None, self.policies[0], picked, js="(name) => name", **PRIVATE)
        chosen = [self.circuit, *self.policies]
        for told in (changed.then, *(policy.change for policy in self.policies)):
            told(lambda circuit, *names: [self._note(*names), self._lines(circuit, *names)], chosen,
                 [self.note, self.lines], **PRIVATE)
        if len(self.policies) == 1:
            for chosen_policy in (self.policies[0].input, changed.then):
                chosen_policy(None, [*self.policies, self.budget], self.budget, js=suggested_budget(), **PRIVATE)
        for field in (self.kind, self.seed):
            field.input(self.change_initial, context, [self.initial, self.source], **PRIVATE)
        self.reset.click(self._default_specs, self.circuit, self.specs, **PRIVATE)

    def _default_specs(self, name: str) -> dict:
        circuit = self.services.circuits.get(name)
        return gr.skip() if circuit is None else spec_table(circuit, circuit.specs)

    def _policy_choice(self, circuit: str, lane: int, lanes: int, wanted: str | None = None) -> gr.Dropdown:
        """The policies that can size a circuit; ``wanted`` stays chosen if it is one of them. All but the first two
        lanes may stay empty."""
        offered = self.services.policies_for(circuit)
        choices = in_tiers(offered)
        if lane > 1:
            choices = [("None", NONE), *choices]
        names = [name for _, name in choices]
        second = next((name for name in names if name == "bayes"), names[-1])
        default = {0: offered[0][1], 1: second}.get(lane, names[0])
        label = "Policy" if lanes == 1 else f"Policy {lane + 1}"
        return gr.Dropdown(choices, value=wanted if wanted in names else default, label=label)


def _removed(name: str) -> str:
    return f"Circuit: {name} was removed, choose another one."


def _left_alone(fields: Sequence) -> list:
    return [gr.skip() for _ in fields]


def kind_of(circuit: Circuit, task: Task) -> str:
    """The first of the ways to start that gives the task's initial design."""
    drawn = (kind for kind in ("random", "middle") if initial_values(circuit, kind, task.seed) == dict(task.initial))
    return next(drawn, "typed")
