"""Speed and memory of the simulator: ``python -m tests.bench.simulator``, a part of ``make bench``.

Three ways to simulate the same designs are compared by CPU time, which a busy machine disturbs less than wall time:

- here: what the app does for one design, from parameters to metrics, in one worker process;
- the analyses alone: the netlist is loaded already, only the commands of its analyses run: the floor;
- ngspice -b: a process of its own for each design with the library as its users include it and, for a second view,
  with only the file or sections of the used kind of device.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence, Set
from pathlib import Path
from statistics import median

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.folder import golden, load_circuits
from sizing_app.circuit.netlist import build_netlist
from sizing_app.policy.designs import from_unit
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.ngspice import Ngspice
from sizing_app.simulator.testbench import run_analyses, simulate
from tests.bench.batch import device_file, run_batch, whole_library

REPEATS = 3
"""Each design is timed this often in turn, the smallest CPU time counts."""
BATCH_DESIGNS = 7
"""Designs simulated by processes of their own, which take a second each on SKY130."""
WARM = 200
"""Evaluations before memory is read for the first time: caches fill."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--circuits", default="", help="names, separated by commas; all by default")
    parser.add_argument("--designs", type=int, default=25, help="random designs timed a circuit (25)")
    parser.add_argument("--evaluations", type=int, default=5000, help="evaluations of the rate and memory run (5000)")
    parser.add_argument("--workers", type=int, default=None, help="worker processes (one a core)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    circuits = [circuit for name, circuit in load_circuits().items()
                if not options.circuits or name in options.circuits.split(",")]
    compare(circuits, options.designs, options.seed)
    run_many(circuits, options.evaluations, options.workers, options.seed)


def designs(circuit: Circuit, count: int, seed: int) -> list[Parameters]:
    """The golden design and random ones, uniform on each parameter's scale."""
    source = random.Random(f"{circuit.name} {seed}")
    found = [from_unit(circuit, [source.random() for _ in circuit.parameters]) for _ in range(count - 1)]
    return [golden(circuit)["parameters"], *found]


def compare(circuits: list[Circuit], count: int, seed: int) -> None:
    """Print one row a circuit: CPU milliseconds here, ratio to the floor, speed-up over ngspice -b."""
    print(f"{count} designs a circuit ({BATCH_DESIGNS} by ngspice -b), seed {seed}; medians of CPU milliseconds and of "
          "the ratios of single designs")
    print("circuit   process        here  analyses  ratio  ngspice -b  faster  one file  faster  failed")
    ngspice = Ngspice()
    for circuit in circuits:
        tried = designs(circuit, count, seed)
        times = [found for design in tried if (found := time_design(ngspice, circuit, design))]
        batch = [(found[0], time_batch(circuit, design, whole_library), time_batch(circuit, design, device_file))
                 for design in tried[:BATCH_DESIGNS] if (found := time_design(ngspice, circuit, design))]
        here, floor = zip(*times, strict=True)
        paired, whole, single = zip(*batch, strict=True)
        print(f"{circuit.name:<10}{circuit.process:<12}{median(here):>7.1f}{median(floor):>10.1f}"
              f"{median_ratio(here, floor):>7.2f}{median(whole):>12.0f}{median_ratio(whole, paired):>7.0f}x"
              f"{median(single):>10.0f}{median_ratio(single, paired):>7.0f}x{len(tried) - len(times):>8}", flush=True)


def time_design(ngspice: Ngspice, circuit: Circuit, design: Parameters) -> tuple[float, float] | None:
    """CPU milliseconds of one design here, and of its analyses alone; None where it does not simulate."""
    conditions = circuit.conditions.nominal
    netlist = build_netlist(circuit, design, conditions)
    if not simulate(ngspice, circuit, design, conditions).ok:
        return None
    ran = set(run_analyses(ngspice, circuit, design, conditions))
    whole, alone = [], []
    for _ in range(REPEATS):
        whole.append(cpu_ms(lambda: simulate(ngspice, circuit, design, conditions)))
        ngspice.load(netlist)
        alone.append(cpu_ms(lambda: _analyses(ngspice, circuit, ran)))
    return min(whole), min(alone)


def _analyses(ngspice: Ngspice, circuit: Circuit, names: Set[str]) -> None:
    """The analyses that this design needs."""
    for analysis in circuit.analyses:
        ngspice.alter(analysis.alter)
        if analysis.name in names:
            ngspice.run(analysis.command)


def time_batch(circuit: Circuit, design: Parameters, library) -> float:
    """CPU milliseconds of one ngspice process."""
    with tempfile.TemporaryDirectory() as folder:
        return 1e3 * run_batch(circuit, design, circuit.conditions.nominal, Path(folder), library)[1]


def run_many(circuits: list[Circuit], count: int, workers: int | None, seed: int) -> None:
    """Print evaluations a second of all workers, and what their memory did meanwhile."""
    with SimulatorPool(workers) as pool:
        jobs = [(circuit, design, circuit.conditions.nominal) for circuit in circuits
                for design in designs(circuit, 50, seed)]
        pool.evaluate_many([jobs[index % len(jobs)] for index in range(WARM)])
        before, pids, started = resident(pool), pool.pids(), time.perf_counter()
        cpu = sum(map(cpu_seconds, pids))
        results = pool.evaluate_many([jobs[index % len(jobs)] for index in range(count)])
        seconds, cpu = time.perf_counter() - started, sum(map(cpu_seconds, pids)) - cpu
        statuses = [result.status for result in results]
        growth = resident(pool) - before
        restarts = len(set(pool.pids()) - set(pids))
    print(f"{count} evaluations on {len(pids)} workers: {count / seconds:.1f} a second, "
          f"{1e3 * cpu / count:.1f} ms of CPU each, {statuses.count('ok') / count:.1%} ok, {restarts} restarts")
    print(f"memory of the workers: {before / 2**20:.0f} MiB, {growth / 2**20:+.1f} MiB after {count} evaluations")


def resident(pool: SimulatorPool) -> int:
    """Resident memory (bytes) of all worker processes."""
    pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pool.pids())
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return 1e3 * (time.process_time() - started)


def median_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Median of the ratios design by design."""
    return median(a / b for a, b in zip(over, under, strict=True))


if __name__ == "__main__":
    main()
