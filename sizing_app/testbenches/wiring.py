"""How a circuit is put into a testbench: which port has which role, what bias ports get, how settings differ."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sizing_app.circuit.expressions import ExpressionError, names_in
from sizing_app.circuit.units import parse_si
from sizing_app.testbenches.bench import BenchError

ROLES = ("supply", "ground", "in+", "in-", "out", "out+", "out-", "bias current", "bias voltage", "clock", "feedback",
         "reference", "common mode", "common-mode control", "tied high", "tied low", "open")
"""What a port may be. Several ports may have a role of MANY, one any other."""
MANY = ("supply", "ground", "bias current", "bias voltage", "tied high", "tied low", "open")
NODE = re.compile(r"[a-z0-9_.#\[\]]{1,80}", re.IGNORECASE | re.ASCII)
DEFAULTS = {"bias current": "10u", "bias voltage": "supply/2"}
"""Of bias ports without a value; a positive current flows from the supply into the port."""


@dataclass(frozen=True)
class Wiring:
    """Ports by node name; the first supply is the one that is measured. Raises BenchError for what makes no sense.

    Values and settings are numbers with SI suffix, or arithmetic over parameters and conditions: ``supply/2``.
    """

    ports: Mapping[str, str]
    """Node of the circuit to its role."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Node of a bias port to its current (A) or voltage (V)."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Setting of the template to another value than its default."""

    def __post_init__(self):
        for node, role in self.ports.items():
            if not NODE.fullmatch(node):
                raise BenchError(f"{node[:60]!r} is not the name of a node: letters, digits, _ and .")
            if role not in ROLES:
                raise BenchError(f"port {node}: expected a role, one of {', '.join(ROLES)}, found {role[:60]!r}")
        for role in set(self.ports.values()) - set(MANY):
            if len(self.nodes(role)) > 1:
                raise BenchError(f"ports {' and '.join(self.nodes(role))} are both {role!r}, at most one may be")
        for name, text in (*self.values.items(), *self.settings.items()):
            check_value(text, name)
        if stray := [node for node in self.values if self.ports.get(node) not in DEFAULTS]:
            raise BenchError(f"{stray[0][:60]!r} has a value but is no bias port")

    def nodes(self, role: str) -> list[str]:
        return [node for node, found in self.ports.items() if found == role]

    def node(self, role: str) -> str:
        """The (first) node with a role. Raises BenchError."""
        nodes = self.nodes(role)
        if not nodes:
            raise BenchError(f"no port has the role {role!r}")
        return nodes[0]

    def shared_lines(self) -> list[str]:
        """What every class does with further supplies, grounds, bias ports and enable pins; numbered by their order."""
        supply = self.nodes("supply")
        lines = [f"Vsupply{at} {node} {supply[0]} 0" for at, node in enumerate(supply[1:], 2)]
        lines += [f"Vground{at} {node} 0 0" for at, node in enumerate(self.nodes("ground"), 1) if node != "0"]
        lines += [self._current(at, node) for at, node in enumerate(self.nodes("bias current"), 1)]
        lines += [f"Vbias{at} {node} 0 dc {self._value(node)}" for at, node in enumerate(self.nodes("bias voltage"), 1)]
        lines += [f"Vhigh{at} {node} {self.node('supply')} 0" for at, node in enumerate(self.nodes("tied high"), 1)]
        return lines + [f"Vlow{at} {node} 0 0" for at, node in enumerate(self.nodes("tied low"), 1)]

    def _value(self, node: str) -> str:
        return in_braces(self.values.get(node, DEFAULTS[self.ports[node]]))

    def _current(self, at: int, node: str) -> str:
        """From the supply into the port, so that it counts as drawn; a negative one out of the port to ground."""
        number = plain_number(self.values.get(node, DEFAULTS["bias current"]))
        if number is not None and number < 0:
            return f"Ibias{at} {node} 0 dc {-number:.9g}"
        return f"Ibias{at} {self.node('supply')} {node} dc {self._value(node)}"


def check_value(text: str, name: str) -> None:
    """Raise BenchError unless a text is a number or arithmetic."""
    if plain_number(text) is None:
        try:
            names_in(text)
        except ExpressionError as error:
            raise BenchError(f"{name[:60]}: expected a number or arithmetic such as supply/2: {error}") from None
        if re.search(r"[{}<>\n\r]", text):
            raise BenchError(f"{name[:60]}: expected a number or arithmetic, found {text[:60]!r}")


def plain_number(text: str) -> float | None:
    """The value of a number with an SI suffix as in netlists; None of anything else."""
    try:
        return parse_si(text)
    except ValueError:
        return None


def in_braces(text: str) -> str:
    """As a netlist holds it."""
    return text if plain_number(text) is not None else f"{{{text}}}"
