"""``sessions``: the stored sessions as a list, one of them in full, or exported."""

import argparse
import csv
import dataclasses
import sys
import time
from contextlib import closing

from sizing_app.circuit.netlist import sized_netlist
from sizing_app.cli.size import outcome, turn_text
from sizing_app.cli.tables import specs_line
from sizing_app.cli.values import UsageError, print_json, read_count
from sizing_app.session.documents import csv_text, session_document
from sizing_app.session.events import SessionState, fold
from sizing_app.store import SessionStore


def run(args: argparse.Namespace) -> int:
    if args.action == "list" and args.id is not None:
        raise UsageError("sessions list takes no ID: write sessions show ID or sessions export ID")
    if args.action != "list" and args.id is None:
        raise UsageError(f"sessions {args.action} needs the ID of a session, as sessions lists them")
    with closing(SessionStore(args.database)) as store:
        store.mark_interrupted()
        if args.action == "list":
            _list(store, args)
            return 0
        state = fold(store.events(args.id))
    if args.json:
        print_json(session_document(args.id, state))
    elif args.action == "export":
        _export(state, args.netlist)
    else:
        _show(args.id, state)
    return 0


def _list(store: SessionStore, args: argparse.Namespace) -> None:
    rows = store.list(limit=read_count(args.limit, "--limit"))
    if args.json:
        print_json([dataclasses.asdict(row) for row in rows])
        return
    print("id          started           circuit  policy    status       best   turns")
    for row in rows:
        started = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created))
        best = f"{row.best_reward:.3f}" if row.best_reward is not None else "-"
        print(f"{row.id:<11} {started:<17} {row.circuit:<8} {row.policy:<9} {row.status:<12} {best:<6} {row.turns}")


def _show(id: str, state: SessionState) -> None:
    task = state.task
    print(f"session {id}: {task.circuit.name}, {state.policy}, seed {task.seed}, budget {task.budget}")
    print(task.conditions.show())
    if task.stated is not None:
        print(f"the policy was told: {task.stated.show()}")
    print(specs_line(task.circuit, task.specs))
    if task.goal is not None:
        print(f"then {task.goal.show()}")
    for turn in state.history:
        print(turn_text(task, turn))
    print(outcome(state) + (f": {state.message}" if state.message else ""))


def _export(state: SessionState, netlist: bool) -> None:
    """The turns as CSV in SI units, one row a turn; or the best design as netlist."""
    if netlist:
        if state.best is None:
            raise UsageError("no design of this session was simulated")
        print(sized_netlist(state.task.circuit, state.best.proposal.parameters, state.task.conditions), end="")
        return
    circuit = state.task.circuit
    parameters = [parameter.name for parameter in circuit.parameters]
    metrics = [metric.name for metric in circuit.metrics]
    writer = csv.writer(sys.stdout)
    writer.writerow(["turn", "status", "reward", "passed", *parameters, *metrics, "seconds", "reasoning",
                     "reasoning_by"])
    for turn in state.history:
        design = turn.proposal.parameters or {}
        measured = turn.measurement.metrics if turn.measurement else {}
        writer.writerow([turn.index, turn.measurement.status if turn.measurement else "",
                         turn.score.reward if turn.score else "", int(turn.score.passed) if turn.score else "",
                         *(design.get(name, "") for name in parameters),
                         *("" if measured.get(name) is None else measured[name] for name in metrics),
                         round(turn.seconds, 3), csv_text(turn.proposal.reasoning),
                         "policy" if turn.proposal.own_reasoning is None else "person"])
