"""What a person may do to a running session: stop it, pause it, look at every proposal before it is simulated."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sizing_app.circuit.definition import Parameters
from sizing_app.task.protocols import StopSignal

PATIENCE = 4 * 3600.0
"""Seconds that a session waits for a person, paused or with a proposal, before it stops."""


@dataclass(frozen=True)
class Decision:
    """What a person makes of a proposal: it is simulated, with other values for some parameters; or with a plan, the
    policy is asked for another one."""

    parameters: Parameters = field(default_factory=dict)
    plan: str | None = None


class StopAlone:
    """The stop flag of a session without the rest, for turns that no person looks at."""

    def __init__(self, stop: StopSignal):
        self.is_set = stop.is_set


class Control:
    """The stop flag of a session, and more. Thread-safe: the session waits in one thread, people decide in others."""

    def __init__(self, review: bool = False, patience: float = PATIENCE):
        self._changed = threading.Condition()
        self._stopped = self._paused = False
        self._review, self._patience = review, patience
        self._asked = 0
        self._decisions: dict[int, Decision] = {}
        self.waited = 0.0
        """Seconds that the session has waited for a person so far."""

    def set(self) -> None:
        """Stop."""
        self._change(stopped=True)

    def is_set(self) -> bool:
        return self._stopped

    def pause(self) -> None:
        """Begin no further turn; the one under way is finished first."""
        self._change(paused=True)

    def go_on(self) -> None:
        self._change(paused=False)

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def review(self) -> bool:
        """Whether a proposal waits for a person before it is simulated."""
        return self._review

    def set_review(self, review: bool) -> None:
        """Switched off, a proposal that waits is simulated as it is."""
        self._change(review=review)

    def decide(self, number: int, parameters: Parameters | None = None) -> None:
        """Simulate proposal ``number``, or ``parameters`` in its place. The first decision on a proposal counts."""
        self._note(number, Decision(dict(parameters or {})))

    def act_on(self, number: int, plan: str) -> None:
        """Let the policy act on ``plan`` in place of proposal ``number``; its new proposal has a number of its own."""
        self._note(number, Decision(plan=plan))

    def wait_while_paused(self) -> None:
        self._wait(lambda: not self._paused)

    def ask(self) -> int:
        """The number, from 1, of a proposal that is about to wait for a person: what is decided on one that was shown
        before holds for that one alone."""
        self._asked += 1
        return self._asked

    def decision(self, number: int) -> Decision:
        """Wait for what a person decides on proposal ``number``; the proposal as it is after a stop."""
        self._wait(lambda: not self._review or number in self._decisions)
        with self._changed:
            return self._decisions.get(number, Decision())

    def _note(self, number: int, decision: Decision) -> None:
        with self._changed:
            self._decisions.setdefault(number, decision)
            self._changed.notify_all()

    def _wait(self, ready: Callable[[], bool]) -> None:
        """Until ``ready`` or stopped; the session stops where nobody does anything about it for too long."""
        asked = time.perf_counter()
        with self._changed:
            if not self._changed.wait_for(lambda: self._stopped or ready(), self._patience):
                self._stopped = True
        self.waited += time.perf_counter() - asked

    def _change(self, **flags: bool) -> None:
        with self._changed:
            for name, value in flags.items():
                setattr(self, f"_{name}", value)
            self._changed.notify_all()
