"""When no design can meet the specs: the verdict, and its evidence.

That something cannot be done is never proved by trying. What is said is that the search has exhausted places
(region.py) without coming nearer, and that the surfaces around the nearest design, which have seen all that was tried
there, do not expect to meet the specs either: the evidence is the nearest design, which specs are in conflict there,
how good each of them can become with the others held, and which single bound would have to give way, and how far.
"""

from dataclasses import replace

import numpy as np

from sizing_app.search.propose import best_points, candidates
from sizing_app.search.search import Search
from sizing_app.search.surface import Surface
from sizing_app.task.infeasible import Infeasible, Reach

EXHAUSTED = 2
"""Places that must be exhausted before anything is said."""
SHORT = 0.03
"""The nearest design misses by more than this in all, in heights (objective.py): about three percent of a bound."""
REACH = 0.3
"""Half-width of the box around the nearest design in which the surfaces are asked what can be reached."""
DOUBT = 1.645
"""Standard deviations that are granted to a value that is said to be out of reach: 95% one-sided."""
HELD = 20.0
"""What a shortfall of a held spec costs when another one is pushed."""


def verdict(search: Search) -> Infeasible | None:
    """The evidence, or None as long as a design may still be found. ``nearest`` is the place of the nearest design
    among those that were told."""
    objective, levels = search.objective, search.levels
    nearest = search.best
    heights = np.nan_to_num(objective.heights(levels[nearest]), nan=-1.0)
    if len(search.region().exhausted) < EXHAUSTED or -np.minimum(heights, 0.0).sum() < SHORT:
        return None
    whole = search.whole
    surface = Surface(search.points[whole], levels[whole], search.points[nearest], REACH)
    reached = [_reach(search, surface, place) for place in np.flatnonzero(surface.known)
               if heights[place] < objective.room[place]]
    if not reached or None in reached:
        return None
    missed = tuple(objective.specs[place].metric for place in np.flatnonzero(heights < 0))
    return Infeasible(nearest, len(search.points), missed, tuple(reached))


def _reach(search: Search, surface: Surface, place: int) -> Reach | None:
    """The best level of one spec's metric where the surfaces expect the others to be met; None if it may be enough."""
    objective, space = search.objective, search.space
    model, rng = surface.mean_surface(), np.random.default_rng([abs(search.task.seed), place])
    low, high = (np.clip(surface.centre + side, space.low, space.high) for side in (-REACH, REACH))

    def cost(points: np.ndarray) -> np.ndarray:
        heights = objective.heights(model.at(points))
        others = np.delete(heights, place, axis=1)
        return HELD * np.nansum(np.maximum(-others, 0.0), axis=1) - heights[:, place]

    points = best_points(cost, space, candidates(space, surface.centre, low, high, REACH, rng), low, high, rng)
    level, deviation = model.at(points[:1])[0, place], surface.uncertainty(points[:1])[0, place]
    spec = objective.specs[place]
    below = spec.low is not None and (spec.high is None or level < objective.low[place])
    hopeful = level + (DOUBT if below else -DOUBT) * deviation
    if hopeful >= objective.low[place] if below else hopeful <= objective.high[place]:
        return None
    value = float(objective.values_of(place, np.array([level]))[0])
    return Reach(spec, value, replace(spec, low=min(spec.low, value)) if below else
                 replace(spec, high=max(spec.high, value)))
