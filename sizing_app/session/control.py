"""What a person may do to a running session: stop it, pause it, look at every proposal before it is simulated."""

import threading
from collections.abc import Callable

from sizing_app.circuit.definition import Parameters

PATIENCE = 4 * 3600.0
"""Seconds that a session waits for a person, paused or with a proposal, before it stops."""


class Control:
    """The stop flag of a session, and more. Thread-safe: the session waits in one thread, people decide in others."""

    def __init__(self, review: bool = False, patience: float = PATIENCE):
        self._changed = threading.Condition()
        self._stopped = self._paused = False
        self._review, self._patience = review, patience
        self._decisions: dict[int, Parameters] = {}
        """Turn to the design that is to be simulated in it; empty for the proposed one."""

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

    def decide(self, index: int, parameters: Parameters | None = None) -> None:
        """Simulate the proposal of turn ``index``, or ``parameters`` in its place. The first decision counts."""
        with self._changed:
            self._decisions.setdefault(index, dict(parameters or {}))
            self._changed.notify_all()

    def wait_while_paused(self) -> None:
        self._wait(lambda: not self._paused)

    def decision(self, index: int) -> Parameters:
        """Wait for what a person decides on turn ``index``; empty for the proposal as it is, and after a stop."""
        self._wait(lambda: not self._review or index in self._decisions)
        with self._changed:
            return self._decisions.get(index, {})

    def _wait(self, ready: Callable[[], bool]) -> None:
        """Until ``ready`` or stopped; the session stops where nobody does anything about it for too long."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._stopped or ready(), self._patience):
                self._stopped = True

    def _change(self, **flags: bool) -> None:
        with self._changed:
            for name, value in flags.items():
                setattr(self, f"_{name}", value)
            self._changed.notify_all()
