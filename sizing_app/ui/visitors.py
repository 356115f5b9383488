"""Who asks, and how much of the server one visitor may take."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gradio.context import LocalContext
from starlette.requests import Request

from sizing_app.errors import PolicyError
from sizing_app.ui import doors

MOST_RUNNING = 60
"""Sessions, groups and checks that may run at once, those that wait for a person included."""
MOST_EACH, MOST_CHECKS = 12, 4
"""Those of one visitor; checks among them, each of which takes as many places in the simulator's queue as simulations
run at the same time, where a session takes one for each design of a round."""


class Busy(PolicyError):
    """Nothing more may be started now; the message says what to wait for."""


def signed_in() -> str:
    """The name that the person came in by whose request this is called for; empty where there is none."""
    request = LocalContext.request.get(None)
    return "" if request is None or request.client is None else doors.signed_in(request.headers)


def visitor() -> str:
    """Who made the request that this is called for: the name that came with the password, else the address."""
    request = LocalContext.request.get(None)
    if request is None or request.client is None:
        return ""
    return signed_in() or request.client.host


@contextmanager
def asked_by(request: Request) -> Iterator[None]:
    """Within, this is the request that is answered: for routes beside those of Gradio, which says it itself."""
    before = LocalContext.request.set(request)
    try:
        yield
    finally:
        LocalContext.request.reset(before)


@dataclass(eq=False)
class Room:
    """Kept for what a visitor is about to start: so many sessions, groups or checks."""

    owner: str
    check: bool
    left: int


class Shares:
    """Who started what runs, and what is about to. Thread-safe."""

    def __init__(self, most: int = MOST_RUNNING, each: int = MOST_EACH, checks: int = MOST_CHECKS):
        self._most, self._each, self._checks = most, each, checks
        self._started: dict[str, Room] = {}
        """By id, where it took its place."""
        self._kept: list[Room] = []
        self._lock = threading.Lock()

    @contextmanager
    def room(self, running: Callable[[], Collection[str]], wanted: int = 1, check: bool = False) -> Iterator[Room]:
        """Room for ``wanted`` more of this visitor, checks if ``check`` says so; ``running``: ids of what runs.
        What nothing took (``note``) is given back. Raises Busy where it is too much for the visitor, or for all."""
        room = Room(visitor(), check, wanted)
        with self._lock:
            now = set(running())
            self._started = {id: place for id, place in self._started.items() if id in now}
            self._admit(room)
            self._kept.append(room)
        try:
            yield room
        finally:
            with self._lock:
                self._kept.remove(room)

    def note(self, id: str, room: Room) -> None:
        """What runs under this id took a place of ``room``."""
        with self._lock:
            self._started.setdefault(id, room)
            room.left -= 1

    def own(self, running: Collection[str]) -> list[str]:
        """Those of these that this visitor started."""
        with self._lock:
            return [id for id, room in self._started.items() if id in running and room.owner == visitor()]

    def _admit(self, room: Room) -> None:
        """Raises Busy where there is no such room beside what was started and what is about to be."""
        taken = [*self._started.values(), *(kept for kept in self._kept for _ in range(kept.left))]
        own = [place for place in taken if place.owner == room.owner]
        checks = sum(place.check for place in own)
        if len(own) + room.left > self._each:
            raise Busy(f"{len(own)} of your sessions and checks are running or waiting, at most {self._each} may: stop "
                       "one of them, or wait until one has ended.")
        if len(taken) + room.left > self._most:
            raise Busy(f"{len(taken)} sessions and checks are running, more than {self._most} at once this server "
                       "does not take: try again later.")
        if room.check and checks + room.left > self._checks:
            raise Busy(f"{checks} of your checks are running, at most {self._checks} may at once: stop one of them, or "
                       "wait until one has ended.")
