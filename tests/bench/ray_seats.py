"""What a Ray cluster of this machine costs beside the local pool: ``make bench-ray``. Needs requirements-ray.txt.

CPU seconds of all processes below this one (Ray's own, the seats, the simulators) over the same designs, less what the
simulations took by the workers' own count. Ray's daemons burn CPU by the clock, whether or not a design is simulated:
that is measured with all seats up and nothing to do, and shown by itself. What is left is what a design costs.
All metrics must be equal bit for bit.
"""

import argparse
import os
import time
from pathlib import Path
from typing import NamedTuple

from sizing_app.circuit.folder import load_circuit
from sizing_app.policy.designs import random_design
from sizing_app.simulator import make_simulator
from sizing_app.task.turn import Measurement

MOST_MS = 2.0
"""Of CPU a design, beyond the simulation, what the local pool takes and what goes by the clock."""
IDLE = 20.0
"""Seconds of watching with nothing to do."""
NICENESS = "RAY_worker_niceness"
"""Ray gives its workers a niceness of 15 unless told otherwise: on a busy machine they would starve beside our own."""


class Cost(NamedTuple):
    """Of one simulator: CPU (seconds) beyond the simulation, by the clock, and seconds of the run, for all designs."""

    beyond: float
    by_clock: float
    seconds: float
    results: list[Measurement]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--designs", type=int, default=400)
    parser.add_argument("--circuit", default="OTA")
    parser.add_argument("--seats", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    os.environ.setdefault(NICENESS, "0")
    circuit = load_circuit(chosen.circuit)
    jobs = [(circuit, random_design(circuit, seed), circuit.conditions.nominal) for seed in range(chosen.designs)]
    print(f"{len(jobs)} designs of {circuit.name}, {chosen.seats} seats; milliseconds of CPU a design")
    print("| simulator | beyond the simulation | of that by the clock | of that by the design | idle, ms of CPU a "
          "second | designs a second |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    costs = {where: measured(where, chosen.seats, jobs) for where in ("local", "ray")}
    same = len({repr([item.metrics for item in cost.results]) for cost in costs.values()}) == 1
    local, ray = (1e3 * (cost.beyond - cost.by_clock) / len(jobs) for cost in costs.values())
    kept = ray - local <= MOST_MS
    print(f"Metrics {'equal bit for bit' if same else 'DIFFER'}; by the design, Ray takes {ray - local:.2f} ms of CPU "
          f"more than the local pool ({'within' if kept else 'BEYOND'} {MOST_MS:g} ms).")
    return 0 if same and kept else 1


def measured(where: str, seats: int, jobs: list[tuple]) -> Cost:
    """Warm up, watch it idle, then simulate; prints its row."""
    with make_simulator(where, seats, deadline=120.0) as simulator:
        simulator.evaluate_many(jobs[:4 * seats])
        time.sleep(2.0)
        before, began = cpu_seconds(), time.perf_counter()
        time.sleep(IDLE)
        idle = (cpu_seconds() - before) / (time.perf_counter() - began)
        before, began = cpu_seconds(), time.perf_counter()
        found = simulator.evaluate_many(jobs)
        seconds = time.perf_counter() - began
        beyond = cpu_seconds() - before - sum(item.cpu for item in found)
    each = 1e3 / len(jobs)
    print(f"| {where} | {each * beyond:.2f} | {each * idle * seconds:.2f} | {each * (beyond - idle * seconds):.2f} "
          f"| {1e3 * idle:.1f} | {len(jobs) / seconds:.1f} |", flush=True)
    return Cost(beyond, idle * seconds, seconds, found)


def cpu_seconds() -> float:
    """Of this process and all below it that live, by the scheduler's count of each thread (nanoseconds)."""
    parents, spent = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            threads = [(thread / "schedstat").read_text() for thread in (folder / "task").iterdir()]
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        spent[int(folder.name)] = sum(int(text.split()[0]) for text in threads) / 1e9
    below = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(spent[pid] for pid in below if pid in spent)


if __name__ == "__main__":
    raise SystemExit(main())
