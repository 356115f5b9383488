"""The simulator for one of many: a long piece of work that keeps nobody waiting, is counted, and can be stopped."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from sizing_app.simulator.inspection import Inspector
from sizing_app.task.protocols import Job, Simulator, StopSignal


class Stopped(Exception):
    """The work was stopped by whoever asked for it."""


class Shared(Inspector):
    """Simulates by ``simulator``, of whose queue it never takes more than as many jobs as run at the same time: what
    others submit meanwhile comes next. ``submit`` returns once all answers are there."""

    def __init__(self, simulator: Simulator, stop: StopSignal | None = None,
                 progress: Callable[[int, int], None] | None = None):
        """``progress`` is told how many jobs are done, and of how many that were submitted so far."""
        self._simulator, self.stop, self._progress = simulator, stop or threading.Event(), progress
        self._done = self._submitted = 0

    @property
    def seats(self) -> int:
        return self._simulator.seats

    @property
    def count(self) -> tuple[int, int]:
        """Jobs that are done, and all so far."""
        return self._done, self._submitted

    def submit(self, jobs: Sequence[Job]) -> list[Future[Any]]:
        """Raises Stopped."""
        self._submitted += len(jobs)
        left, running, answers = deque(jobs), set(), []
        while left or running:
            while left and len(running) < self.seats:
                if self.stop.is_set():
                    raise Stopped
                answers += self._simulator.submit([left.popleft()])
                running.add(answers[-1])
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for answer in ended:
                answer.result()
                self._done += 1
                if self._progress:
                    self._progress(self._done, self._submitted)
        return answers
