"""Policies that know a pool of simulated designs (pools.py) and nothing else: the lookup and the teacher.

Neither uses feedback, beyond noticing that all specs are met.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator

from sizing_app.domain import Circuit, Delta, History, Parameters, Proposal, StopSignal, Task
from sizing_app.errors import PolicyError
from sizing_app.policy.designs import design, end, end_met
from sizing_app.pools import Pool, PoolError, centroid, load_pool, pool_path, ranked
from sizing_app.reward import reached, score
from sizing_app.targets import measurement_of

CENTROIDS = (20, 8, 3)
"""Numbers of designs that the teacher averages, in its first turns."""


class _Stored(ABC):
    """Loads the pool of each circuit once."""

    name = ""

    def __init__(self):
        self._pools: dict[str, Pool] = {}
        self._lock = threading.Lock()

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        pool = self._pool(task.circuit)
        answer = self.answer(task, pool, pool.nearest(task.conditions), len(history) - 1)
        yield end("All stored designs for these conditions were tried.") if answer is None else design(*answer)

    @abstractmethod
    def answer(self, task: Task, pool: Pool, place: int, turn: int) -> tuple[Parameters, str] | None:
        """The design of a turn (from 0) and where it comes from; None after the last one."""

    def _pool(self, circuit: Circuit) -> Pool:
        with self._lock:
            if circuit.folder not in self._pools:
                try:
                    self._pools[circuit.folder] = load_pool(circuit, pool_path(circuit))
                except PoolError as error:
                    raise PolicyError(str(error)) from None
            return self._pools[circuit.folder]


class Lookup(_Stored):
    """Turn k proposes the k-th best stored design for the specs at the nearest stored conditions."""

    name = "lookup"

    def answer(self, task: Task, pool: Pool, place: int, turn: int) -> tuple[Parameters, str] | None:
        rows, _ = ranked(pool, place, task.specs)
        if turn >= len(rows):
            return None
        stored = score(measurement_of(task.circuit, pool.metrics[rows[turn]]), task.specs)
        return pool.grid.design(pool.design[rows[turn]]), (
            f"Stored design number {turn + 1} of {len(rows)} for the nearest stored conditions; its reward when stored "
            f"was {stored.total:.2f}.")


class Teacher(_Stored):
    """What the demonstrations of supervised training aim at: the centre of the best stored designs, ever fewer."""

    name = "teacher"

    def answer(self, task: Task, pool: Pool, place: int, turn: int) -> tuple[Parameters, str] | None:
        count = CENTROIDS[turn] if turn < len(CENTROIDS) else 1
        if count > 1:
            centre = pool.grid.snap(centroid(pool, place, task.specs, count))
            return pool.grid.design(centre), f"The centre of the {count} best stored designs for these specs."
        rows, _ = ranked(pool, place, task.specs)
        row = rows[min(turn - len(CENTROIDS), len(rows) - 1)]
        return pool.grid.design(pool.design[row]), "The best single design that is stored for these specs."
