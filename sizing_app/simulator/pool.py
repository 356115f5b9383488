"""One ngspice worker process a core: deadlines, one more try on a fresh worker, typed failures."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.simulator.answers import Answer, failed
from sizing_app.simulator.inspection import Inspector
from sizing_app.simulator.nursery_process import NurseryProcess
from sizing_app.simulator.origin import deck_of
from sizing_app.simulator.worker_process import WorkerFailed, WorkerProcess
from sizing_app.task.protocols import Job, completed

DEADLINE = 5.0
"""Seconds of CPU time of one evaluation."""
TRIES = 2
"""A timeout or a killed worker says more of the machine than of the design: a fresh worker tries it once more."""


class SimulatorPool(Inspector):
    """A Simulator over worker processes of this machine.

    ``deadline`` is in seconds of a worker's CPU time for one job, all analyses of the testbench together.
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

    def submit(self, jobs: Sequence[Job]) -> list[Future[Answer]]:
        """Queue jobs for free workers. What is still queued when the pool is closed fails."""
        try:
            return [self._threads.submit(self._run, job) for job in jobs]
        except RuntimeError:  # closed
            return [completed(failed(job.want, "crashed", job.circuit, "the simulator was closed", 0.0))
                    for job in jobs]

    @property
    def seats(self) -> int:
        return len(self._workers)

    def pids(self) -> list[int]:
        """Process ids of the live workers."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    def close(self) -> None:
        for worker in self._workers:
            worker.close()
        self._threads.shutdown(wait=True)
        self._nursery.close()

    def _run(self, job: Job) -> Answer:
        if problem := _out_of_range(job.circuit, job.parameters):
            return failed(job.want, "refused", job.circuit, problem, 0.0)
        started, attempt, failure = time.perf_counter(), 0, None
        with self._worker_for(job.circuit) as worker:
            while attempt < TRIES and (failure is None or failure.again):
                attempt += 1
                try:
                    return worker.run(job, self.deadline)
                except WorkerFailed as error:
                    failure = error
        log = f"{failure}; tried {attempt} times" if attempt > 1 else str(failure)
        return failed(job.want, failure.status, job.circuit, log, time.perf_counter() - started)

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


def _out_of_range(circuit: Circuit, parameters: Parameters) -> str:
    """A sentence about the first parameter that is missing, unknown or outside its range; empty if all is well."""
    for parameter in circuit.parameters:
        if parameter.name not in parameters:
            return f"{parameter.name} is missing"
        if problem := parameter.problem(parameters[parameter.name]):
            return f"{parameter.name} = {parameter.show(parameters[parameter.name])} {problem}"
    unknown = set(parameters) - {parameter.name for parameter in circuit.parameters}
    return f"{sorted(unknown)[0]} is not a parameter of {circuit.name}" if unknown else ""
