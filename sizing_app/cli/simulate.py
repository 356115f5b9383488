"""``simulate``: one design through the simulator: with its reward, over all conditions, or transistor by transistor."""

import argparse
from dataclasses import replace

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.cli.tables import aligned, design_line
from sizing_app.cli.values import UsageError, print_json, read_circuit, read_conditions, read_design, read_draw
from sizing_app.session.documents import design_document
from sizing_app.simulator import SimulatorPool
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Score


def run(args: argparse.Namespace) -> int:
    circuit = read_circuit(args.circuit, args.database)
    if not args.golden and not args.set:
        raise UsageError("nothing to simulate: expected --golden or --set NAME=VALUE ...")
    parameters = read_design(circuit, args.set, args.golden)
    conditions = read_conditions(circuit, args)
    if args.monte_carlo is not None:
        from sizing_app.cli.monte_carlo import run_monte_carlo
        return run_monte_carlo(circuit, parameters, conditions, args)
    if args.sensitivity:
        from sizing_app.cli.sensitivity import run_sensitivity
        return run_sensitivity(circuit, parameters, conditions, args)
    if args.sample is not None:
        conditions = replace(conditions, draw=read_draw(circuit, conditions, args, args.seed, args.sample))
    if args.corners:
        from sizing_app.cli.corners import run_corners
        return run_corners(circuit, parameters, conditions, args)
    if args.devices:
        from sizing_app.cli.devices import run_devices
        return run_devices(circuit, parameters, conditions, args.json)
    with SimulatorPool(workers=1) as simulator:
        measurement = simulator.evaluate(circuit, parameters, conditions)
    judged = score(measurement, circuit.specs)
    if args.json:
        print_json(design_document(circuit, parameters, conditions, measurement, judged, circuit.specs))
    else:
        print(_text(circuit, parameters, conditions, measurement, judged))
    return 0 if measurement.ok else 1


def _text(circuit: Circuit, parameters: Parameters, conditions: Conditions, measurement: Measurement,
          judged: Score) -> str:
    lines = [f"{circuit.name}, {conditions.show()}", design_line(circuit, parameters),
             f"status {measurement.status}, {measurement.seconds * 1000:.0f} ms, reward {judged.reward:.3f}, "
             + ("all specs met" if judged.passed else "not all specs met")]
    if measurement.log:
        lines.append(measurement.log)
    rows = [[f"  {part.metric}", metric.show(part.value), spec.show(metric.unit), f"score {part.score:.3f}",
             "met" if part.met else "failed"]
            for spec, part in zip(circuit.specs, judged.specs, strict=True) for metric in [circuit.metric(spec.metric)]]
    return "\n".join([*lines, *aligned(rows, left={0, 2, 4})])
