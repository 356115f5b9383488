"""Methods against circuits (as in the paper's tables 1 and 2), against each other, and at several budgets."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby, product

import numpy as np

from sizing_app.evaluate.report import lead_of, mean_with_interval
from sizing_app.evaluate.results import Result, TurnResult

BUDGETS = (5, 20, 50, 200)
"""Simulations after the initial design at which searches are compared."""


def methods_by_circuits(results: Sequence[Result], order: Sequence[str], held_out: Collection[str]) -> str:
    """For each suite two Markdown tables, share of queries with all specs met and mean best reward.

    A row a policy, a column a circuit, and the means over the circuits that are not held out and over those that
    are, each with its 95% interval over circuits and queries (intervals.py).
    """
    lines = []
    for suite in sorted({row.suite for row in results}):
        chosen = [row for row in results if row.suite == suite]
        for title, value, form in (("all specs met", lambda row: row.passed, "{:.0%}"),
                                   ("mean best reward", lambda row: row.best_reward, "{:.3f}")):
            lines += [f"**{suite}: {title}**", "", *_table(chosen, order, held_out, value, form), ""]
    return "\n".join(lines)


def columns(results: Sequence[Result], held_out: Collection[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Circuits in the order of a table's columns, and the groups over which means are taken: title to circuits."""
    circuits = sorted({row.circuit for row in results}, key=lambda name: (name in held_out, name))
    return circuits, {title: list(names) for title, names in groupby(
        circuits, key=lambda name: "held out" if name in held_out else "not held out")}


def _table(results: Sequence[Result], order: Sequence[str], held_out: Collection[str],
           value: Callable[[Result], float], form: str) -> list[str]:
    circuits, groups = columns(results, held_out)
    lines = [f"| | {' | '.join([*circuits, *groups])} |", f"|{' --- |' * (1 + len(circuits) + len(groups))}"]
    for policy in [name for name in order if any(row.policy == name for row in results)]:
        values: dict[str, list[float]] = {}
        for row in results:
            if row.policy == policy:
                values.setdefault(row.circuit, []).append(value(row))
        cells = [form.format(np.mean(values[name])) if name in values else "-" for name in circuits]
        cells += [_mean({name: values[name] for name in names}, form) if set(names) <= set(values) else "-"
                  for names in groups.values()]
        lines.append(f"| {policy} | {' | '.join(cells)} |")
    return lines


def _mean(columns: Mapping[str, Sequence[float]], form: str) -> str:
    return mean_with_interval([value for column in columns.values() for value in column], form,
                              [name for name, column in columns.items() for _ in column])


def lead(results: Sequence[Result], order: Sequence[str], held_out: Collection[str]) -> str:
    """A Markdown table: how far the first policy of ``order`` is ahead of each other one, on the queries both played.

    A row a suite and policy; means over the same groups of circuits.
    """
    _, groups = columns(results, held_out)
    lines = [f"| Suite | {order[0]} minus | "
             + " | ".join(f"{title}: all specs met | mean best reward" for title in groups) + " |",
             f"|{' --- |' * (2 + 2 * len(groups))}"]
    for suite, policy in product(sorted({row.suite for row in results}), order[1:]):
        cells: list[str] = []
        for names in groups.values():
            first, others = ([row for row in results if (row.suite, row.policy) == (suite, name)
                              and row.circuit in names] for name in (order[0], policy))
            cells += lead_of(first, others) or ["-", "-"]
        if set(cells) != {"-"}:
            lines.append(f"| {suite} | {policy} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""]) if len(lines) > 2 else ""


def at_budgets(turns: Sequence[TurnResult], results: Sequence[Result], order: Sequence[str], budget: int) -> str:
    """A Markdown table: what each policy has reached after 5, 20, 50 and 200 simulations, on the queries all played.

    The last columns say after how many simulations a policy's mean best reward is that of the first policy after 5, and
    the seconds of wall time that a session took.
    """
    shown = [count for count in BUDGETS if count <= budget]
    played = {policy: {turn.key[:3] for turn in turns if turn.policy == policy} for policy in order}
    common = set.intersection(*filter(None, played.values())) if any(played.values()) else set()
    if not common or not shown:
        return ""
    best = {policy: _best_so_far([turn for turn in turns if turn.policy == policy and turn.key[:3] in common], budget)
            for policy in order if played[policy]}
    goal = next(iter(best.values()))[0][:, shown[0]].mean()
    lines = [f"| | {' | '.join(f'{count} simulations' for count in shown)} | as good as {next(iter(best))} after "
             f"{shown[0]} | seconds a session |", f"|{' --- |' * (len(shown) + 3)}"]
    for policy, (rewards, passed) in best.items():
        cells = [f"{passed[:, count].mean():.0%} met, {rewards[:, count].mean():.3f}" for count in shown]
        reaching = np.flatnonzero(rewards.mean(axis=0) >= goal - 1e-9)
        seconds = np.mean([row.seconds for row in results if row.policy == policy and row.key[:3] in common])
        lines.append(f"| {policy} | {' | '.join(cells)} | {reaching[0] if len(reaching) else f'over {budget}'} | "
                     f"{seconds:.1f} |")
    return "\n".join([*lines, ""])


def _best_so_far(turns: Sequence[TurnResult], budget: int) -> tuple[np.ndarray, np.ndarray]:
    """Best reward and whether all specs were met, up to each turn: two arrays of shape (sessions, budget + 1)."""
    rewards, passed = [], []
    ordered = sorted(turns, key=lambda turn: (turn.key, turn.turn))
    for _, group in groupby(ordered, key=lambda turn: turn.key):
        session = list(group)
        for rows, values in ((rewards, [turn.reward for turn in session]), (passed, [turn.passed for turn in session])):
            line = np.full(budget + 1, float(max(values)))
            line[:len(values)] = np.maximum.accumulate(values)[:budget + 1]
            rows.append(line)
    return np.array(rewards), np.array(passed)
