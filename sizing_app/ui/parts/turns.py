"""The turns of a session as a dense table whose rows open, the newest first; the turn under way is open as it grows.

A lane of a race has cards instead, of which the reasoning is in sight.
"""

from collections.abc import Sequence

from markupsafe import Markup

from sizing_app.policy.plans import takes_plans
from sizing_app.session.events import LiveTurn, SessionState
from sizing_app.task.definition import Task
from sizing_app.task.turn import Turn
from sizing_app.ui.parts.render import block, met_count, reward
from sizing_app.ui.parts.turn_row import turn_row
from sizing_app.ui.parts.turn_sections import (call_section, changes, checked, latest_parameters, parameter_list,
                                               reasoning_section, result_section, section, split_reply,
                                               thoughts_title, turn_sections)

LONG = 40
"""Turns of a budget above which rows are filled when they are opened (session/opened_turn.py)."""
_TAIL = 1500
"""Characters of a model's thoughts that are shown while it thinks."""


class Trace:
    """One block for every turn of a session, the newest first, so that what happens now stays in view. Made once for a
    session that grows: a finished turn is drawn once, and again where it becomes or ceases to be the best."""

    def __init__(self, lane: bool = False, forks: bool = True, session_id: str = "", opened: bool = False):
        """``lane``, ``forks`` and ``opened`` as for turn_block; with ``session_id``, the rows of a long session are
        filled when they are opened."""
        self._lane, self._forks, self._id, self._opened = lane, forks, session_id, opened
        self._history, self._best = (), None
        self._finished: list[dict] = []
        """In the order of the history."""

    def blocks(self, state: SessionState) -> list[dict]:
        if state.history is not self._history:
            self._draw(state)
        current = state.current
        live = [] if current is None else [block(f"turn-{current.index}", _live_turn(state))]
        return [*live, *reversed(self._finished)]

    def _draw(self, state: SessionState) -> None:
        """The turns that are new, and those that are or were the best."""
        known = sum(1 for new, old in zip(state.history, self._history, strict=False) if new is old)
        if known < len(self._history):
            known = 0  # another session, or one that was replayed from the store
        best = state.best and state.best.index
        del self._finished[known:]
        for place, turn in enumerate(state.history):
            if place >= known:
                self._finished.append(self._block(state, turn, best))
            elif best != self._best and turn.index in (best, self._best):
                self._finished[place] = self._block(state, turn, best)
        self._history, self._best = state.history, best

    def _block(self, state: SessionState, turn: Turn, best: int | None) -> dict:
        later = self._id if state.task.budget > LONG else ""
        return turn_block(state, turn, self._lane, self._forks, turn.index == best, later, self._opened)


def trace(state: SessionState, forks: bool = True, opened: bool = False) -> list[dict]:
    """The turns of a session that is looked at once."""
    return Trace(forks=forks, opened=opened).blocks(state)


def turn_block(state: SessionState, turn: Turn, lane: bool = False, forks: bool = True, best: bool = False,
               later: str = "", opened: bool = False) -> dict:
    """A finished turn of ``state``; ``best`` marks it. ``forks``: with buttons whose events ``fork`` and ``edit_plan``
    have its index, where something answers them; in a ``lane`` beside others a card, without the buttons and with call
    and result folded away. ``later`` is the session from which the row is filled when it is opened; ``opened`` opens it
    at once."""
    former = [earlier for earlier in state.history if earlier.index < turn.index]
    if lane:
        return block(f"turn-{turn.index}", _card(turn.index, _headline(turn, former, best),
                                                 _folded(state.task, former, turn)))
    body = Markup("") if later else turn_sections(state.task, former, turn)
    row = Markup('<article class="turn folded" aria-label="{0}"><details class="turn-row"{1}{2}><summary>{3}</summary>'
                 '<div class="turn-body">{4}</div></details>{5}</article>').format(
        _title(turn.index), Markup(" open") if opened else "",
        Markup(' data-src="turns/{}/{}"').format(later, turn.index) if later else "",
        turn_row(state.task, former, turn, best), body,
        _buttons(state, turn) if forks else "")
    return block(f"turn-{turn.index}", row)


