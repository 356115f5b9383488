"""Who asks, and how much of the server one visitor may take."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

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


class Shares:
    """Who started what runs. Thread-safe."""

    def __init__(self, most: int = MOST_RUNNING, each: int = MOST_EACH, checks: int = MOST_CHECKS):
        self._most, self._each, self._checks = most, each, checks
        self._owners: dict[str, str] = {}
        self._lock = threading.Lock()

    def check(self, running: Collection[str], wanted: int = 1) -> None:
        """Raises Busy where ``wanted`` more beside the ``running`` ones are too many for this visitor, or for all."""
        with self._lock:
            self._owners = {id: owner for id, owner in self._owners.items() if id in running}
        own = len(self.own(running))
        if own + wanted > self._each:
            raise Busy(f"{own} of your sessions and checks are running or waiting, at most {self._each} may: stop one "
                       "of them, or wait until one has ended.")
        if len(running) + wanted > self._most:
            raise Busy(f"{len(running)} sessions and checks are running, more than {self._most} at once this server "
                       "does not take: try again later.")

    def check_checks(self, running: Collection[str]) -> None:
        """Raises Busy where one more beside the checks that are ``running`` is too many for this visitor."""
        own = len(self.own(running))
        if own + 1 > self._checks:
            raise Busy(f"{own} of your checks are running, at most {self._checks} may at once: stop one of them, or "
                       "wait until one has ended.")

    def own(self, running: Collection[str]) -> list[str]:
        """Those of these that this visitor started."""
        with self._lock:
            return [id for id, owner in self._owners.items() if id in running and owner == visitor()]

    def note(self, id: str) -> None:
        """This visitor started ``id``, unless another one who asked for the same did first."""
        with self._lock:
            self._owners.setdefault(id, visitor())
