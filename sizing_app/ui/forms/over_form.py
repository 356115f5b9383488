"""The part of the form that says under which conditions a design must meet its specs (task/over.py reads the texts):
nominal, corners, or some of them; and random samples of the transistors, with the yield that is aimed at."""

from typing import NamedTuple

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.conditions import Conditions, ConditionSpace
from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.pdk import ModelError
from sizing_app.circuit.units import show_quantity
from sizing_app.circuit.validation import Invalid, is_whole
from sizing_app.circuit.variation import first_sample, show_pelgrom
from sizing_app.task.definition import Plan, Task
from sizing_app.task.over import CORNERS, NOMINAL, plan_over, read_over, sampled, show_aim, show_choice
from sizing_app.task.validation import PAGE_POINTS, PAGE_SAMPLES

OWN = "own"
"""A choice as text, in place of a word of task/over.py."""
LABEL = "Conditions to meet"
AIM = "95%"
"""The yield that is aimed at, unless another one is typed."""


class Chosen(NamedTuple):
    """What the fields say, in their order."""

    kind: str = NOMINAL
    text: str = ""
    samples: float = 0
    aim: str = AIM
    pelgrom: str = ""


class OverForm:
    """Made inside a gr.Blocks. ``prefix`` begins the ids of its elements."""

    def __init__(self, circuit: Circuit, prefix: str = ""):
        point = circuit.conditions.nominal
        self.kind = gr.Dropdown(kinds(circuit, point), value=NOMINAL, label=LABEL, elem_id=f"{prefix}over")
        self.text = gr.Textbox("", label="Corners @ temperatures @ supplies @ loads", visible=False, max_lines=1,
                               placeholder="tt,ss @ -40,27,125 @ 1.6,1.8", elem_id=f"{prefix}over-text")
        with gr.Row(elem_classes="pair"):
            self.samples = gr.Number(0, label=f"Random samples, 0 to {PAGE_SAMPLES}", min_width=80,
                                     elem_id=f"{prefix}over-samples")
            self.aim = gr.Textbox(AIM, label="Yield of each spec, or sigmas", placeholder="95%, 3 sigma", max_lines=1,
                                  min_width=80, visible=False, elem_id=f"{prefix}over-aim")
        self.pelgrom = gr.Textbox("", label="Assumed A_VT, A_beta (mV um, % um)", placeholder="3,1", max_lines=1,
                                  visible=False, elem_id=f"{prefix}over-pelgrom")
        self.note = gr.HTML(note(circuit, point, Chosen()), apply_default_css=False, elem_id=f"{prefix}over-note")

    @property
    def fields(self) -> list:
        """The values of a Chosen."""
        return [self.kind, self.text, self.samples, self.aim, self.pelgrom]

    @property
    def checked(self) -> list:
        """What ``answer`` gives the values of."""
        return [self.text, self.samples, self.aim, self.pelgrom, self.note]

    def answer(self, circuit: Circuit, conditions: Conditions, chosen: Chosen) -> list:
        """What the choice comes to, or what is wrong with it, beside its field."""
        wrong = problem(circuit, conditions, chosen)
        marks = {field: ["wrong"] if wrong.startswith(f"{LABEL}: {field}") else []
                 for field in ("samples", "yield", "pelgrom")}
        typed = chosen.kind == OWN and bool(chosen.text) and wrong and not any(marks.values())
        return [gr.update(visible=chosen.kind == OWN, elem_classes=["wrong"] if typed else []),
                gr.update(elem_classes=marks["samples"]),
                gr.update(visible=bool(chosen.samples), elem_classes=marks["yield"]),
                gr.update(visible=bool(chosen.samples) and not has_coefficients(circuit, conditions),
                          elem_classes=marks["pelgrom"]),
                note(circuit, conditions, chosen)]

    @staticmethod
    def fill(circuit: Circuit, task: Task) -> list:
        """The values of ``fields`` that give a task's conditions and samples again; those samples begin with the first
        one."""
        chosen = choice_of(circuit, task)
        return [gr.Dropdown(kinds(circuit, task.conditions), value=chosen.kind),
                gr.update(value=chosen.text, visible=chosen.kind == OWN), chosen.samples,
                gr.update(value=chosen.aim, visible=chosen.samples > 0),
                gr.update(value=chosen.pelgrom, visible=bool(chosen.pelgrom))]


def kinds(circuit: Circuit, conditions: Conditions) -> list[tuple[str, str]]:
    """(title, kind) of what can be chosen."""
    everywhere = read_over(circuit, conditions, CORNERS)
    corners = [(f"All corners: {len(everywhere.points)} conditions", CORNERS)] if everywhere else []
    return [("The conditions above alone", NOMINAL), *corners, ("Own choice \u2026", OWN)]


