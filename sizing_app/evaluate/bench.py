"""A simulator for making and asking queries: it remembers what it measured and counts CPU seconds."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit
from sizing_app.pools.targets import DesignGrid, metric_row
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Job, Policy, Simulator
from sizing_app.task.turn import History, Measurement


class Bench(Simulator):
    """A Simulator of metrics over another one."""

    def __init__(self, simulator: Simulator):
        self._simulator = simulator
        self._known: dict[tuple, Future[Measurement]] = {}
        self._asked: list[Future[Measurement]] = []
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """Simulations so far."""
        return len(self._asked)

    @property
    def cpu(self) -> float:
        """Seconds that they took."""
        return sum(answer.result().cpu for answer in self._asked)

    @property
    def seats(self) -> int:
        return self._simulator.seats

    def submit(self, jobs: Sequence[Job]) -> list[Future[Measurement]]:
        """As of any Simulator; the same design is simulated once."""
        keys = [(job.circuit.key, job.conditions, tuple(sorted(job.parameters.items()))) for job in jobs]
        with self._lock:
            for key, job in zip(keys, jobs, strict=True):
                if key not in self._known:
                    self._known[key] = self._ask([job])[0]
            return [self._known[key] for key in keys]

    def rows(self, circuit: Circuit, designs: np.ndarray, conditions: Conditions) -> np.ndarray:
        """Metrics, float32 of shape (designs, metrics), of grid designs; NaN where there is none. Simulated anew."""
        grid = DesignGrid(circuit)
        answers = self._ask([Job(circuit, grid.design(row), conditions) for row in designs])
        return np.array([metric_row(circuit, answer.result()) for answer in answers], np.float32)

    def _ask(self, jobs: Sequence[Job]) -> list[Future[Measurement]]:
        answers = self._simulator.submit(jobs)
        self._asked += answers
        return answers


def meets(policy: Policy, task: Task, start: History, bench: Bench) -> bool:
    """Whether a policy's first design after ``start`` (or that itself) meets all specs of a task with budget 1."""
    return fold(run_session(task, policy, bench, threading.Event(), start)).passed
