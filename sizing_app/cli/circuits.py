"""``circuits``: what can be sized."""

import argparse

from sizing_app.circuits import load_circuits
from sizing_app.cli.values import print_json
from sizing_app.domain import Circuit
from sizing_app.evaluate.suites import suite_names


def run(args: argparse.Namespace) -> int:
    circuits = load_circuits()
    if args.json:
        print_json([_describe(circuit) for circuit in circuits.values()])
        return 0
    for circuit in circuits.values():
        print(f"{circuit.name}  {circuit.title} ({circuit.process})")
        print("  parameters  " + ", ".join(f"{parameter.name} {parameter.show(parameter.low)}..."
                                           f"{parameter.show(parameter.high)}" for parameter in circuit.parameters))
        print("  specs       " + ", ".join(f"{spec.metric} {spec.show()}" for spec in circuit.specs))
        print(f"  suites      {', '.join(suite_names(circuit)) or '-'}")
    return 0


def _describe(circuit: Circuit) -> dict:
    space = circuit.conditions
    return {
        "name": circuit.name, "title": circuit.title, "summary": circuit.summary, "process": circuit.process,
        "parameters": [{"name": parameter.name, "unit": parameter.unit, "low": parameter.low, "high": parameter.high,
                        "scale": parameter.scale, "role": parameter.role} for parameter in circuit.parameters],
        "metrics": [{"name": metric.name, "title": metric.title, "unit": metric.unit,
                     "definition": metric.definition} for metric in circuit.metrics],
        "specs": [{"metric": spec.metric, "low": spec.low, "high": spec.high, "scale": spec.scale}
                  for spec in circuit.specs],
        "conditions": {"corners": space.corners, "temperatures": space.temperatures, "supplies": space.supplies,
                       "loads": space.loads},
        "suites": suite_names(circuit),
    }
