"""What a Ray cluster of this machine costs beside the local pool: ``make bench-ray``. Needs requirements-ray.txt.

CPU seconds of all processes below this one (Ray's own, the seats, the simulators) over the same designs, less what the
simulations took by the workers' own count; and whether all metrics are equal bit for bit.
"""

import argparse
import os
import time
from pathlib import Path

from sizing_app.circuit.folder import load_circuit
from sizing_app.policy.designs import random_design
from sizing_app.simulator import make_simulator

MOST_MS = 2.0
"""Of CPU a design, beyond the simulation and what the local pool takes."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--designs", type=int, default=400)
    parser.add_argument("--circuit", default="OTA")
    parser.add_argument("--seats", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    circuit = load_circuit(chosen.circuit)
    jobs = [(circuit, random_design(circuit, seed), circuit.conditions.nominal) for seed in range(chosen.designs)]
    print("| simulator | CPU ms a design beyond the simulation | designs a second |\n| --- | ---: | ---: |")
    metrics, spent = {}, {}
    for where in ("local", "ray"):
        with make_simulator(where, chosen.seats, deadline=120.0) as simulator:
            simulator.evaluate_many(jobs[:4 * chosen.seats])
            before, began = cpu_seconds(), time.perf_counter()
            found = simulator.evaluate_many(jobs)
            seconds = time.perf_counter() - began
            beyond = cpu_seconds() - before - sum(item.cpu for item in found)
            spent[where] = 1e3 * beyond / len(jobs)
        metrics[where] = [item.metrics for item in found]
        print(f"| {where} | {spent[where]:.2f} | {len(jobs) / seconds:.1f} |", flush=True)
    same, extra = metrics["local"] == metrics["ray"], spent["ray"] - spent["local"]
    print(f"Metrics {'equal bit for bit' if same else 'DIFFER'}; Ray takes {extra:.2f} ms of CPU a design more than "
          f"the local pool ({'within' if extra <= MOST_MS else 'BEYOND'} {MOST_MS:g} ms).")
    return 0 if same and extra <= MOST_MS else 1


def cpu_seconds() -> float:
    """Of this process and all below it that live."""
    tick, parents, spent = os.sysconf("SC_CLK_TCK"), {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        spent[int(folder.name)] = sum(map(int, fields[11:15])) / tick
    below = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(spent[pid] for pid in below if pid in spent)


if __name__ == "__main__":
    raise SystemExit(main())
