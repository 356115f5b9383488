"""How the parameters of a group spread: parallel coordinates, one line a proposal, coloured by its training reward.

Drawn as ordinary lines, so that it needs no WebGL and behaves like every other plot of the app.
"""

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.session.groups import GroupState, Sampled

HEAT = tuple(f"--heat-{step}" for step in range(6))
"""CSS variables from low to high reward."""


LEAST_RANGE = 0.05
"""Rewards that the colours tell apart at least, so that equal ones have one colour."""


def figure(state: GroupState, group_id: str) -> dict:
    """Data and layout for Plotly, as live_plot.figure: position of every parameter in its range, 0 to 1."""
    circuit = state.task.circuit if state.task else None
    rewards = state.rewards
    high = max(rewards, default=1.0)
    low = min([*rewards, high - LEAST_RANGE])
    lines = []
    if circuit is not None:
        before = state.history[-1].proposal.parameters
        if before is not None:
            lines.append(_line(circuit, before, f"Turn {state.history[-1].index}, before", "--plot-text", "dash"))
        lines += [_line(circuit, member.turn.proposal.parameters, _title(member), _colour(earned, low, high))
                  for member, earned in zip(state.members, rewards, strict=True)
                  if member.turn.proposal.parameters is not None]
        lines.append(_scale(low, high))
    return {
        "data": lines,
        "layout": {
            "uirevision": group_id or "none", "showlegend": False, "margin": {"l": 48, "r": 12, "t": 12, "b": 24},
            "xaxis": {"type": "category", "title": {"text": ""}},
            "yaxis": {"title": {"text": "Place in range"}, "range": [-0.04, 1.04], "dtick": 0.25},
        },
        "summary": _summary(state, rewards),
    }


def _line(circuit: Circuit, parameters: Parameters, title: str, colour: str, dash: str = "solid") -> dict:
    names = [parameter.name for parameter in circuit.parameters]
    places = [round(parameter.to_unit(parameters[parameter.name]), 4) for parameter in circuit.parameters]
    texts = [f"{title}<br>{parameter.name} = {parameter.show(parameters[parameter.name])}"
             for parameter in circuit.parameters]
    return {"name": title, "x": names, "y": places, "text": texts, "hovertemplate": "%{text}<extra></extra>",
            "type": "scatter", "mode": "lines+markers", "line": {"width": 1.8, "color": colour, "dash": dash},
            "marker": {"size": 5, "color": colour}}


def _scale(low: float, high: float) -> dict:
    """A trace without points that carries the colour bar."""
    last = len(HEAT) - 1
    return {"x": [None], "y": [None], "type": "scatter", "mode": "markers", "hoverinfo": "skip",
            "marker": {"color": [low], "cmin": low, "cmax": high, "showscale": True,
                       "colorscale": [[step / last, colour] for step, colour in enumerate(HEAT)],
                       "colorbar": {"title": {"text": "Training", "side": "right", "font": {"size": 12}},
                                    "thickness": 10, "outlinewidth": 0, "nticks": 5}}}


def _colour(reward: float, low: float, high: float) -> str:
    share = (reward - low) / (high - low)
    return HEAT[min(int(share * len(HEAT)), len(HEAT) - 1)]


def _title(member: Sampled) -> str:
    return f"Proposal {member.number + 1}, reward {member.turn.reward:.3f}"


def _summary(state: GroupState, rewards: list[float]) -> str:
    """The picture in one sentence, for screen readers."""
    if not rewards:
        return "Parameters of the group: no proposal yet."
    return (f"Parameters of {len(rewards)} proposals, each at its place in its range; rewards from {min(rewards):.3f} "
            f"to {max(rewards):.3f}.")
