"""Policies that know a pool of simulated designs (pools/designs.py): centre, lookup, and the teacher.

Centre and lookup use no feedback, beyond noticing that all specs are met.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.errors import PolicyError
from sizing_app.policy.designs import design, end, end_met
from sizing_app.pools.designs import Pool, PoolError, centroid, load_pool, pool_path, ranked
from sizing_app.pools.surrogate import load_surrogate, surrogate_path
from sizing_app.pools.targets import measurement_of
from sizing_app.pools.teacher import CENTRE, Teacher
from sizing_app.prompt.analysis import move_text
from sizing_app.task.definition import Task
from sizing_app.task.protocols import StopSignal
from sizing_app.task.reward import reached, score
from sizing_app.task.turn import Delta, History, Proposal


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
        answer = self.answer(task, self._pool(task.circuit), history)
        yield end("All that is stored for these conditions was tried.") if answer is None else design(*answer)

    @abstractmethod
    def answer(self, task: Task, pool: Pool, history: History) -> tuple[Parameters, str] | None:
        """The next design and where it comes from; None after the last one."""

    def _pool(self, circuit: Circuit) -> Pool:
        with self._lock:
            if circuit.key not in self._pools:
                try:
                    self._pools[circuit.key] = load_pool(circuit, pool_path(circuit))
                except PoolError as error:
                    raise PolicyError(str(error)) from None
            return self._pools[circuit.key]


class Lookup(_Stored):
    """Turn k proposes the k-th best stored design for the specs at the nearest stored conditions."""

    name = "lookup"

    def answer(self, task: Task, pool: Pool, history: History) -> tuple[Parameters, str] | None:
        rows, _ = ranked(pool, pool.nearest(task.conditions), task.specs)
        place = len(history) - 1
        if place >= len(rows):
            return None
        stored = score(measurement_of(task.circuit, pool.metrics[rows[place]]), task.specs)
        return pool.grid.design(pool.design[rows[place]]), (
            f"Stored design number {place + 1} of {len(rows)} for the nearest stored conditions; its reward when "
            f"stored was {stored.reward:.2f}.")


class Centre(_Stored):
    """The teacher's first guess and no more: one design for all targets, by the stated conditions alone."""

    name = "centre"

    def answer(self, task: Task, pool: Pool, history: History) -> tuple[Parameters, str] | None:
        if len(history) > 1:
            return None
        unit = centroid(pool, pool.nearest(task.conditions), task.circuit.specs, CENTRE)
        return pool.grid.design(pool.grid.snap(unit)), (
            "The centre of the stored designs that meet the circuit's default specs at the nearest stored conditions. "
            "Neither targets nor history are used.")


class TeacherPolicy(_Stored):
    """What supervised training aims at (pools/teacher.py); it reasons in the words that a checkpoint learns."""

    name = "teacher"

    def __init__(self, models: Path):
        super().__init__()
        self._models = models
        self._teachers: dict[str, Teacher] = {}

    def answer(self, task: Task, pool: Pool, history: History) -> tuple[Parameters, str] | None:
        rng = np.random.default_rng([task.seed, len(history)])
        answer, = self._teacher(task.circuit, pool).answers([task], [history], [task.conditions], rng)
        return answer.parameters, move_text(task, history, pool.grid.index(answer.parameters), answer.metrics)

    def _teacher(self, circuit: Circuit, pool: Pool) -> Teacher:
        with self._lock:
            if circuit.key not in self._teachers:
                surrogate = load_surrogate(surrogate_path(self._models, circuit), circuit)
                self._teachers[circuit.key] = Teacher(pool, surrogate)
            return self._teachers[circuit.key]
