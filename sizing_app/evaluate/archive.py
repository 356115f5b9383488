"""What is known at one place of a circuit while its queries are drawn, and which places those are.

All that is simulated at a place joins its archive, so that later climbs begin higher. Climbs are kept in files with the
arrays of a pool (pools/designs.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.circuit.folder import golden
from sizing_app.pools.designs import Pool, empty_pool
from sizing_app.pools.targets import DesignGrid, fitness, margins

START = 32
"""Designs, the golden one and random ones, that an archive without stored designs begins with."""
Simulate = Callable[[np.ndarray], np.ndarray]
"""Grid designs to metrics."""


@dataclass
class Archive:
    """What is known at one place. Rows: grid indices of a design, and its metrics (float32, NaN where missing)."""

    circuit: Circuit
    conditions: Conditions
    designs: np.ndarray
    metrics: np.ndarray
    first: int = START
    """How many rows were known before any climb."""
    asked: list[tuple[Sequence[Spec], np.ndarray]] = field(default_factory=list)
    """Targets of the queries that lie here, and the metrics of their witnesses."""

    @classmethod
    def of(cls, pool: Pool, conditions: Conditions) -> "Archive":
        """All designs that a pool has there."""
        rows = pool.rows(pool.index_of(conditions))
        return cls(pool.circuit, conditions, pool.design[rows], pool.metrics[rows], len(rows) or START)

    def __len__(self) -> int:
        return len(self.designs)

    def add(self, designs: np.ndarray, metrics: np.ndarray) -> None:
        self.designs = np.concatenate([self.designs, designs])
        self.metrics = np.concatenate([self.metrics, metrics])

    def fittest(self, specs: Sequence[Spec], weights: np.ndarray) -> np.ndarray:
        """Grid indices of the design that comes nearest to weighted targets."""
        return self.designs[int(np.argmax(fitness(self.circuit, specs, weights, self.metrics)))]

    def shared(self, *more: tuple[Sequence[Spec], np.ndarray]) -> int:
        """How many queries here, these included, the best single design meets: of those known first and all witnesses.

        The designs of the climbs do not count: nobody has them.
        """
        asked = [*self.asked, *more]
        rows = np.concatenate([self.metrics[:self.first], *(row[None] for _, row in asked)])
        return int(np.sum([margins(self.circuit, specs, rows).min(axis=1) >= 0.0 for specs, _ in asked], axis=0).max())


def begin(archive: Archive, simulate: Simulate, rng: np.random.Generator) -> None:
    """Fill an archive that is empty with the golden design and random ones."""
    if not len(archive):
        grid = DesignGrid(archive.circuit)
        start = grid.random(rng, START)
        start[0] = grid.index(golden(archive.circuit)["parameters"])
        archive.add(start, simulate(start))


def spread(candidates: Sequence[Conditions], count: int, rng: np.random.Generator) -> list[Conditions]:
    """At most ``count`` of the candidates, the first one and then those whose values occur least often so far."""
    chosen, left = [candidates[0]], [candidates[place] for place in 1 + rng.permutation(len(candidates) - 1)]
    while left and len(chosen) < count:
        seen = [value for conditions in chosen for value in vars(conditions).items()]
        chosen.append(min(left, key=lambda conditions: sum(map(seen.count, vars(conditions).items()))))
        left.remove(chosen[-1])
    return chosen


def as_pool(circuit: Circuit, found: Sequence[tuple[Conditions, np.ndarray, np.ndarray]]) -> Pool:
    """Designs and metrics, with where they were simulated, in the arrays of a pool."""
    pool = empty_pool(circuit)
    for conditions, designs, metrics in found:
        pool = pool.extended(np.full(len(designs), pool.index_of(conditions)), designs, metrics)
    return pool
