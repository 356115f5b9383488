"""Which input is the positive one: both ways are simulated, the one that works is kept."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.task.protocols import Job, Simulator
from sizing_app.task.turn import Measurement
from sizing_app.testbenches.bench import Bench, attach
from sizing_app.testbenches.template import Template, fill
from sizing_app.testbenches.wiring import Wiring

OTHER = {"in+": "in-", "in-": "in+"}
CLEARLY = 0.5
"""A swap needs a value smaller than this share of the other one."""


@dataclass(frozen=True)
class Polarity:
    """The wiring to keep, and the value of the deciding metric as it was given and swapped; None where it has none."""

    wiring: Wiring
    swapped: bool
    metric: str
    as_given: float | None
    other_way: float | None


def find_polarity(circuit: Circuit, template: Template, wiring: Wiring, design: Parameters,
                  simulator: Simulator) -> Polarity | None:
    """Simulate both ways at nominal conditions; None for a class, or a wiring, without a question.

    The metric that decides is named by the template (offset of an amplifier, right decisions of a comparator). The
    wiring stays as it is given unless the other way is clearly better.
    """
    if not (wiring.nodes("in+") and wiring.nodes("in-")):
        return None
    ways = (wiring, swap(wiring))
    benches = [fill(template, way, circuit.conditions.nominal) for way in ways]
    metric = next((name for name in template.polarity if name in benches[0].better), None)
    if metric is None:
        return None
    jobs = [Job(attach(circuit, alone(bench, metric)), design, circuit.conditions.nominal) for bench in benches]
    found = [_value(future.result(), metric) for future in simulator.submit(jobs)]
    better = benches[0].better[metric]
    costs = [math.inf if value is None else -value if better == "high" else abs(value) for value in found]
    swapped = costs[1] < (CLEARLY * costs[0] if better == "low" else costs[0])
    return Polarity(ways[swapped], swapped, metric, *found)


def swap(wiring: Wiring) -> Wiring:
    """The inputs the other way round."""
    ports: Mapping[str, str] = {node: OTHER.get(role, role) for node, role in wiring.ports.items()}
    return replace(wiring, ports=ports)


def alone(bench: Bench, metric: str) -> Bench:
    """The testbench with what one metric needs alone. Settings of analyses that are left out are made all the same."""
    measure = next(item for item in bench.measures if item.metric == metric)
    analyses, alter = [], {}
    for analysis in bench.analyses:
        alter |= analysis.alter
        if analysis.name in measure.analyses:
            analyses.append(replace(analysis, alter=alter))
            alter = {}
    metrics = tuple(item for item in bench.metrics if item.name == metric)
    return replace(bench, analyses=tuple(analyses), metrics=metrics, measures=(measure,),
                   better={metric: bench.better[metric]})


def _value(measurement: Measurement, metric: str) -> float | None:
    return measurement.metrics.get(metric) if measurement.ok else None
