"""``front``: what one metric costs in another, by sessions over a swept bound (evaluate/front.py)."""

import argparse
from contextlib import closing
from pathlib import Path

from sizing_app.circuit.validation import Invalid
from sizing_app.cli.size import Stop, read_task
from sizing_app.cli.tables import aligned
from sizing_app.cli.values import UsageError, print_json, read_count, read_ends, read_policy, read_settings
from sizing_app.evaluate.front import MOST_POINTS, Front, Sweep, run_front, sweep
from sizing_app.evaluate.front_documents import front_csv, front_document
from sizing_app.policy import check_can_size, close_engines, make_policy
from sizing_app.process import on_signals
from sizing_app.simulator import make_simulator
from sizing_app.simulator.shared import Shared
from sizing_app.store import SessionStore


def run(args: argparse.Namespace) -> int:
    asked, stop = _read(args), Stop()
    front, settings, name = Front(asked), read_settings(args), read_policy(args, asked.base.circuit)
    check_can_size(name, asked.task(asked.bounds[0]), settings)
    try:
        with closing(SessionStore(args.database)) as store, \
                make_simulator(args.simulator, asked.base.round * len(asked.base.points)) as simulator, \
                on_signals(stop.by, insist=True):
            def make(_):
                return make_policy(name, settings, recall=store.memory.recall)

            for front in run_front(asked, store, make, Shared(simulator, stop), stop):
                if not args.json:
                    print(_line(front), flush=True)
    finally:
        close_engines()
    if args.csv:
        Path(args.csv).write_text(front_csv(front))
    if args.json:
        print_json(front_document(front))
    else:
        _print(front)
    return 128 + stop.signal if stop.is_set() else 0


def _read(args: argparse.Namespace) -> Sweep:
    base, count = read_task(args), read_count(args.points, "--points", 2, MOST_POINTS)
    units = {metric.name: metric.unit for metric in base.circuit.metrics}
    ends = read_ends(args.range, units.get(args.sweep, ""), "--range") if args.range else None
    try:
        return sweep(base, args.sweep, args.against, count, ends)
    except Invalid as error:
        raise UsageError(str(error)) from error


def _line(front: Front) -> str:
    """The latest session of the sweep."""
    asked, item = front.sweep, front.sessions[-1]
    metric, sign = asked.base.circuit.metric, "<=" if asked.spec.kind == "upper" else ">="
    head = f"session {item.session}: {asked.metric} {sign} {metric(asked.metric).show(item.bound)}"
    if item.best is None:
        return f"{head}, not met in {item.simulations} simulations"
    shown = (f"{asked.against} {metric(asked.against).show(item.best.against)}, "
             f"{asked.metric} {metric(asked.metric).show(item.best.swept)}")
    return f"{head}, best turn {item.best.turn}: {shown}, {item.simulations} simulations"


def _print(front: Front) -> None:
    asked, metric = front.sweep, front.sweep.base.circuit.metric
    rows = [[asked.metric, asked.against, "session", "turn"],
            *([metric(asked.metric).show(point.swept), metric(asked.against).show(point.against), point.session,
               str(point.turn)] for point in front.points)]
    print(f"front of {len(front.points)} design{'' if len(front.points) == 1 else 's'}")
    print("\n".join(aligned(rows, left={2})))
