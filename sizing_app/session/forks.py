"""Where a stored session can be left, and what goes on from there."""

from dataclasses import dataclass, replace

from sizing_app.circuit.validation import is_whole
from sizing_app.session.events import SessionState
from sizing_app.session.proposing import own_words
from sizing_app.task.definition import Task
from sizing_app.task.turn import GivenPlan, History
from sizing_app.task.validation import MAX_BUDGET


class ForkError(ValueError):
    """What cannot be forked or continued, in a sentence that a person can act on."""


@dataclass(frozen=True)
class PlannedFork:
    """A session that begins with ``history``; then the policy acts on ``plan``."""

    task: Task
    history: History
    plan: GivenPlan


def history_until(state: SessionState, position: object) -> History:
    """The turns of a session up to turn ``position``; ForkError if there is no such turn or it was the end."""
    last = max((turn.index for turn in state.history if turn.measurement is not None), default=None)
    if last is None:
        raise ForkError("No turn is stored yet: wait until the initial design is simulated.")
    if not is_whole(position, 0, last):
        raise ForkError(f"After turn: expected a whole number from 0 to {last}.")
    return tuple(turn for turn in state.history if turn.index <= position and turn.measurement is not None)


def with_plan(state: SessionState, index: object, words: str, further: object) -> PlannedFork:
    """Turn ``index`` of a session anew, with the plan ``words`` in place of what was written there, as the first of
    ``further`` turns. Raises ForkError."""
    last = state.history[-1].index if state.history else 0
    if last == 0:
        raise ForkError("This session has no turn of a policy yet, so that there is no plan to edit.")
    if not is_whole(index, 1, last):
        raise ForkError(f"Turn: expected a whole number from 1 to {last}.")
    history = history_until(state, int(index) - 1)
    spent = sum(1 for turn in history if turn.index > 0)
    if not is_whole(further, 1, MAX_BUDGET - spent):
        raise ForkError(f"Simulations: expected a whole number from 1 to {MAX_BUDGET - spent}.")
    replaced = next(turn for turn in state.history if turn.index == int(index))
    task = replace(state.task, budget=spent + int(further))
    return PlannedFork(task, history, GivenPlan(words, own_words(replaced.proposal)))
