"""A circuit's schematic with the sizes of one design in place of the names of its parameters."""

import re

from markupsafe import Markup, escape

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.folder import file_of

LABEL = re.compile(r"(<tspan[^>]*>)([^<]*)(</tspan>)")


def sized_schematic(circuit: Circuit, parameters: Parameters, conditions: Conditions) -> Markup:
    """The SVG of the circuit's folder; empty where it has none. Only the folder's own files are read."""
    path = file_of(circuit, "schematic.svg")
    if not path.is_file():
        return Markup("")
    values = {name: circuit.parameter(name).spice(value) for name, value in parameters.items()}
    values |= {"load": f"{conditions.load * 1e12:g}p"}
    names = re.compile(rf"\b({'|'.join(map(re.escape, values))})\b")

    def label(match: re.Match) -> str:
        text = match[2] if len(match[2].split()) > 3 else names.sub(lambda name: str(escape(values[name[1]])), match[2])
        return match[1] + text + match[3]
    return Markup(LABEL.sub(label, path.read_text()))
