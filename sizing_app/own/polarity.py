"""Which input is the positive one: both ways are simulated, the one that works is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sizing_app.circuit.definition import Circuit, Metric, Parameters
from sizing_app.task.protocols import Job, Simulator
from sizing_app.task.turn import Measurement
from sizing_app.testbenches.bench import Bench, attach
from sizing_app.testbenches.template import Template, fill
from sizing_app.testbenches.wiring import Wiring

OTHER = {"in+": "in-", "in-": "in+"}


@dataclass(frozen=True)
class Polarity:
    """The wiring to keep, and the values of a metric as it was given and swapped; None where it has none."""

    wiring: Wiring
    swapped: bool
    clear: bool
    """Whether the circuit works one way and not the other; if not, the wiring is the one that was given."""
    metric: Metric
    """The one that decides, or the first that was asked."""
    as_given: float | None
    other_way: float | None

    @property
    def sentence(self) -> str:
        """What was found, with the values."""
        told = "the two inputs were exchanged" if self.swapped else "the inputs are right" if self.clear else \
            "cannot tell which input is the positive one"
        left = "" if self.clear else ". The inputs stay as given: look at ports, bias, supply and common mode, and " \
                                     "exchange in+ and in- where they are wrong"
        return f"{told}: {self.metric.title} {self.metric.show(self.as_given)} as given, " \
               f"{self.metric.show(self.other_way)} the other way round{left}"


def find_polarity(circuit: Circuit, template: Template, wiring: Wiring, design: Parameters,
                  simulator: Simulator) -> Polarity | None:
    """Simulate both ways at nominal conditions; None for a class, or a wiring, without a question.

    The template names what decides (``Template.polarity``): the sign of an amplifier's gain, then whether its buffer
    follows a step; right decisions of a comparator. Its offset tells nothing: with its inputs exchanged, an amplifier
    may rest at an operating point that it would leave at once. One way has to work, the other must not.
    """
    if not (wiring.nodes("in+") and wiring.nodes("in-")):
        return None
    ways = (wiring, swap(wiring))
    benches = [fill(template, way, circuit.conditions.nominal, probes=True) for way in ways]
    first = None
    for metric, least in template.polarity.items():
        if metric not in benches[0].better:
            continue
        jobs = [Job(attach(circuit, alone(bench, metric)), design, circuit.conditions.nominal) for bench in benches]
        found = [_value(future.result(), metric) for future in simulator.submit(jobs)]
        works = [value is not None and value > least for value in found]
        kept = next(item for item in benches[0].metrics if item.name == metric)
        if works[0] != works[1]:
            return Polarity(ways[works[1]], works[1], True, kept, *found)
        first = first or Polarity(wiring, False, False, kept, *found)
    return first


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
