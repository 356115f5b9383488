"""A circuit as a person wants to see it before sizing: schematic, parameters with ranges and roles, netlist."""

import base64
import re
from collections.abc import Mapping

from markupsafe import Markup, escape

from sizing_app.circuit.definition import Circuit, Parameter
from sizing_app.circuit.folder import drawing
from sizing_app.ui.parts.netlist_table import netlist_table


def choices(circuits: Mapping[str, Circuit], *handles: str) -> list[tuple[str, str]]:
    """(title, name) of what a catalog lists, and of those that are asked for besides, by their key perhaps."""
    return [(f"{circuits[handle].name} \u2013 {circuits[handle].title}", handle)
            for handle in dict.fromkeys((*circuits, *handles))]


def panel(circuit: Circuit) -> str:
    rows = Markup("").join(_row(parameter) for parameter in circuit.parameters)
    return Markup(
        '<div class="circuit"><p class="summary">{summary} <span class="quiet">Process {process}.</span></p>'
        '<div class="circuit-columns"><figure>{drawing}</figure>'
        '<div class="scroll"><table><caption class="sr-only">Parameters of {name}</caption><thead><tr>'
        '<th scope="col">Parameter</th><th scope="col" class="num">Range</th>'
        '<th scope="col">Role</th></tr></thead><tbody>{rows}</tbody></table></div></div>'
        '<details class="netlist"><summary>Netlist</summary><pre tabindex="0">{netlist}</pre></details></div>').format(
            summary=circuit.summary, process=circuit.process, drawing=schematic(circuit), name=circuit.name,
            rows=rows, netlist=_netlist(circuit.netlist))


def _row(parameter: Parameter) -> Markup:
    scale = "" if parameter.scale == "log" else "linear"
    return Markup('<tr><th scope="row"><code>{}</code></th><td class="num">{} \u2026 {}</td>'
                  '<td>{} <small class="quiet">{}</small></td></tr>').format(
        parameter.name, parameter.show(parameter.low), parameter.show(parameter.high), parameter.role, scale)


def schematic(circuit: Circuit) -> Markup:
    """The SVG as an image, so that its styles stay its own; without one the devices as a table."""
    path = drawing(circuit)
    if not path.is_file():
        return netlist_table(circuit)
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return Markup('<img class="schematic" alt="Schematic of {}" src="data:image/svg+xml;base64,{}">').format(
        circuit.title, data)


def _netlist(text: str) -> Markup:
    """The netlist with its {parameters} marked."""
    return Markup(re.sub(r"\{(\w+)\}", r"<b>{\1}</b>", str(escape(text.strip()))))
