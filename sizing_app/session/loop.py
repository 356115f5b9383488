"""The one loop: take a turn, score it, go on. The app, the command line, evaluation and training all run this code.

Everything is a generator of events; history is an immutable argument, and the simulator has no state. A consumer that
stops reading stops the session.
"""

import logging
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

from sizing_app.errors import PolicyError, unexpected
from sizing_app.session.control import Control, StopAlone
from sizing_app.session.events import (Event, Paused, Proposed, Reason, SessionFinished, SessionStarted, TurnFinished,
                                       TurnStarted)
from sizing_app.session.groups import GroupEvent, GroupFinished, GroupStarted, Sampled
from sizing_app.session.proposing import plan_of_hint, propose
from sizing_app.session.turn import admit, finish, initial_turn
from sizing_app.simulator.shared import Stopped
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Policy, Simulator, StopSignal
from sizing_app.task.reward import reached
from sizing_app.task.turn import GivenPlan, History, Measurement, Turn

log = logging.getLogger(__name__)


def goes_on(task: Task, history: History, given: int = 0) -> bool:
    """Whether a session takes another turn: the policy has not ended it, and the budget is not spent. One that
    continues the first ``given`` turns of the history goes on past their end."""
    return (len(history) == given or not history[-1].proposal.finished) and _left(task, history) > 0


def take_round(task: Task, history: History, policy: Policy, simulator: Simulator, stop: StopSignal,
               n: int = 1) -> Iterator[Event]:
    """``n`` turns from one history, numbered on from it, as events; a round of one is ``take_turn``.

    A policy that plans rounds (RoundPolicy) is asked for all proposals at once, any other one ``n`` times, with seeds
    of its own; if some fail, the others still come, then the first error is raised. All are simulated at the same
    time, and none waits for a person.
    """
    if n == 1:
        yield from take_turn(task, history, policy, simulator, stop)
        return
    first = history[-1].index + 1
    yield TurnStarted(first)
    error = None
    planned = policy.propose_round(task.told(), history, stop, n) if hasattr(policy, "propose_round") else None
    if planned is None:
        turns, error = _sampled(task, history, policy, simulator, n, StopAlone(stop))
    else:
        turns = finish([(task, history, admit(task, history, proposal)) for proposal in planned], simulator)
    for index, turn in enumerate(turns, first):
        if turn.measurement is not None and _cut_off(turn.measurement, stop):
            return
        yield Proposed(index, turn.proposal)
        yield TurnFinished(replace(turn, index=index, seen=len(history)))
    if error is not None:
        raise error


def take_turn(task: Task, history: History, policy: Policy, simulator: Simulator, stop: StopSignal,
              plan: GivenPlan | None = None) -> Iterator[Event]:
    """One turn from ``history``: TurnStarted, Wrote..., Proposed, TurnFinished. With ``plan`` the policy acts on that.

    If ``stop`` is set before there is a proposal, the turn is dropped: no TurnFinished follows. So it is where the
    simulator gave no answer after that: it may have been closed, which says nothing of the design. Where ``stop`` is a
    Control with review, the proposal waits for a person (proposing.py); a stop then drops the turn as well.
    """
    index, started, waited = history[-1].index + 1, time.perf_counter(), _waited(stop)
    yield TurnStarted(index)
    proposal = yield from propose(task, history, policy, stop, plan)
    if proposal is None:
        return
    started += _waited(stop) - waited  # a person's time is not the turn's
    yield Proposed(index, proposal)
    turn = next(finish([(task, history, proposal)], simulator))
    if turn.measurement is None or not _cut_off(turn.measurement, stop):
        yield TurnFinished(replace(turn, seconds=time.perf_counter() - started))


def run_session(task: Task, policy: Policy, simulator: Simulator, stop: StopSignal,
                history: History = (), plan: GivenPlan | None = None) -> Iterator[Event]:
    """A whole session: the initial design, then turns until the policy ends, the budget is spent or ``stop`` is set.

    With ``history`` the session continues from it: its turns come first, as events, and count against the budget. With
    ``plan`` the policy acts on that in the first new turn; a new session begins with the task's hint as plan where the
    policy reads no hints itself. Where ``stop`` is a Control, the session can also be paused between turns and its
    proposals reviewed, one turn at a time.
    """
    yield SessionStarted(task, policy.name)
    message, plan = "", plan or (None if history else plan_of_hint(task, policy))
    try:
        reason = yield from _turns(task, policy, simulator, stop, history, plan)
    except Stopped:
        reason = "stopped"
    except Exception as error:
        reason, message = "failed", _sentence(error, task, policy)
    yield SessionFinished(reason, message)


