"""``front``: what one metric costs in another, by sessions over a swept bound (evaluate/front.py)."""

import argparse
import csv
from functools import partial
from pathlib import Path

from sizing_app.circuit.validation import Invalid
from sizing_app.cli.size import Stop, read_task
from sizing_app.cli.tables import aligned
from sizing_app.cli.values import UsageError, print_json, read_count, read_ends, read_policy, read_settings
from sizing_app.evaluate.front import MOST_POINTS, Point, Sweep, pareto, run_front, sweep
from sizing_app.policy import check_can_size, close_engines, make_policy
from sizing_app.process import on_signals
from sizing_app.session.events import SessionState
from sizing_app.simulator import make_simulator
from sizing_app.store import SessionStore


def run(args: argparse.Namespace) -> int:
    asked, stop, found = _read(args), Stop(), []
    settings, name = read_settings(args), read_policy(args, asked.base.circuit)
    check_can_size(name, asked.task(asked.bounds[0]), settings)
    store = SessionStore(args.database)
    try:
        with make_simulator(args.simulator, asked.base.round * len(asked.base.points)) as simulator, \
                on_signals(stop.by):
            for bound, id, state in run_front(asked, store, partial(make_policy, name, settings), simulator, stop):
                found.append((bound, id, state))
                if not args.json:
                    print(_line(asked, bound, id, state), flush=True)
    finally:
        close_engines()
    front = pareto(asked, found)
    if args.csv:
        _write(Path(args.csv), asked, front)
    if args.json:
        print_json(_document(asked, found, front))
    else:
        _print(asked, front)
    return 128 + stop.signal if stop.is_set() else 0


def _read(args: argparse.Namespace) -> Sweep:
    base, count = read_task(args), read_count(args.points, "--points", 2, MOST_POINTS)
    units = {metric.name: metric.unit for metric in base.circuit.metrics}
    ends = read_ends(args.range, units.get(args.sweep, ""), "--range") if args.range else None
    try:
        return sweep(base, args.sweep, args.against, count, ends)
    except Invalid as error:
        raise UsageError(str(error)) from error


def _line(asked: Sweep, bound: float, id: str, state: SessionState) -> str:
    """One session of the sweep."""
    metric, sign = asked.base.circuit.metric, "<=" if asked.spec.kind == "upper" else ">="
    head = f"session {id}: {asked.metric} {sign} {metric(asked.metric).show(bound)}"
    if state.best is None or not state.best.score.passed:
        return f"{head}, not met in {state.simulations} simulations"
    values = state.best.by_point()[0].metrics
    shown = ", ".join(f"{name} {metric(name).show(values.get(name))}" for name in (asked.against, asked.metric))
    return f"{head}, best turn {state.best.index}: {shown}, {state.simulations} simulations"


def _print(asked: Sweep, front: list[Point]) -> None:
    metric = asked.base.circuit.metric
    rows = [[asked.metric, asked.against, "session", "turn"],
            *([metric(asked.metric).show(point.swept), metric(asked.against).show(point.against), point.session,
               str(point.turn)] for point in front)]
    print(f"front of {len(front)} design{'' if len(front) == 1 else 's'}")
    print("\n".join(aligned(rows, left={2})))


def _write(path: Path, asked: Sweep, front: list[Point]) -> None:
    """A row a design: where it is stored, the two metrics, its parameters and all metrics, in SI units."""
    parameters = [item.name for item in asked.base.circuit.parameters]
    metrics = [item.name for item in asked.base.circuit.metrics]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["session", "turn", *parameters, *metrics])
        for point in front:
            values = ["" if point.metrics.get(name) is None else point.metrics[name] for name in metrics]
            writer.writerow([point.session, point.turn, *(point.parameters[name] for name in parameters), *values])


def _document(asked: Sweep, found: list, front: list[Point]) -> dict:
    return {"circuit": asked.base.circuit.name, "sweep": asked.metric, "goal": asked.goal.show(),
            "sessions": [{"bound": bound, "session_id": id, "status": state.status, "passed": state.passed,
                          "simulations": state.simulations} for bound, id, state in found],
            "front": [{"session_id": point.session, "turn": point.turn, asked.metric: point.swept,
                       asked.against: point.against, "parameters": point.parameters, "metrics": point.metrics}
                      for point in front]}