def _folded(task: Task, former: Sequence[Turn], turn: Turn) -> Markup:
    """As turn_sections, with call and result in a part that opens."""
    return reasoning_section(turn.proposal, turn.index, checked(turn)) + Markup(
        '<details class="design"><summary>Call and result</summary>{}{}</details>').format(
            call_section(task, turn, former), result_section(task, turn))


def _live_turn(state: SessionState) -> str:
    current: LiveTurn = state.current
    thinking = current.thoughts and not current.text
    doing = ("waiting for you" if current.review else "simulating" if current.proposal
             else "thinking" if thinking else "reasoning")
    headline = Markup('<span class="busy">{}</span>').format(doing)
    if current.proposal is not None:
        call = changes(state.task, current.proposal) + parameter_list(
            state.task, current.proposal.parameters, latest_parameters(state.history))
        body = reasoning_section(current.proposal, current.index) + section("call", "simulate", call)
    else:
        reasoning, call = split_reply(current.text)
        text = Markup('<p class="prose live">{}</p>').format(reasoning)
        body = _live_thoughts(current) + section("reasoning", "Reasoning", text)
        body += section("call", "simulate", Markup("<pre>{}</pre>").format(call)) if call else ""
    return _card(current.index, headline, body)


def _live_thoughts(current: LiveTurn) -> Markup:
    """The latest of what a thinking model thinks, with their number of words as a sign of life."""
    body = Markup("")
    if current.notice:
        body += Markup('<p class="quiet" role="status">{}</p>').format(current.notice)
    if not current.thoughts:
        return body
    tail = current.thoughts[-_TAIL:]
    tail = tail if len(tail) == len(current.thoughts) else f"\N{HORIZONTAL ELLIPSIS} {tail}"
    text = Markup("" if current.text else '<p class="prose quiet">{}</p>').format(tail)
    return body + section("thoughts", thoughts_title(current.thoughts), text)


def _buttons(state: SessionState, turn: Turn) -> Markup:
    """What can be done from a turn: edit its plan, where its policy wrote one, and sample its successors."""
    plan = _plan_button(turn) if turn.index and takes_plans(state.policy) else ""
    fork = _fork_button(turn) if turn.measurement is not None else ""
    return Markup('<span class="turn-buttons">{}{}</span>').format(plan, fork)


def _plan_button(turn: Turn) -> Markup:
    return Markup('<button type="button" class="fork" data-event="edit_plan" data-value="{0}" aria-label="Edit the '
                  'plan of turn {0}" title="Edit the plan from here: the model acts on your words, in a new session">'
                  'Plan</button>').format(turn.index)


def _fork_button(turn: Turn) -> Markup:
    name = f"turn {turn.index}" if turn.index else "the initial design"
    return Markup('<button type="button" class="fork" data-event="fork" data-value="{}" aria-label="Fork after {}" '
                  'title="Sample several next turns from the history up to here">Fork</button>').format(
        turn.index, name)


def _card(index: int, headline: Markup, body: Markup) -> str:
    title = _title(index)
    return Markup('<article class="turn" aria-label="{}"><header><h3>{}</h3>{}</header>'
                  '<div class="turn-body">{}</div></article>').format(title, title, headline, body)


def _headline(turn: Turn, former: Sequence[Turn], best: bool) -> Markup:
    if turn.score is None:
        return Markup('<span class="quiet">ended the session</span>')
    before = next((earlier.reward for earlier in reversed(former) if earlier.score is not None), None)
    step = "" if before is None else f"{turn.reward - before:+.3f}".replace("-", "\u2212")
    mark = Markup('<span class="badge">best</span>') if best else ""
    return Markup('<span class="reward">reward <b>{}</b></span><span class="quiet">{}</span>'
                  "<span>{} specs met</span>{}").format(reward(turn.reward), step, met_count(turn.score), mark)


def _title(index: int) -> str:
    return f"Turn {index}" if index else "Initial design"
