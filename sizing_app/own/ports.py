"""From roles that are told by names and structure to the wiring of a ready testbench."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sizing_app.spice.cell import Cell
from sizing_app.spice.deck import MAIN
from sizing_app.spice.roles import ENABLE, IN, OTHER, OUT
from sizing_app.testbenches.bench import BenchError
from sizing_app.testbenches.template import Template
from sizing_app.testbenches.wiring import ROLES, Wiring

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


