"""Sessions that run in threads of their own, followed by any number of readers: a closed browser tab changes nothing.

Events are numbered by the durable ones (SessionStarted is 1, the initial turn 2, ...), in the hub as in the store, so
that a reader can leave off here and go on there. Live events (pieces of text, ...) come between; those of a finished
turn are forgotten, since the turn holds them.
"""

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from sizing_app.errors import unexpected
from sizing_app.session.control import Control
from sizing_app.session.events import (DURABLE, Event, Paused, Proposed, SessionFinished, TurnFinished, TurnStarted,
                                       Wrote)
from sizing_app.store import BEAT_EVERY, STALE_AFTER, SessionStore, StoreError

log = logging.getLogger(__name__)

INTERVAL = 0.2
"""Least seconds between two batches to one reader."""
GRACE = 60.0
"""Seconds for which the hub remembers an ended session."""

LIVE = (TurnStarted, Wrote, Proposed, Paused)
"""Events that a finished turn makes superfluous."""
Batch = tuple[int, list[Event]]
"""Number of the last durable event so far, and the events since the previous batch."""


class Hub:
    """The running sessions of this process. With ``store``, those of dead processes are marked as interrupted."""

    def __init__(self, store: SessionStore | None = None, grace: float = GRACE, look: float = BEAT_EVERY,
                 stale_after: float = STALE_AFTER):
        """Times in seconds: how long an ended session is remembered, between two looks for dead sessions, and without
        a heartbeat until one counts as dead."""
        self._store, self._grace, self._look, self._stale_after = store, grace, look, stale_after
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        if store is not None and not store.read_only:
            threading.Thread(target=self._look_after, name="hub", daemon=True).start()

    def start(self, id: str, events: Iterable[Event], stop: threading.Event | Control) -> None:
        """Run a session: draw its events in a thread until they end. ``stop`` is the flag that ``events`` heeds; a
        closed hub sets it at once."""
        run = _Run(id, stop)
        with self._lock:
            if self._closed.is_set():
                stop.set()
            self._forget_ended()
            if id in self._runs:
                raise ValueError(f"session {id!r} was started already")
            self._runs[id] = run
        run.thread = threading.Thread(target=run.draw, args=(events,), name=f"session-{id}", daemon=True)
        run.thread.start()

    def follow(self, id: str, after: int = 0, timeout: float | None = None) -> Iterator[Batch]:
        """Batches of what follows the durable event number ``after``, at most five a second, until the session ends.

        A reader that joins in mid-turn gets the text written so far first; a slow one gets more at a time. With
        ``timeout``, an empty batch comes after so many seconds without news. KeyError if the hub does not know ``id``.
        """
        with self._lock:
            run = self._runs[id]
        return run.follow(after, timeout)

    def stop(self, id: str) -> bool:
        """Ask a session to stop; False if it does not run here."""
        with self._lock:
            run = self._runs.get(id)
        if run is None or run.ended is not None:
            return False
        run.stop.set()
        return True

    def control(self, id: str) -> threading.Event | Control | None:
        """The flag that a session which runs here was started with; None for any other session."""
        with self._lock:
            run = self._runs.get(id)
        return None if run is None or run.ended is not None else run.stop

    def running(self) -> list[str]:
        with self._lock:
            return [run.id for run in self._runs.values() if run.ended is None]

    def close(self, timeout: float = 5.0) -> None:
        """Stop all sessions and wait until they have ended, ``timeout`` seconds at most. May be called again."""
        with self._lock:
            self._closed.set()
            runs = list(self._runs.values())
        for run in runs:
            run.stop.set()
        deadline = time.monotonic() + timeout
        for run in runs:
            if run.thread is not None:
                run.thread.join(max(0.0, deadline - time.monotonic()))

    def _forget_ended(self) -> None:
        old = time.monotonic() - self._grace
        self._runs = {id: run for id, run in self._runs.items() if run.ended is None or run.ended > old}

    def _look_after(self) -> None:
        """Forget what ended and mark what died, until the hub is closed."""
        while not self._closed.wait(self._look):
            with self._lock:
                self._forget_ended()
            try:
                self._store.mark_interrupted(self._stale_after)
            except StoreError as error:
                log.warning("interrupted sessions: %s", error)


