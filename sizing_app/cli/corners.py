"""``simulate --corners``: the metrics of one design over all conditions, and the worst case of each spec."""

import argparse
from collections.abc import Sequence
from dataclasses import replace

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.units import show_quantity
from sizing_app.cli.progress import Progress
from sizing_app.cli.tables import aligned, design_line
from sizing_app.cli.values import print_json
from sizing_app.evaluate.corners import Spots, WorstCase, over_conditions, worst_cases
from sizing_app.evaluate.signoff import Design
from sizing_app.evaluate.signoff_documents import corners_document
from sizing_app.simulator import SimulatorPool
from sizing_app.task.over import all_corners, every_condition
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement

HELD = {"corner": "corners", "temperature": "temperatures", "supply": "supplies"}
"""Options that hold a condition."""


def run_corners(circuit: Circuit, parameters: Parameters, chosen: Conditions, args: argparse.Namespace) -> int:
    """What --corner, --temperature, --supply and --load name is held; everything else takes all its values."""
    held = {places: (getattr(chosen, name),) for name, places in HELD.items() if getattr(args, name) is not None}
    conditions = every_condition(replace(all_corners(circuit, chosen), **held))
    progress = Progress("conditions")
    with SimulatorPool(workers=1) as simulator:
        measured = over_conditions(circuit, parameters, conditions, simulator,
                                   lambda done: progress(done, len(conditions)))
    worst = worst_cases(circuit.specs, conditions, measured)
    if args.json:
        print_json(corners_document(Design(circuit, parameters, chosen), circuit.specs,
                                    Spots(tuple(conditions), tuple(measured))))
    else:
        print(f"{circuit.name} at {show_quantity(chosen.load, 'F')} load\n{design_line(circuit, parameters)}\n")
        print("\n".join(_table(circuit, conditions, measured)) + "\n* fails its default spec\n")
        print("\n".join(_worst_table(circuit, worst, len(conditions))))
    return 0 if all(item.ok for item in measured) else 1


def _table(circuit: Circuit, conditions: Sequence[Conditions], measured: Sequence[Measurement]) -> list[str]:
    """One row a condition; a value that fails its default spec has a * behind it."""
    names = [metric.name for metric in circuit.metrics]
    specs = {spec.metric: spec for spec in circuit.specs}
    rows = [["corner", "temp.", "supply", "reward", *(f"{name} " for name in names)]]
    for point, item in zip(conditions, measured, strict=True):
        cells = [point.corner, show_quantity(point.temperature, "C"), show_quantity(point.supply, "V")]
        if not item.ok:
            rows.append([*cells, item.status])
            continue
        parts = {part.metric: part for part in score(item, circuit.specs).specs}
        values = [metric.show(item.metrics[metric.name], 3)
                  + (" " if metric.name not in specs or parts[metric.name].met else "*") for metric in circuit.metrics]
        rows.append([*cells, f"{score(item, circuit.specs).reward:.3f}", *values])
    return aligned(rows, left={0})


def _worst_table(circuit: Circuit, worst: Sequence[WorstCase], count: int) -> list[str]:
    rows = []
    for case in worst:
        point, part, metric = case.conditions, case.score, circuit.metric(case.spec.metric)
        verdict = "no value" if part.value is None else "met" if part.met else "failed"
        margin = "" if part.margin is None else f"{part.margin:+.1%}"
        rows.append([f"  {case.spec.metric}", metric.show(part.value), case.spec.show(metric.unit), verdict, margin,
                     f"{point.corner}, {show_quantity(point.temperature, 'C')}, {show_quantity(point.supply, 'V')}"])
    met = sum(case.score.met for case in worst)
    return [f"Worst of {count} conditions; margins in units of each spec's scale",
            *aligned(rows, left={0, 2, 3, 5}), f"{met} of {len(worst)} specs met under every condition"]
