"""Training queries that a constant fails: a policy meets them only if it reads them.

The rules are those of the benchmark (pools/query_rules.py), but no climb is made: the witness is the stored design that
comes nearest to specs of which two are pulled far beyond their defaults. A third of the queries asks for what it
reaches less 5 to 15% (WIDE), a third less 15 to 25% (SLACK20), and in a third about every second target that it meets
at its default keeps that (HALF). Queries come in pairs, with the same conditions, told conditions, ranges and start,
and other targets. A hidden share is told conditions that are wrong in all four; a moved share has ranges of its own,
anywhere around the witnesses. Evaluation queries have seeds below FIRST_SEED.
"""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import cycle
from pathlib import Path

import numpy as np

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.pools.designs import Pool, centroid, ranked
from sizing_app.pools.query_rules import (SINGLE_LIMIT, SLACK, attractor, halved, misled, reranged, size_floors,
                                          witnessed)
from sizing_app.pools.targets import DesignGrid, draw_weights, fitness, margins, metric_columns
from sizing_app.pools.teacher import CENTRE
from sizing_app.task.definition import Task
from sizing_app.task.limits import narrowed

BUDGET = 5
"""Tool calls of a query (paper, section 5.1.4)."""
FIRST_SEED = 1_000_000
"""Seeds of training queries start here."""
LAST_SEED = 2 ** 31
PAIR = 2
"""Queries that differ in their targets alone."""
RECIPES = {"wide": SLACK["tight"], "slack20": SLACK["standard"], "half": SLACK["tight"]}
"""How far below the witness targets lie."""
DRAWS = 24
"""Of targets for one query; the first that no constant meets counts, or else the one that the fewest meet."""
STRETCH = (0.7, 1.3)
"""Width of a range that is drawn anew to that of the circuit, both logarithmic."""


class Synthesis:
    """Draws the training queries of one circuit from its pool."""

    def __init__(self, pool: Pool, hidden_share: float = 0.0, moved_share: float = 0.0):
        """Probabilities that a pair is told wrong conditions, and that it has ranges of its own."""
        self.pool, self._hidden, self._moved = pool, hidden_share, moved_share
        self._recipes = cycle(RECIPES)
        self._places: dict[int, _Place] = {}

    def draw(self, rng: np.random.Generator, count: int) -> list[Task]:
        """So many queries in whole pairs, one more where that number is odd. Raises ValueError where the pool has no
        design that makes one."""
        tasks: list[Task] = []
        while len(tasks) < count:
            tasks += self._pair(rng)
        return tasks

    def _pair(self, rng: np.random.Generator) -> list[Task]:
        pool, circuit = self.pool, self.pool.circuit
        place = int(rng.choice(pool.places))
        conditions = pool.conditions[place]
        stated = misled(circuit, conditions, rng) if rng.random() < self._hidden else None
        targets, rows = [], []
        for _ in range(PAIR):
            specs, row = self._targets(place, rows, next(self._recipes), rng)
            targets.append(specs)
            rows.append(row)
        if rng.random() < self._moved:
            circuit = in_other_ranges(circuit, [pool.grid.design(pool.design[row]) for row in rows], rng)
        grid = DesignGrid(circuit)
        initial = grid.design(grid.random(rng, 1)[0])
        return [Task(circuit, specs, conditions, initial, BUDGET, int(rng.integers(FIRST_SEED, LAST_SEED)), stated)
                for specs in targets]

    def _targets(self, place: int, taken: Sequence[int], recipe: str,
                 rng: np.random.Generator) -> tuple[tuple[Spec, ...], int]:
        """Targets, and the row of their witness; another one than those taken, as long as there is one."""
        circuit, metrics = self.pool.circuit, self.pool.metrics
        if place not in self._places:
            self._places[place] = _Place(self.pool, place)
        known = self._places[place]
        kept, fewest = None, np.inf
        for _ in range(DRAWS):
            specs, _ = attractor(circuit, rng)
            points = fitness(circuit, specs, draw_weights(circuit, rng), metrics[known.rows])
            row = int(known.rows[np.argmax(points)])
            specs = witnessed(circuit, metrics[row], RECIPES[recipe], rng)
            if specs is None:
                continue
            if recipe == "half":
                specs = halved(circuit, specs, metrics[row], rng)
            excess = known.excess(specs) + (row in taken)
            if excess < fewest:
                kept, fewest = (specs, row), excess
            if excess <= 0:
                break
        if kept is None:
            raise ValueError(f"{circuit.name}: no stored design at {self.pool.conditions[place]} makes a query")
        known.add(kept[0])
        return kept


