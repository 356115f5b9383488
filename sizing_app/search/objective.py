"""How far a design is from its targets, in numbers that a polynomial can follow.

A metric that spans decades is modelled as its logarithm, so that twice and ten times the bound look different and
neither looks infinite (where the spec has a scale beyond its bound, it is logarithmic beyond that scale); decibels,
degrees and the rest in units of the spec's scale. In these units the *height* of a spec is how
far the metric is on the good side of its bound; a range has two bounds, and the nearer one counts.
"""

from collections.abc import Sequence

import numpy as np

from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.task.turn import Measurement

FAR = 6.0
"""Heights beyond this (400 times the bound) are not told apart from no answer."""
CAP = 4.0
"""The largest shortfall of one spec, and that of a spec without an answer."""
ROOM = 0.02
"""Height that is aimed at, so that what the surface gets slightly wrong is still met."""
SURPLUS, ENOUGH = 0.02, 0.3
"""What a height of 1 is worth beyond the bound, and the height from which on more is worth nothing."""
UNSURE = 0.3
"""A spec's metric is expected to have no answer where the surface of that (1: none, 0: an answer) is above this."""
LINEAR_UNITS = ("dB", "deg")


class Objective:
    """The specs of a task."""

    def __init__(self, circuit: Circuit, specs: Sequence[Spec]):
        self.specs = tuple(specs)
        units = {metric.name: metric.unit for metric in circuit.metrics}
        self.fallback = [_fallback(circuit, spec.metric) for spec in specs]
        bounds = [(spec.low, spec.high) for spec in specs]
        largest = [max(abs(bound) for bound in pair if bound is not None) for pair in bounds]
        self.scale = np.array([spec.scale or size for spec, size in zip(specs, largest, strict=True)])
        self.linear = np.array([units[spec.metric] in LINEAR_UNITS or scale < size
                                or min(bound for bound in pair if bound is not None) <= 0
                                for spec, scale, size, pair in zip(specs, self.scale, largest, bounds, strict=True)])
        self.offset = np.where(self.linear, 0.0, self.scale - largest)
        self.low = self.levels(np.array([-np.inf if low is None else low for low, _ in bounds]))
        self.low[[low is None for low, _ in bounds]] = -np.inf
        self.high = self.levels(np.array([np.inf if high is None else high for _, high in bounds]))
        self.room = np.minimum(ROOM, (self.high - self.low) / 3)

    def levels(self, values: np.ndarray) -> np.ndarray:
        """Values of the specs' metrics, shape (..., specs), on the scales on which they are modelled."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logarithm = np.log(np.maximum(values + self.offset, 0.0))
        return np.where(self.linear, values / self.scale, logarithm)

    def values_of(self, place: int, levels: np.ndarray) -> np.ndarray:
        """The inverse of ``levels`` for several levels of the one spec at ``place``."""
        if self.linear[place]:
            return levels * self.scale[place]
        return np.exp(np.minimum(levels, 700.0)) - self.offset[place]

    def measured(self, measurement: Measurement | None) -> np.ndarray:
        """Levels of one simulation, shape (specs,); NaN where there is no answer."""
        found = measurement.metrics if measurement is not None and measurement.ok else {}
        values = [found.get(spec.metric) for spec in self.specs]
        values = [np.nan if value is None or value == fallback else value
                  for value, fallback in zip(values, self.fallback, strict=True)]
        levels = self.levels(np.array(values, dtype=float))
        levels = np.clip(levels, np.where(np.isfinite(self.high), self.high - FAR, -np.inf),
                         np.where(np.isfinite(self.low), self.low + FAR, np.inf))
        return np.where(self.heights(levels) > -FAR, levels, np.nan)

    def heights(self, levels: np.ndarray) -> np.ndarray:
        """Heights of levels, shape (..., specs): positive where a spec is met."""
        return np.minimum(levels - self.low, self.high - levels)

    def shortfall(self, levels: np.ndarray) -> np.ndarray:
        """What is minimized on measurements, shape (...): the sum of the shortfalls, each at most CAP."""
        heights = np.nan_to_num(self.heights(levels), nan=-CAP)
        return np.minimum(np.maximum(self.room - heights, 0), CAP).sum(axis=-1)

    def cost(self, levels: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """What is minimized on surfaces, shape (...): the shortfall of ``levels``, shape (..., specs), less a little of
        the surplus, and as much as a spec can miss where one of ``missing`` says that no answer is expected. Metrics of
        which nothing is known (NaN) do not count."""
        heights = self.heights(levels)
        short = np.minimum(np.maximum(self.room - heights, 0), CAP) - SURPLUS * np.minimum(heights, ENOUGH)
        return np.nansum(short, axis=-1) + CAP * np.nansum(np.maximum(missing - UNSURE, 0), axis=-1)


def _fallback(circuit: Circuit, metric: str) -> float | None:
    """What a metric is said to be where its analysis was not run."""
    return next((measure.otherwise for measure in circuit.measures if measure.metric == metric), None)
