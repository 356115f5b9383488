"""The point of a box at which a surface is best: random candidates, then a small cross-entropy search.

The cross-entropy method (Rubinstein, 1999): draw from a normal distribution, refit it to the better points, repeat.
"""

from collections.abc import Callable

import numpy as np

from sizing_app.search.space import NEAR, Space

FAR_CANDIDATES, NEAR_CANDIDATES = 160, 60
ELITE, PARENTS, GENERATIONS, CHILDREN = 30, 16, 12, 60
CROSSINGS, FACTORS, RATE = 80, (0.2, 1.2), 0.9
"""Of crossings: how many, the factor of the difference, and the share of the parameters that it is added to."""
MOVED = 4
"""At least so many parameters are moved at once in the candidates that move only some of them."""


def candidates(space: Space, centre: np.ndarray, low: np.ndarray, high: np.ndarray, length: float,
               rng: np.random.Generator) -> np.ndarray:
    """Points of the box from ``low`` to ``high``: all over it, half of them with about 40% of the parameters moved."""
    d = space.size
    share = np.where(rng.random((FAR_CANDIDATES, 1)) < 0.5, 1.0, min(1.0, max(MOVED, 0.4 * d) / d))
    moved = rng.random((FAR_CANDIDATES, d)) < share
    start = np.clip(centre, low, high)
    far = np.where(moved, low + (high - low) * rng.random((FAR_CANDIDATES, d)), start)
    near = np.clip(start + 0.3 * length * rng.standard_normal((NEAR_CANDIDATES, d)), low, high)
    return np.concatenate([far, near])


def crossings(space: Space, best: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The first of the designs ``best``, shape (designs, parameters), plus differences of two others: they keep to the
    valley that these lie in, however narrow it is (differential evolution: Storn and Price, 1997)."""
    a, b = (best[rng.integers(len(best), size=CROSSINGS)] for _ in range(2))
    factors = rng.uniform(*FACTORS, size=(CROSSINGS, 1))
    kept = rng.random((CROSSINGS, space.size)) < RATE
    return space.whole(np.clip(best[0] + np.where(kept, factors * (a - b), 0.0), space.low, space.high))


def best_points(cost: Callable[[np.ndarray], np.ndarray], space: Space, points: np.ndarray, low: np.ndarray,
                high: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The best points found, best first, shape (ELITE, parameters)."""
    points = space.whole(points)
    costs = cost(points)
    order = np.argsort(costs, kind="stable")[:ELITE]
    points, costs = points[order], costs[order]
    for _ in range(GENERATIONS):
        mean, spread = points[:PARENTS].mean(axis=0), points[:PARENTS].std(axis=0) + 1e-3
        children = mean + 1.2 * spread * rng.standard_normal((CHILDREN, space.size))
        children = space.whole(np.clip(children, low, high))
        points, costs = np.concatenate([points, children]), np.concatenate([costs, cost(children)])
        order = np.argsort(costs, kind="stable")[:ELITE]
        points, costs = points[order], costs[order]
    return points


def box(space: Space, centre: np.ndarray, side: float) -> tuple[np.ndarray, np.ndarray]:
    """The corners of the box of half-width ``side`` around a point, inside the space."""
    return np.clip(centre - side, space.low, space.high), np.clip(centre + side, space.low, space.high)


def best_around(cost: Callable[[np.ndarray], np.ndarray], space: Space, centre: np.ndarray, side: float,
                rng: np.random.Generator) -> np.ndarray:
    """The best points found in such a box, best first, shape (ELITE, parameters)."""
    low, high = box(space, centre, side)
    return best_points(cost, space, candidates(space, centre, low, high, side, rng), low, high, rng)


def first_new(points: np.ndarray, known: np.ndarray, space: Space, low: np.ndarray, high: np.ndarray,
              rng: np.random.Generator) -> np.ndarray:
    """The first of the points that is not a known design; where all are, one beside the first."""
    for point in points:
        if not len(known) or np.abs(known - point).max(axis=1).min() > NEAR:
            return point
    return space.whole(np.clip(points[:1] + 0.02 * rng.standard_normal((1, space.size)), low, high))[0]
