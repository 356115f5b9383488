"""What happens in a session, as typed events, and their fold into the state that page, replay and export show."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from sizing_app.task.definition import Task
from sizing_app.task.reward import best_design, best_so_far, reached
from sizing_app.task.turn import History, Proposal, Turn, Writing

Reason = Literal["passed", "ended", "budget", "stopped", "failed", "interrupted"]
"""Why a session ended. passed: a turn met every spec; ended: the policy gave up; interrupted: its process died."""


@dataclass(frozen=True)
class SessionStarted:
    task: Task
    policy: str


@dataclass(frozen=True)
class TurnStarted:
    index: int


@dataclass(frozen=True)
class Wrote:
    """A piece of text of the turn that is being written. Live only: the finished turn holds the whole text."""

    index: int
    text: str
    kind: Writing = "reply"


@dataclass(frozen=True)
class Proposed:
    """The policy has decided; the simulation follows, or a person's decision on the proposal number ``review``
    (Control.ask)."""

    index: int
    proposal: Proposal
    review: int = 0


@dataclass(frozen=True)
class TurnFinished:
    turn: Turn


@dataclass(frozen=True)
class SessionFinished:
    reason: Reason
    message: str = ""


@dataclass(frozen=True)
class Paused:
    """No turn begins until a person lets the session go on; with ``on`` false, it goes on."""

    on: bool


@dataclass(frozen=True)
class StorageFailed:
    """The database refused a turn: the session goes on, the turn waits in memory to be stored with a later one."""

    message: str


@dataclass(frozen=True)
class StorageRestored:
    """All that had waited is stored."""


DURABLE = (SessionStarted, TurnFinished, SessionFinished)
"""Events that the store keeps and that followers count; the others matter only while their turn is under way."""
Event = (SessionStarted | TurnStarted | Wrote | Proposed | TurnFinished | SessionFinished | Paused | StorageFailed
         | StorageRestored)


@dataclass(frozen=True)
class LiveTurn:
    """The turn that the policy is writing, or that is being simulated if ``proposal`` is there."""

    index: int
    text: str = ""
    proposal: Proposal | None = None
    review: int = 0
    """The number by which a person decides on the proposal that waits for it; 0 where none waits."""
    thoughts: str = ""
    notice: str = ""
    """Why nothing is written just now."""


@dataclass(frozen=True)
class SessionState:
    """A session at one moment. ``history`` holds the finished turns, ``current`` the one under way."""

    task: Task | None = None
    policy: str = ""
    history: History = ()
    current: LiveTurn | None = None
    status: Literal["running"] | Reason = "running"
    message: str = ""
    storage_problem: str = ""
    """Why the latest turns are not stored; empty if they are."""
    paused: bool = False

    @property
    def running(self) -> bool:
        return self.status == "running"

    @property
    def passed(self) -> bool:
        return reached(self.history)

    @cached_property
    def best(self) -> Turn | None:
        return best_design(self.history, self.task)

    @property
    def simulations(self) -> int:
        """How many simulations all turns took."""
        return sum(turn.simulations for turn in self.history)

    @property
    def rewards(self) -> list[float]:
        """Reward of each scored turn, the initial design first."""
        return [turn.score.reward for turn in self.history if turn.score is not None]

    @property
    def best_so_far(self) -> list[float]:
        return best_so_far(self.history)


def advance(state: SessionState, event: Event) -> SessionState:
    """The state after one more event."""
    match event:
        case SessionStarted(task, policy):
            return SessionState(task=task, policy=policy)
        case TurnStarted(index):
            return replace(state, current=LiveTurn(index))
        case Wrote(index, text, kind):
            former = state.current if state.current and state.current.index == index else LiveTurn(index)
            return replace(state, current=_written(former, text, kind))
        case Proposed(index, proposal, review):
            return replace(state, current=LiveTurn(index, proposal.text, proposal, review))
        case TurnFinished(turn):
            return replace(state, history=(*state.history, turn), current=None)
        case SessionFinished(reason, message):
            return replace(state, current=None, status=reason, message=message, paused=False)
        case Paused(on):
            return replace(state, paused=on)
        case StorageFailed(message):
            return replace(state, storage_problem=message)
        case StorageRestored():
            return replace(state, storage_problem="")


def _written(turn: LiveTurn, text: str, kind: Writing) -> LiveTurn:
    match kind:
        case "thought":
            return LiveTurn(turn.index, turn.text, thoughts=turn.thoughts + text)
        case "notice":
            return replace(turn, notice=text)
        case "again":
            return LiveTurn(turn.index)
    return LiveTurn(turn.index, turn.text + text, thoughts=turn.thoughts)


def fold(events: Iterable[Event], state: SessionState = SessionState()) -> SessionState:
    """The state after all of ``events``, starting from ``state``."""
    for event in events:
        state = advance(state, event)
    return state
