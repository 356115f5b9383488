"""Specs by turns as one character a cell: light for sessions of thousands of turns, drawn by assets/heat_strip.js."""

from markupsafe import Markup

from sizing_app.session.events import SessionState
from sizing_app.task.turn import History, SpecScore

LEVELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""Of a missed spec: how much of its score is left, from nothing to nearly all."""
MET, MISSING, NONE = "+", "-", " "
"""A spec that is met, one without a value, a turn without a simulation."""


def cell(part: SpecScore) -> str:
    if part.value is None:
        return MISSING
    return MET if part.met else LEVELS[min(int(part.score * len(LEVELS)), len(LEVELS) - 1)]


def cells(history: History, place: int) -> str:
    """The cells of the spec at ``place``, the initial design first."""
    return "".join(cell(turn.score.specs[place]) if turn.score else NONE for turn in history)


def strip(state: SessionState, place: int, title: str, best: int | None) -> Markup:
    """``best`` is the turn that is framed. A person who sees no colours is told how many turns met the spec."""
    row = cells(state.history, place)
    scored = len(row) - row.count(NONE)
    return Markup('<heat-strip role="img" aria-label="{}: met in {} of {} designs" data-title="{}" data-cells="{}" '
                  'data-best="{}"></heat-strip>').format(title, row.count(MET), scored, title, row,
                                                         "" if best is None else best)
