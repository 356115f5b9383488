"""``python -m sizing_app family``: specs, reference design and simulated designs of every member.

Goes on where it was cut. A member that cannot be made fit for training is left out; the reason is kept.
"""

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit
from sizing_app.pools.designs import empty_pool
from sizing_app.pools.targets import measurement_of
from sizing_app.simulator import SimulatorPool
from sizing_app.train.family.archive import FOLDER, Archive, load_archive
from sizing_app.train.family.calibrate import NotFit, calibrate
from sizing_app.train.family.members import member
from sizing_app.train.family.options import catalogue
from sizing_app.train.pool import evolve

CONDITIONS, SIMULATIONS = 3, 80
"""Conditions of a member's pool, and designs at each of them."""
DEADLINE = 60.0
"""Seconds of one simulation, many times what it takes on a machine that does nothing else."""
SAVE_EVERY = 120.0
"""Seconds between two writes."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sizing family", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="FOLDER")
    parser.add_argument("--workers", type=int, default=None, help="simulator processes (default: one a core)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth member")
    chosen = parser.parse_args(arguments)
    archive, circuits = load_archive(chosen.out), [member(options) for options in catalogue()][::chosen.every]
    missing = [circuit for circuit in circuits if not archive.knows(circuit)]
    random.Random(chosen.seed).shuffle(missing)  # a part of them is then a sample of all
    with SimulatorPool(chosen.workers, DEADLINE, trusted=True) as simulator:
        _make_all(missing, simulator, archive, chosen.out, chosen.seed)
    print(f"{len(archive.entries)} members, {len(archive.left_out)} left out, in {chosen.out}", flush=True)
    return 0


def _make_all(circuits: Sequence[Circuit], simulator, archive: Archive, folder: Path, seed: int) -> None:
    """Every circuit into the archive, and that into the folder now and then."""
    started = saved = time.monotonic()
    for count, circuit in enumerate(circuits, 1):
        told = make(circuit, simulator, archive, np.random.default_rng([seed, *circuit.name.encode()]))
        each = (time.monotonic() - started) / count
        print(f"{count} of {len(circuits)}, {each:.0f} s each, {each * (len(circuits) - count) / 60:.0f} min left: "
              f"{circuit.name}: {told}", flush=True)
        if archive.pools and (time.monotonic() - saved > SAVE_EVERY or count == len(circuits)):
            archive.save(folder)
            saved = time.monotonic()


def make(circuit: Circuit, simulator, archive: Archive, rng: np.random.Generator) -> str:
    """Calibrate one member and evolve its pool; returns what became of it."""
    try:
        found = calibrate(circuit, simulator, rng)
    except NotFit as reason:
        archive.leave_out(circuit, str(reason))
        return f"left out, {reason}"
    explored, row = found.explored, found.reference
    reference = explored.grid.design(explored.design[row])
    *_, pool = evolve(empty_pool(found.circuit), simulator, CONDITIONS, SIMULATIONS, reference, rng,
                      report=lambda text: None)
    pool = pool.extended(explored.condition, explored.design, explored.metrics)
    archive.add(found.circuit, reference, measurement_of(circuit, explored.metrics[row]).metrics, found.passed, pool)
    units = {metric.name: metric.unit for metric in found.circuit.metrics}
    return ", ".join(f"{spec.metric} {spec.show(units[spec.metric])}" for spec in found.circuit.specs)
