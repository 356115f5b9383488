"""Checks of designs that run in threads of their own: followed, stopped, and remembered for who comes next.

A check is known by its design, its kind and its settings; two who ask for the same share it. Nothing is stored: a check
of seconds is simulated again after a restart.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from sizing_app.circuit.pdk import ModelError
from sizing_app.errors import SimulatorError, unexpected
from sizing_app.evaluate.signoff import Design
from sizing_app.simulator.inspection import Inspector
from sizing_app.simulator.shared import Shared, Stopped

log = logging.getLogger(__name__)
KEPT = 100
"""Checks that are remembered; those asked for longest ago go."""
INTERVAL = 0.25
"""Least seconds between two states to one reader."""
Kind = Literal["corners", "samples", "sensitivity", "report", "front"]
Key = tuple[Hashable, Kind]


@dataclass(frozen=True)
class Check:
    """One check as it stands. ``result`` once it is done, or what it has found so far; ``message`` where it failed."""

    id: str
    kind: Kind
    settings: object
    """Compared with those of who asks: what else the result depends on."""
    status: Literal["running", "done", "stopped", "failed"] = "running"
    done: int = 0
    submitted: int = 0
    """Simulations."""
    result: Any = None
    message: str = ""
    seconds: float = 0.0
    """Of the clock."""


class Checks:
    """Of each design the latest check of every kind. Thread-safe."""

    def __init__(self, kept: int = KEPT):
        self._kept = kept
        self._checks: OrderedDict[Key, Check] = OrderedDict()
        self._stops: dict[str, threading.Event] = {}
        self._changed = threading.Condition()
        self._count = 0
        self._closed = False

    def start(self, design: Design, kind: Kind, settings: object, work: Callable[[Shared], Any],
              simulator: Inspector) -> str:
        """Do ``work`` in a thread, with a simulator that shares its seats; returns the id of the check. An iterator is
        drawn, and each of its items is the result so far. One with the same settings that runs or is done stands for
        it; one with others is stopped and replaced."""
        key = (design.key, kind)
        with self._changed:
            if (same := self.standing(design, kind, settings)) is not None:
                return same
            former = self._checks.get(key)
            if former is not None and former.id in self._stops:
                self._stops[former.id].set()
            id, stop = self._begin()
            self._keep(key, Check(id, kind, settings))
        threading.Thread(target=self._run, args=(key, id, work, simulator, stop), name=id, daemon=True).start()
        return id

    def standing(self, design: Design, kind: Kind, settings: object) -> str | None:
        """The id of a check with the same settings that runs or is done."""
        with self._changed:
            check = self._checks.get((design.key, kind))
            same = check is not None and check.settings == settings and check.status in ("running", "done")
            return check.id if same else None

    @contextmanager
    def waited_for(self, simulator: Inspector) -> Iterator[tuple[str, Shared]]:
        """An id and a simulator that shares its seats, for a check that is made here and now and not remembered; until
        then it counts among those that run."""
        with self._changed:
            id, stop = self._begin()
        try:
            yield id, Shared(simulator, stop)
        finally:
            self._end(id)

    def of(self, design: Design) -> dict[Kind, Check]:
        """The checks of a design by kind."""
        with self._changed:
            return {kind: check for (key, kind), check in self._checks.items() if key == design.key}

    def result(self, design: Design, kind: Kind) -> Any:
        """What a check found; None as long as there is nothing."""
        check = self.of(design).get(kind)
        return check.result if check else None

    def follow(self, design: Design) -> Iterator[dict[Kind, Check]]:
        """The checks of a design now and after every change, until none of them runs."""
        shown, checks = None, {}

        def news() -> bool:
            nonlocal checks
            checks = self.of(design)
            return [id(check) for check in checks.values()] != shown

        while True:
            with self._changed:
                self._changed.wait_for(news)
            shown = [id(check) for check in checks.values()]  # each change makes another one
            yield checks
            if all(check.status != "running" for check in checks.values()):
                return
            time.sleep(INTERVAL)

    def stop(self, design: Design, kind: Kind) -> None:
        """Ask a check to stop; what runs already is finished."""
        check = self.of(design).get(kind)
        with self._changed:
            if check is not None and check.id in self._stops:
                self._stops[check.id].set()

    def stop_id(self, id: str) -> bool:
        """The same for a check by its id, one that is waited for too; False where none runs."""
        with self._changed:
            stop = self._stops.get(id)
        if stop is not None:
            stop.set()
        return stop is not None

    def running(self) -> list[str]:
        """Ids of the checks that run."""
        with self._changed:
            return list(self._stops)

    def close(self, timeout: float = 5.0) -> None:
        """Stop all checks, those to come too, and wait until they have ended, ``timeout`` seconds at most. It may be
        called again."""
        with self._changed:
            self._closed = True
            for stop in self._stops.values():
                stop.set()
            self._changed.wait_for(lambda: not self._stops, timeout)

    def _begin(self) -> tuple[str, threading.Event]:
        """Id and stop flag of a check that counts among those that run from now on."""
        self._count += 1
        id, stop = f"check-{self._count}", threading.Event()
        self._stops[id] = stop
        if self._closed:
            stop.set()
        return id, stop

    def _end(self, id: str) -> None:
        with self._changed:
            del self._stops[id]
            self._changed.notify_all()

    def _run(self, key: Key, id: str, work: Callable, simulator: Inspector, stop: threading.Event) -> None:
        started = time.monotonic()
        shared = Shared(simulator, stop, lambda done, submitted: self._note(key, id, done=done, submitted=submitted))
        try:
            result = work(shared)
            for so_far in result if isinstance(result, Iterator) else (result,):
                self._note(key, id, result=so_far)
            found = {"status": "done"}
        except Stopped:
            found = {"status": "stopped"}
        except (SimulatorError, ModelError) as error:
            found = {"status": "failed", "message": str(error)}
        except Exception as error:
            log.exception("%s failed", id)
            found = {"status": "failed", "message": unexpected(error)}
        with self._changed:
            self._end(id)
            self._note(key, id, **found, seconds=time.monotonic() - started)

    def _note(self, key: Key, id: str, **changes) -> None:
        """Nothing where another check took its place."""
        with self._changed:
            check = self._checks.get(key)
            if check is not None and check.id == id:
                self._checks[key] = replace(check, **changes)
                self._changed.notify_all()

    def _keep(self, key: Key, check: Check) -> None:
        self._checks[key] = check
        self._checks.move_to_end(key)
        while len(self._checks) > self._kept:
            oldest = next((key for key, item in self._checks.items() if item.id not in self._stops), None)
            if oldest is None:
                break
            del self._checks[oldest]
        self._changed.notify_all()