def has_coefficients(circuit: Circuit, conditions: Conditions) -> bool:
    """Whether there are random samples without assuming anything."""
    try:
        first_sample(circuit, conditions)
    except ModelError:
        return False
    return True


def read_plan(circuit: Circuit, conditions: Conditions, chosen: Chosen) -> Plan | None:
    """Where designs are judged: a word, or for OWN the text, and random samples. Raises Invalid."""
    plan = read_over(circuit, conditions, (chosen.text or "") if chosen.kind == OWN else chosen.kind)
    if plan is not None and len(plan.points) > PAGE_POINTS:
        raise Invalid(f"over: {len(plan.points)} points, at most {PAGE_POINTS}")
    if not is_whole(chosen.samples, 0, PAGE_SAMPLES):
        raise Invalid(f"samples: expected a whole number from 0 to {PAGE_SAMPLES}")
    try:
        return sampled(circuit, conditions, plan, int(chosen.samples), chosen.aim or "", chosen.pelgrom or "")
    except ModelError as error:
        raise Invalid(f"samples: {error}") from error


def problem(circuit: Circuit, conditions: Conditions, chosen: Chosen) -> str:
    """A sentence; empty where the choice can be read."""
    try:
        read_plan(circuit, conditions, chosen)
    except Invalid as error:
        return f"{LABEL}: {str(error).removeprefix('over: ')}."
    return ""


def note(circuit: Circuit, conditions: Conditions, chosen: Chosen) -> str:
    """The line below the fields."""
    if chosen.kind == OWN and not (chosen.text or "").strip():
        return _line("quiet note", "Lists with commas; * is all that the circuit is specified for; parts may be left "
                                   "out.")
    if wrong := problem(circuit, conditions, chosen):
        return _line("warning", wrong)
    plan = read_plan(circuit, conditions, chosen)
    return "" if plan is None else _line("quiet note", f"{_told(plan)}{_beyond(circuit, plan)}")


def _beyond(circuit: Circuit, plan: Plan) -> str:
    """A sentence on temperatures, supplies and loads outside those that the circuit is specified for."""
    space, found = circuit.conditions, []
    for name, unit, offered in (("temperature", "C", space.temperatures), ("supply", "V", space.supplies),
                                ("load", "F", space.loads)):
        values = dict.fromkeys(getattr(point, name) for point in plan.points)
        found += [show_quantity(value, unit) for value in values if not min(offered) <= value <= max(offered)]
    return f" The circuit is not specified for {', '.join(found)}." if found else ""


def _told(plan: Plan) -> str:
    samples = len(plan.samples)
    others = len(plan.points) - samples
    parts = [f"by its worst value over {others} conditions"] if others > 1 else []
    if samples:
        rule = f"{show_aim(plan)} of which must meet it" if plan.sigmas is None else \
            f"whose mean and {show_aim(plan)} must meet it"
        parts.append(f"by {samples} random samples, the same for every design, {rule}")
    return (f"Each spec is judged {' and '.join(parts)}. A design that is no better than the best one is not simulated "
            "at all of them.")


def choice_of(circuit: Circuit, task: Task) -> Chosen:
    """What gives the conditions and samples of a task again."""
    points = tuple(point for point in task.points if point.draw is None)
    return _with_samples(task, *_conditions_of(circuit, task.conditions, points))


def _conditions_of(circuit: Circuit, conditions: Conditions, points: tuple[Conditions, ...]) -> tuple[str, str]:
    if len(points) == 1:
        return NOMINAL, ""
    everywhere = read_over(circuit, conditions, CORNERS)
    if everywhere is not None and set(everywhere.points) == set(points):
        return CORNERS, ""
    return OWN, show_choice(_space(conditions, points))


def _with_samples(task: Task, kind: str, text: str) -> Chosen:
    if task.plan is None or not task.plan.samples:
        return Chosen(kind, text)
    assumed = task.points[task.plan.samples[0]].draw.pelgrom
    return Chosen(kind, text, min(len(task.plan.samples), PAGE_SAMPLES), show_aim(task.plan),
                  "" if assumed is None else show_pelgrom(assumed))


def _space(conditions: Conditions, points: tuple[Conditions, ...]) -> ConditionSpace:
    """The smallest space of which, with the task's own conditions, ``points`` are all combinations."""
    for chosen in (points[1:], points):
        values = [tuple(dict.fromkeys(getattr(point, name) for point in chosen))
                  for name in ("corner", "temperature", "supply", "load")]
        plan = plan_over(conditions, space := ConditionSpace(*values))
        if plan is not None and set(plan.points) == set(points):
            break
    return space


def _line(kind: str, text: str) -> str:
    role = Markup(' role="alert"') if kind == "warning" else ""
    return str(Markup('<p class="{}"{}>{}</p>').format(kind, role, text))
