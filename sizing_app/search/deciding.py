"""Designs over the points of a plan, as columns that surfaces are fitted to.

Every design is measured at the nominal point, only some at all points (session/points.py). So the surfaces model each
metric at the nominal point, and for the few points that decide a spec how far the metric there is from nominal: that
difference varies little from design to design, so a few designs tell much of it. What a design is worth is then what
its worst points are expected to show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sizing_app.search.objective import Objective
from sizing_app.search.surface import LEAST

MOST = 3
"""Points that are modelled for one spec beside the nominal one: those that decided it in the best designs."""


@dataclass(frozen=True)
class Columns:
    """``values``, shape (designs, specs + differences + answers + gain), NaN where not measured: levels at the nominal
    point; for each of ``pairs`` (spec, point) the level there less the nominal one; for every metric and point that had
    no answer now and then, whether that was so (1) or not (0); and, where there is a goal, what was gained for it."""

    objective: Objective
    pairs: tuple[tuple[int, int], ...]
    values: np.ndarray

    def worst(self, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of columns of shape (..., all): the level of each spec where it has the least height, (..., specs), and the
        place of the pair that this is, -1 for the nominal point."""
        specs = len(self.objective.specs)
        levels = columns[..., :specs].copy()
        which = np.full(levels.shape, -1)
        heights = self.objective.heights(levels)
        for place, (spec, _) in enumerate(self.pairs):
            there = columns[..., spec] + columns[..., specs + place]
            height = np.minimum(there - self.objective.low[spec], self.objective.high[spec] - there)
            lower = height < heights[..., spec]
            levels[..., spec] = np.where(lower, there, levels[..., spec])
            heights[..., spec] = np.where(lower, height, heights[..., spec])
            which[..., spec] = np.where(lower, place, which[..., spec])
        return levels, which

    def cost(self, columns: np.ndarray, room: float | None = None) -> np.ndarray:
        """What is minimized on surfaces of these columns, shape (...); with ``room`` for the sake of the goal."""
        levels, rest = self.worst(columns)[0], columns[..., len(self.objective.specs) + len(self.pairs):]
        missing, gains = (rest[..., :-1], rest[..., -1]) if self.objective.goal else (rest, None)
        return self.objective.cost(levels, missing) if room is None else self.objective.pushed(levels, missing, gains,
                                                                                              room)

    def deviation(self, which: np.ndarray, deviations: np.ndarray) -> np.ndarray:
        """Standard deviations of the worst levels of one design, (specs,), of those of its columns, (all,)."""
        specs = len(self.objective.specs)
        nominal, more = deviations[:specs], np.append(deviations[specs:], 0.0)
        return np.hypot(nominal, np.where(which < 0, 0.0, more[which]))


def columns(objective: Objective, found: Sequence[Mapping[int, np.ndarray]], deciding: Sequence[Sequence[int]],
            gains: np.ndarray | None = None) -> Columns:
    """``found``: of each design, by the number of the point, the levels (specs,) there, NaN where there is no answer.
    ``deciding``: of the designs that were measured at all points, the best first, the point that decided each spec.
    ``gains``: what each design gained for the goal, shape (designs,); None without one."""
    pairs = _pairs(len(objective.specs), deciding)
    nothing = np.full(len(objective.specs), np.nan)
    nominal = np.array([item.get(0, nothing) for item in found])
    differences = np.array([[item.get(point, nothing)[spec] - base[spec] for spec, point in pairs]
                            for item, base in zip(found, nominal, strict=True)]).reshape(len(found), len(pairs))
    for column in differences.T:
        known = np.isfinite(column)
        if 0 < known.sum() < LEAST:
            column[~known] = column[known].mean()  # too few for a surface: the same everywhere
    places = [(spec, 0) for spec in range(len(objective.specs))] + list(pairs)
    missing = np.array([[np.isnan(item[point][spec]) if point in item else np.nan for spec, point in places]
                        for item in found], dtype=float)
    missing = missing[:, (missing == 1).any(axis=0)]
    gained = [] if gains is None else [gains[:, None]]
    return Columns(objective, pairs, np.concatenate([nominal, differences, missing, *gained], axis=1))


def _pairs(specs: int, deciding: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    """For each spec the points, other than nominal, that decided it in the best designs."""
    pairs: dict[int, list[int]] = {spec: [] for spec in range(specs)}
    for row in deciding:
        for spec, point in enumerate(row):
            if point and point not in pairs[spec] and len(pairs[spec]) < MOST:
                pairs[spec].append(point)
    return tuple((spec, point) for spec, points in pairs.items() for point in points)
