"""The parent's end of one worker process: started on first use and after every death, ended at its deadline."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from sizing_app.domain import Circuit, Conditions, Parameters
from sizing_app.simulator.cpu_clock import cpu_clock

START_LIMIT = 60.0
"""Seconds of wall time that a worker may take to load ngspice, or to read a model library."""
PATIENCE = 30.0
"""Wall time that a job may take, in deadlines: for a worker that waits for ever, beyond any load of the machine."""
RECYCLE = 20_000
"""Jobs after which a worker is replaced, whatever its state."""
SHORTEST_WAIT = 0.02
"""Seconds between two looks at the CPU clock of a worker that gets little of a busy machine."""


class WorkerFailed(RuntimeError):
    """A worker gave no answer, in a sentence."""

    again: bool = False
    """Whether a fresh worker may do better."""


class TimedOut(WorkerFailed):
    """A job took longer than its deadline."""

    again = True


class Killed(WorkerFailed):
    """A signal ended the worker: a crash in ngspice, or the system was short of memory."""

    again = True


class WorkerProcess:
    """One worker, one job at a time. Thread-safe."""

    def __init__(self):
        self.process: subprocess.Popen | None = None
        self._pipe: Connection | None = None
        self._clock: Callable[[], float] | None = None
        self._known: set[int] = set()
        self._circuits: list[Circuit] = []
        self._done = 0
        self._ready = self._closed = False
        self._lock = threading.Lock()

    def run(self, task: str, circuit: Circuit, parameters: Parameters, conditions: Conditions, deadline: float):
        """What the worker answers. ``deadline`` is in seconds of its CPU time, from when it has read the models.

        Raises WorkerFailed; the next job then finds a fresh worker.
        """
        with self._lock:
            try:
                self._start()
                self._ask(task, circuit, parameters, conditions)
                answer = self._answer(deadline)
            except WorkerFailed:
                self._stop()
                raise
            except (EOFError, OSError):
                raise self._death() from None
            self._done += 1
            if self._done >= RECYCLE:
                self._stop()
            return answer

    def close(self) -> None:
        """End the worker, in the middle of a job too, for good."""
        self._closed = True
        process = self.process
        if process is not None:
            process.kill()
        with self._lock:
            self._stop()

    def _ask(self, task: str, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> None:
        key = id(circuit)
        first = key not in self._known
        self._pipe.send((task, key, circuit if first else None, dict(parameters), conditions))
        if first:
            self._known.add(key)
            self._circuits.append(circuit)  # kept alive, so that the id stays its own
        if not self._pipe.poll(START_LIMIT):
            raise TimedOut(f"the models were not read within {START_LIMIT:g} s, simulator restarted")
        self._pipe.recv()

    def _answer(self, deadline: float):
        """Wait for CPU time to pass: of one thread it is never ahead of wall time."""
        begun, last = self._clock(), time.monotonic() + PATIENCE * deadline
        while not self._pipe.poll(max(SHORTEST_WAIT, begun + deadline - self._clock())):
            if self._clock() - begun >= deadline:
                raise TimedOut(f"no result within {deadline:g} s of CPU time, simulator restarted")
            if time.monotonic() >= last:
                raise TimedOut(f"no result within {PATIENCE * deadline:g} s of waiting, simulator restarted")
        return self._pipe.recv()

    def _start(self) -> None:
        if self._closed:
            raise WorkerFailed("the simulator was closed")
        if self.process is not None:
            return
        self._pipe, theirs = Pipe()
        command = [sys.executable, "-m", "sizing_app.simulator.worker", str(theirs.fileno())]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=_environment())
        theirs.close()
        self._clock = cpu_clock(self.process.pid)
        if not self._pipe.poll(START_LIMIT):
            raise WorkerFailed(f"the simulator did not start within {START_LIMIT:g} s")
        self._pipe.recv()
        self._ready = True

    def _death(self) -> WorkerFailed:
        """What to say of a worker that ended by itself."""
        code, ready, said = self.process.wait(), self._ready, self.process.stderr.read()
        self._stop()
        if self._closed:
            return WorkerFailed("the simulator was closed")
        if code < 0:
            return Killed(f"ngspice ended its process (signal {-code})")
        if ready:
            return WorkerFailed(f"ngspice ended its process (exit status {code})")
        message = said.decode(errors="replace").strip().splitlines() or ["no message"]
        return WorkerFailed(f"the simulator does not start: {message[-1]} (is libngspice0 installed? `make install` "
                            "does it)")

    def _stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._pipe.close()
            self.process.stderr.close()
        self.process = self._pipe = self._clock = None
        self._ready = False
        self._known.clear()
        self._circuits.clear()
        self._done = 0


def _environment() -> dict[str, str]:
    """The package importable from anywhere, one thread for numeric libraries, no start-up files of the user."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HOME": os.devnull}
