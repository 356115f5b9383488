"""What is pushed once every spec is met: a metric, an expression, the gate area, or the room that is left to the specs.

A goal is judged at the task's own conditions, the first point of a plan; the least margin is that of the worst points.
So a point that is measured in addition never makes a design better (session/points.py).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sizing_app.circuit.area import gate_area
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.expressions import ExpressionError, evaluate, names_in
from sizing_app.circuit.units import show_quantity
from sizing_app.circuit.validation import Invalid, expect
from sizing_app.task.turn import SpecScore, Turn

MARGIN, AREA = "margin", "area"
"""Names, in expressions, of the least margin of all specs, each in units of its spec's scale, and of the sum of W L m
of the transistors (m2); a metric or parameter of the same name comes first."""
STOP = "stop"
"""In place of a goal: the session ends once every spec is met."""
_TEXT = re.compile(r"(minimize|maximize)\s+(\S.*)", re.DOTALL)


@dataclass(frozen=True)
class Goal:
    """``minimize power``, ``maximize gbw/power``, ``maximize margin``."""

    direction: Literal["minimize", "maximize"]
    expression: str
    """Arithmetic (circuit/expressions.py) with metrics, parameters, MARGIN and AREA, in SI units."""

    @property
    def sign(self) -> int:
        return 1 if self.direction == "maximize" else -1

    def show(self) -> str:
        return f"{self.direction} {self.expression}"

    def unit(self, circuit: Circuit) -> str | None:
        """Of a metric, or of the area; None of an expression, which has none that is known."""
        units = {AREA: "m2", MARGIN: "", **{metric.name: metric.unit for metric in circuit.metrics}}
        return units.get(self.expression)

    def show_value(self, circuit: Circuit, value: float | None) -> str:
        """As people write it: 88 µW, 412 µm², 12% of the scale for a margin."""
        unit = self.unit(circuit)
        if value is None:
            return "-"
        if self.expression == AREA and unit == "m2":
            return f"{value * 1e12:.4g} µm²"
        if self.expression == MARGIN and unit == "":
            return f"{value:.2%}"
        return f"{value:.4g}" if unit is None else show_quantity(value, unit)

    def value(self, circuit: Circuit, parameters: Parameters, metrics: Mapping[str, float | None],
              parts: Sequence[SpecScore]) -> float | None:
        """What a design is worth; None where a metric has no answer or the arithmetic no result."""
        used = names_in(self.expression)
        margins = [part.margin for part in parts]
        derived = {MARGIN: min(margins)} if margins and None not in margins else {}
        measured = {name: value for name, value in metrics.items() if value is not None}
        try:
            if AREA in used:
                derived[AREA] = gate_area(circuit, parameters)
            return evaluate(self.expression, {**derived, **parameters, **measured})
        except (ExpressionError, ValueError):
            return None

    def of(self, circuit: Circuit, turn: Turn) -> float | None:
        """What the design of a turn is worth; None without a result."""
        nominal = turn.by_point().get(0)
        if turn.score is None or turn.proposal.parameters is None or nominal is None or not nominal.ok:
            return None
        return self.value(circuit, turn.proposal.parameters, nominal.metrics, turn.score.specs)


def read_goal(text: str) -> Goal | None:
    """``minimize power`` as a Goal; None for an empty text and for STOP. Raises Invalid with what to write."""
    text = " ".join(text.split())
    if text.lower() in ("", STOP):
        return None
    found = _TEXT.fullmatch(text)
    expect(found is not None, "then", f"{STOP}, or minimize or maximize and what, such as 'minimize power', "
           f"'maximize gbw/power' or 'maximize {MARGIN}'", text)
    return Goal(*found.groups())


def check_goal(goal: Goal, circuit: Circuit, where: str) -> None:
    """Raise Invalid unless the expression is arithmetic with what is known of the circuit's designs."""
    known = [*(item.name for item in (*circuit.metrics, *circuit.parameters)), MARGIN, AREA]
    try:
        used = names_in(goal.expression)
        unknown = sorted(used - set(known))
        expect(used and not unknown, where, f"arithmetic with {', '.join(dict.fromkeys(known))}", goal.expression)
        evaluate(goal.expression, {name: 1.1 + 0.37 * place for place, name in enumerate(known)})
    except ExpressionError as error:
        raise Invalid(f"{where}: {error}") from None
