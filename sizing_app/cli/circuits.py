"""``circuits``: what can be sized, with --check how hard it is; circuits of one's own come and go (own_circuits.py)."""

import argparse

from sizing_app.circuit.folder import circuit_names, load_circuit, load_circuits, suite_names
from sizing_app.cli.check import run_check
from sizing_app.cli.tables import specs_line
from sizing_app.cli.values import print_json, read_names
from sizing_app.session.documents import circuit_document


def run(args: argparse.Namespace) -> int:
    if args.action:
        from sizing_app.cli import own_circuits
        return own_circuits.run(args)
    names = read_names(args.circuits, circuit_names(), "circuit") if args.circuits else list(load_circuits())
    if args.check:
        return run_check(names, args)
    circuits = [load_circuit(name) for name in names]
    if args.json:
        print_json([circuit_document(circuit) for circuit in circuits])
        return 0
    for circuit in circuits:
        print(f"{circuit.name}  {circuit.title} ({circuit.process})")
        print("  parameters  " + ", ".join(f"{parameter.name} {parameter.show(parameter.low)} .. "
                                           f"{parameter.show(parameter.high)}" for parameter in circuit.parameters))
        print(f"  specs       {specs_line(circuit, circuit.specs)}")
        print(f"  suites      {', '.join(suite_names(circuit)) or '-'}")
    return 0
