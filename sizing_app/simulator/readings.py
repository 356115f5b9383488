"""From saved vectors to metrics: every measure of a circuit, in order. Needs no ngspice."""

import math
from collections.abc import Callable, Iterable

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Measure, Parameters
from sizing_app.circuit.expressions import NoValue, evaluate
from sizing_app.circuit.metric_text import fill_text, texts_of, with_sources
from sizing_app.circuit.netlist import values_of
from sizing_app.simulator.metrics import MEASURES, WorstCase


class MeasureError(RuntimeError):
    """A metric cannot be read as circuit.toml says; names the metric."""


def read_metrics(circuit: Circuit, vectors: dict, parameters: Parameters, conditions: Conditions,
                 names: Iterable[str] | None = None) -> tuple[dict[str, float | None], list[str]]:
    """(metric name to value, notes), of all metrics or of ``names``; None where the result is not finite.

    A metric whose analysis was left out has its value of ``otherwise``; a note says why another has its worst value,
    or none. Metrics that ``names`` are computed from are read too. Raises MeasureError.
    """
    values = values_of(parameters, conditions)
    wanted = None if names is None else with_sources(circuit, names)
    metrics, notes = {}, []
    for item in circuit.measures:
        if wanted is not None and item.metric not in wanted:
            continue
        if not set(item.analyses) <= set(vectors):
            metrics[item.metric] = item.otherwise
            continue
        try:
            result = called(item, MEASURES[item.function], vectors, values, metrics)
        except WorstCase as worst:
            result = worst.value
            notes.append(f"{item.metric}: {worst}")
        except NoValue as reason:
            result = math.nan
            notes.append(f"{item.metric} has no value: {reason}")
        metrics[item.metric] = result if math.isfinite(result) else None
    return metrics, notes


def called(item: Measure, function: Callable, vectors: dict, values: dict[str, float], known: dict | None = None):
    """What ``function`` makes of a measure's arguments. Raises WorstCase, NoValue or, for whatever else goes wrong,
    MeasureError."""
    texts = texts_of(item)
    try:
        arguments = {key: fill_text(value, values) if key in texts else _argument(value, values)
                     for key, value in item.arguments.items()}
        if texts:
            arguments["known"] = known
        return function(vectors, **arguments)
    except (WorstCase, NoValue):
        raise
    except Exception as error:
        raise MeasureError(f"The metric {item.metric} cannot be measured by {item.function}: "
                           f"{error or type(error).__name__}") from error


def _argument(value, values: dict[str, float]):
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return evaluate(value[1:-1], values)
    return value