class _Run:
    """One session in the hub: what it has emitted, and the condition that its readers wait on."""

    def __init__(self, id: str, stop: threading.Event | Control):
        self.id, self.stop, self.thread = id, stop, None
        self.ended: float | None = None
        """time.monotonic() of its end."""
        self._changed = threading.Condition()
        self._log: list[tuple[int, int, Event]] = []
        """(position, durable number, event): positions rise by one an event, with gaps where live ones were dropped."""
        self._position = self._number = 0

    def draw(self, events: Iterable[Event]) -> None:
        try:
            for event in events:
                self._publish(event)
        except Exception as error:
            log.exception("session %s failed", self.id)
            self._publish(SessionFinished("failed", unexpected(error)))
        finally:
            with self._changed:
                self.ended = time.monotonic()
                self._changed.notify_all()

    def follow(self, after: int, timeout: float | None) -> Iterator[Batch]:
        position = 0
        while True:
            with self._changed:
                news = self._wait(position, timeout)
                ended = self.ended is not None
                events = self._since(position, after)
                position, number = self._position, self._number
            yielded = time.monotonic()
            if events or not news:
                yield number, _joined(events)
            if ended:
                return
            time.sleep(max(0.0, INTERVAL - (time.monotonic() - yielded)))

    def _wait(self, position: int, timeout: float | None) -> bool:
        """Wait for an event later than ``position`` or the end; False after ``timeout`` seconds without either."""
        return self._changed.wait_for(lambda: self._position > position or self.ended is not None, timeout)

    def _publish(self, event: Event) -> None:
        with self._changed:
            self._position += 1
            self._number += isinstance(event, DURABLE)
            if isinstance(event, (TurnFinished, SessionFinished)):
                self._log = [entry for entry in self._log if not isinstance(entry[2], LIVE)]
            self._log.append((self._position, self._number, event))
            self._changed.notify_all()

    def _since(self, position: int, after: int) -> list[Event]:
        """The events later than ``position`` that the durable event number ``after`` does not cover."""
        later = []
        for at, number, event in reversed(self._log):
            if at <= position or number < after or (number == after and isinstance(event, DURABLE)):
                break
            later.append(event)
        return later[::-1]


def watch(hub: Hub, store: SessionStore, id: str, after: int = 0, timeout: float | None = None,
          poll: float = 1.0) -> Iterator[Batch]:
    """Follow a session wherever it is: live from the hub, else from the store, until it has ended.

    A session that another process runs comes from the store turn by turn, looked up every ``poll`` seconds; an empty
    batch says that there is nothing new. StoreError if no session has this id.
    """
    try:
        batches = hub.follow(id, after, timeout)
    except KeyError:
        batches = _stored(store, id, after, poll)
    return batches


def _stored(store: SessionStore, id: str, after: int, poll: float) -> Iterator[Batch]:
    while True:
        events = store.events(id)
        if len(events) > after or not isinstance(events[-1], SessionFinished):
            yield max(after, len(events)), list(events[after:])
        if isinstance(events[-1], SessionFinished):
            return
        after = max(after, len(events))
        time.sleep(poll)


def _joined(events: list[Event]) -> list[Event]:
    """The same events with neighbouring pieces of one text made one."""
    joined: list[Event] = []
    for written, group in groupby(events, key=_text_of):
        same = list(group)
        joined.extend(same if written is None else [replace(same[0], text="".join(piece.text for piece in same))])
    return joined


def _text_of(event: Event) -> tuple[int, str] | None:
    """Turn and kind of the text that an event continues."""
    return (event.index, event.kind) if isinstance(event, Wrote) and event.kind in ("reply", "thought") else None
