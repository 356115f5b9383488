"""Best so far of every lane of a race on one plot."""

from collections.abc import Mapping

from sizing_app.session.events import SessionState
from sizing_app.ui.parts.live_plot import X_MARGIN

STYLES = (("--series-1", "solid", "circle"), ("--series-2", "dash", "square"), ("--series-3", "dot", "triangle-up"))
"""Colour, dash and symbol of each lane."""


def figure(lanes: Mapping[str, SessionState], titles: Mapping[str, str], race: str) -> dict:
    """Data and layout for Plotly, as live_plot.figure. A star marks the first design that meets all specs."""
    budget = max((state.task.budget for state in lanes.values() if state.task), default=5)
    last = max([budget, *(turn.index for state in lanes.values() for turn in state.history if turn.score)])
    return {
        "data": [_lane(state, titles.get(state.policy, state.policy), *style)
                 for state, style in zip(lanes.values(), STYLES, strict=False)],
        "layout": {
            "uirevision": race or "none", "showlegend": True,
            "xaxis": {"title": {"text": "Designs"}, "range": [-X_MARGIN, last + X_MARGIN],
                      "dtick": 1 if last <= 12 else 2},
            "yaxis": {"title": {"text": "Best reward so far"}, "range": [-0.04, 1.06], "dtick": 0.25},
        },
        "summary": _summary(lanes, titles),
    }


def _lane(state: SessionState, title: str, colour: str, dash: str, symbol: str) -> dict:
    scored = [turn for turn in state.history if turn.score is not None]
    first = next((turn.index for turn in scored if turn.score.passed), None)
    best = [round(value, 4) for value in state.best_so_far]
    texts = [f"{title}<br>turn {turn.index}: reward {turn.reward:.3f}, best {value:.3f}"
             for turn, value in zip(scored, best, strict=True)]
    return {"name": title, "x": [turn.index for turn in scored], "y": best, "text": texts, "type": "scatter",
            "mode": "lines+markers", "hovertemplate": "%{text}<extra></extra>",
            "line": {"shape": "hv", "width": 2, "color": colour, "dash": dash},
            "marker": {"size": [14 if turn.index == first else 7 for turn in scored], "color": colour,
                       "symbol": ["star" if turn.index == first else symbol for turn in scored]}}


def _summary(lanes: Mapping[str, SessionState], titles: Mapping[str, str]) -> str:
    """The picture in one sentence, for screen readers."""
    parts = [f"{titles.get(state.policy, state.policy)} {state.best_so_far[-1]:.3f}" for state in lanes.values()
             if state.best_so_far]
    return f"Best reward so far: {', '.join(parts) or 'no turn yet'}."
