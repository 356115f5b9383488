"""The part of the form that says under which conditions a design must meet its specs (task/over.py reads the text)."""

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.definition import Circuit, Conditions, ConditionSpace
from sizing_app.circuit.validation import Invalid
from sizing_app.task.definition import Plan, Task
from sizing_app.task.over import CORNERS, NOMINAL, plan_over, read_over, show_choice
from sizing_app.task.validation import PAGE_POINTS

OWN = "own"
"""A choice as text, in place of a word of task/over.py."""
LABEL = "Conditions to meet"


class OverForm:
    """Made inside a gr.Blocks. ``prefix`` begins the ids of its elements."""

    def __init__(self, circuit: Circuit, prefix: str = ""):
        point = circuit.conditions.nominal
        self.kind = gr.Dropdown(kinds(circuit, point), value=NOMINAL, label=LABEL, elem_id=f"{prefix}over")
        self.text = gr.Textbox("", label="Corners @ temperatures @ supplies @ loads", visible=False, max_lines=1,
                               placeholder="tt,ss @ -40,27,125 @ 1.6,1.8", elem_id=f"{prefix}over-text")
        self.note = gr.HTML(note(circuit, point, NOMINAL, ""), apply_default_css=False, elem_id=f"{prefix}over-note")

    @property
    def fields(self) -> list:
        return [self.kind, self.text]

    @property
    def checked(self) -> list:
        """What ``answer`` gives the values of."""
        return [self.text, self.note]

    def answer(self, circuit: Circuit, conditions: Conditions, kind: str, text: str) -> list:
        """What the choice comes to, or what is wrong with it, beside its field."""
        wrong = bool(text) and problem(circuit, conditions, kind, text)
        return [gr.update(visible=kind == OWN, elem_classes=["wrong"] if wrong else []),
                note(circuit, conditions, kind, text)]

    @staticmethod
    def fill(circuit: Circuit, task: Task) -> list:
        """The values of ``fields`` that give a task's conditions again; random samples are left out."""
        kind, text = choice_of(circuit, task)
        return [gr.Dropdown(kinds(circuit, task.conditions), value=kind), gr.update(value=text, visible=kind == OWN)]


def kinds(circuit: Circuit, conditions: Conditions) -> list[tuple[str, str]]:
    """(title, kind) of what can be chosen."""
    everywhere = read_over(circuit, conditions, CORNERS)
    corners = [(f"All corners: {len(everywhere.points)} conditions", CORNERS)] if everywhere else []
    return [("The conditions above alone", NOMINAL), *corners, ("Own choice \u2026", OWN)]


def read_plan(circuit: Circuit, conditions: Conditions, kind: str, text: str = "") -> Plan | None:
    """Where designs are judged: a word, or for OWN the text. Raises Invalid."""
    plan = read_over(circuit, conditions, (text or "") if kind == OWN else kind)
    if plan is not None and len(plan.points) > PAGE_POINTS:
        raise Invalid(f"over: {len(plan.points)} points, at most {PAGE_POINTS}")
    return plan


def problem(circuit: Circuit, conditions: Conditions, kind: str, text: str) -> str:
    """A sentence; empty where the choice can be read."""
    try:
        read_plan(circuit, conditions, kind, text)
    except Invalid as error:
        return f"{LABEL}: {str(error).removeprefix('over: ')}."
    return ""


def note(circuit: Circuit, conditions: Conditions, kind: str, text: str) -> str:
    """The line below the fields."""
    if kind == OWN and not (text or "").strip():
        return _line("quiet note", "Lists with commas; * is all that the circuit is specified for; parts may be left "
                                   "out.")
    if wrong := problem(circuit, conditions, kind, text):
        return _line("warning", wrong)
    plan = read_plan(circuit, conditions, kind, text)
    if plan is None:
        return ""
    return _line("quiet note", f"Each spec is judged by its worst value over {len(plan.points)} conditions. A design "
                               "that is no better than the best one is not simulated at all of them.")


def choice_of(circuit: Circuit, task: Task) -> tuple[str, str]:
    """Kind and text that give the conditions of a task again."""
    points = tuple(point for point in task.points if point.draw is None)
    if len(points) == 1:
        return NOMINAL, ""
    everywhere = read_over(circuit, task.conditions, CORNERS)
    if everywhere is not None and set(everywhere.points) == set(points):
        return CORNERS, ""
    return OWN, show_choice(_space(task.conditions, points))


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
