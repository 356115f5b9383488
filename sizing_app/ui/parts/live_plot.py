"""Reward of each turn and best so far, drawn by Plotly.react into one node: no flicker, and the zoom survives.

The figure is a plain dict; the script that draws it is the one in the plotly package, served by this app.
"""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from sizing_app.session.events import SessionState
from sizing_app.task.reward import best_so_far
from sizing_app.task.turn import Turn

PLOTLY_URL = "assets/plotly.min.js"
"""Relative to the page, see export.routes."""
X_MARGIN = 0.35
MANY = 60
"""Turns above which a point is only its reward."""
FEW = 5
"""Turns that the axis has room for at least."""
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Turns between two numbers on the axis, twelve at most."""


def plotly_script() -> Path:
    """plotly.min.js of the installed plotly package."""
    return Path(importlib.util.find_spec("plotly").origin).parent / "package_data" / "plotly.min.js"


def figure(state: SessionState, session_id: str, cursor: int | None = None) -> dict:
    """Data and layout for Plotly; colours are names of CSS variables, which the script resolves.

    ``cursor`` marks one turn of a replay; turns after it are drawn pale.
    """
    scored = [turn for turn in state.history if turn.score is not None]
    turns = [turn.index for turn in scored]
    best = [round(value, 4) for value in best_so_far(state.history)]
    steps = [place for place in range(len(best)) if place in (0, len(best) - 1) or best[place] != best[place - 1]]
    budget = state.task.budget if state.task else FEW
    last = max([budget if state.running else min(budget, FEW), *turns])  # no empty space where it ended early
    return {
        "data": [
            {"name": "Best so far", "x": [turns[place] for place in steps], "y": [best[place] for place in steps],
             "type": "scatter", "mode": "lines", "hoverinfo": "skip",
             "line": {"shape": "hv", "width": 2, "color": "--plot-best"}, "opacity": 0.9},
            _rewards(scored, cursor) if len(scored) <= MANY else _many_rewards(scored)],
        "layout": {
            "uirevision": session_id or "none",
            "xaxis": {"title": {"text": "Turn"}, "range": [-X_MARGIN, last + X_MARGIN],
                      "dtick": next(step for step in STEPS if last <= 12 * step)},
            "yaxis": {"title": {"text": "Reward"}, "range": [-0.04, 1.06], "dtick": 0.25},
            "shapes": [] if cursor is None else [
                {"type": "line", "x0": cursor, "x1": cursor, "yref": "paper", "y0": 0, "y1": 1,
                 "line": {"width": 1, "dash": "dot", "color": "--plot-cursor"}}],
        },
        "summary": _summary(best, state),
    }


def _rewards(scored: Sequence[Turn], cursor: int | None) -> dict:
    """A point for each turn, with what it met."""
    return {"name": "Reward of the turn", "x": [turn.index for turn in scored],
            "y": [round(turn.reward, 4) for turn in scored], "type": "scatter", "mode": "lines+markers",
            "text": [_met(turn) for turn in scored],
            "hovertemplate": "Turn %{x}: reward %{y:.3f}, specs met: %{text}<extra></extra>",
            "line": {"width": 1.5, "color": "--plot-turn"},
            "marker": {"size": 9, "color": "--plot-turn",
                       "opacity": [0.3 if cursor is not None and turn.index > cursor else 1 for turn in scored],
                       "symbol": ["diamond" if turn.score.passed else "circle" for turn in scored]}}


def _many_rewards(scored: Sequence[Turn]) -> dict:
    """The same without lines between them, and light: the table of turns says the rest."""
    return {"name": "Reward of the turn", "x0": scored[0].index, "dx": 1,
            "y": [round(turn.reward, 3) if not turn.score.passed else 1 for turn in scored], "type": "scatter",
            "mode": "markers", "hovertemplate": "Turn %{x}: reward %{y}<extra></extra>",
            "line": {"width": 1.5, "color": "--plot-turn"},
            "marker": {"size": 4, "color": "--plot-turn", "opacity": 0.6, "symbol": "circle"}}


def _met(turn: Turn) -> str:
    """How many specs; short, for a session may have thousands of turns."""
    if turn.measurement is not None and not turn.measurement.ok:
        return f"none, simulation {turn.measurement.status.replace('_', ' ')}"
    return f"{sum(part.met for part in turn.score.specs)} of {len(turn.score.specs)}"


def _summary(best: list[float], state: SessionState) -> str:
    """The picture in one sentence, for screen readers."""
    if not best:
        return "Reward by turn: no turn yet."
    return f"Reward by turn: {len(best)} turns, best so far {best[-1]:.3f} of {state.task.budget} turns' budget."
