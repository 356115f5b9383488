"""One ngspice worker process a core: deadlines, one more try on a fresh worker, typed failures."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from sizing_app.circuit.definition import Circuit, Conditions, Parameters
from sizing_app.simulator.answers import Answer, failed
from sizing_app.simulator.inspection import OperatingPoint, Waveforms
from sizing_app.simulator.nursery_process import NurseryProcess
from sizing_app.simulator.origin import deck_of
from sizing_app.simulator.worker_process import WorkerFailed, WorkerProcess
from sizing_app.task.turn import Measurement

DEADLINE = 5.0
"""Seconds of CPU time of one evaluation."""
TRIES = 2
"""A timeout or a killed worker says more of the machine than of the design: a fresh worker tries it once more."""

Job = tuple[Circuit, Parameters, Conditions]


class SimulatorPool:
    """A Simulator over worker processes. Thread-safe; failures are measurements, never exceptions.

    ``deadline`` is in seconds of a worker's CPU time for one evaluation, all analyses of the testbench together.
    ``trusted``: circuits that are not of the circuits folder are simulated even where workers cannot be confined.
    """

    def __init__(self, workers: int | None = None, deadline: float = DEADLINE, trusted: bool = False):
        count = workers or os.cpu_count() or 1
        self.deadline = deadline
        self._nursery = NurseryProcess()
        self._workers = [WorkerProcess(self._nursery, trusted) for _ in range(count)]
        self._idle = list(self._workers)
        self._freed = threading.Condition()
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
        return [worker.pid for worker in self._workers if worker.pid is not None]

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        for worker in self._workers:
            worker.close()
        self._nursery.close()

    def _run(self, task: str, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> tuple[Answer, float]:
        problem = _out_of_range(circuit, parameters)
        if problem:
            return failed(task, "refused", circuit, problem, 0.0), 0.0
        started, attempt, failure = time.perf_counter(), 0, None
        with self._worker_for(circuit) as worker:
            while attempt < TRIES and (failure is None or failure.again):
                attempt += 1
                try:
                    reply = worker.run(task, circuit, parameters, conditions, self.deadline)
                    return reply.answer, reply.cpu
                except WorkerFailed as error:
                    failure = error
        log = f"{failure}; tried {attempt} times" if attempt > 1 else str(failure)
        return failed(task, failure.status, circuit, log, time.perf_counter() - started), 0.0

    @contextlib.contextmanager
    def _worker_for(self, circuit: Circuit) -> Iterator[WorkerProcess]:
        """A free worker, one that need not be replaced for this circuit if there is one."""
        deck = deck_of(circuit)
        with self._freed:
            self._freed.wait_for(lambda: self._idle)
            worker = next((item for item in reversed(self._idle) if item.fits(deck)), self._idle[0])
            self._idle.remove(worker)
        try:
            yield worker
        finally:
            with self._freed:
                self._idle.append(worker)
                self._freed.notify()

    def __enter__(self) -> "SimulatorPool":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _out_of_range(circuit: Circuit, parameters: Parameters) -> str:
    """A sentence about the first parameter that is missing, unknown or outside its range; empty if all is well."""
    for parameter in circuit.parameters:
        if parameter.name not in parameters:
            return f"{parameter.name} is missing"
        if problem := parameter.problem(parameters[parameter.name]):
            return f"{parameter.name} = {parameter.show(parameters[parameter.name])} {problem}"
    unknown = set(parameters) - {parameter.name for parameter in circuit.parameters}
    return f"{sorted(unknown)[0]} is not a parameter of {circuit.name}" if unknown else ""
