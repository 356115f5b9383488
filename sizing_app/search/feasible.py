"""When no design can meet the specs: the verdict, and its evidence.

That something cannot be done is never proved by trying. What is said is that the search has come to a standstill where
the surfaces around the nearest design follow what was measured there and do not expect to come nearer either: the
evidence is the nearest design, which specs are in conflict there, how good each of them can become with the others
held, and which single bound would have to give way, and how far. Surfaces that miss the nearest design itself know too
little of the place to say anything; then nothing is said, however long it takes.
"""

from dataclasses import replace

import numpy as np

from sizing_app.search.propose import best_around
from sizing_app.search.search import Search
from sizing_app.search.surface import Surface
from sizing_app.task.infeasible import Infeasible, Reach

PATIENCE, STILL = 60, 0.9
"""Designs over which the shortfall of the nearest one must have stayed above this share; twice as many are needed."""
FOLLOWED, PROMISED = 1.1, 0.8
"""Shares of the shortfall of the nearest design: what the surfaces may make of it at most, and what they have to expect
at least of the best design around it."""
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
    objective, nearest = search.objective, search.best
    heights = np.nan_to_num(objective.heights(search.levels[nearest]), nan=-1.0)
    if -np.minimum(heights, 0.0).sum() < SHORT or not _still(search.shortfalls):
        return None
    whole = search.whole
    surface = Surface(search.points[whole], search.levels[whole], search.points[nearest], REACH)
    if not _hopeless(search, surface):
        return None
    reached = [_reach(search, surface, place) for place in np.flatnonzero(surface.known)
               if heights[place] < objective.room[place]]
    if not reached or None in reached:
        return None
    missed = tuple(objective.specs[place].metric for place in np.flatnonzero(heights < 0))
    return Infeasible(nearest, len(search.points), missed, tuple(reached))


def _still(shortfalls: np.ndarray) -> bool:
    """Whether the latest designs have brought hardly anything."""
    return len(shortfalls) >= 2 * PATIENCE and shortfalls.min() > STILL * shortfalls[:-PATIENCE].min()


def _hopeless(search: Search, surface: Surface) -> bool:
    """Whether surfaces around the nearest design follow it, and promise nothing that comes much nearer."""
    model, short = surface.mean_surface(), search.shortfalls[search.best]

    def cost(points: np.ndarray) -> np.ndarray:
        return search.objective.shortfall(model.at(points))

    rng = np.random.default_rng(abs(search.task.seed))
    return bool(cost(surface.centre[None])[0] < FOLLOWED * short
                and cost(best_around(cost, search.space, surface.centre, REACH, rng)[:1])[0] > PROMISED * short)


def _reach(search: Search, surface: Surface, place: int) -> Reach | None:
    """The best level of one spec's metric where the surfaces expect the others to be met; None if it may be enough."""
    objective, model = search.objective, surface.mean_surface()

    def cost(points: np.ndarray) -> np.ndarray:
        heights = objective.heights(model.at(points))
        others = np.delete(heights, place, axis=1)
        return HELD * np.nansum(np.maximum(-others, 0.0), axis=1) - heights[:, place]

    rng = np.random.default_rng([abs(search.task.seed), place])
    point = best_around(cost, search.space, surface.centre, REACH, rng)[:1]
    level, deviation = model.at(point)[0, place], surface.uncertainty(point)[0, place]
    spec = objective.specs[place]
    below = spec.low is not None and (spec.high is None or level < objective.low[place])
    hopeful = level + (DOUBT if below else -DOUBT) * deviation
    if hopeful >= objective.low[place] if below else hopeful <= objective.high[place]:
        return None
    value = float(objective.values_of(place, np.array([level]))[0])
    return Reach(spec, value, replace(spec, low=min(spec.low, value)) if below else
                 replace(spec, high=max(spec.high, value)))
