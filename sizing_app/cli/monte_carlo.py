"""``simulate --monte-carlo N``: one design under random variation of its transistors."""

import argparse

from sizing_app.circuit.conditions import Conditions, Draw
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.units import show_quantity, show_share
from sizing_app.cli.progress import Progress
from sizing_app.cli.tables import aligned, design_line
from sizing_app.cli.values import print_json, read_count, read_draw
from sizing_app.evaluate.monte_carlo import Outcome, outcome, samples, simulate_samples
from sizing_app.evaluate.signoff import Design, Samples
from sizing_app.evaluate.signoff_documents import samples_document, show_interval, what_varies
from sizing_app.simulator import make_simulator

MOST = 100_000
"""Samples."""


def run_monte_carlo(circuit: Circuit, parameters: Parameters, conditions: Conditions, args: argparse.Namespace) -> int:
    count = read_count(args.monte_carlo, "--monte-carlo", 2, MOST)
    draw = read_draw(circuit, conditions, args, args.seed, args.sample)
    progress = Progress("samples")
    with make_simulator("local") as simulator:
        measured = simulate_samples(circuit, parameters, conditions, samples(draw, count), simulator,
                                    lambda done: progress(done, count))
    found = outcome(circuit, circuit.specs, measured)
    if args.json:
        print_json(samples_document(Design(circuit, parameters, conditions), circuit.specs,
                                    Samples(draw, tuple(measured))))
    else:
        print(f"{circuit.name}, {conditions.show()}\n{design_line(circuit, parameters)}")
        print(f"{count} samples of seed {draw.seed}: {what_varies(draw)}; "
              f"{sum(item.cpu for item in measured):.1f} s of CPU time\n")
        print("\n".join(_table(circuit, draw, found)))
    return 0 if found.failed < count else 1


def _table(circuit: Circuit, draw: Draw, found: Outcome) -> list[str]:
    spreads = {spread.metric: spread for spread in found.spreads}
    rows = [["  metric", "target", "mean", "sigma", "min", "max", "yield", "95% interval", "worst samples"]]
    for row in found.specs:
        metric, spread = circuit.metric(row.spec.metric), spreads[row.spec.metric]
        rows.append([f"  {metric.name}", row.spec.show(metric.unit),
                     *(show_quantity(value, metric.unit, 3) for value in (spread.mean, spread.sigma, spread.low,
                                                                          spread.high)),
                     show_share(row.met.share), show_interval(row.met),
                     ", ".join(str(draw.sample + number) for number in row.worst)])
    lines = aligned(rows, left={0, 1, 8})
    lines.append(f"all specs met in {found.all_met.met} of {found.all_met.samples} samples: "
                 f"{show_share(found.all_met.share)}, 95% interval {show_interval(found.all_met)}"
                 + (f"; {found.failed} simulations failed" if found.failed else ""))
    lines.append("one sample alone: the same command with --sample N in place of --monte-carlo, --devices too")
    return lines
