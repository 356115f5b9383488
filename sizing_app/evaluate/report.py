"""What an evaluation found: a table with intervals, paired differences, and the turn-by-turn curves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sizing_app.circuit.units import show_percent
from sizing_app.evaluate.intervals import Interval, Values, interval, pooled, share_interval
from sizing_app.evaluate.results import Result, TurnResult

Form = Callable[[float], str]
"""How a number is written."""
REWARD, SHARE, REWARD_DIFFERENCE = "{:.3f}".format, show_percent, "{:+.3f}".format
SHARE_DIFFERENCE = "{:+.0%}".format
COLORS = {"tl-grpo": "#c0392b", "tl-grpo+cma-es": "#7b241c", "sft": "#e08e0b", "trajectory-grpo": "#0e7c7b",
          "single-turn-grpo": "#5dade2", "gtpo": "#a569bd", "mlp": "#2e8b57", "lookup": "#3178c6", "teacher": "#8d6e63",
          "middle": "#9ccc65", "golden": "#d4a017", "centre": "#4db6ac",
          "bayes": "#7d5ba6", "scbo": "#1a5276", "tpe": "#b7950b", "cma-es": "#6e2c00", "random": "#808080",
          "response-surface": "#00838f", "chat": "#1b1b1b"}


@dataclass(frozen=True)
class Row:
    """A policy on a suite. Intervals are 95% intervals of the mean over queries (intervals.py)."""

    circuit: str
    suite: str
    policy: str
    queries: int
    mean_best_reward: float
    reward_interval: Interval
    share_passed: float
    passed_interval: Interval
    simulations_to_success: float | None
    """Mean over the passed queries, not counting the initial design."""
    median_to_success: float | None
    """The same, the median."""
    cpu_to_success: float | None
    """CPU seconds of these simulations, mean."""
    worst: float | None
    """Mean score of the worst spec of the best turn: where there are many specs, the reward hides one that is missed.
    """
    statements_true: float | None
    """Share of the reasoning's statements that are true, of those that can be checked; None where there are none."""
    expectations_true: float | None
    """The same of what it expected of the next simulation."""
    declared: float
    """Share in which it said that no design meets the specs."""


def summarize(results: Sequence[Result], order: Sequence[str] = ()) -> list[Row]:
    """One row a circuit, suite and policy, policies in ``order``."""
    rows = []
    for (circuit, suite, policy), group in _groups(results, order).items():
        rewards, passed = [row.best_reward for row in group], [row.passed for row in group]
        spent = [row.simulations for row in group if row.passed]
        cpu, worst = [row.cpu for row in group if row.passed], [row.worst for row in group]
        rows.append(Row(circuit, suite, policy, len(group), float(np.mean(rewards)), interval(rewards),
                        float(np.mean(passed)), share_interval(passed), _mean(spent),
                        float(np.median(spent)) if spent else None, _mean(cpu), _mean(worst),
                        _share(group, "statements"), _share(group, "expectations"),
                        float(np.mean([row.declared is not None for row in group]))))
    return rows


def _mean(values: Sequence[float | None]) -> float | None:
    """None where there are no values, or one is not known."""
    return None if None in values or not values else float(np.mean(values))


def _share(group: Sequence[Result], kind: str) -> float | None:
    count = sum(getattr(row, kind) for row in group)
    return sum(getattr(row, f"{kind}_true") for row in group) / count if count else None


def summary(results: Sequence[Result], order: Sequence[str] = ()) -> str:
    """The results as Markdown: a table of each circuit and suite, then differences to the first policy of ``order``."""
    lines = ["| Circuit | Suite | Policy | Queries | All specs met | Mean best reward | Worst spec | Simulations to "
             "success, mean | median | CPU s to success | Statements true | Expectations true | Declared infeasible |",
             f"| --- | --- | --- | ---: | --- | --- |{' ---: |' * 7}"]
    for row in summarize(results, order):
        rest = " | ".join("-" if value is None else form(value) for value, form in (
            (row.worst, REWARD), (row.simulations_to_success, "{:.2f}".format),
            (row.median_to_success, "{:.1f}".format), (row.cpu_to_success, "{:.2f}".format),
            (row.statements_true, SHARE), (row.expectations_true, SHARE), (row.declared, SHARE)))
        lines.append(f"| {row.circuit} | {row.suite} | {row.policy} | {row.queries} | "
                     f"{with_interval(row.share_passed, row.passed_interval, SHARE)} | "
                     f"{with_interval(row.mean_best_reward, row.reward_interval, REWARD)} | {rest} |")
    lines += ["", "Brackets hold 95% intervals over queries (bootstrap; Wilson's where all or none meet all specs); "
              "simulations are those after the initial design. "
              "Worst spec: the lowest score of a spec in the best turn."]
    differences = _differences(results, order)
    return "\n".join([*lines, *(["", *differences] if differences else []), ""])


