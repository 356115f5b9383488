"""``evaluate --causal``: does a language model use what it is shown, and does its design follow its plan?

Every query is played untouched, then again with one thing changed, from the same start and with the same seed:

- ``results replaced``: each turn shows the results of a random design in place of its own;
- ``results shuffled``: each turn shows the results of another turn (nothing is changed in the first reply);
- ``history hidden``: the start is all that is ever shown;
- ``plan of another query``: the reasoning is what the model wrote at this turn of the next query of the suite;
- ``plan inverted``: the reasoning is the model's own, with every move and every expected effect the other way round.

What is not read can be changed without a cost: the difference to the untouched session is what it was worth. Only what
the policy sees is changed: its designs are simulated and judged as ever.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sizing_app.evaluate.bench import Bench
from sizing_app.evaluate.report import REWARD, SHARE, lead_of, mean_with_interval
from sizing_app.evaluate.results import Result
from sizing_app.policy.designs import random_design
from sizing_app.prompt.analysis import inverted
from sizing_app.session.events import TurnFinished
from sizing_app.session.loop import run_session
from sizing_app.task.definition import Task
from sizing_app.task.protocols import PlanningPolicy, Policy, Simulator, StopSignal
from sizing_app.task.reward import score
from sizing_app.task.turn import Delta, History, Proposal

UNTOUCHED = "untouched"
HISTORIES = ("results replaced", "results shuffled", "history hidden")
PLANS = ("plan of another query", "plan inverted")
SEED_STEP = 1_000_003
"""Between the seeds of the turns of a session whose history is hidden."""


def variants(policy: Policy, tasks: Sequence[Task], simulator: Simulator) -> dict[str, Policy]:
    """The policy under every intervention that can be made on it, by its name there (``tl-grpo, plan inverted``).

    ``tasks`` are the queries of one suite that it plays; their seeds tell them apart.
    """
    known = {task.seed: task for task in tasks}
    histories: dict[str, Callable[[Task, History], tuple[Task, History]]] = {
        "results replaced": _Replaced(known, Bench(simulator)), "results shuffled": _shuffled,
        "history hidden": _hidden}
    found: dict[str, Policy] = {UNTOUCHED: policy}
    found |= {title: _Shown(policy, named(policy.name, title), histories[title]) for title in HISTORIES}
    if getattr(policy, "takes_plans", False):
        plans = {"plan of another query": _OtherPlans(known, simulator), "plan inverted": _inverted}
        found |= {title: _Planned(policy, named(policy.name, title), plans[title]) for title in PLANS}
    return {named(policy.name, title): own for title, own in found.items()}


def named(policy: str, title: str) -> str:
    return f"{policy}, {title}"


def policy_of(name: str) -> str:
    """The policy of a variant's name."""
    return name.partition(", ")[0]


@dataclass(frozen=True)
class _Shown:
    """A policy that sees another history."""

    policy: Policy
    name: str
    change: Callable[[Task, History], tuple[Task, History]]

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        yield from self.policy.propose(*self.change(task, history), stop)


@dataclass(frozen=True)
class _Planned:
    """A policy that acts on another plan, or as ever where there is none for its turn."""

    policy: PlanningPolicy
    name: str
    plan: Callable[[PlanningPolicy, Task, History, StopSignal], str | None]

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        plan = self.plan(self.policy, task, history, stop)
        yield from (self.policy.propose(task, history, stop) if plan is None else
                    self.policy.act(task, history, plan, stop))


class _Replaced:
    """Every turn with the results of a random design of its own, at the true conditions."""

    def __init__(self, tasks: Mapping[int, Task], simulator: Simulator):
        self._tasks, self._simulator = tasks, simulator

    def __call__(self, task: Task, history: History) -> tuple[Task, History]:
        true, turns = self._tasks[task.seed], []
        designs = [random_design(task.circuit, task.seed, turn.index, SEED_STEP) for turn in history]
        measured = self._simulator.evaluate_many((task.circuit, design, true.conditions) for design in designs)
        for turn, measurement in zip(history, measured, strict=True):
            turns.append(replace(turn, measurement=measurement, score=score(measurement, task.specs)))
        return task, tuple(turns)


