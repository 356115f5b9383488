"""Single fields of the form of a task, and what stands above Start where something is wrong."""

from collections.abc import Sequence

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.units import show_quantity
from sizing_app.ui.forms.then_choice import LABEL, then_choices


def then_field(circuit: Circuit, text: str) -> gr.Dropdown:
    """What is done once all specs are met; an expression can be typed."""
    choices = then_choices(circuit)
    shown = choices if text in [value for _, value in choices] else [*choices, (text, text)]
    return gr.Dropdown(shown, value=text, label=LABEL, allow_custom_value=True)


def condition_choices(circuit: Circuit, chosen: Conditions) -> list:
    """Dropdowns of a circuit's conditions: corner, temperature, supply, load."""
    space = circuit.conditions
    lists = (("Corner", [(corner, corner) for corner in space.corners], chosen.corner),
             ("Temperature", [(show_quantity(value, "C"), value) for value in space.temperatures], chosen.temperature),
             ("Supply", [(show_quantity(value, "V"), value) for value in space.supplies], chosen.supply),
             ("Load", [(show_quantity(value, "F"), value) for value in space.loads], chosen.load))
    return [gr.Dropdown(choices, value=value, label=label, min_width=80) for label, choices, value in lists]


def problem_list(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    items = Markup("").join(Markup("<li>{}</li>").format(problem) for problem in problems)
    return str(Markup('<div class="problem-list" role="alert"><b>Not started</b><ul>{}</ul></div>').format(items))
