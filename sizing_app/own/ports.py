"""From roles that are told by names and structure to the wiring of a ready testbench."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sizing_app.circuit.subcircuits import MAIN
from sizing_app.circuit.units import parse_si, show_quantity
from sizing_app.spice.cell import Cell
from sizing_app.spice.roles import ENABLE, IN, OTHER, OUT
from sizing_app.testbenches.bench import BenchError
from sizing_app.testbenches.template import Template
from sizing_app.testbenches.wiring import DEFAULTS, ROLES, Wiring

ANYWHERE = ("ground", "bias current", "bias voltage", "tied high", "tied low", "open")
"""Roles that every testbench knows what to do with."""
HELD = ("in+", "in-", "reference", "common mode", "common-mode control", "clock")
"""Inputs: held at half the supply by a testbench that has no use for them."""
_OFF = re.compile(r"pd|pwdn|rst|reset|sleep|en(able)?[bn]", re.IGNORECASE)
"""Names of pins that are low while a circuit works."""


@dataclass(frozen=True)
class Port:
    """One port of the cell."""

    net: str
    """In the file's words."""
    role: str
    """One of testbenches/wiring.py; empty where nothing tells it."""
    note: str = ""
    """Why this role, where it is not plain."""


def ports_for(template: Template, found: Mapping[str, str], chosen: Mapping[str, str]) -> tuple[Port, ...]:
    """Ports with roles that the template knows; ``found`` as spice/roles.py tells them, ``chosen`` by a person."""
    known = {*ANYWHERE, *template.optional, *(role for roles in template.required for role in roles)}
    taken = {*found.values(), *chosen.values()}
    ports = []
    for net, role in found.items():
        if net in chosen:
            ports.append(Port(net, chosen[net]))
            continue
        first = next((port.net for port in ports if port.role == role == OUT), "")
        ports.append(Port(net, "open", f"is left open: {first} is taken as the output") if first else
                     _port(net, role, known, taken, template.name))
        taken.add(ports[-1].role)
    return tuple(ports)


def _port(net: str, role: str, known: set[str], taken: set[str], kind: str) -> Port:
    if role == ENABLE:
        low = bool(_OFF.fullmatch(net))
        return Port(net, "tied low" if low else "tied high", f"is taken as a pin that is {'low' if low else 'high'} "
                                                             "while the circuit works")
    if role == IN:
        role = next((sign for sign in ("in+", "in-") if sign in known and sign not in taken), "in+")
    if role in known or role == OTHER:
        return Port(net, role)
    if role in HELD:
        return Port(net, "bias voltage", f"is held at a voltage: a {kind} has no {role!r}")
    if role in ("out", "out+", "out-"):
        return Port(net, "open", f"is left open: a {kind} has no {role!r}")
    return Port(net, OTHER)


def biased(ports: tuple[Port, ...], wiring: Wiring, nodes: Mapping[str, str], text: Mapping[str, str],
           ) -> tuple[Port, ...]:
    """Ports with a note of what their bias is, where nobody chose it; ``text`` has values that the text tells."""
    def noted(port: Port) -> Port:
        node = nodes.get(port.net, "")
        unit = {"bias current": "A", "bias voltage": "V"}.get(wiring.ports.get(node, ""))
        given = wiring.values.get(node)
        if unit is None or given is not None and given != text.get(port.net):
            return port
        if given is not None:
            said = f"gets {show_quantity(float(given), unit)}, as the text says"
        elif unit == "A":
            usual = show_quantity(parse_si(DEFAULTS["bias current"]), unit)
            said = f"gets {usual} from the supply, which is assumed: no DC current source of the text tells it"
        else:
            said = f"gets {DEFAULTS['bias voltage']}, which is assumed: no DC source of the text tells it"
        return replace(port, note="; ".join(filter(None, [port.note, said])))

    return tuple(map(noted, ports))


def wiring_of(cell: Cell, template: Template, ports: tuple[Port, ...], nodes: Mapping[str, str],
              values: Mapping[str, str], settings: Mapping[str, str]) -> Wiring:
    """``nodes`` names nets in the netlist. Without subcircuit, bias that sources of the netlist give stays theirs.

    Raises BenchError.
    """
    given = {net for device in cell.scopes[cell.top] if device.kind in "vi" for net in device.nets}
    special = {*template.optional, *(role for roles in template.required for role in roles)} - {*ANYWHERE}
    kept = [port for port in ports if port.net in nodes and nodes[port.net] != "0"
            and (cell.top != MAIN or port.role in special or port.net in values or port.net not in given)]
    if unsettled := [port.net for port in kept if not port.role]:
        raise BenchError(f"port {', '.join(unsettled)}: the role is not clear, choose one of {', '.join(ROLES)}")
    own = {nodes.get(net, net): text for net, text in values.items()}
    return Wiring({nodes[port.net]: port.role for port in kept}, own, settings)


