"""A group of turns sampled from one history, the unit of training in TL-GRPO: its events and their fold."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sizing_app.session.events import SessionFinished, StorageFailed, StorageRestored
from sizing_app.task.advantage import LEAST_SPREAD, group_advantages, training_reward
from sizing_app.task.definition import Task
from sizing_app.task.turn import History, Turn

GroupReason = Literal["complete", "stopped", "failed", "interrupted"]
"""Why a group grows no more. interrupted: its process died."""


@dataclass(frozen=True)
class GroupStarted:
    """``size`` turns are about to be sampled from ``history``."""

    task: Task
    history: History
    policy: str
    size: int


@dataclass(frozen=True)
class Sampled:
    """One of the group, simulated. Numbers start at 0."""

    number: int
    turn: Turn


@dataclass(frozen=True)
class GroupFinished:
    reason: GroupReason
    message: str = ""


GroupEvent = GroupStarted | Sampled | GroupFinished | StorageFailed | StorageRestored


@dataclass(frozen=True)
class GroupState:
    """A group at one moment. ``members`` are in the order of their numbers, and so are all lists of numbers below."""

    task: Task | None = None
    history: History = ()
    policy: str = ""
    size: int = 0
    members: tuple[Sampled, ...] = ()
    status: Literal["running"] | GroupReason = "running"
    message: str = ""
    storage_problem: str = ""

    @property
    def running(self) -> bool:
        return self.status == "running"

    @property
    def rewards(self) -> list[float]:
        """What training would give each: the score with penalty and bonus."""
        return [training_reward(member.turn, self.history) for member in self.members]

    @property
    def mean(self) -> float:
        """Of the rewards; 0 for an empty group."""
        return float(np.mean(self.rewards)) if self.members else 0.0

    @property
    def spread(self) -> float:
        """Standard deviation of the rewards; 0 for an empty group."""
        return float(np.std(self.rewards)) if self.members else 0.0

    @property
    def teaches(self) -> bool:
        """Whether the rewards differ enough for training to keep the group."""
        return self.spread >= LEAST_SPREAD

    @property
    def advantages(self) -> list[float]:
        """(reward - mean) / spread; all 0 where the group teaches nothing."""
        return group_advantages(self.rewards, LEAST_SPREAD).tolist() if self.members else []

    @property
    def alike(self) -> bool:
        """Whether two or more proposals came and all are the same."""
        first, *others = [member.turn.proposal for member in self.members] or [None]
        return bool(others) and all((other.parameters, other.finished) == (first.parameters, first.finished)
                                    for other in others)

    def member(self, number: int) -> Turn | None:
        return next((member.turn for member in self.members if member.number == number), None)


def fold_group(events: Iterable[GroupEvent], state: GroupState = GroupState()) -> GroupState:
    """The state after all of ``events``, starting from ``state``."""
    for event in events:
        match event:
            case GroupStarted(task, history, policy, size):
                state = GroupState(task, history, policy, size)
            case Sampled():
                members = sorted((*state.members, event), key=lambda member: member.number)
                state = replace(state, members=tuple(members))
            case GroupFinished(reason, message) | SessionFinished(reason, message):
                state = replace(state, status=reason, message=message)
            case StorageFailed(message):
                state = replace(state, storage_problem=message)
            case StorageRestored():
                state = replace(state, storage_problem="")
    return state