class _Place:
    """What is stored at one place: ``rows``, those of the complete designs, and how many queries each one meets."""

    def __init__(self, pool: Pool, place: int):
        self._pool, specs = pool, pool.circuit.specs
        best, _ = ranked(pool, place, specs)
        complete = np.isfinite(pool.metrics[best][:, metric_columns(pool.circuit, specs)]).all(axis=1)
        self.rows = best[complete]
        away = pool.grid.unit(pool.design[self.rows]) - centroid(pool, place, specs, CENTRE)
        self._constants = [0, int(np.argmin((away ** 2).sum(axis=1)))] if len(self.rows) else []
        """Best for the default specs, and nearest to the centre of those that are: they stand for all constants."""
        self._met, self._asked = np.zeros(len(self.rows), dtype=int), 0

    def excess(self, specs: Sequence[Spec]) -> int:
        """How many queries too many one design would meet; all of them for a constant that meets this one."""
        meets = self._meets(specs)
        allowed = max(2, int(SINGLE_LIMIT * (self._asked + 1)))
        return max(int((self._met + meets).max()) - allowed, (self._asked + 1) * int(meets[self._constants].any()))

    def add(self, specs: Sequence[Spec]) -> None:
        self._met += self._meets(specs)
        self._asked += 1

    def _meets(self, specs: Sequence[Spec]) -> np.ndarray:
        return margins(self._pool.circuit, specs, self._pool.metrics[self.rows]).min(axis=1) >= 0.0


def in_other_ranges(circuit: Circuit, designs: Sequence[Parameters], rng: np.random.Generator) -> Circuit:
    """The circuit with ranges that are drawn anew around some designs: no size is known by its place in one."""
    return narrowed(circuit, reranged(circuit, designs, STRETCH, size_floors((circuit,), circuit.process), rng))


def save_queries(path: Path, tasks: Iterable[Task]) -> None:
    """One JSON document a line, gzip. Written next to ``path``, then renamed, so that a killed run leaves no part."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".partial")
    with gzip.open(unfinished, "wt", encoding="utf-8") as file:
        for task in tasks:
            file.write(json.dumps(to_json(task)) + "\n")
    unfinished.replace(path)


def load_queries(path: Path, circuits: Mapping[str, Circuit]) -> list[Task]:
    """The queries of a file, which name ``circuits``."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [from_json(json.loads(line), circuits) for line in file]


def to_json(task: Task) -> dict:
    ranges = {parameter.name: [parameter.low, parameter.high] for parameter in task.circuit.parameters}
    return {"circuit": task.circuit.name, "ranges": ranges, "conditions": task.conditions.document(),
            "stated": None if task.stated is None else task.stated.document(), "specs": list(map(asdict, task.specs)),
            "initial": dict(task.initial), "budget": task.budget, "seed": task.seed}


def from_json(entry: Mapping, circuits: Mapping[str, Circuit]) -> Task:
    stated = None if entry["stated"] is None else Conditions(**entry["stated"])
    ranges = {name: tuple(ends) for name, ends in entry.get("ranges", {}).items()}
    circuit = narrowed(circuits[entry["circuit"]], ranges)
    return Task(circuit, tuple(Spec(**spec) for spec in entry["specs"]),
                Conditions(**entry["conditions"]), entry["initial"], entry["budget"], entry["seed"], stated)
