"""Run policies on queries: one session each, several at once, with the session loop of the app."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from math import fsum
from typing import Any

from sizing_app.circuit.definition import Circuit
from sizing_app.evaluate.results import EvaluationError, Key, Result, ResultFiles, TurnResult
from sizing_app.evaluate.suites import Query
from sizing_app.prompt.claims import in_reach
from sizing_app.session.events import DURABLE, Event, fold
from sizing_app.session.loop import run_session
from sizing_app.task.protocols import Policy, Simulator
from sizing_app.task.reward import best_reward, reached
from sizing_app.task.turn import History, best_turn


@dataclass(frozen=True)
class Job:
    """One query for one policy."""

    circuit: Circuit
    suite: str
    number: int
    query: Query
    policy: str
    fingerprint: str = ""

    @property
    def key(self) -> Key:
        return self.circuit.name, self.suite, self.number, self.policy


def evaluate(jobs: Iterable[Job], policies: Mapping[str, Policy], simulator: Simulator, budget: int,
             files: ResultFiles, threads: int = 1, progress: Callable[[int, int, str], None] | None = None,
             keep: Callable[[Job, Sequence[Event]], None] | None = None) -> None:
    """Run all jobs that have no result yet and append their results to ``files``.

    ``progress`` is called with the jobs done, the jobs in all, and what ran last; ``keep`` with every finished session
    and its durable events, before its result is written. The numbers do not depend on
    ``threads``: every session is seeded by its query. Raises EvaluationError where a policy fails.
    """
    jobs = list(jobs)
    finished = {result.key for result in files.results}
    waiting = [job for job in jobs if job.key not in finished]
    done, stop, lock = len(jobs) - len(waiting), threading.Event(), threading.Lock()

    def run(job: Job) -> None:
        nonlocal done
        if stop.is_set():
            return
        started, own = time.perf_counter(), time.thread_time()
        session = run_session(job.query.task(job.circuit, budget), policies[job.policy], simulator, stop)
        events = [event for event in session if isinstance(event, DURABLE)]
        state = fold(events)
        if state.status == "stopped":
            return
        if state.status == "failed":
            raise EvaluationError(f"{job.circuit.name} {job.suite} query {job.number}, {job.policy}: {state.message}")
        if keep:
            keep(job, events)
        files.append(*rows(job, state.history, time.perf_counter() - started, time.thread_time() - own))
        with lock:
            done += 1
            if progress:
                progress(done, len(jobs), f"{job.circuit.name} {job.suite} {job.policy}")

    in_threads(run, waiting, threads, stop)
    files.sort()


def in_threads(work: Callable[[Any], None], items: Iterable, threads: int, stop: threading.Event) -> None:
    """Do ``work`` on all items, ``threads`` at once. The first error sets ``stop``, and is raised."""
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="evaluate") as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    for future in futures:
        if not future.cancelled():
            future.result()


def rows(job: Job, history: History, seconds: float, own: float) -> tuple[Result, list[TurnResult]]:
    """What the turns of a finished session are in the tables; ``seconds`` of wall time, ``own``: of CPU time outside
    the simulator."""
    first = next((turn.index for turn in history if turn.score is not None and turn.score.passed), len(history))
    counted = [turn for turn in history if 0 < turn.index <= first]
    best = best_turn(history)
    scores = [spec.score for spec in best.score.specs] if best else [0.0]
    said = [claim for turn in history for claim in turn.claims if claim.true is not None]
    expected = [claim for claim in said if claim.about == "expectation"]
    task = job.query.task(job.circuit, 1)
    moves = [claim for place, turn in enumerate(history) for claim in turn.claims
             if claim.about == "move" and claim.true is not None and in_reach(task, history[:place], turn, claim)]
    declared = next((turn.index - 1 for turn in history if turn.proposal.infeasible is not None), None)
    result = Result(*job.key, best_reward=round(best_reward(history), 6), passed=int(reached(history)),
                    simulations=sum(turn.simulations for turn in counted), seconds=round(seconds, 3),
                    statements=len(said),
                    statements_true=sum(claim.true for claim in said), expectations=len(expected),
                    expectations_true=sum(claim.true for claim in expected), moves=len(moves),
                    moves_true=sum(claim.true for claim in moves), fingerprint=job.fingerprint, declared=declared,
                    worst=round(min(scores), 6),
                    cpu=round(own + fsum(turn.measurement.cpu for turn in counted if turn.measurement), 3))
    return result, [TurnResult(*job.key, turn.index, round(turn.reward, 6), int(turn.score.passed),
                               turn.measurement.status) for turn in history if turn.score is not None]
