"""Methods against circuits (as in the paper's tables 1 and 2), against each other, and at several budgets."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby, product

import numpy as np

from sizing_app.evaluate.intervals import pooled
from sizing_app.evaluate.report import REWARD, SHARE, Form, lead_of, mean_with_interval
from sizing_app.evaluate.results import Result, TurnResult
from sizing_app.task.turn import NOT_SIMULATED

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
        for title, value, form in (("all specs met", lambda row: row.passed, SHARE),
                                   ("mean best reward", lambda row: row.best_reward, REWARD)):
            lines += [f"**{suite}: {title}**", "", *_table(chosen, order, held_out, value, form), ""]
    return "\n".join(lines)


def columns(results: Sequence[Result], held_out: Collection[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Circuits in the order of a table's columns, and the groups over which means are taken: title to circuits."""
    circuits = sorted({row.circuit for row in results}, key=lambda name: (name in held_out, name))
    return circuits, {title: list(names) for title, names in groupby(
        circuits, key=lambda name: "held out" if name in held_out else "not held out")}


def _table(results: Sequence[Result], order: Sequence[str], held_out: Collection[str],
           value: Callable[[Result], float], form: Form) -> list[str]:
    circuits, groups = columns(results, held_out)
    lines = [f"| | {' | '.join([*circuits, *groups])} |", f"|{' --- |' * (1 + len(circuits) + len(groups))}"]
    for policy in [name for name in order if any(row.policy == name for row in results)]:
        values: dict[str, list[float]] = {}
        for row in results:
            if row.policy == policy:
                values.setdefault(row.circuit, []).append(value(row))
        cells = [form(np.mean(values[name])) if name in values else "-" for name in circuits]
        cells += [_mean({name: values[name] for name in names}, form) if set(names) <= set(values) else "-"
                  for names in groups.values()]
        lines.append(f"| {policy} | {' | '.join(cells)} |")
    return lines


def _mean(columns: Mapping[str, Sequence[float]], form: Form) -> str:
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
    """For each suite a Markdown table: what each policy has reached after 5, 20, 50 and 200 simulations, on the queries
    all played.

    Means are pooled by circuit (intervals.py). The last columns say after how many simulations a policy's mean best
    reward is that of the first policy after 5, and the seconds of wall time that a session took.
    """
    lines: list[str] = []
    for suite in sorted({turn.suite for turn in turns}):
        table = _at_budgets(*([row for row in rows if row.suite == suite] for rows in (turns, results)), order, budget)
        lines += [f"**{suite}: reached at several budgets**", "", *table, ""] if table else []
    return "\n".join(lines)


def _at_budgets(turns: Sequence[TurnResult], results: Sequence[Result], order: Sequence[str],
                budget: int) -> list[str]:
    """The lines of one suite's table; none where the policies share no query."""
    shown = [count for count in BUDGETS if count <= budget]
    played = {policy: {turn.key[:3] for turn in turns if turn.policy == policy} for policy in order}
    common = set.intersection(*filter(None, played.values())) if any(played.values()) else set()
    if not common or not shown:
        return []
    best = {policy: _best_so_far([turn for turn in turns if turn.policy == policy and turn.key[:3] in common], budget)
            for policy in order if played[policy]}
    goal = next(iter(best.values()))[0][shown[0]]
    lines = [f"| | {' | '.join(f'{count} simulations' for count in shown)} | as good as {next(iter(best))} after "
             f"{shown[0]} | seconds a session |", f"|{' --- |' * (len(shown) + 3)}"]
    for policy, (rewards, passed) in best.items():
        cells = [f"{SHARE(passed[count])} met, {rewards[count]:.3f}" for count in shown]
        reaching = np.flatnonzero(rewards >= goal - 1e-9)
        mine = [row for row in results if row.policy == policy and row.key[:3] in common]
        seconds = pooled([row.seconds for row in mine], [row.circuit for row in mine])
        lines.append(f"| {policy} | {' | '.join(cells)} | {reaching[0] if len(reaching) else f'over {budget}'} | "
                     f"{seconds:.1f} |")
    return lines


def _best_so_far(turns: Sequence[TurnResult], budget: int) -> tuple[np.ndarray, np.ndarray]:
    """Best reward, and the share with all specs met, up to each simulation, pooled by circuit: two arrays of shape
    (budget + 1,). What was not simulated does not count."""
    circuits: dict[str, list[np.ndarray]] = {}
    ordered = sorted((turn for turn in turns if turn.status not in NOT_SIMULATED),
                     key=lambda turn: (turn.key, turn.turn))
    for (circuit, *_), group in groupby(ordered, key=lambda turn: turn.key):
        session = np.maximum.accumulate([(turn.reward, turn.passed) for turn in group])[:budget + 1]
        circuits.setdefault(circuit, []).append(np.pad(session, ((0, budget + 1 - len(session)), (0, 0)), mode="edge"))
    return tuple(np.mean([np.mean(sessions, axis=0) for sessions in circuits.values()], axis=0).T)
