"""What is looked at before an own circuit is sized: the original design beside plain ngspice, and random designs."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from statistics import fmean, median

from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.own.alive import signs_of_death
from sizing_app.policy.designs import random_design
from sizing_app.simulator.inspection import Waveforms
from sizing_app.simulator.plain import MEASURED
from sizing_app.simulator.readings import MeasureError, read_metrics
from sizing_app.task.protocols import Job, Simulator
from sizing_app.task.turn import Measurement
from sizing_app.testbenches.bench import Bench, attach, first_specs

DESIGNS = 20
SAME = 1e-3
"""Relative difference up to which two values of a metric are the same."""


@dataclass(frozen=True)
class Spread:
    """Of one metric over the random designs that have a value."""

    low: float
    middle: float
    high: float
    share: float
    """Of the designs that simulate."""


@dataclass(frozen=True)
class OwnCheck:
    """Everything that is shown, in SI units."""

    circuit: Circuit
    """In its testbench, with first specs."""
    design: Parameters
    """The file's own."""
    original: Measurement
    plain: Mapping[str, float | None]
    """Metric to its value by plain ngspice; empty where that did not run."""
    plain_log: str
    as_written: Mapping[str, float | None]
    """The same of the import without a layout rule of ours, which is what plain ngspice is held against; empty where
    the circuit has none anyway."""
    different: tuple[str, ...]
    """Metrics whose values by plain ngspice and by the import, as written, differ by more than SAME: a sign of a wrong
    import."""
    designs: int
    simulated: float
    """Share of the random designs that end in ``ok``."""
    cpu: float
    """Median CPU seconds of one simulation."""
    spread: Mapping[str, Spread]

    @property
    def specs(self) -> tuple[Spec, ...]:
        return self.circuit.specs

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why nobody should size this; none where the file's own design works."""
        return signs_of_death(self.circuit, self.original)

    def document(self) -> dict:
        """As plain JSON values, without the circuit."""
        values = asdict(self)
        del values["circuit"]
        return values | {"specs": [asdict(spec) for spec in self.specs], "warnings": list(self.warnings)}


def check_own(circuit: Circuit, bench: Bench, original: Parameters, simulator: Simulator,
              plain: Waveforms | None = None, designs: int = DESIGNS, written: Job | None = None) -> OwnCheck:
    """Simulate the original design and ``designs`` random ones under nominal conditions.

    ``plain`` is what plain ngspice gave for the text as it was written (simulator/plain.py): values of ``.meas`` cards
    are compared with metrics of the same name, vectors of the bench's analyses are read as the metrics are.
    ``written`` is the original design as it was written, where ``circuit`` follows a layout rule.
    """
    joined, nominal = attach(circuit, bench), circuit.conditions.nominal
    tried = [original, *(random_design(joined, seed) for seed in range(designs))]
    first, *others = (future.result() for future in simulator.submit([Job(joined, one, nominal) for one in tried]))
    values = _plain_values(joined, plain, original) if plain else {}
    as_written = simulator.submit([written])[0].result().metrics if written and values else {}
    ours = as_written or first.metrics
    return OwnCheck(
        replace(joined, specs=first_specs(bench, first.metrics)), original, first, values, plain.log if plain else "",
        as_written, tuple(name for name, value in values.items() if differs(ours.get(name), value)), designs,
        fmean(item.ok for item in others) if others else 0.0, median(item.cpu for item in (first, *others)),
        _spreads(joined, [item for item in others if item.ok]))


def differs(ours: float | None, theirs: float | None) -> bool:
    """Whether two values of a metric are not the same; none and none are."""
    if ours is None or theirs is None:
        return ours is not theirs
    if not (math.isfinite(ours) and math.isfinite(theirs)):
        return ours != theirs and not (math.isnan(ours) and math.isnan(theirs))
    return abs(ours - theirs) > SAME * max(abs(ours), abs(theirs))


def _plain_values(circuit: Circuit, plain: Waveforms, original: Parameters) -> dict[str, float | None]:
    vectors = {name: found for name, found in plain.vectors.items() if name != MEASURED}
    read = [item.metric for item in circuit.measures if item.analyses and set(item.analyses) <= set(vectors)]
    try:
        values = read_metrics(circuit, vectors, original, circuit.conditions.nominal, read)[0] if read else {}
    except MeasureError:
        values = {}
    told = plain.vectors.get(MEASURED, {})
    return values | {metric.name: float(told[metric.name.lower()][0]) for metric in circuit.metrics
                     if metric.name.lower() in told}


def _spreads(circuit: Circuit, measured: list[Measurement]) -> dict[str, Spread]:
    found = {}
    for metric in circuit.metrics:
        values = [item.metrics[metric.name] for item in measured if item.metrics[metric.name] is not None]
        if values:
            found[metric.name] = Spread(min(values), median(values), max(values), len(values) / len(measured))
    return found