def curves(turns: Sequence[TurnResult], budget: int) -> dict[tuple[str, str, str], tuple[np.ndarray, np.ndarray]]:
    """Mean reward of each turn and mean best so far, each of shape (budget + 1,), by circuit, suite and policy.

    A session that ended before the budget keeps the reward of its last turn (paper, appendix D).
    """
    sessions: dict[tuple, list[TurnResult]] = {}
    for turn in sorted(turns, key=lambda turn: turn.turn):
        sessions.setdefault(turn.key, []).append(turn)
    rewards: dict[tuple[str, str, str], list[np.ndarray]] = {}
    for (circuit, suite, _, policy), rows in sessions.items():
        line = np.full(budget + 1, rows[-1].reward)
        line[:len(rows)] = [row.reward for row in rows][:budget + 1]
        rewards.setdefault((circuit, suite, policy), []).append(line)
    return {key: (np.mean(lines, axis=0), np.mean(np.maximum.accumulate(lines, axis=1), axis=0))
            for key, lines in rewards.items()}


def draw_curves(turns: Sequence[TurnResult], budget: int, path: Path, order: Sequence[str] = ()) -> None:
    """Save the curves as a picture: one panel a circuit and suite, solid the best so far, dashed the turn itself."""
    from matplotlib.figure import Figure
    found = curves(turns, budget)
    circuits = sorted({circuit for circuit, _, _ in found})
    suites = sorted({suite for _, suite, _ in found})
    policies = _ordered({policy for _, _, policy in found}, order)
    height = 3.1 if len(circuits) < 4 else 1.9
    figure = Figure(figsize=(0.6 + 4.2 * len(suites), 0.9 + height * len(circuits)), layout="constrained")
    axes = figure.subplots(len(circuits), len(suites), squeeze=False, sharex=True, sharey=True)
    for row, circuit in enumerate(circuits):
        for column, suite in enumerate(suites):
            panel = axes[row][column]
            panel.set_title(f"{circuit}, {suite}", fontsize=10)
            panel.set(xlim=(0, budget), ylim=(-0.02, 1.02), xticks=range(0, budget + 1, max(1, budget // 5)))
            panel.grid(alpha=0.25)
            for policy in policies:
                if (circuit, suite, policy) in found:
                    mean, best = found[circuit, suite, policy]
                    panel.plot(best, color=COLORS.get(policy), marker="o", markersize=3, label=policy)
                    panel.plot(mean, color=COLORS.get(policy), linestyle="--", linewidth=1, alpha=0.7)
    for panel in axes[-1]:
        panel.set_xlabel("Turn (0: initial design)")
    for panels in axes:
        panels[0].set_ylabel("Mean reward")
    handles = {line.get_label(): line for panel in figure.axes for line in panel.get_lines()
               if not line.get_label().startswith("_")}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=min(len(handles), 6), fontsize=9,
                  title="solid: best so far, dashed: the turn itself", title_fontsize=9)
    figure.savefig(path, dpi=150 if len(circuits) < 4 else 100)


def _groups(results: Sequence[Result], order: Sequence[str]) -> dict[tuple[str, str, str], list[Result]]:
    """Results by circuit, suite and policy, policies in ``order``."""
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for row in results:
        groups.setdefault((row.circuit, row.suite, row.policy), []).append(row)
    places = {policy: place for place, policy in enumerate(_ordered({row.policy for row in results}, order))}
    return dict(sorted(groups.items(), key=lambda item: (item[0][0], item[0][1], places[item[0][2]])))


def _ordered(policies: set[str], order: Sequence[str]) -> list[str]:
    return [name for name in order if name in policies] + sorted(policies - set(order))


def with_interval(mean: float, bounds: Interval, form: Form) -> str:
    return f"{form(mean)} [{form(bounds[0])}, {form(bounds[1])}]"


def mean_with_interval(values: Values, form: Form, circuits: Sequence[str] = (), resample_circuits: bool = True) -> str:
    """``0.750 [0.500, 1.000]``: mean and 95% interval, over queries and, unless told, the ``circuits`` that they are
    of."""
    of = share_interval if form == SHARE else interval
    return with_interval(pooled(values, circuits), of(values, circuits, resample_circuits), form)


def _differences(results: Sequence[Result], order: Sequence[str]) -> list[str]:
    """How far the first policy is ahead of each other one, query by query."""
    groups = _groups(results, order)
    names = _ordered({row.policy for row in results}, order)
    if len(names) < 2:
        return []
    lines = [f"| Circuit | Suite | {names[0]} minus | All specs met | Mean best reward |",
             "| --- | --- | --- | --- | --- |"]
    for (circuit, suite, policy), rows in groups.items():
        if policy != names[0] and (cells := lead_of(groups.get((circuit, suite, names[0]), []), rows)):
            lines.append(f"| {circuit} | {suite} | {policy} | {' | '.join(cells)} |")
    return lines


def lead_of(first: Sequence[Result], others: Sequence[Result]) -> list[str]:
    """How far a policy is ahead on the queries that both played: share met and mean best reward; empty without any."""
    played = {row.key[:3]: row for row in first}
    pairs = [(played[row.key[:3]], row) for row in others if row.key[:3] in played]
    if not pairs:
        return []
    circuits = [row.circuit for _, row in pairs]
    rewards = [ahead.best_reward - row.best_reward for ahead, row in pairs]
    passed = [ahead.passed - row.passed for ahead, row in pairs]
    return [mean_with_interval(passed, SHARE_DIFFERENCE, circuits),
            mean_with_interval(rewards, REWARD_DIFFERENCE, circuits)]
