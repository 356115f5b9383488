"""Make the evaluation queries of a circuit: ``python -m sizing_app.evaluate.queries --circuit OTA --suite standard``.

No training data is used: each query is proved reachable by a search of its own with CMA-ES (package ``cma``) on
ngspice, which begins with the circuit's golden design and random ones. Its conditions, initial design and targets
follow the rules of ``sizing_app/targets.py``:

1. Draw conditions, initial design and default targets with random offsets.
2. Search a design that meets them all. If SEARCH simulations do not find one, the targets that the nearest design
   fails are loosened to what it reaches, less a slack of 5 to 15%; nothing else changes. A query that would need a
   target to be loosened by more than LOOSE_LIMIT beyond its default is drawn again from step 1.
3. A *tight* query searches on, for the largest smallest margin under random weights, and then several targets are
   moved to 2 to 6% of what this witness reaches.

*validation* (half standard, half tight) is for choosing checkpoints. Every query has its own random numbers, so a file
does not depend on the number of workers, and an interrupted run goes on where it stopped.
"""

import argparse
import json
import time
import zlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sizing_app.circuits import golden
from sizing_app.domain import Circuit, Conditions, Spec
from sizing_app.targets import (DesignGrid, draw_targets, draw_weights, fitness, loosen, margins, metric_row, scales,
                                tighten)

SUITES = {"standard": 1000, "tight": 2000, "validation": 3000}
"""First seed of each suite; all are below those of training queries."""
SEARCH = 400
"""Simulations after which targets are loosened."""
TIGHT_SEARCH, TIGHTEN = 160, 96
"""The same for a tight query, whose targets follow its witness anyway, and its further simulations."""
LOOSE_LIMIT = 0.6
"""No target lies further below its default than this, in units of its scale."""
POPULATION = 16
MARGIN = 0.01
"""A witness meets the targets with this margin."""
ACTIVE = 48
"""Searches that run side by side, so that all workers are busy."""


@dataclass
class Archive:
    """What one search has simulated: grid designs and their metrics."""

    circuit: Circuit
    designs: list[np.ndarray] = field(default_factory=list)
    metrics: list[np.ndarray] = field(default_factory=list)

    def add(self, designs: np.ndarray, metrics: np.ndarray) -> None:
        self.designs += list(designs)
        self.metrics += list(metrics)

    def best(self, specs: Sequence[Spec], weights: np.ndarray) -> int:
        return int(np.argmax(fitness(self.circuit, specs, weights, np.array(self.metrics))))

    def met(self, specs: Sequence[Spec]) -> bool:
        return bool((margins(self.circuit, specs, np.array(self.metrics)).min(axis=1) >= MARGIN).any())


Requests = Generator[tuple[Conditions, np.ndarray], np.ndarray, dict]
"""A search: yields conditions and designs to simulate, is sent their metrics, returns the finished query."""


def make_query(circuit: Circuit, suite: str, number: int) -> Requests:
    """Search query ``number`` of a suite."""
    rng = np.random.default_rng([zlib.crc32(circuit.name.encode()), SUITES[suite], number])
    tight = suite == "tight" or (suite == "validation" and number % 2 == 1)
    while True:
        query = yield from _draw(circuit, rng, tight)
        if query:
            return {**query, "seed": SUITES[suite] + number}


def _draw(circuit: Circuit, rng: np.random.Generator, tight: bool) -> Requests:
    """One attempt at steps 1 to 3; None where the limits are not kept."""
    grid, archive, weights = DesignGrid(circuit), Archive(circuit), draw_weights(circuit, rng)
    conditions = circuit.conditions.all()[int(rng.integers(len(circuit.conditions.all())))]
    initial, specs = grid.random(rng, 1)[0], draw_targets(circuit, rng)
    start = np.concatenate([[grid.index(golden(circuit)["parameters"])], grid.random(rng, POPULATION - 1)])
    archive.add(start, (yield conditions, start))
    search = TIGHT_SEARCH if tight else SEARCH
    yield from _climb(archive, grid, conditions, specs, weights, rng, 0.2, search, until_met=True)
    if not archive.met(specs):
        specs = loosen(circuit, specs, archive.metrics[archive.best(specs, weights)], rng)
    if tight:
        yield from _climb(archive, grid, conditions, specs, weights, rng, 0.1, TIGHTEN, until_met=False)
        specs = tighten(circuit, specs, archive.metrics[archive.best(specs, weights)], rng)
    witness = archive.best(specs, weights)
    room = margins(circuit, specs, archive.metrics[witness])
    if room.min() < 0 or _loosened(circuit, specs) > LOOSE_LIMIT:
        return None
    return {"conditions": {"corner": conditions.corner, "temperature": conditions.temperature,
                           "supply": conditions.supply, "load": conditions.load},
            "specs": [{key: value for key, value in (("metric", spec.metric), ("low", spec.low), ("high", spec.high),
                                                     ("scale", spec.scale)) if value is not None} for spec in specs],
            "initial": grid.design(initial), "witness": grid.design(archive.designs[witness])}


