"""Find a golden design: ``python -m sizing_app golden --circuit OTA`` writes golden.json.

CMA-ES (package ``cma``) on ngspice under nominal conditions, from the golden design that is there, from ``--start``, or
from the best of some random designs. It ends when the default specs are met with ``--margin`` (in units of each spec's
scale), or when ``--simulations`` are spent; then the best design is written if it meets every spec.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.folder import golden, golden_path
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.circuit.units import read_quantity
from sizing_app.pools.targets import DesignGrid, fitness, margins, metric_row

POPULATION = 16


def search(circuit: Circuit, simulator, start: Parameters | None, margin: float, simulations: int, sigma: float,
           seed: int = 0, report=print) -> tuple[dict, np.ndarray]:
    """The best design found on the grid, and its margins."""
    import cma
    grid, rng = DesignGrid(circuit), np.random.default_rng(seed)
    weights = np.ones(len(circuit.specs))
    first = grid.index(start)[None] if start else grid.random(rng, 6 * len(circuit.parameters))
    designs, metrics = list(first), list(_measure(circuit, grid, simulator, first))

    def room() -> np.ndarray:
        return margins(circuit, circuit.specs, np.array(metrics))

    def best() -> int:
        return int(np.argmax(fitness(circuit, circuit.specs, weights, np.array(metrics))))

    while room().min(axis=1).max() < margin and len(designs) < simulations:
        unit = np.clip(grid.unit(designs[best()]), 0.0, 1.0)
        strategy = cma.CMAEvolutionStrategy(unit, sigma, {"bounds": [0, 1], "popsize": POPULATION, "verbose": -9,
                                                          "seed": int(rng.integers(1, 2**31))})
        while not strategy.stop() and room().min(axis=1).max() < margin and len(designs) < simulations:
            points = strategy.ask()
            asked = grid.snap(np.array(points))
            found = _measure(circuit, grid, simulator, asked)
            designs += list(asked)
            metrics += list(found)
            strategy.tell(points, (-fitness(circuit, circuit.specs, weights, found)).tolist())
            at = room()[best()]
            report(f"{len(designs)} simulations, {int((at >= 0).sum())} of {len(at)} specs met, smallest margin "
                   f"{at.min():+.3f} ({circuit.specs[int(np.argmin(at))].metric})")
    return grid.design(designs[best()]), room()[best()]


def _measure(circuit: Circuit, grid: DesignGrid, simulator, designs: np.ndarray) -> np.ndarray:
    jobs = [(circuit, grid.design(row), circuit.conditions.nominal) for row in designs]
    return np.array([metric_row(circuit, measured) for measured in simulator.evaluate_many(jobs)])


def write(circuit: Circuit, simulator, design: Parameters) -> Path:
    """golden.json with the design and its metrics to five digits, null where one has no value."""
    measured = simulator.evaluate(circuit, design, circuit.conditions.nominal)
    metrics = {name: None if value is None else float(f"{value:.5g}") for name, value in measured.metrics.items()}
    path = golden_path(circuit)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"parameters": dict(design), "metrics": metrics}, indent=2) + "\n")
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    from sizing_app.paths import database_url
    from sizing_app.simulator import SimulatorPool
    from sizing_app.store.catalog import find_circuit
    parser = argparse.ArgumentParser(prog="sizing golden", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circuit", required=True, help="name, or key of one in the database")
    parser.add_argument("--database", default=database_url(), metavar="URL")
    parser.add_argument("--start", type=Path, default=None, metavar="FILE",
                        help="JSON: parameter to value, SI suffixes")
    parser.add_argument("--margin", type=float, default=0.05)
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--sigma", type=float, default=0.1, help="first step, in units of the ranges")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=None)
    chosen = parser.parse_args(arguments)
    circuit = find_circuit(chosen.circuit, chosen.database)
    with SimulatorPool(chosen.workers, deadline=30.0) as simulator:
        design, room = search(circuit, simulator, _start(circuit, chosen.start), chosen.margin, chosen.simulations,
                              chosen.sigma, chosen.seed)
        if room.min() < 0:
            failed = ", ".join(spec.metric for spec, at in zip(circuit.specs, room, strict=True) if at < 0)
            print(f"not found: the best design fails {failed}: {json.dumps(design)}", file=sys.stderr)
            return 1
        print(f"{write(circuit, simulator, design)}: smallest margin {room.min():.3f}")
    return 0


def _start(circuit: Circuit, file: Path | None) -> Mapping[str, float] | None:
    if file:
        values = json.loads(file.read_text())
        return {item.name: read_quantity(values[item.name], item.unit) for item in circuit.parameters}
    try:
        return golden(circuit)["parameters"]
    except CircuitError:
        return None
