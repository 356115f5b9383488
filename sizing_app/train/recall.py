"""Demonstrations without a simulation: what the pool remembers of a query.

A network learns more from a pool the more queries it sees, and simulated demonstrations are few. Here the reply is the
centre of the best stored designs, and all that is measured, or expected, is that of a stored design: the start is one
of the worst, the expected effects are those of the passing one next to the centre.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sizing_app.domain import Task
from sizing_app.pools import Pool, centroid, ranked
from sizing_app.targets import measurement_of
from sizing_app.train.answers import CENTROIDS, Answer
from sizing_app.train.family.ranges import SHIFT, preferred
from sizing_app.train.teacher import Trajectory, attempts, history

FIRST = 0.6
"""Share of the trajectories that end with the first reply, so that more queries are seen in the same time."""
POOREST = 0.3
"""The start is drawn from this share of the stored designs, the worst ones for the query, as a random one would be."""


def recall(tasks: Sequence[Task], pool: Pool, rng: np.random.Generator) -> list[Trajectory]:
    """Trajectories of the tasks, each begun at a stored design; no simulator is asked."""
    return [_recalled(task, pool, rng) for task in tasks]


def _recalled(task: Task, pool: Pool, rng: np.random.Generator) -> Trajectory:
    place = pool.index_of(task.conditions)
    rows, worst = ranked(pool, place, task.specs)
    start = rows[-int(rng.integers(1, max(2, round(POOREST * len(rows)))))]
    passing = rows[: max(1, int((worst >= 0.0).sum()))]
    size = next((size for size in CENTROIDS if size <= len(passing)), CENTROIDS[-1])
    centre = centroid(pool, place, task.specs, size)
    distance = np.linalg.norm(pool.grid.unit(pool.design[passing]) - centre, axis=1)
    nearest = passing[int(np.argmin(distance))]
    metrics = pool.metrics[nearest].astype(float)
    stored = Answer(pool.design[nearest], metrics, float(worst[rows == nearest][0]), "stored")
    task = replace(task, initial=pool.grid.design(pool.design[start]))
    tried = [] if rng.random() < FIRST else attempts(task, stored, pool, rng)
    turns = history(task, measurement_of(task.circuit, pool.metrics[start]), tried)
    return Trajectory(task, replace(stored, design=pool.grid.snap(centre)), turns)


def widened(pool: Pool, rng: np.random.Generator) -> Pool:
    """The same designs in wider ranges, so that a size is not learnt from its place in one range.

    Either end of a log scale moves by up to SHIFT steps of its grid, the E24 series: a grid index grows by those below.
    """
    parameters, below = [], []
    for parameter in pool.circuit.parameters:
        down, up = rng.integers(0, SHIFT + 1, 2) if parameter.scale == "log" else (0, 0)
        if down or up:
            first, *_, last = parameter.grid()
            parameter = replace(parameter, low=preferred(first, -down), high=preferred(last, up))
        parameters.append(parameter)
        below.append(down)
    circuit = replace(pool.circuit, parameters=tuple(parameters))
    return Pool(circuit, pool.condition, pool.design + np.array(below, np.uint8), pool.metrics)
