"""``size``: one session in the terminal, stored like those of the app."""

import argparse
import sys
import threading
from contextlib import closing
from dataclasses import dataclass, replace

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.folder import golden
from sizing_app.circuit.validation import Invalid
from sizing_app.cli.tables import aligned, design_line
from sizing_app.cli.values import (UsageError, print_json, read_circuit, read_conditions, read_count, read_draw,
                                   read_parameters, read_plan, read_policy, read_settings, read_specs, read_then)
from sizing_app.evaluate.monte_carlo import yield_of
from sizing_app.policy import can_recall, check_can_size, close_engines, make_policy
from sizing_app.policy.designs import initial_design
from sizing_app.process import on_signals
from sizing_app.session.documents import session_document
from sizing_app.session.events import SessionState, StorageFailed, TurnFinished, advance
from sizing_app.session.loop import run_session
from sizing_app.simulator import make_simulator
from sizing_app.simulator.shared import Shared
from sizing_app.store import SessionStore, record
from sizing_app.task.definition import Plan, Task
from sizing_app.task.over import read_aim, with_samples
from sizing_app.task.protocols import Policy
from sizing_app.task.turn import GivenPlan, History, Turn
from sizing_app.task.validation import MAX_POINTS, MAX_ROUND, MAX_SEED, SESSION_BUDGET, check_task


def run(args: argparse.Namespace) -> int:
    task = read_task(args)
    name, settings = read_policy(args, task.circuit), read_settings(args)
    check_can_size(name, task, settings)
    with closing(SessionStore(args.database)) as store:
        if can_recall(name) and not args.afresh:
            task = replace(task, earlier=store.memory.sessions(task))
        policy = make_policy(name, settings, recall=store.memory.recall)
        return play(task, policy, store, args, Parent())


@dataclass(frozen=True)
class Parent:
    """What a session continues: the turns ``history`` of the stored session ``id``, and a person's plan for the next
    one; nothing for a new session."""

    id: str | None = None
    history: History = ()
    plan: GivenPlan | None = None


def play(task: Task, policy: Policy, store: SessionStore, args: argparse.Namespace, parent: Parent) -> int:
    """Run and store a session, print its turns as they come; returns the exit code."""
    last = parent.history[-1].index if parent.history else None
    try:
        with make_simulator(args.simulator, task.round * len(task.points)) as simulator:
            id = store.create(task, policy.name, parent.id, source="cli", parent_turn=last)
            state, stop = SessionState(), Stop()
            events = run_session(task, policy, Shared(simulator, stop), stop, parent.history, parent.plan)
            with on_signals(stop.by, insist=True):
                for event in record(store, id, events):
                    state = advance(state, event)
                    if isinstance(event, StorageFailed):
                        print(f"sizing: {event.message}", file=sys.stderr)
                    if isinstance(event, TurnFinished) and not args.json:
                        print(turn_text(task, event.turn), flush=True)
    finally:
        close_engines()
    if args.json:
        print_json(session_document(id, state))
    else:
        print(f"session {id}: {outcome(state)}{_yields(state)}")
    if state.status == "failed":
        print(f"sizing: {state.message}", file=sys.stderr)
    return 128 + stop.signal if stop.is_set() else 1 if state.status == "failed" else 0


SAMPLES_SEED = "1"
"""Of the samples: the same for every session."""


class Stop(threading.Event):
    """The stop flag of a session that a signal ends; ``signal`` is its number."""

    signal = 0

    def by(self, number: int) -> None:
        self.signal = number
        self.set()


def read_task(args: argparse.Namespace) -> Task:
    circuit = read_circuit(args.circuit, args.database)
    seed, budget = read_count(args.seed, "--seed", 0, MAX_SEED), read_count(args.budget, "--budget", 1, SESSION_BUDGET)
    conditions = read_conditions(circuit, args)
    task = Task(circuit, read_specs(circuit, args.spec), conditions,
                read_parameters(circuit, args.set, _start(circuit, args.golden, seed)), budget, seed,
                plan=_plan(circuit, conditions, args),
                round=read_count(args.round, "--round", 1, MAX_ROUND), goal=read_then(args.then))
    try:
        check_task(task)
    except Invalid as error:
        raise UsageError(str(error)) from error
    return task


def _plan(circuit: Circuit, conditions: Conditions, args: argparse.Namespace) -> Plan | None:
    """Corners of --over, samples of --samples."""
    plan = read_plan(circuit, conditions, args.over)
    count = read_count(args.samples, "--samples", 0, MAX_POINTS - 1)
    try:
        aim = read_aim(args.aim)
    except Invalid as error:
        raise UsageError(f"--{error}") from error
    if count == 0:
        return plan
    return with_samples(plan, conditions, read_draw(circuit, conditions, args, SAMPLES_SEED), count, *aim)


def _start(circuit: Circuit, from_golden: bool, seed: int) -> Parameters:
    return golden(circuit)["parameters"] if from_golden else initial_design(circuit, seed)


def turn_text(task: Task, turn: Turn) -> str:
    """One turn as lines for a terminal."""
    lines = [f"turn {turn.index}  {turn.proposal.reasoning or ('initial design' if turn.index == 0 else '')}".rstrip()]
    if turn.proposal.own_reasoning is not None:
        lines.append("  (a person's plan)")
    lines += [f"  ! {problem}" for problem in turn.proposal.problems]
    if turn.proposal.parameters is not None:
        lines.append(f"  {design_line(task.circuit, turn.proposal.parameters)}")
    if turn.score is not None:
        failed = [part.metric for part in turn.score.specs if not part.met]
        verdict = "all specs met" if turn.score.passed else f"failed: {', '.join(failed)}"
        lines.append(f"  {turn.measurement.status}, {turn.seconds:.2f} s, reward {turn.reward:.3f}, {verdict}"
                     f"{_reached(task, turn) if turn.score.passed else ''}")
        lines += _decided(task, turn) if turn.points else []
    elif turn.proposal.finished:
        lines.append("  <Design End>")
    return "\n".join(lines)


def _reached(task: Task, turn: Turn) -> str:
    """What a design that meets all specs is worth for the goal, if there is one."""
    goal = task.goal
    return f"; {goal.expression} {goal.show_value(task.circuit, goal.of(task.circuit, turn))}" if goal else ""


def _decided(task: Task, turn: Turn) -> list[str]:
    """Of a plan with several points: the value of each spec that decides, and where."""
    rows = [[f"    {part.metric}", task.circuit.metric(part.metric).show(part.value), "met" if part.met else "failed",
             task.place(part.at)] for part in turn.score.specs]
    count = f"{len(turn.points)} points" if not turn.measured_at else \
        f"{len(turn.points)} points measured of {len(task.points)}; no better than the best so far, whatever the others"
    return [f"  worst of {count}", *aligned(rows, left={0, 2, 3})]


def _yields(state: SessionState) -> str:
    """Of the samples of a plan: those that meet all specs, at the start and at the best design."""
    shares = [yield_of(state.task, turn) for turn in (state.history[:1] + (state.best,) if state.best else ())]
    if not shares or None in shares:
        return ""
    start, best = (f"{share.met} of {share.samples}" for share in shares)
    return f"; samples that meet all specs: {start} at the start, {best} at the best design"


def outcome(state: SessionState) -> str:
    spent = f"{state.simulations} simulations"
    if state.best is None:
        return f"{state.status}, {spent}"
    pushed = _reached(state.task, state.best) if state.best.score.passed else ""
    return f"{state.status}, best reward {state.best.reward:.3f} in turn {state.best.index}{pushed}, {spent}"