def _shuffled(task: Task, history: History) -> tuple[Task, History]:
    """No turn keeps its results: they move on by the same random number of places."""
    if len(history) == 1:
        return task, history
    by = int(np.random.default_rng([task.seed, len(history)]).integers(1, len(history)))
    moved = (*history[by:], *history[:by])
    return task, tuple(replace(turn, measurement=other.measurement, score=other.score)
                       for turn, other in zip(history, moved, strict=True))


def _hidden(task: Task, history: History) -> tuple[Task, History]:
    """The start alone; each turn has a seed of its own, or all replies would be the same."""
    return replace(task, seed=task.seed + SEED_STEP * history[-1].index), history[:1]


def _inverted(policy: PlanningPolicy, task: Task, history: History, stop: StopSignal) -> str | None:
    """None where the model's own plan names nothing that could be the other way round."""
    own = next((piece for piece in policy.propose(task, history, stop) if isinstance(piece, Proposal)), None)
    if own is None or own.finished:
        return None
    plan = inverted(own.reasoning)
    return None if plan == own.reasoning else plan


class _OtherPlans:
    """What the untouched policy wrote in the session of the next query, which is played for it."""

    def __init__(self, tasks: Mapping[int, Task], simulator: Simulator):
        self._tasks, self._simulator = tasks, simulator
        self._plans: dict[int, list[str]] = {}
        self._locks = {seed: threading.Lock() for seed in tasks}

    def __call__(self, policy: PlanningPolicy, task: Task, history: History, stop: StopSignal) -> str | None:
        seeds = list(self._tasks)
        plans = self._written(policy, seeds[(seeds.index(task.seed) + 1) % len(seeds)])
        return plans[min(len(history), len(plans)) - 1] if plans else None

    def _written(self, policy: PlanningPolicy, seed: int) -> list[str]:
        """The plans of a query's designs, turn by turn."""
        with self._locks[seed]:
            if seed not in self._plans:
                events = run_session(self._tasks[seed], policy, self._simulator, threading.Event())
                turns = [event.turn for event in events if isinstance(event, TurnFinished)]
                self._plans[seed] = [turn.proposal.reasoning for turn in turns[1:] if turn.proposal.reasoning
                                     and not turn.proposal.finished]
            return self._plans[seed]


def table(results: Sequence[Result]) -> str:
    """Markdown: for each suite a row an intervention, beside the untouched sessions of the same queries.

    Means are pooled by circuit, intervals are over queries (and circuits, where there are several). The last column is
    the share of the moves in the reasoning that the design makes, of those that the ranges leave room for.
    """
    lines = []
    for suite, policy in dict.fromkeys((row.suite, policy_of(row.policy)) for row in results):
        rows = {title: [row for row in results if row.suite == suite and row.policy == named(policy, title)]
                for title in (UNTOUCHED, *HISTORIES, *PLANS)}
        names = list(dict.fromkeys(row.circuit for row in rows[UNTOUCHED]))
        lines += [f"**{policy} on {suite}: {', '.join(names)}, {len(rows[UNTOUCHED])} queries**", "",
                  "| | all specs met | minus untouched | mean best reward | minus untouched | moves made as said |",
                  f"|{' --- |' * 6}"]
        lines += [f"| {title} | {' | '.join(_cells(own, rows[UNTOUCHED]))} |" for title, own in rows.items() if own]
        lines.append("")
    return "\n".join(lines)


def _cells(own: Sequence[Result], untouched: Sequence[Result]) -> list[str]:
    circuits = [row.circuit for row in own]
    leads = ["-", "-"] if own is untouched else lead_of(own, untouched)
    moves = sum(row.moves for row in own)
    return [mean_with_interval([row.passed for row in own], SHARE, circuits), leads[0],
            mean_with_interval([row.best_reward for row in own], REWARD, circuits), leads[1],
            SHARE(sum(row.moves_true for row in own) / moves) if moves else "-"]
