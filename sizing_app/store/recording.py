"""Sessions and groups stored while they run: what the database refuses waits, and readers are told."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sizing_app.errors import StoreError
from sizing_app.session.events import DURABLE, Event, SessionFinished, SessionStarted, StorageFailed, StorageRestored
from sizing_app.session.groups import GroupEvent
from sizing_app.store.groups import GroupBook
from sizing_app.store.sessions import BEAT_EVERY, SessionStore

log = logging.getLogger(__name__)
LAST_TRIES = 6
"""Further tries to store what still waits after the last event."""
PAUSE = 1.0
"""Seconds between two of them."""
CUT_OFF = SessionFinished("interrupted", "The program ended before the session.")


class Outbox:
    """What is to be stored, oldest first. It waits while the database cannot take it; what the database will never
    take is set aside, so that it keeps nothing else out."""

    def __init__(self, append: Callable[[Any], None], name: str):
        """``append`` stores an event or raises StoreError; ``name`` is for the log."""
        self._append, self._name = append, name
        self._waiting: list = []
        self._told = self._refused = ""

    def put(self, event: Any) -> Iterator[StorageFailed | StorageRestored]:
        """Store an event after all that waits; yields what readers are to be told."""
        self._waiting.append(event)
        yield from self._tell(self._store())

    def drain(self) -> Iterator[StorageFailed | StorageRestored]:
        """After the last event: try for a while to store what waits; yields what readers are to be told."""
        for _ in range(LAST_TRIES):
            if not self._waiting:
                return
            time.sleep(PAUSE)
            yield from self._tell(self._store())
        if self._waiting:
            log.error("%s: %d of its events are not stored", self._name, len(self._waiting))

    def close(self, *events: Any) -> None:
        """Store what waits, and ``events``, as far as one try does it: no reader is there any more."""
        self._waiting += events
        self._store()

    def _store(self) -> str:
        """Store what waits; returns what is wrong, or nothing."""
        while self._waiting:
            try:
                self._append(self._waiting[0])
            except StoreError as error:
                log.warning("%s: %s", self._name, error)
                if error.transient:
                    return str(error)
                self._refused = str(error)
            self._waiting.pop(0)
        return self._refused

    def _tell(self, problem: str) -> Iterator[StorageFailed | StorageRestored]:
        if problem != self._told:
            yield StorageFailed(problem) if problem else StorageRestored()
        self._told = problem


def record(store: SessionStore, id: str, events: Iterator[Event]) -> Iterator[Event]:
    """Pass ``events`` on while storing them. If the store fails the session goes on: what it refused waits for the
    next turn's attempt, and for a while after the last one; StorageFailed and StorageRestored tell. Until the end its
    heartbeat is kept up."""
    outbox, ended = Outbox(partial(store.append, id), f"session {id}"), False
    with _heartbeat(store, id):
        try:
            for event in events:
                if isinstance(event, DURABLE) and not isinstance(event, SessionStarted):
                    ended = isinstance(event, SessionFinished)
                    yield from outbox.put(event)
                yield event
            yield from outbox.drain()
        except BaseException:
            outbox.close(*([] if ended else [CUT_OFF]))
            raise


def record_group(book: GroupBook, id: str, events: Iterator[GroupEvent]) -> Iterator[GroupEvent]:
    """The same for a group."""
    outbox = Outbox(partial(book.append, id), f"group {id}")
    for event in events:
        yield from outbox.put(event)
        yield event
    yield from outbox.drain()


@contextmanager
def _heartbeat(store: SessionStore, id: str) -> Iterator[None]:
    """Within, a thread says that the session is alive, however long nothing happens in it."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_EVERY):
            try:
                store.heartbeat(id)
            except StoreError as error:
                log.warning("heartbeat of session %s: %s", id, error)

    threading.Thread(target=beat, name=f"heartbeat-{id}", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
