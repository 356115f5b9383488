"""How far a design is from its targets, in numbers that a polynomial can follow.

A metric that spans decades is modelled as its logarithm, so that twice and ten times the bound look different and
neither looks infinite (where the spec has a scale beyond its bound, it is logarithmic beyond that scale); decibels,
degrees and the rest in units of the spec's scale. In these units the *height* of a spec is how
far the metric is on the good side of its bound; a range has two bounds, and the nearer one counts. The *gain* of a
design is its value of the task's goal, if there is one (task/goal.py), on such a scale, larger where it is better.
"""

from collections.abc import Sequence

import numpy as np

from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.task.goal import MARGIN, Goal
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
HELD = 20.0
"""While a goal is pushed: what a shortfall of 1 costs beside a gain of 1."""
UNIT = 20.0
"""Decibels or degrees that are a gain of 1 where the goal's metric has no spec."""
BELOW = 1e3
"""Subtracted from the loss of a design that meets every spec, so that it is less than that of any other."""
TINY = 1e-12
"""The least shortfall."""


class Objective:
    """The specs of a task, and its goal."""

    def __init__(self, circuit: Circuit, specs: Sequence[Spec], goal: Goal | None = None):
        self.specs, self.goal = tuple(specs), goal
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
        self.widens = goal is not None and goal.show() == f"maximize {MARGIN}" and MARGIN not in units
        self._gain_scale = self._scale_of_goal(units)

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

    def gains(self, values: np.ndarray) -> np.ndarray:
        """Values of the goal, shape (designs,), NaN without one, on a scale that a polynomial can follow, larger where
        they are better: logarithms unless the goal is a margin, in dB or degrees, or 0 or negative somewhere."""
        scale = self._gain_scale
        if scale is None and (values <= 0).any():
            sizes = np.abs(values[np.isfinite(values) & (values != 0)])
            scale = np.median(sizes) if sizes.size else 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = np.log(values) if scale is None else values / scale
        return self.goal.sign * np.where(np.isfinite(scaled), scaled, np.nan)

    def _scale_of_goal(self, units: dict[str, str]) -> float | None:
        """What a gain of 1 is; None: gains are logarithms."""
        if self.goal is None or self.widens:
            return 1.0
        if units.get(self.goal.expression) not in LINEAR_UNITS:
            return None
        return next((scale for spec, scale in zip(self.specs, self.scale, strict=True)
                     if spec.metric == self.goal.expression), UNIT)

    def losses(self, shortfalls: np.ndarray, met: np.ndarray, gains: np.ndarray | None) -> np.ndarray:
        """What is minimized on measurements, shape (designs,): the logarithm of the shortfall, and where there is a
        goal and every spec is ``met``, less than that by the gain."""
        losses = np.log(np.maximum(shortfalls, TINY))
        return losses if gains is None else np.where(met & np.isfinite(gains), -BELOW - np.nan_to_num(gains), losses)

    def margins(self, levels: np.ndarray) -> np.ndarray:
        """The margins that the reward gives levels, shape (..., specs), as far as they are met."""
        values = np.stack([self.values_of(place, levels[..., place]) for place in range(len(self.specs))], axis=-1)
        sides = [((values[..., place] - spec.low) if spec.low is not None else np.inf,
                  (spec.high - values[..., place]) if spec.high is not None else np.inf)
                 for place, spec in enumerate(self.specs)]
        return np.stack([np.minimum(*side) for side in sides], axis=-1) / self.scale

    def pushed(self, levels: np.ndarray, missing: np.ndarray, gains: np.ndarray, room: float) -> np.ndarray:
        """``cost`` while a goal is pushed, with every spec held at a height of ``room``."""
        short = np.minimum(np.maximum(np.minimum(room, self.room) - self.heights(levels), 0), CAP)
        gained = np.nan_to_num(self.margins(levels), nan=CAP).min(axis=-1) if self.widens else np.nan_to_num(gains)
        return HELD * np.nansum(short, axis=-1) - gained + self._unanswered(missing)

    def cost(self, levels: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """What is minimized on surfaces, shape (...): the shortfall of ``levels``, shape (..., specs), less a little of
        the surplus, and as much as a spec can miss where one of ``missing`` says that no answer is expected. Metrics of
        which nothing is known (NaN) do not count."""
        heights = self.heights(levels)
        short = np.minimum(np.maximum(self.room - heights, 0), CAP) - SURPLUS * np.minimum(heights, ENOUGH)
        return np.nansum(short, axis=-1) + self._unanswered(missing)

    @staticmethod
    def _unanswered(missing: np.ndarray) -> np.ndarray:
        return CAP * np.nansum(np.maximum(missing - UNSURE, 0), axis=-1)


def _fallback(circuit: Circuit, metric: str) -> float | None:
    """What a metric is said to be where its analysis was not run."""
    return next((measure.otherwise for measure in circuit.measures if measure.metric == metric), None)
