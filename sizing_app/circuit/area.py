"""How much gate area the transistors of a design take: the sum of W L m, what layout and mismatch grow with.

Of the circuit alone, not of its testbench; passives, wells and wiring are not in it.
"""

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.multipliers import with_own_subcircuits
from sizing_app.circuit.netlist import Template, values_of
from sizing_app.circuit.units import parse_si


def gate_area(circuit: Circuit, parameters: Parameters) -> float:
    """In m2; 0 where the circuit has no transistor with w and l. Raises ExpressionError or ValueError."""
    text = Template.parse(circuit.netlist).fill(values_of(parameters, circuit.conditions.nominal))
    lines = [line for line in map(str.strip, text.splitlines()) if line and line[0] not in "*."
             or line.lower().startswith((".subckt", ".ends"))]
    return sum(_area(line) for _, line in with_own_subcircuits(lines) if line[0] in "mM")


def _area(line: str) -> float:
    """Of one transistor line, whose w is the width of all fingers of one device."""
    sizes = {key.lower(): parse_si(value) for key, _, value in (word.partition("=") for word in line.split()[6:])
             if key.lower() in ("w", "l", "m") and value}
    return sizes.get("w", 0.0) * sizes.get("l", 0.0) * sizes.get("m", 1.0)
