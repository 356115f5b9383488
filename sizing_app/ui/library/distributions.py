"""What many sessions reached by policy and circuit: best reward, share that meets all specs, designs to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from sizing_app.store.figures import Reached

HEIGHT = 280
SERIES = [f"--series-{number}" for number in range(1, 7)]
Values = dict[tuple[str, str], np.ndarray]
"""(circuit, policy) to one value a session."""


def distribution_figures(rows: Sequence[Reached]) -> dict:
    """Value of components.response_plots."""
    if not rows:
        return {"figures": []}
    rewards = _values(rows, lambda row: row.best_reward)
    spent = _values(rows, lambda row: row.first_passed)
    shares = {key: np.array([np.mean(~np.isnan(values))]) for key, values in
              _values(rows, lambda row: np.nan if row.first_passed is None else row.first_passed).items()}
    total = sum(row.sessions for row in rows)
    colors = {policy: SERIES[place % len(SERIES)] for place, policy in enumerate(sorted({row.policy for row in rows}))}
    return {"figures": [
        _figure("Best reward", f"{total:,} session{'' if total == 1 else 's'}; box: quartiles, line: median",
                _boxes(rewards, colors),
                {"title": {"text": "Best reward"}, "range": [-0.04, 1.06]}),
        _figure("All specs met", "share of the sessions", _bars(shares, colors),
                {"title": {"text": "Share"}, "range": [0, 1.05], "tickformat": ".0%"}),
        _figure("Designs to success", "sessions that met all specs; 0 is the initial design", _boxes(spent, colors),
                {"title": {"text": "Designs"}, "rangemode": "tozero"}),
    ]}


def _values(rows: Iterable[Reached], read: Callable[[Reached], float | None]) -> Values:
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for row in rows:
        value = read(row)
        if value is not None:
            found.setdefault((row.circuit, row.policy), []).append(np.full(row.sessions, value, dtype=float))
    return {key: np.concatenate(parts) for key, parts in found.items()}


def _boxes(values: Values, colors: Mapping[str, str]) -> list[dict]:
    """One trace a policy, its boxes side by side with those of the others; quartiles are worked out here."""
    traces = []
    for policy, circuits in _by_policy(values).items():
        numbers = [np.percentile(values[circuit, policy], (0, 25, 50, 75, 100)) for circuit in circuits]
        low, first, median, third, high = ([round(float(row[at]), 4) for row in numbers] for at in range(5))
        traces.append({"type": "box", "name": policy, "x": circuits, "lowerfence": low, "q1": first, "median": median,
                       "q3": third, "upperfence": high, "line": {"color": colors[policy], "width": 1.5}})
    return traces


def _bars(values: Values, colors: Mapping[str, str]) -> list[dict]:
    return [{"type": "bar", "name": policy, "x": circuits,
             "y": [round(float(values[circuit, policy][0]), 4) for circuit in circuits],
             "marker": {"color": colors[policy]}} for policy, circuits in _by_policy(values).items()]


def _by_policy(values: Values) -> dict[str, list[str]]:
    """Policy to the circuits that it has values on."""
    found: dict[str, list[str]] = {}
    for circuit, policy in sorted(values):
        found.setdefault(policy, []).append(circuit)
    return dict(sorted(found.items()))


def _figure(title: str, note: str, traces: list[dict], axis: dict) -> dict:
    words = "; ".join(f"{trace['name']} on {len(trace['x'])} circuits" for trace in traces)
    return {"title": title, "command": "", "note": note, "data": traces, "height": HEIGHT, "wide": False,
            "summary": f"{title} by circuit and policy: {words or 'none'}.",
            "layout": {"uirevision": title, "boxmode": "group", "barmode": "group", "showlegend": True,
                       "xaxis": {"type": "category"}, "yaxis": axis}}
