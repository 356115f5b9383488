"""One ngspice worker process a core: deadlines, one more try on a fresh worker, typed failures."""

import os
import queue
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sizing_app.domain import Circuit, Conditions, Measurement, Parameters
from sizing_app.simulator.inspection import OperatingPoint, Waveforms
from sizing_app.simulator.worker_process import TimedOut, WorkerFailed, WorkerProcess

DEADLINE = 5.0
"""Seconds of CPU time of one evaluation."""
TRIES = 2
"""A timeout or a killed worker says more of the machine than of the design: a fresh worker tries it once more."""

Job = tuple[Circuit, Parameters, Conditions]
Answer = Measurement | OperatingPoint | Waveforms


class SimulatorPool:
    """A Simulator over worker processes. Thread-safe; failures are measurements, never exceptions.

    ``deadline`` is in seconds of a worker's CPU time for one evaluation, all analyses of the testbench together.
    """

    def __init__(self, workers: int | None = None, deadline: float = DEADLINE):
        count = workers or os.cpu_count() or 1
        self.deadline = deadline
        self._idle: queue.LifoQueue[WorkerProcess] = queue.LifoQueue()
        self._workers = [WorkerProcess() for _ in range(count)]
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
            worker.close()

    def _run(self, task: str, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> tuple[Answer, float]:
        problem = _out_of_range(circuit, parameters)
        if problem:
            return _failed(task, "refused", circuit, problem, 0.0), 0.0
        worker, started = self._idle.get(), time.perf_counter()
        try:
            for attempt in range(1, TRIES + 1):
                try:
                    return worker.run(task, circuit, parameters, conditions, self.deadline)
                except WorkerFailed as error:
                    if attempt < TRIES and error.again:
                        continue
                    status = "timeout" if isinstance(error, TimedOut) else "crashed"
                    log = f"{error}; tried {attempt} times" if attempt > 1 else str(error)
                    return _failed(task, status, circuit, log, time.perf_counter() - started), 0.0
        finally:
            self._idle.put(worker)

    def __enter__(self) -> "SimulatorPool":
        return self

    def __exit__(self, *_) -> None:
        self.close()


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
