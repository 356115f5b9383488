"""The texts among a measure's arguments: an expression (``value``) or a ``.meas`` line (``line``), with braces."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sizing_app.circuit.deck_rules import BRACES
from sizing_app.circuit.definition import Circuit, Measure
from sizing_app.circuit.expressions import evaluate, names_in
from sizing_app.circuit.meas import read_meas
from sizing_app.circuit.signals import read_formula

TEXTS = {"meas": ("line",), "expression": ("value",), "of_metrics": ("value",)}
"""Measure to those of its arguments that are texts (annotated Text in simulator/metrics/)."""
LINE = "line"
"""The argument that is a .meas line; every other text is an expression."""


@dataclass(frozen=True)
class Reads:
    """What a text refers to. Names of metrics are in small letters."""

    vectors: frozenset[str]
    metrics: frozenset[str]
    braces: frozenset[str]
    """Names of parameters and conditions."""
    kind: str | None = None
    """Of a .meas line: the analysis that it says it is for."""


def read_text(argument: str, text: str) -> Reads:
    """Raises ExpressionError or MeasError."""
    plain = BRACES.sub("(1)", text)
    braces = frozenset().union(*(names_in(piece) for piece in BRACES.findall(text)))
    if argument == LINE:
        card = read_meas(plain)
        return Reads(frozenset(card.vectors), frozenset(card.metrics), braces, card.kind)
    formula = read_formula(plain)
    return Reads(frozenset(formula.vectors.values()), frozenset(formula.metrics), braces)


def fill_text(text: str, values: Mapping[str, float]) -> str:
    """The braces as numbers, in brackets for the sake of a sign. Raises ExpressionError."""
    return BRACES.sub(lambda match: f"({evaluate(match[1], values):.12g})", text)


def with_sources(circuit: Circuit, names: Iterable[str]) -> set[str]:
    """Metrics and those that they are computed from."""
    wanted = {name.lower() for name in names}
    for measure in reversed(circuit.measures):
        if measure.metric.lower() in wanted:
            wanted |= sources(measure)
    return {measure.metric for measure in circuit.measures if measure.metric.lower() in wanted}


def sources(measure: Measure) -> set[str]:
    """The metrics, in small letters, that a measure is computed from."""
    return set().union(*(read_text(key, measure.arguments[key]).metrics for key in texts_of(measure)))


def texts_of(measure: Measure) -> tuple[str, ...]:
    """The arguments that are texts."""
    return TEXTS.get(measure.function, ())