def sample_turns(task: Task, history: History, policy: Policy, simulator: Simulator, n: int,
                 stop: StopSignal) -> Iterator[tuple[int, Turn]]:
    """``n`` turns from one history (paper, section 4: the group that turn-level advantages are taken over).

    Each comes with its number as soon as it is simulated, and has a seed of its own, number 0 that of the task. Those
    that are not simulated when ``stop`` is set are dropped. If some fail, the others still come, then the first error
    is raised.
    """
    def sample(number: int) -> Turn | None:
        own = replace(task, seed=task.seed + number * 1_000_003)
        try:
            events = take_turn(own, history, policy, simulator, stop)
            return next((event.turn for event in events if isinstance(event, TurnFinished)), None)
        except Stopped:
            return None

    errors = []
    with ThreadPoolExecutor(max_workers=max(1, n), thread_name_prefix="group") as threads:
        jobs = {threads.submit(sample, number): number for number in range(n)}
        for job in as_completed(jobs):
            if error := job.exception():
                errors.append(error)
            elif (turn := job.result()) is not None:
                yield jobs[job], turn
    if errors:
        raise errors[0]


def sample_group(task: Task, history: History, policy: Policy, simulator: Simulator, n: int) -> list[Turn]:
    """All of ``sample_turns`` in the order of their numbers."""
    turns = dict(sample_turns(task, history, policy, simulator, n, threading.Event()))
    return [turns[number] for number in sorted(turns)]


def run_group(task: Task, history: History, policy: Policy, simulator: Simulator, n: int,
              stop: StopSignal) -> Iterator[GroupEvent]:
    """``sample_turns`` as events: GroupStarted, Sampled..., GroupFinished."""
    yield GroupStarted(task, history, policy.name, n)
    reason, message = "complete", ""
    try:
        for number, turn in sample_turns(task, history, policy, simulator, n, stop):
            yield Sampled(number, turn)
    except Exception as error:
        reason, message = "failed", _sentence(error, task, policy)
    yield GroupFinished("stopped" if reason == "complete" and stop.is_set() else reason, message)


def _turns(task, policy, simulator, stop, history, plan) -> Generator[Event, None, Reason]:
    """The turns of a session; returns why it ended."""
    history = tuple(turn for turn in history if turn.measurement is not None)
    if not history:
        history = (initial_turn(task, simulator),)
        if _cut_off(history[0].measurement, stop):
            return "stopped"
    for turn in history:
        yield TurnFinished(turn)
    given = len(history)
    while not stop.is_set():
        if not goes_on(task, history, given):
            return "passed" if reached(history) else "ended" if history[-1].proposal.finished else "budget"
        if isinstance(stop, Control) and stop.paused:
            yield Paused(True)
            stop.wait_while_paused()
            yield Paused(False)
            continue
        taken, reviewed = [], isinstance(stop, Control) and stop.review
        count = 1 if reviewed else min(task.round, _left(task, history))
        events = (take_round(task, history, policy, simulator, stop, count) if plan is None
                  else take_turn(task, history, policy, simulator, stop, plan))
        for event in events:
            if isinstance(event, TurnFinished):
                taken.append(event.turn)
            yield event
        if not taken:
            break
        history, plan = (*history, *taken), None
    return "stopped"


def _sampled(task: Task, history: History, policy: Policy, simulator: Simulator, n: int,
             stop: StopSignal) -> tuple[list[Turn], Exception | None]:
    """All of ``sample_turns`` in the order of their numbers, and its error."""
    turns, failure = {}, None
    try:
        for number, turn in sample_turns(task, history, policy, simulator, n, stop):
            turns |= {number: turn}
    except Exception as error:
        failure = error
    return [turns[number] for number in sorted(turns)], failure


def _left(task: Task, history: History) -> int:
    """Turns that the budget still has."""
    return task.budget - sum(1 for turn in history if turn.index > 0)


def _waited(stop: StopSignal) -> float:
    """Seconds that people were waited for so far."""
    return stop.waited if isinstance(stop, Control) else 0.0


def _cut_off(measurement: Measurement, stop: StopSignal) -> bool:
    """Whether the simulator gave no answer after a stop."""
    return stop.is_set() and measurement.status in ("crashed", "timeout")


def _sentence(error: Exception, task: Task, policy: Policy) -> str:
    """What a person is told of an error; one that nobody foresaw is logged."""
    if isinstance(error, PolicyError):
        return str(error)
    log.error("%s with %s failed", task.circuit.name, policy.name, exc_info=error)
    return unexpected(error)
