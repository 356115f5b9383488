"""``export``: one design as a ZIP that runs in plain ngspice, with the values to expect."""

import argparse
from pathlib import Path

from sizing_app.circuit.deck_measures import prints
from sizing_app.cli.design import choose
from sizing_app.cli.values import UsageError
from sizing_app.evaluate.package import package
from sizing_app.simulator import SimulatorPool


def run(args: argparse.Namespace) -> int:
    chosen = choose(args)
    circuit = chosen.circuit
    out = Path(args.out or f"{circuit.name}.zip")
    with SimulatorPool(workers=1) as simulator:
        found = package(circuit, chosen.parameters, chosen.conditions, simulator)
    try:
        out.write_bytes(found.zipped(circuit.name))
    except OSError as error:
        raise UsageError(f"--out {str(out)!r}: {error.strerror}") from error
    printed = [measure.metric for measure in circuit.measures if prints(measure)]
    print(f"{out}: {circuit.name}, {chosen.origin}, {chosen.conditions.show()}\n"
          f"unpack it and run {circuit.name}/run.sh: prints {', '.join(printed) or 'no metric'}\n"
          "expected.csv says where all metrics are read from")
    return 0
