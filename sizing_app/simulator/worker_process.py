"""The parent's end of one worker process: started on first use and after every death, ended at its deadline."""

import json
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit
from sizing_app.simulator.answers import LONGEST, Answer, WrongAnswer, decode
from sizing_app.simulator.cpu_clock import cpu_clock
from sizing_app.simulator.nursery_process import START_LIMIT, NoNursery, NurseryProcess
from sizing_app.simulator.origin import deck_of
from sizing_app.simulator.sent import keep
from sizing_app.task.protocols import Job
from sizing_app.task.turn import Status

PATIENCE = 30.0
"""Wall time that a job may take, in deadlines: for a worker that waits for ever, beyond any load of the machine."""
RECYCLE = 20_000
"""Jobs after which a worker is replaced, whatever its state."""
SHORTEST_WAIT = 0.02
"""Seconds between two looks at the CPU clock of a worker that gets little of a busy machine."""


class WorkerFailed(RuntimeError):
    """A worker gave no answer, in a sentence."""

    status: Status = "crashed"
    again = False
    """Whether a fresh worker may do better."""


class TimedOut(WorkerFailed):
    """A job took longer than its deadline."""

    status, again = "timeout", True


class Killed(WorkerFailed):
    """A signal ended the worker: a crash in ngspice, or the system was short of memory."""

    again = True


class Unconfined(WorkerFailed):
    """A circuit from elsewhere, on a system that cannot confine a worker."""

    status = "refused"


class WorkerProcess:
    """One worker, one job at a time. Thread-safe.

    A worker that has simulated a circuit from elsewhere simulates no other one. Where workers cannot be confined, such
    circuits are refused unless ``trusted``.
    """

    def __init__(self, nursery: NurseryProcess, trusted: bool = False):
        self.pid: int | None = None
        self._nursery, self._trusted = nursery, trusted
        self._pipe: Connection | None = None
        self._clock: Callable[[], float] | None = None
        self._sent: dict[str, Circuit] = {}
        """Circuits that the worker keeps, by key."""
        self._deck: str | None = None
        self._lacking: list[str] = []
        self._done = 0
        self._closed = False
        self._lock = threading.Lock()

    def fits(self, deck: str | None) -> bool:
        """Whether a circuit (origin.deck_of) can be simulated without a fresh worker."""
        return self.pid is None or self._deck == deck

    def run(self, job: Job, deadline: float) -> Answer:
        """What the worker answers. ``deadline`` is in seconds of its CPU time, from when it has read the models.

        Raises WorkerFailed; the next job then finds a fresh worker.
        """
        with self._lock:
            try:
                self._start(job.circuit, job.conditions)
                self._ask(job)
                reply = decode(job.want, job.circuit, self._answer(deadline))
            except (WorkerFailed, WrongAnswer, NoNursery) as error:
                self._stop()
                raise error if isinstance(error, WorkerFailed) else WorkerFailed(str(error)) from None
            except (EOFError, OSError):
                raise self._death() from None
            self._done += 1
            if reply.last or self._done >= RECYCLE:
                self._stop()
            return reply.answer

    def close(self) -> None:
        """End the worker, in the middle of a job too, for good."""
        self._closed = True
        pid = self.pid
        if pid is not None:
            self._nursery.end(pid)
        with self._lock:
            self._stop()

    def _start(self, circuit: Circuit, conditions: Conditions) -> None:
        if self._closed:
            raise WorkerFailed("the simulator was closed")
        deck = deck_of(circuit)
        if not self.fits(deck):
            self._stop()
        if self.pid is None:
            self.pid, self._pipe = self._nursery.fork(circuit.process, conditions.corner)
            self._clock, self._deck = cpu_clock(self.pid), deck
            self._lacking = json.loads(self._receive("the simulator did not start"))
        if deck and self._lacking and not self._trusted:
            raise Unconfined(f"{circuit.name} is not of the circuits folder, and this system cannot confine the "
                             f"simulator (no {', no '.join(self._lacking)}): start with --trust-circuits to allow it")

    def _ask(self, job: Job) -> None:
        key = job.circuit.key
        first = key not in self._sent
        self._pipe.send((job.want, key, job.circuit if first else None, dict(job.parameters), job.conditions))
        if first:
            keep(self._sent, key, job.circuit)
        self._receive("the models were not read")

    def _receive(self, failure: str) -> bytes:
        """A message that takes no simulation."""
        if not self._pipe.poll(START_LIMIT):
            raise TimedOut(f"{failure} within {START_LIMIT:g} s, simulator restarted")
        return self._pipe.recv_bytes(LONGEST)

    def _answer(self, deadline: float) -> bytes:
        """Wait for CPU time to pass: of one thread it is never ahead of wall time."""
        begun, last = self._clock(), time.monotonic() + PATIENCE * deadline
        while not self._pipe.poll(max(SHORTEST_WAIT, begun + deadline - self._clock())):
            if self._clock() - begun >= deadline:
                raise TimedOut(f"no result within {deadline:g} s of CPU time, simulator restarted")
            if time.monotonic() >= last:
                raise TimedOut(f"no result within {PATIENCE * deadline:g} s of waiting, simulator restarted")
        return self._pipe.recv_bytes(LONGEST)

    def _death(self) -> WorkerFailed:
        """What to say of a worker that ended by itself, or whose pipe is broken."""
        code = self._stop()
        if self._closed:
            return WorkerFailed("the simulator was closed")
        if code < 0:
            return Killed(f"ngspice ended its process (signal {-code})")
        return WorkerFailed(f"ngspice ended its process (exit status {code})")

    def _stop(self) -> int:
        """The exit status; 0 where there is no worker."""
        code = 0
        if self.pid is not None:
            code = self._nursery.end(self.pid)
            self._pipe.close()
        self.pid = self._pipe = self._clock = self._deck = None
        self._sent.clear()
        self._done = 0
        return code
