"""The teacher's designs: for a query, the centre of the best simulated designs that meet it, checked by simulation.

The centre of many good designs moves smoothly with the targets, so it is easier to learn than the single best design.
Where it fails when simulated, smaller centres are tried, then a few designs around the best ones, and at last the best
single design of the pool.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sizing_app.domain import Spec, Task
from sizing_app.pools import ROOM, Pool, centroid, ranked
from sizing_app.targets import margins
from sizing_app.train.pool import simulate

CENTROIDS = (16, 5)
"""Numbers of designs that are averaged, tried in this order."""
REFINEMENTS = 2
"""Designs tried around the best ones of the pool where all centroids fail."""


@dataclass(frozen=True)
class Answer:
    """A simulated design for a query. ``margin`` is that of its worst spec; ``source`` says where it comes from."""

    design: np.ndarray
    metrics: np.ndarray
    margin: float
    source: str

    @property
    def passed(self) -> bool:
        return self.margin >= 0.0


def teach(tasks: Sequence[Task], pool: Pool, simulator, rng: np.random.Generator) -> list[Answer]:
    """The best answer found for each task; every round simulates the open tasks in one batch."""
    places = [pool.index_of(task.conditions) for task in tasks]
    answers = [_best_single(pool, place, task.specs) for place, task in zip(places, tasks, strict=True)]
    open_tasks = list(range(len(tasks)))
    for count in CENTROIDS:
        designs = [pool.grid.snap(centroid(pool, places[number], tasks[number].specs, count))[None]
                   for number in open_tasks]
        found = _simulated(tasks, places, open_tasks, designs, pool, simulator, f"centroid of {count}")
        for number, answer in found.items():
            if answer.passed:
                answers[number] = answer
        open_tasks = [number for number in open_tasks if not found[number].passed]
    designs = [_around(pool, places[number], tasks[number].specs, rng) for number in open_tasks]
    found = _simulated(tasks, places, open_tasks, designs, pool, simulator, "refined")
    for number, answer in found.items():
        if answer.margin > answers[number].margin:
            answers[number] = answer
    return answers


def _best_single(pool: Pool, place: int, specs: Sequence[Spec]) -> Answer:
    rows, worst = ranked(pool, place, specs)
    return Answer(pool.design[rows[0]], pool.metrics[rows[0]].astype(float), float(worst[0]), "single")


def _around(pool: Pool, place: int, specs: Sequence[Spec], rng: np.random.Generator) -> np.ndarray:
    """Small differential moves from the best designs: grid indices, shape (REFINEMENTS, parameters)."""
    rows, _ = ranked(pool, place, specs)
    units = pool.grid.unit(pool.design[rows[:6]])
    first, second, third = (units[rng.integers(len(units), size=REFINEMENTS)] for _ in range(3))
    moved = first + rng.uniform(0.2, 0.6, (REFINEMENTS, 1)) * (second - third)
    return pool.grid.snap(np.clip(moved + rng.normal(0.0, 0.01, moved.shape), 0.0, 1.0))


def _simulated(tasks: Sequence[Task], places: Sequence[int], numbers: Sequence[int], designs: Sequence[np.ndarray],
               pool: Pool, simulator, source: str) -> dict[int, Answer]:
    """Simulate some designs for each numbered task; the best one of each."""
    if not numbers:
        return {}
    conditions = [places[number] for number, rows in zip(numbers, designs, strict=True) for _ in rows]
    measured = simulate(pool, simulator, conditions, np.concatenate(designs))
    answers, start = {}, 0
    for number, rows in zip(numbers, designs, strict=True):
        metrics = measured[start:start + len(rows)]
        worst = np.clip(margins(pool.circuit, tasks[number].specs, metrics), -3.0, ROOM).min(axis=1)
        best = int(np.argmax(worst))
        answers[number] = Answer(rows[best], metrics[best], float(worst[best]), source)
        start += len(rows)
    return answers
