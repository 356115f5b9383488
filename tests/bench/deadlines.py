"""Whether a busy machine changes a result: ``python -m tests.bench.deadlines``, ``make bench-deadlines``.

Random designs of each circuit are simulated twice, once as the machine is and once with busy loops beside; statuses and
metrics must be the same, bit for bit.
"""

import argparse
import subprocess
import sys

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import load_circuits
from sizing_app.simulator import SimulatorPool
from tests.bench.simulator import designs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--circuits", default="", help="names, separated by commas; all by default")
    parser.add_argument("--designs", type=int, default=500, help="random designs a circuit (500)")
    parser.add_argument("--loops", type=int, default=2, help="busy loops (2)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(f"{options.designs} designs a circuit as the machine is, and with {options.loops} busy loops beside")
    print("circuit    timeouts  with loops  results that differ")
    totals = [0, 0, 0]
    for circuit in load_circuits().values():
        if not options.circuits or circuit.name in options.circuits.split(","):
            found = compare(circuit, options)
            totals = [total + one for total, one in zip(totals, found, strict=True)]
            print(row(circuit.name, found), flush=True)
    print(row("all", totals))
    return int(bool(totals[2]))


def compare(circuit: Circuit, options: argparse.Namespace) -> list[int]:
    """Timeouts as the machine is, timeouts with busy loops, and results that differ."""
    jobs = [(circuit, design, circuit.conditions.nominal)
            for design in designs(circuit, options.designs, options.seed)]
    runs = [simulate(jobs, loops) for loops in (0, options.loops)]
    differ = sum((a.status, a.metrics) != (b.status, b.metrics) for a, b in zip(*runs, strict=True))
    return [*(sum(result.status == "timeout" for result in results) for results in runs), differ]


def row(name: str, found: list[int]) -> str:
    return f"{name:<10}{found[0]:>9}{found[1]:>12}{found[2]:>21}"


def simulate(jobs: list, loops: int) -> list:
    """Results in the order of ``jobs``, with busy loops beside."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        with SimulatorPool() as pool:
            return pool.evaluate_many(jobs)
    finally:
        for process in busy:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
