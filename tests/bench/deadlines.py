"""Whether a busy machine changes a result: ``python -m tests.bench.deadlines``, ``make bench-deadlines``.

Random designs of each circuit are simulated twice, once as the machine is and once with busy loops beside; statuses and
metrics must be the same, bit for bit.
"""

import argparse
import subprocess
import sys
import time

from sizing_app.circuit.folder import load_circuits
from sizing_app.simulator import SimulatorPool
from tests.bench.simulator import designs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--designs", type=int, default=500, help="random designs a circuit (500)")
    parser.add_argument("--loops", type=int, default=2, help="busy loops (2)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    jobs = [(circuit, design, circuit.conditions.nominal) for circuit in load_circuits().values()
            for design in designs(circuit, options.designs, options.seed)]
    quiet, quiet_seconds = simulate(jobs, 0)
    busy, busy_seconds = simulate(jobs, options.loops)
    timeouts = [sum(result.status == "timeout" for result in results) for results in (quiet, busy)]
    differ = sum((a.status, a.metrics) != (b.status, b.metrics) for a, b in zip(quiet, busy, strict=True))
    print(f"{len(jobs)} designs: {timeouts[0]} timeouts in {quiet_seconds:.0f} s, {timeouts[1]} timeouts in "
          f"{busy_seconds:.0f} s with {options.loops} busy loops, {differ} results differ")
    return int(bool(differ))


def simulate(jobs: list, loops: int) -> tuple[list, float]:
    """Results in the order of ``jobs`` and seconds of wall time, with busy loops beside."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    started = time.perf_counter()
    try:
        with SimulatorPool() as pool:
            return pool.evaluate_many(jobs), time.perf_counter() - started
    finally:
        for process in busy:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
