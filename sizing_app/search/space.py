"""Designs as points of the unit cube: where a task's search may go.

Each coordinate is a parameter on its own scale (log or linear), 0 and 1 being the ends of the range that the task
allows. A locked parameter keeps the coordinates of its full range, so that designs made before it was locked are still
told apart, but the box has no width there. Counts are whole in every point that is looked at, not rounded afterwards.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sizing_app.circuit.definition import Circuit, Parameters

NEAR = 1.5e-3
"""Points that differ by less in every coordinate are the same design: simulating both tells nothing."""


class Space:
    """The box of a task in the unit cube. ``low`` and ``high``, shape (parameters,), are its corners."""

    def __init__(self, circuit: Circuit, limits: Mapping[str, tuple[float, float]] | None = None):
        limits = limits or {}
        self.allowed = allowed = [limits.get(item.name, (item.low, item.high)) for item in circuit.parameters]
        self.parameters = [replace(item, low=low, high=high) if low < high else item
                           for item, (low, high) in zip(circuit.parameters, allowed, strict=True)]
        self.low, self.high = (np.array([item.to_unit(ends[side]) for item, ends in
                                         zip(self.parameters, allowed, strict=True)]) for side in (0, 1))
        self.counts = np.array([item.count for item in circuit.parameters])
        self._first = np.array([item.low for item in self.parameters])
        self._width = np.array([item.high - item.low for item in self.parameters])

    @property
    def size(self) -> int:
        return len(self.parameters)

    @property
    def free(self) -> np.ndarray:
        """Which parameters may vary, shape (parameters,)."""
        return self.high > self.low

    def point(self, design: Parameters) -> np.ndarray:
        """Coordinates of a design, shape (parameters,); outside the box where the design is outside the limits."""
        return np.array([item.to_unit(design[item.name]) for item in self.parameters])

    def design(self, point: np.ndarray) -> Parameters:
        """The design at a point of the box, in SI units."""
        return {item.name: low if low == high else item.nearest(item.from_unit(place))
                for item, place, (low, high) in zip(self.parameters, point, self.allowed, strict=True)}

    def whole(self, points: np.ndarray) -> np.ndarray:
        """The points, shape (points, parameters), with each count at its nearest whole number."""
        if not self.counts.any():
            return points
        width = np.where(self._width > 0, self._width, 1.0)
        rounded = (np.round(self._first + points * width) - self._first) / width
        return np.where(self.counts & self.free, np.clip(rounded, self.low, self.high), points)

    def random(self, rng: np.random.Generator) -> np.ndarray:
        """A point of the box, shape (parameters,)."""
        return self.whole((self.low + (self.high - self.low) * rng.random(self.size))[None])[0]

    def spread(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """A Latin hypercube of ``count`` points in the box: every coordinate is cut into ``count`` equal parts, each
        of which holds one point (McKay, Beckman and Conover, Technometrics 1979)."""
        order = rng.permuted(np.tile(np.arange(count), (self.size, 1)), axis=1).T
        return self.whole(self.low + (self.high - self.low) * (order + rng.random(order.shape)) / count)
