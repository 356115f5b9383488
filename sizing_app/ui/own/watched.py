"""A simulator whose jobs are counted and can be given up: for one check that a person watches."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future

from sizing_app.task.protocols import Job, Simulator


class Watched(Simulator):
    """Passes jobs on to ``inner``, and cancels those that wait once ``stop`` is called: CancelledError is raised where
    their answers are asked for."""

    def __init__(self, inner: Simulator):
        self._inner, self._lock = inner, threading.Lock()
        self._futures: list[Future] = []
        self._stopped = False

    def submit(self, jobs: Sequence[Job]) -> list[Future]:
        futures = self._inner.submit(jobs)
        with self._lock:
            self._futures += futures
            stopped = self._stopped
        if stopped:
            self.stop()
        return futures

    @property
    def seats(self) -> int:
        return self._inner.seats

    @property
    def count(self) -> tuple[int, int]:
        """Jobs that are done, and all so far."""
        with self._lock:
            return sum(future.done() for future in self._futures), len(self._futures)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for future in self._futures:
                future.cancel()
