"""``evaluate --corners``: queries sized over all corners, beside sizing at their conditions and checking afterwards.

Every query is played twice from the same start with the same seed and budget: each design judged by its worst case over
all corners, temperatures and supplies; and at the query's conditions alone, where the best design is then simulated
over the same points. The witness of a query holds at its conditions only, so that some queries may have no design that
meets them over all corners.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from pathlib import Path

import numpy as np

from sizing_app.circuit.units import show_percent
from sizing_app.evaluate.corners import over_conditions
from sizing_app.evaluate.intervals import wilson
from sizing_app.evaluate.results import EvaluationError, append_rows, read_rows, write_rows
from sizing_app.evaluate.runner import Job, in_threads
from sizing_app.session.events import SessionState, fold
from sizing_app.session.loop import run_session
from sizing_app.task.definition import Plan, Task
from sizing_app.task.over import all_corners, plan_over
from sizing_app.task.protocols import Policy, Simulator
from sizing_app.task.reward import judge
from sizing_app.task.turn import Measurement, Score

OVER, AFTERWARDS = "over all corners", "at its conditions, checked afterwards"
WAYS = (OVER, AFTERWARDS)
FILE = "corners.csv"


@dataclass(frozen=True)
class Sized:
    """One session. ``met``: all specs at the points that it was judged at; ``met_over``: over all corners;
    ``specs_met`` of ``specs`` there. ``simulations`` and ``cpu`` (seconds, policy and simulator) with the check.
    ``declared``: designs after which the policy first said that none meets the specs; None where it did not."""

    circuit: str
    suite: str
    query: int
    policy: str
    split: str
    budget: int
    fingerprint: str
    way: str
    met: int
    met_over: int
    specs_met: int
    specs: int
    designs: int
    simulations: int
    cpu: float
    declared: float | None = None

    @property
    def key(self) -> tuple:
        return (self.circuit, self.suite, self.query, self.policy, self.split, self.budget, self.fingerprint, self.way)


def size_both_ways(jobs: Sequence[Job], policies: Mapping[str, Policy], simulator: Simulator, split: str, budget: int,
                   folder: Path, threads: int, progress: Callable[[int, int, str], None] | None = None) -> list[Sized]:
    """Play all that ``folder`` has no row of, and return the rows of these jobs. Raises EvaluationError where a policy
    fails."""
    folder.mkdir(parents=True, exist_ok=True)
    path, stop, lock = folder / FILE, threading.Event(), threading.Lock()
    known = {row.key: row for row in read_rows(path, Sized)}
    write_rows(path, Sized, list(known.values()))
    asked = {(*job.key, split, budget, job.fingerprint, way): (job, way)
             for job in sorted(jobs, key=lambda job: job.number) for way in WAYS}

    def play(key: tuple) -> None:
        job, way = asked[key]
        found = None if stop.is_set() else _sized(key, job, way, budget, policies[job.policy], simulator, stop)
        if found is not None:
            with lock:
                known[key] = found
                append_rows(path, [found])
                if progress:
                    progress(sum(key in known for key in asked), len(asked), f"{job.circuit.name} {job.number} {way}")

    in_threads(play, [key for key in asked if key not in known], threads, stop)
    return [known[key] for key in asked if key in known]


def _sized(key: tuple, job: Job, way: str, budget: int, policy: Policy, simulator: Simulator,
           stop: threading.Event) -> Sized | None:
    """One session and what its best design shows over the corners; None where it was stopped."""
    task = job.query.task(job.circuit, budget)
    plan = plan_over(task.conditions, all_corners(task.circuit, task.conditions)) or Plan((task.conditions,))
    started = time.thread_time()
    state = fold(run_session(replace(task, plan=plan) if way == OVER else task, policy, simulator, stop))
    if state.status == "failed":
        raise EvaluationError(f"{job.circuit.name} {job.suite} query {job.number}, {job.policy}: {state.message}")
    if state.status == "stopped":
        return None
    checked: Sequence[Measurement] = ()
    judged = state.best.score
    if way == AFTERWARDS:
        checked, judged = _check(task, plan, state, simulator)
    declared = next((turn.index - 1 for turn in state.history if turn.proposal.infeasible is not None), None)
    measured = [turn.measurement for turn in state.history if turn.measurement]
    spent = fsum(item.cpu for item in (*measured, *checked))
    return Sized(*key, int(state.passed), int(judged.passed), sum(part.met for part in judged.specs), len(task.specs),
                 len(measured), state.simulations + len(checked),
                 round(spent + time.thread_time() - started, 3), declared)


def _check(task: Task, plan: Plan, state: SessionState, simulator: Simulator) -> tuple[list[Measurement], Score]:
    """The best design at all points of a plan."""
    measured = over_conditions(task.circuit, state.best.proposal.parameters, plan.points, simulator)
    return measured, judge(dict(enumerate(measured)), task.specs, plan)[1]


def table(rows: Sequence[Sized]) -> str:
    """Markdown: for each circuit, suite and policy a row each way, with 95% Wilson intervals; means over the queries.
    The last columns: of the queries that were not met where they were sized, and of those that were, how many the
    policy had declared infeasible."""
    lines = ["| Circuit | Suite | Policy | Sized | Met where sized | Met over all corners | Specs met there | "
             "Designs | Simulations | CPU s | Not met: declared infeasible | Met: had been declared |",
             f"| --- | --- | --- | --- | --- | --- |{' ---: |' * 6}"]
    groups: dict[tuple, list[Sized]] = {}
    for row in rows:
        groups.setdefault((row.circuit, row.suite, row.policy, row.way), []).append(row)
    for names, group in sorted(groups.items(), key=lambda item: (*item[0][:3], WAYS.index(item[0][3]))):
        means = [np.mean([getattr(row, name) for row in group]) for name in ("designs", "simulations", "cpu")]
        cells = [_share([row.met for row in group]), _share([row.met_over for row in group]),
                 show_percent(np.mean([row.specs_met / row.specs for row in group])),
                 *(f"{mean:,.0f}" for mean in means), *(_declared(group, met) for met in (0, 1))]
        lines.append(f"| {' | '.join([*names, *cells])} |")
    return "\n".join([*lines, ""])


def _share(met: Sequence[int]) -> str:
    """Of how many, with the interval."""
    low, high = wilson(sum(met), len(met))
    return f"{sum(met)} of {len(met)} ({show_percent(low)} to {show_percent(high)})"


def _declared(group: Sequence[Sized], met: int) -> str:
    mine = [row for row in group if row.met == met]
    return f"{sum(row.declared is not None for row in mine)} of {len(mine)}"
