"""One design through its testbench: netlist, analyses, metrics. Every failure becomes a Measurement."""

import math
import time
from collections.abc import Iterable

from sizing_app.domain import Analysis, Circuit, Conditions, Measurement, Parameters, Status
from sizing_app.expressions import ExpressionError, evaluate
from sizing_app.pdk import ModelError
from sizing_app.simulator.metrics import MEASURES
from sizing_app.netlist import RefusedNetlist, build_netlist, check_command, values_of, with_operating_point
from sizing_app.simulator.ngspice import NOT_CONVERGED, Ngspice, NgspiceError

FAILURES = (RefusedNetlist, ModelError, ExpressionError, NgspiceError)
"""What building and running a testbench may raise."""


def simulate(ngspice: Ngspice, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> Measurement:
    """Run every analysis of ``circuit`` for one design and read the metrics (SI units)."""
    started = time.perf_counter()
    try:
        vectors = run_analyses(ngspice, circuit, parameters, conditions)
        metrics = read_metrics(circuit, vectors, parameters, conditions)
    except FAILURES as error:
        return failure(status_of(error), circuit, str(error), started)
    return Measurement("ok", metrics, seconds=time.perf_counter() - started)


def status_of(error: Exception) -> Status:
    """What one of FAILURES is called in a measurement."""
    if not isinstance(error, NgspiceError):
        return "refused"
    return "not_converged" if NOT_CONVERGED.search(str(error)) else "crashed"


def failure(status, circuit: Circuit, log: str, started: float) -> Measurement:
    """A measurement without metrics; ``started`` is a time.perf_counter() reading."""
    return Measurement(status, {metric.name: None for metric in circuit.metrics}, log, time.perf_counter() - started)


def run_analyses(ngspice: Ngspice, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> dict:
    """Analysis name to its saved vectors. Raises NgspiceError, RefusedNetlist, ModelError or ExpressionError.

    ngspice solves the operating point anew for every analysis. It is solved once here, and the circuit loaded again
    with the solution as the first guess: dearer by one load, cheaper by an operating point an analysis.
    An analysis whose needs are not met is left out; its source settings are made all the same.
    """
    netlist = build_netlist(circuit, parameters, conditions)
    ngspice.load(netlist)
    ngspice.run("op")
    point = ngspice.all_vectors()
    voltages = {node: values[0] for node, values in point.items() if "#" not in node}
    wanted = (vector for analysis in circuit.analyses for vector in analysis.save)
    ngspice.load(with_operating_point(netlist, voltages, wanted))
    vectors = {}
    for analysis in circuit.analyses:
        ngspice.alter(analysis.alter)
        known = read_metrics(circuit, vectors, parameters, conditions, analysis.needs)
        if all(known[metric] is not None and known[metric] >= least for metric, least in analysis.needs.items()):
            vectors[analysis.name] = _run(ngspice, analysis)
    return vectors


def _run(ngspice: Ngspice, analysis: Analysis) -> dict:
    check_command(analysis.command)
    ngspice.run(analysis.command)
    if analysis.command.startswith("noise") and "onoise_total" in ngspice.all_vectors():
        ngspice.select_plot("noise", 1)  # over a band, the integrals come last; the densities are in the plot before
    return ngspice.vectors(analysis.save)


def read_metrics(circuit: Circuit, vectors: dict, parameters: Parameters, conditions: Conditions,
                 names: Iterable[str] | None = None) -> dict[str, float | None]:
    """Metric name to value, of all metrics or of ``names``; None where the result is not finite.

    A metric whose analysis was left out has its value of ``otherwise``.
    """
    values = values_of(parameters, conditions)
    metrics = {}
    for item in circuit.measures:
        if names is not None and item.metric not in names:
            continue
        if not set(item.analyses) <= set(vectors):
            metrics[item.metric] = item.otherwise
            continue
        arguments = {key: _argument(value, values) for key, value in item.arguments.items()}
        result = MEASURES[item.function](vectors, **arguments)
        metrics[item.metric] = result if math.isfinite(result) else None
    return metrics


def _argument(value, values: dict[str, float]):
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return evaluate(value[1:-1], values)
    return value
