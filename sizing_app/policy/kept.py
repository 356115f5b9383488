"""States of searches, kept from turn to turn so that only new turns are told.

It only saves time: a state that is made anew of the same history gives the same proposals, so that policies stay
stateless, and a session that is resumed, or whose history somebody else made, goes on as it would have.
"""

import operator
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sizing_app.task.definition import Task
from sizing_app.task.turn import History

SESSIONS = 64
"""States that are kept, for sessions side by side."""


class State(Protocol):
    def tell(self, turns: History) -> None:
        """Learn of the next turns."""


S = TypeVar("S", bound=State)


@dataclass
class _Entry(Generic[S]):
    task: Task
    told: History
    state: S

    def knows(self, task: Task, history: History) -> bool:
        """Whether all that it was told are the first turns of this history."""
        return len(self.told) <= len(history) and all(map(operator.is_, self.told, history)) and self.task == task


class Kept(Generic[S]):
    """``make`` gives the state of a task before any turn; the history is only to be looked up for where it starts."""

    def __init__(self, make: Callable[[Task, History], S]):
        self._make = make
        self._entries: deque[_Entry[S]] = deque(maxlen=SESSIONS)
        self._lock = threading.Lock()

    @contextmanager
    def told(self, task: Task, history: History) -> Iterator[S]:
        """The state that was told exactly this history. Within, nobody else has it; after an error it is dropped."""
        entry = self._take(task, history)
        if len(entry.told) < len(history):
            entry.state.tell(history[len(entry.told):])
            entry.told = history
        yield entry.state
        with self._lock:
            self._entries.append(entry)

    def _take(self, task: Task, history: History) -> _Entry[S]:
        """The entry that knows most of a history, or a new one."""
        with self._lock:
            known = [entry for entry in self._entries if entry.knows(task, history)]
            if known:
                entry = max(known, key=lambda entry: len(entry.told))
                self._entries.remove(entry)
                return entry
        return _Entry(task, (), self._make(task, history))
