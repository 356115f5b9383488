"""When a goal does not become any better: the verdict that ends a session, and its evidence.

That a design is the best one is never proved by trying. What is said is that the trust region around the best design
(region.py) became so narrow that it began anew, and once more, without a gain in between; and how much the surfaces
around the best design still promise. The design that they promise most of is the last one.
"""

import numpy as np

from sizing_app.search.propose import best_around, box, first_new
from sizing_app.search.search import Search, Suggestion
from sizing_app.task.settled import Settled

STILL = 0.005
"""What a goal gains, between two times that the region became too narrow, where it is said to be settled."""
REACH = 0.1
"""Half-width of the box around the best design in which the surfaces are asked what they promise."""


def verdict(search: Search, former: int = 0) -> tuple[Settled, Suggestion] | None:
    """The evidence and the last design, or None as long as the goal may become better. ``former``: designs of the
    latest verdict, which a person went past. ``best`` is the place of the best design among those that were told."""
    if not search.pushing or not _still(search, former):
        return None
    points = search.points
    surface = search.fit(points[search.best], REACH)
    model, rng = surface.mean_surface(), np.random.default_rng([abs(search.task.seed), len(points)])

    def cost(tried: np.ndarray) -> np.ndarray:
        return search.columns().cost(model.at(tried), 0.0)

    found = best_around(cost, search.space, surface.centre, REACH, rng)
    promised = max(0.0, float(-cost(found[:1])[0] - search.gains[search.best]))
    last = first_new(found, points, search.space, *box(search.space, surface.centre, REACH), rng)
    return (Settled(search.best, float(search.values[search.best]), len(points), promised),
            search.suggestion(last, "local mean", REACH, surface))


def _still(search: Search, former: int) -> bool:
    """Whether the region became too narrow twice with hardly a gain in between."""
    ends = [count for count in search.region().narrowed if count > former][-2:]
    return len(ends) == 2 and search.losses[:ends[0]].min() - search.losses[:ends[1]].min() < STILL
