"""One climb: response surfaces at one place of a circuit, from the fittest design that is known there.

In each round one surface a metric (search/surface.py) is fitted to the known designs nearest to the fittest one, and
the points of a box around it are tried that the mean surfaces, and samples of them, hold best. The box grows while
that succeeds and shrinks while it fails.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from sizing_app.circuit.definition import Spec
from sizing_app.evaluate.archive import Archive, Simulate
from sizing_app.pools.targets import DesignGrid, fitness, measurement_of, metric_columns
from sizing_app.search.deciding import columns
from sizing_app.search.objective import CAP, UNSURE, Objective
from sizing_app.search.propose import best_points, candidates, first_new
from sizing_app.search.search import SIDES
from sizing_app.search.space import Space
from sizing_app.search.surface import Surface

ROUND = 8
"""Designs that are proposed from the same knowledge, the first one by the mean surfaces, the others by samples."""
ROWS = 160
"""Known designs that surfaces are fitted to."""
WIDTH, LEAST, MOST = 0.2, 0.05, 0.5
"""Half-width of the box in the unit cube: at first, at least, at most."""
GROW, SHRINK = 1.6, 0.6
BETTER = 1e-3
"""Fitness that a round must add to count as a success."""


def climb(archive: Archive, simulate: Simulate, specs: Sequence[Spec], weights: np.ndarray, rng: np.random.Generator,
          simulations: int) -> None:
    """Add so many designs to the archive, rounded up to whole rounds; not stopped where the targets are met."""
    width = WIDTH
    for _ in range(math.ceil(simulations / ROUND)):
        scores = fitness(archive.circuit, specs, weights, archive.metrics)
        designs = _round(archive, specs, weights, int(np.argmax(scores)), width, rng)
        metrics = simulate(designs)
        archive.add(designs, metrics)
        found = fitness(archive.circuit, specs, weights, metrics).max() > scores.max() + BETTER
        width = float(np.clip(width * (GROW if found else SHRINK), LEAST, MOST))


def _round(archive: Archive, specs: Sequence[Spec], weights: np.ndarray, best: int, width: float,
           rng: np.random.Generator) -> np.ndarray:
    """Grid indices of the designs of a round around the one at place ``best``, shape (ROUND, parameters)."""
    grid, space = DesignGrid(archive.circuit), Space(archive.circuit)
    objective = Objective(archive.circuit, specs)
    known = grid.unit(archive.designs)
    near = np.argsort(((known - known[best]) ** 2).sum(axis=1), kind="stable")[:ROWS]
    found = [{0: objective.measured(measurement_of(archive.circuit, row))} for row in archive.metrics[near]]
    surface = Surface(known[near], columns(objective, found, ()).values, known[best], width)
    cost, chosen = _cost(archive, objective, weights), []
    for place in range(ROUND):
        model = surface.sample(rng) if place else surface.mean_surface()
        side = width * (math.exp(rng.uniform(*np.log(SIDES))) if place else 1.0)
        low, high = np.clip(known[best] - side, 0.0, 1.0), np.clip(known[best] + side, 0.0, 1.0)
        points = candidates(space, known[best], low, high, side, rng)
        points = best_points(lambda tried, model=model: cost(model.at(tried)), space, points, low, high, rng)
        chosen.append(first_new(points, known, space, low, high, rng))
        known = np.concatenate([known, chosen[-1][None]])
    return grid.snap(np.array(chosen))


def _cost(archive: Archive, objective: Objective, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """What is minimized on surfaces: the fitness of the metrics that they expect, negative, and as much as a spec can
    miss where no answer is expected (search/objective.py)."""
    circuit, specs = archive.circuit, objective.specs
    places = metric_columns(circuit, specs)

    def cost(found: np.ndarray) -> np.ndarray:
        levels, missing = np.split(found, [len(specs)], axis=-1)
        rows = np.full((len(levels), len(circuit.metrics)), np.nan)
        for place, column in enumerate(places):
            rows[:, column] = objective.values_of(place, levels[:, place])
        return CAP * np.maximum(missing - UNSURE, 0.0).sum(axis=-1) - fitness(circuit, specs, weights, rows)

    return cost
