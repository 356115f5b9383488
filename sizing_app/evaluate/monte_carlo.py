"""One design under random variation: how many of its samples meet the specs, and how its metrics spread.

The samples are the same for every design (circuit/mismatch.py), so that designs differ by themselves and not by luck.
Yields come with their Wilson intervals (intervals.py), which hold for yields of 0% and 100% too.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sizing_app.circuit.conditions import Conditions, Draw
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.evaluate.intervals import wilson
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Job, Simulator
from sizing_app.task.reward import spec_score
from sizing_app.task.turn import Measurement, Turn

WORST = 3
"""Samples that are named for each spec."""


@dataclass(frozen=True)
class Yield:
    """Samples that meet what is asked, of how many, and the 95% interval of the share."""

    met: int
    samples: int
    interval: tuple[float, float]

    @property
    def share(self) -> float:
        return self.met / self.samples


@dataclass(frozen=True)
class Spread:
    """A metric over the samples in which it was measured, SI units."""

    metric: str
    samples: int
    mean: float | None
    sigma: float | None
    """Standard deviation of the population, estimated; None for fewer than two samples."""
    low: float | None
    high: float | None


@dataclass(frozen=True)
class SpecYield:
    """One spec over the samples."""

    spec: Spec
    met: Yield
    worst: tuple[int, ...]
    """Numbers of the samples with the least room, the worst first."""


@dataclass(frozen=True)
class Outcome:
    """What the samples of one design showed."""

    all_met: Yield
    specs: tuple[SpecYield, ...]
    spreads: tuple[Spread, ...]
    failed: int
    """Samples whose simulation failed; they meet no spec."""


def samples(draw: Draw, count: int) -> list[Draw]:
    """``count`` samples from that of ``draw`` on."""
    return [replace(draw, sample=draw.sample + number) for number in range(count)]


def simulate_samples(circuit: Circuit, parameters: Parameters, conditions: Conditions, draws: Sequence[Draw],
                     simulator: Simulator, progress: Callable[[int], None] | None = None) -> list[Measurement]:
    """One measurement a sample; ``progress`` is told how many there are so far."""
    measured = []
    for answer in simulator.submit([Job(circuit, parameters, replace(conditions, draw=draw)) for draw in draws]):
        measured.append(answer.result())
        if progress:
            progress(len(measured))
    return measured


def yield_of(task: Task, turn: Turn) -> Yield | None:
    """Of the random samples of a task's plan, how many meet all specs; None where not all of them were measured."""
    found = turn.by_point()
    samples = task.plan.samples if task.plan else ()
    if not samples or not set(samples) <= set(found):
        return None
    return outcome(task.circuit, task.specs, [found[number] for number in samples]).all_met


def outcome(circuit: Circuit, specs: Sequence[Spec], measured: Sequence[Measurement]) -> Outcome:
    """Yields, spreads and worst samples."""
    scores = [[spec_score(item.metrics.get(spec.metric) if item.ok else None, spec) for spec in specs]
              for item in measured]
    passed = sum(all(part.met for part in row) for row in scores)
    rows = [SpecYield(spec, share_of(sum(row[place].met for row in scores), len(measured)),
                      _worst([row[place] for row in scores])) for place, spec in enumerate(specs)]
    return Outcome(share_of(passed, len(measured)), tuple(rows),
                   tuple(_spread(metric.name, measured) for metric in circuit.metrics),
                   sum(not item.ok for item in measured))


def share_of(met: int, count: int) -> Yield:
    """The share with its interval."""
    return Yield(met, count, wilson(met, count))


def _worst(parts) -> tuple[int, ...]:
    order = sorted(range(len(parts)), key=lambda number: (parts[number].met, -math.inf if parts[number].margin is None
                                                          else parts[number].margin, number))
    return tuple(order[:WORST])


def _spread(metric: str, measured: Sequence[Measurement]) -> Spread:
    values = np.array([item.metrics[metric] for item in measured if item.ok and item.metrics.get(metric) is not None])
    if not len(values):
        return Spread(metric, 0, None, None, None, None)
    return Spread(metric, len(values), float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else None,
                  float(values.min()), float(values.max()))
