"""Simulations on the machines of a Ray cluster, behind the interface of the local pool (docs/scale.md).

A *seat* is an actor with one core and a local pool of one worker: deadlines, kills and typed failures stay where they
are, only messages travel. Jobs wait here in one queue; a free seat takes several at once, since a call of an actor
costs milliseconds. An evaluation may be repeated: what a dead seat had taken goes back to the front of the queue, and
the seat takes nothing until it has answered a ping.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

import ray
from ray.exceptions import GetTimeoutError, RayError

from sizing_app.circuit.definition import Circuit
from sizing_app.simulator.answers import Answer, failed
from sizing_app.simulator.inspection import Inspector
from sizing_app.simulator.pool import DEADLINE, SimulatorPool
from sizing_app.simulator.worker_process import PATIENCE
from sizing_app.task.protocols import Job

BATCH = 8
"""Most jobs of one call."""
TRIES = 5
"""Seats that a job is given to before it counts as crashed."""
LONGEST, GRACE = 2 * PATIENCE, 60.0
"""Deadlines that a job may take by the clock, with its second try, and seconds beyond, before a seat counts as lost."""
PING = 2.0
"""Seconds between two pings of a seat that does not answer."""
FIRST = 120.0
"""Seconds until some seat must have answered: a core of the cluster that nobody else holds."""


@ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=0)
class Seat:
    """One core of the cluster."""

    def __init__(self, deadline: float, trusted: bool):
        self.pool = SimulatorPool(1, deadline, trusted)
        self.circuits: dict[str, Circuit] = {}

    def run(self, circuits: dict[str, Circuit], jobs: list[tuple]) -> list[Answer] | None:
        """Answers of (key, parameters, conditions, want); None where a circuit is not known here, after a restart."""
        self.circuits.update(circuits)
        if not all(key in self.circuits for key, *_ in jobs):
            return None
        waiting = self.pool.submit([Job(self.circuits[key], *rest) for key, *rest in jobs])
        return [answer.result() for answer in waiting]

    def ping(self) -> int:
        """The process; answers once the actor is up again."""
        return os.getpid()


class RayPool(Inspector):
    """A Simulator over all cores of a Ray cluster.

    ``address``: None starts Ray on this machine, "auto" joins a running cluster, "ray://HOST:PORT" one elsewhere.
    ``seats``: actors, as many as the cluster has cores by default and never more. ``deadline`` and ``trusted`` as for
    SimulatorPool. Everyone who reaches the cluster may run code on it: for trusted networks only. Raises RuntimeError
    where no core gets free.
    """

    def __init__(self, seats: int | None = None, deadline: float = DEADLINE, trusted: bool = False,
                 address: str | None = None):
        self._started = not ray.is_initialized()
        if self._started:
            try:
                ray.init(address=address or "local", include_dashboard=False, log_to_driver=False)
            except Exception as error:  # Ray raises it as it is where a node does not start in time
                raise ConnectionError(str(error).strip()) from None
        self.deadline = deadline
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._seats = [Seat.remote(deadline, trusted) for _ in range(min(seats or cores, cores))]
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [threading.Thread(target=self._serve, args=(seat,), name=f"seat-{number}", daemon=True)
                         for number, seat in enumerate(self._seats)]
        for thread in self._threads:
            thread.start()
        if not ray.wait([seat.ping.remote() for seat in self._seats], timeout=FIRST)[0]:
            self.close()
            raise RuntimeError(f"all cores of the cluster are taken: none got free within {FIRST:g} s")

    @property
    def seats(self) -> int:
        return len(self._seats)

    def submit(self, jobs: Sequence[Job]) -> list[Future[Answer]]:
        waiting = [_Waiting(job) for job in jobs]
        with self._changed:
            if self._closed:
                for item in waiting:
                    item.fail("the simulator was closed")
            else:
                self._queue.extend(waiting)
                self._changed.notify_all()
        return [item.answer for item in waiting]

    def close(self) -> None:
        with self._changed:
            self._closed = True
            while self._queue:
                self._queue.popleft().fail("the simulator was closed")
            self._changed.notify_all()
        for seat in self._seats:
            ray.kill(seat)
        for thread in self._threads:
            thread.join()
        if self._started:
            ray.shutdown()

    def _serve(self, seat) -> None:
        """Give one seat its jobs, until the pool is closed."""
        known: set[str] = set()
        self._wait_for(seat)
        while batch := self._take():
            answers = self._ask(seat, known, batch)
            if answers is None:
                self._give_back(batch)
                self._wait_for(seat)
                continue
            for item, answer in zip(batch, answers, strict=True):
                item.answer.set_result(answer)

    def _take(self) -> "list[_Waiting]":
        """A fair share of what waits, at least one; empty once the pool is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            share = min(BATCH, -(-len(self._queue) // len(self._seats)))
            return [] if self._closed else [self._queue.popleft() for _ in range(share)]

    def _ask(self, seat, known: set[str], batch: "list[_Waiting]") -> list[Answer] | None:
        """The answers of one call; None where the seat is lost. ``known``: keys of the circuits that it has."""
        jobs = [(job.circuit.key, dict(job.parameters), job.conditions, job.want) for job in (w.job for w in batch)]
        circuits = {item.job.circuit.key: item.job.circuit for item in batch}
        try:
            for _ in range(2):
                new = {key: circuit for key, circuit in circuits.items() if key not in known}
                answers = ray.get(seat.run.remote(new, jobs), timeout=len(jobs) * LONGEST * self.deadline + GRACE)
                if answers is not None:
                    known |= set(circuits)
                    return answers
                known.clear()
        except (RayError, GetTimeoutError):
            known.clear()
        return None

    def _give_back(self, batch: "list[_Waiting]") -> None:
        with self._changed:
            for item in reversed(batch):
                item.tries += 1
                if self._closed or item.tries >= TRIES:
                    item.fail("the simulator was closed" if self._closed else f"{TRIES} seats of the cluster were lost")
                else:
                    self._queue.appendleft(item)
            self._changed.notify_all()

    def _wait_for(self, seat) -> None:
        """Until a seat that is lost, or not placed on the cluster yet, answers."""
        while not self._closed:
            try:
                ray.get(seat.ping.remote(), timeout=PING)
                return
            except (RayError, GetTimeoutError):
                time.sleep(PING / 4)


class _Waiting:
    """A job, its future, and how often it was lost."""

    def __init__(self, job: Job):
        self.job, self.tries = job, 0
        self.answer: Future[Answer] = Future()

    def fail(self, said: str) -> None:
        self.answer.set_result(failed(self.job.want, "crashed", self.job.circuit, said, 0.0))
