"""One ngspice worker process a core: a deadline for every evaluation, kill and replace, typed failures."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from sizing_app.domain import Circuit, Conditions, Measurement, Parameters
from sizing_app.simulator.inspection import OperatingPoint, Waveforms

START_LIMIT = 60.0
"""Seconds that a worker may take to load ngspice."""
RECYCLE = 20_000
"""Evaluations after which a worker is replaced, whatever its state."""

Job = tuple[Circuit, Parameters, Conditions]
Answer = Measurement | OperatingPoint | Waveforms


class _NoStart(RuntimeError):
    """A worker process did not come up."""


class SimulatorPool:
    """A Simulator over worker processes. Thread-safe; failures are measurements, never exceptions.

    ``deadline`` is in seconds of wall time for one evaluation, all analyses of the testbench together.
    """

    def __init__(self, workers: int | None = None, deadline: float = 5.0):
        count = workers or os.cpu_count() or 1
        self.deadline = deadline
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._workers = [_Worker() for _ in range(count)]
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="simulator")

    def evaluate(self, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> Measurement:
        """Simulate one design; waits for a free worker."""
        return self._run("evaluate", circuit, parameters, conditions)[0]

    def timed(self, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> tuple[Measurement, float]:
        """As evaluate, with the CPU seconds that the worker spent; 0 where it did not answer."""
        return self._run("evaluate", circuit, parameters, conditions)

    def operating_point(self, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> OperatingPoint:
        """The transistors of one design."""
        return self._run("operating_point", circuit, parameters, conditions)[0]

    def waveforms(self, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> Waveforms:
        """What the metrics of one design are read from."""
        return self._run("waveforms", circuit, parameters, conditions)[0]

    def evaluate_many(self, jobs: Sequence[Job]) -> list[Measurement]:
        """Simulate many designs on all workers, results in the order of ``jobs``."""
        return list(self._threads.map(lambda job: self.evaluate(*job), jobs))

    def pids(self) -> list[int]:
        """Process ids of the live workers."""
        return [worker.process.pid for worker in self._workers if worker.process is not None]

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:
            worker.stop()

    def _run(self, task: str, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> tuple[Answer, float]:
        problem = _out_of_range(circuit, parameters)
        if problem:
            return _failed(task, "refused", circuit, problem, 0.0), 0.0
        worker = self._idle.get()
        try:
            return worker.run(task, circuit, parameters, conditions, self.deadline)
        finally:
            self._idle.put(worker)

    def __enter__(self) -> "SimulatorPool":
        return self

    def __exit__(self, *_) -> None:
        self.close()


class _Worker:
    """The parent's end of one worker process; started on first use and after every death."""

    def __init__(self):
        self.process: subprocess.Popen | None = None
        self._pipe: Connection | None = None
        self._known: set[int] = set()
        self._circuits: list[Circuit] = []
        self._done = 0
        self._lock = threading.Lock()

    def run(self, task: str, circuit, parameters, conditions, deadline: float) -> tuple[Answer, float]:
        with self._lock:
            started = time.perf_counter()
            try:
                self._start()
                key = id(circuit)
                first = key not in self._known
                self._pipe.send((task, key, circuit if first else None, dict(parameters), conditions))
                if first:
                    self._known.add(key)
                    self._circuits.append(circuit)  # kept alive, so that the id stays its own
                if not self._pipe.poll(deadline):
                    self.stop()
                    log = f"no result within {deadline:g} s, simulator restarted"
                    return _failed(task, "timeout", circuit, log, deadline), 0.0
                answer = self._pipe.recv()
            except _NoStart as error:
                return _failed(task, "crashed", circuit, str(error), time.perf_counter() - started), 0.0
            except (EOFError, OSError):
                code = self.process.wait() if self.process else None
                self.stop()
                return _failed(task, "crashed", circuit, f"ngspice ended its process (exit status {code})",
                               time.perf_counter() - started), 0.0
            self._done += 1
            if self._done >= RECYCLE:
                self.stop()
            return answer

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._pipe.close()
        self.process = self._pipe = None
        self._known.clear()
        self._circuits.clear()
        self._done = 0

    def _start(self) -> None:
        if self.process is not None:
            return
        self._pipe, theirs = Pipe()
        command = [sys.executable, "-m", "sizing_app.simulator.worker", str(theirs.fileno())]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=_environment())
        theirs.close()
        if not self._pipe.poll(START_LIMIT):
            self.stop()
            raise _NoStart(f"the simulator did not start within {START_LIMIT:g} s")
        try:
            self._pipe.recv()
        except EOFError:
            message = self.process.stderr.read().decode(errors="replace").strip().splitlines()
            self.stop()
            raise _NoStart("the simulator does not start: " + (message[-1] if message else "no message")
                                 + " (is libngspice0 installed? `make install` does it)") from None


def _environment() -> dict[str, str]:
    """The package importable from anywhere, one thread for numeric libraries, no start-up files of the user."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HOME": os.devnull}


def _out_of_range(circuit: Circuit, parameters: Parameters) -> str:
    """A sentence about the first parameter that is missing, unknown or outside its range; empty if all is well."""
    for parameter in circuit.parameters:
        if parameter.name not in parameters:
            return f"{parameter.name} is missing"
        if not parameter.contains(parameters[parameter.name]):
            return (f"{parameter.name} = {parameter.show(parameters[parameter.name])} is outside "
                    f"{parameter.show(parameter.low)} .. {parameter.show(parameter.high)}")
    unknown = set(parameters) - {parameter.name for parameter in circuit.parameters}
    return f"{sorted(unknown)[0]} is not a parameter of {circuit.name}" if unknown else ""


def _failed(task: str, status, circuit: Circuit, log: str, seconds: float) -> Answer:
    if task == "operating_point":
        return OperatingPoint(status, (), log, seconds)
    if task == "waveforms":
        return Waveforms(status, {}, log, seconds)
    return Measurement(status, {metric.name: None for metric in circuit.metrics}, log, seconds)