def _climb(archive: Archive, grid: DesignGrid, conditions: Conditions, specs: Sequence[Spec], weights: np.ndarray,
           rng: np.random.Generator, sigma: float, simulations: int, until_met: bool) -> Requests:
    """CMA-ES in the unit cube from the best design of the archive; designs are simulated on the grid."""
    import cma

    def normal(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape)

    first = np.clip(grid.unit(archive.designs[archive.best(specs, weights)]), 0.0, 1.0)
    options = {"bounds": [0, 1], "popsize": POPULATION, "verbose": -9, "randn": normal, "seed": np.nan}
    strategy, spent = cma.CMAEvolutionStrategy(first, sigma, options), 0
    while spent < simulations and not (until_met and archive.met(specs)):
        points = strategy.ask()
        designs = grid.snap(np.array(points))
        metrics = yield conditions, designs
        archive.add(designs, metrics)
        spent += len(designs)
        strategy.tell(points, (-fitness(grid.circuit, specs, weights, metrics)).tolist())
        if strategy.stop():
            first = np.clip(grid.unit(archive.designs[archive.best(specs, weights)]), 0.0, 1.0)
            strategy = cma.CMAEvolutionStrategy(first, sigma, options)


def _loosened(circuit: Circuit, specs: Sequence[Spec]) -> float:
    """The largest relative distance of a target to the easy side of its default."""
    amounts = []
    for default, spec in zip(circuit.specs, specs, strict=True):
        low_scale, high_scale = scales(default)
        amounts.append(0.0 if spec.low is None else (default.low - spec.low) / low_scale)
        amounts.append(0.0 if spec.high is None else (spec.high - default.high) / high_scale)
    return max(amounts)


def make_queries(circuit: Circuit, simulator, suite: str, count: int, path: Path, command: str = "",
                 report: Callable[[str], None] = print) -> list[dict]:
    """Queries 0 to ``count`` - 1 of a suite, written to ``path``; finished ones are kept beside it until all are."""
    partial, started, simulations = path.with_suffix(".partial.jsonl"), time.monotonic(), 0
    path.parent.mkdir(parents=True, exist_ok=True)
    done = dict(json.loads(line) for line in partial.read_text().splitlines()) if partial.exists() else {}
    waiting = [number for number in range(count) if number not in done]
    searches: dict[int, Requests] = {}
    asked: dict[int, tuple[Conditions, np.ndarray]] = {}
    while waiting or asked:
        while waiting and len(asked) < ACTIVE:
            number = waiting.pop(0)
            searches[number] = make_query(circuit, suite, number)
            asked[number] = next(searches[number])
        answers = _simulate(circuit, simulator, asked)
        simulations += sum(map(len, answers.values()))
        for number, metrics in answers.items():
            try:
                asked[number] = searches[number].send(metrics)
            except StopIteration as finished:
                done[number] = finished.value
                del searches[number], asked[number]
                with partial.open("a") as file:
                    file.write(json.dumps([number, finished.value]) + "\n")
                seconds = time.monotonic() - started
                report(f"{circuit.name} {suite}: {len(done)} of {count} queries, {simulations} simulations, "
                       f"{simulations / seconds:.0f}/s")
    queries = [done[number] for number in range(count)]
    document = {"circuit": circuit.name, "suite": suite, "seed": SUITES[suite], "command": command, "queries": queries}
    path.write_text(json.dumps(document, indent=1) + "\n")
    partial.unlink(missing_ok=True)
    return queries


def _simulate(circuit: Circuit, simulator, asked: dict[int, tuple[Conditions, np.ndarray]]) -> dict[int, np.ndarray]:
    """All waiting designs of all searches in one batch."""
    grid = DesignGrid(circuit)
    jobs = [(circuit, grid.design(row), conditions) for conditions, designs in asked.values() for row in designs]
    measured = iter(simulator.evaluate_many(jobs))
    return {number: np.array([metric_row(circuit, next(measured)) for _ in designs])
            for number, (_, designs) in asked.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of this module."""
    from sizing_app.circuits import load_circuit
    from sizing_app.simulator import SimulatorPool

    parser = argparse.ArgumentParser(prog="python -m sizing_app.evaluate.queries",
                                     description="Make the evaluation queries of a circuit.")
    parser.add_argument("--circuit", required=True)
    parser.add_argument("--suite", choices=SUITES, required=True)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--workers", type=int, default=None, help="simulator processes, default one a core")
    parser.add_argument("--out", type=Path, default=None, help="default: circuits/NAME/queries/SUITE.json")
    chosen = parser.parse_args(arguments)
    circuit = load_circuit(chosen.circuit)
    path = chosen.out or Path(circuit.folder) / "queries" / f"{chosen.suite}.json"
    command = f"python -m sizing_app.evaluate.queries --circuit {circuit.name} --suite {chosen.suite} " \
              f"--queries {chosen.queries}"
    with SimulatorPool(chosen.workers, deadline=30.0) as simulator:
        make_queries(circuit, simulator, chosen.suite, chosen.queries, path, command)


if __name__ == "__main__":
    main()
