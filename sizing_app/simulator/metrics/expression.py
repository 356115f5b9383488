"""Metrics as text: expressions in the language of circuit/signals.py, and ``.meas`` lines (circuit/meas.py)."""

from collections.abc import Mapping

import numpy as np

from sizing_app.circuit.expressions import NoValue, compute
from sizing_app.circuit.meas import Event, Meas, read_meas
from sizing_app.circuit.signals import Formula, read_formula
from sizing_app.circuit.sweeps import VECTORS
from sizing_app.simulator.metrics.curves import Curves, NoAnswer
from sizing_app.simulator.metrics.registry import Text, Vectors, measure


@measure
def expression(vectors: Vectors, analysis: str, value: Text, *, known: Mapping[str, float]) -> float:
    """An expression over the vectors of one analysis and the metrics above; must come to one number."""
    return _number(_Reader(vectors[analysis], known).value(read_formula(value)), value)


@measure
def of_metrics(vectors: Vectors, value: Text, *, known: Mapping[str, float]) -> float:
    """An expression over the metrics above alone."""
    return _number(_Reader({}, known).value(read_formula(value)), value)


@measure
def meas(vectors: Vectors, analysis: str, line: Text, *, known: Mapping[str, float]) -> float:
    """A ``.meas`` line over the vectors of one analysis, as ngspice would read it; no value where it would fail."""
    card = read_meas(line)
    return _number(_Reader(vectors[analysis], known).measured(card), line)


class _Reader:
    """Reads formulas over the vectors of one analysis."""

    def __init__(self, found: Mapping[str, np.ndarray], known: Mapping[str, float]):
        self._found, self._known = found, {name.lower(): value for name, value in known.items()}
        self._curves = Curves(next((found[name] for name in VECTORS if name in found), None))
        self._functions = self._curves.functions()

    def value(self, formula: Formula | None):
        """A number or samples; None of None. Raises ExpressionError, NoAnswer, or KeyError for a missing vector."""
        if formula is None:
            return None
        for name in formula.metrics:
            if self._known.get(name, 0.0) is None:
                raise NoAnswer(f"{name} has no value")
        names = self._known | {place: self._found[vector] for place, vector in formula.vectors.items()}
        with np.errstate(all="ignore"):
            return compute(formula.text, names, self._functions)

    def measured(self, card: Meas):
        if card.function == "param":
            return self.value(card.value)
        if card.function == "delay":
            return self._place(card.event) - self._place(card.start)
        if card.function == "when":
            return self._place(card.event)
        curve = np.real(self.value(card.value))
        if card.function == "find":
            return self._curves.at(curve, self._place(card.event))
        if card.function == "deriv":
            return self._curves.at(self._curves.deriv(curve), self._place(card.event))
        ends = [self.value(end) for end in card.window]
        if card.function in ("rms", "integ"):
            return self._functions[card.function](curve, *ends)
        return _SAMPLED[card.function](*self._curves.samples(curve, *ends))

    def _place(self, event: Event) -> float:
        """Where on the sweep an event is."""
        if event.at is not None:
            return _number(self.value(event.at), "at")
        left, right = (np.real(self.value(side)) for side in (event.left, event.right))
        ends = [self.value(end) for end in event.window]
        return self._curves.passing(left, right, event.edge, event.count, *ends)


_SAMPLED = {
    "max": lambda swept, values: np.max(values), "min": lambda swept, values: np.min(values),
    "pp": lambda swept, values: np.ptp(values), "max_at": lambda swept, values: swept[np.argmax(values)],
    "min_at": lambda swept, values: swept[np.argmin(values)],
    "avg": lambda swept, values: np.trapezoid(values, swept) / (swept[-1] - swept[0])}
"""What ngspice takes from the samples inside a window alone; rms and integ interpolate its ends."""


def _number(value, text: str) -> float:
    """Raises ValueError for samples, NoValue where it is not finite."""
    if np.size(value) != 1:
        raise ValueError(f"{text!r} is a curve of {np.size(value)} values: say at(..., place), max(...), last(...)")
    value = np.ravel(value)[0]
    if np.iscomplexobj(value):
        raise ValueError(f"{text!r} is a complex number: say db(...), mag(...), phase(...) or real(...)")
    if not np.isfinite(value):
        raise NoValue("the result is not finite")
    return float(value)
