"""One's own metrics on top of a testbench: a ``.meas`` line or an expression more, with what it reads saved."""

from collections.abc import Mapping
from dataclasses import replace

from sizing_app.circuit.deck_rules import BRACES
from sizing_app.circuit.definition import Analysis, Measure, Metric
from sizing_app.circuit.expressions import ExpressionError
from sizing_app.circuit.meas import MeasError, read_meas
from sizing_app.circuit.metric_text import read_text
from sizing_app.circuit.sweeps import scale_of
from sizing_app.testbenches.bench import Bench, BenchError, Better
from sizing_app.testbenches.own_deck import unit_of, with_braces


def add_measure(bench: Bench, line: str, better: Better = "near", analysis: str = "", unit: str | None = None,
                names: Mapping[str, str] | None = None) -> Bench:
    """A ``.meas`` line more, read from the first analysis of its kind unless ``analysis`` names one.

    ``unit`` is proposed where it is not given; ``names`` are as in bench_of_deck. Raises BenchError.
    """
    line = with_braces(line.strip(), names or {})
    try:
        card = read_meas(BRACES.sub("(1)", line))
    except (MeasError, ExpressionError) as error:
        raise BenchError(str(error)) from None
    kind = [item for item in bench.analyses if item.command.split()[0] == card.kind]
    found = _named(bench, analysis) if analysis else next(iter(kind), None)
    if found is None or found not in kind:
        raise BenchError(f".meas {card.name}: this testbench has no {card.kind} analysis"
                         + (f" called {analysis!r}" if analysis else ""))
    metric = Metric(card.name, card.name, unit_of(card, found.command) if unit is None else unit, line[:400])
    return _add(bench, metric, Measure(card.name, "meas", {"analysis": found.name, "line": line}), better)


def add_expression(bench: Bench, metric: Metric, value: str, better: Better = "near", analysis: str = "") -> Bench:
    """An expression more, over the vectors of ``analysis``, or over metrics alone without one. Raises BenchError."""
    if not analysis:
        return _add(bench, metric, Measure(metric.name, "of_metrics", {"value": value}), better)
    if _named(bench, analysis) is None:
        raise BenchError(f"{metric.name}: {analysis[:60]!r} is no analysis of this testbench, only "
                         f"{', '.join(item.name for item in bench.analyses)}")
    return _add(bench, metric, Measure(metric.name, "expression", {"analysis": analysis, "value": value}), better)


def _named(bench: Bench, name: str) -> Analysis | None:
    return next((item for item in bench.analyses if item.name == name), None)


def _add(bench: Bench, metric: Metric, measure: Measure, better: Better) -> Bench:
    if metric.name.lower() in {item.name.lower() for item in bench.metrics}:
        raise BenchError(f"there is already a metric called {metric.name!r}")
    key = "line" if measure.function == "meas" else "value"
    try:
        vectors = read_text(key, measure.arguments[key]).vectors
    except (MeasError, ExpressionError) as error:
        raise BenchError(f"{metric.name}: {error}") from None
    analyses = tuple(_saving(item, vectors) if item.name == measure.arguments.get("analysis") else item
                     for item in bench.analyses)
    return replace(bench, analyses=analyses, metrics=(*bench.metrics, metric), measures=(*bench.measures, measure),
                   better={**bench.better, metric.name: better})


def _saving(analysis: Analysis, vectors: frozenset[str]) -> Analysis:
    swept = [scale_of(analysis.command)] if vectors and scale_of(analysis.command) else []
    return replace(analysis, save=tuple(dict.fromkeys((*analysis.save, *swept, *sorted(vectors)))))
