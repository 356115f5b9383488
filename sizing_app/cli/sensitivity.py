"""``simulate --sensitivity``: what each parameter changes, and each device's share of the spread by mismatch."""

import argparse
from collections.abc import Sequence

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.units import show_quantity
from sizing_app.cli.tables import aligned, design_line
from sizing_app.cli.values import print_json, read_count, read_pelgrom
from sizing_app.evaluate.sensitivity import Effect, MismatchShares
from sizing_app.evaluate.signoff import Design, check_sensitivity
from sizing_app.evaluate.signoff_documents import sensitivity_document, what_spreads
from sizing_app.simulator import make_simulator
from sizing_app.task.turn import Measurement
from sizing_app.task.validation import MAX_SEED

SHOWN = 5
"""Parameters of one metric."""


def run_sensitivity(circuit: Circuit, parameters: Parameters, conditions: Conditions, args: argparse.Namespace) -> int:
    design = Design(circuit, parameters, conditions)
    seed = read_count(args.seed, "--seed", 0, MAX_SEED)
    with make_simulator("local") as simulator:
        found = check_sensitivity(design, simulator, seed, read_pelgrom(args))
    if args.json:
        print_json(sensitivity_document(design, found))
    else:
        print(f"{circuit.name}, {conditions.show()}\n{design_line(circuit, parameters)}\n")
        print("\n".join(_effect_table(circuit, found.measured, found.effects)))
        print("\nSpread by mismatch, to first order\n" + "\n".join(_share_table(circuit, found.shares))
              if found.shares else f"\nNo spread by mismatch: {found.missing or found.measured.log}")
    return 0 if found.measured.ok else 1


def _effect_table(circuit: Circuit, measured: Measurement, found: Sequence[Effect]) -> list[str]:
    """For each metric the parameters that change it most."""
    rows = [["  metric", "now", "parameter", "for +1%", "% per %"]]
    for metric in circuit.metrics:
        mine = [item for item in found if item.metric == metric.name and item.per_percent is not None]
        ranked = sorted(mine, key=lambda item: -abs(item.per_percent))[:SHOWN]
        for place, item in enumerate(ranked):
            head = [f"  {metric.name}", metric.show(measured.metrics.get(metric.name))] if place == 0 else ["", ""]
            sign = "+" if item.per_percent > 0 else ""
            rows.append([*head, item.parameter, sign + show_quantity(item.per_percent, metric.unit, 3),
                         "" if item.elasticity is None else f"{item.elasticity:+.2f}"])
    return aligned(rows, left={0, 2})


def _share_table(circuit: Circuit, shares: Sequence[MismatchShares]) -> list[str]:
    rows = [["  metric", "sigma", "share of the variance"]]
    for item in shares:
        unit = circuit.metric(item.metric).unit
        rows.append([f"  {item.metric}", show_quantity(item.sigma, unit, 3),
                     ("with its sign: " if item.signed else "") + what_spreads(item, unit)])
    return aligned(rows, left={0, 2})
