"""Make the evaluation queries of a circuit: ``python -m sizing_app queries --circuit OTA``.

No training data is used: each query is proved reachable by a search of its own with CMA-ES (package ``cma``) on
ngspice. The queries lie at PLACES conditions of the circuit, the nominal ones among them. All that is simulated at one
of these is kept in an archive, which begins with the golden design and random ones; the queries there are made one
after another from it, by the rules of ``sizing_app/pools/targets.py``:

1. Draw an initial design and default targets with random offsets.
2. If no design of the archive meets them all, search one. If SEARCH simulations for the first query, FURTHER for a
   later one, do not find it, the targets that the nearest design fails are loosened to what it reaches, less a slack
   of 5 to 15%; nothing else changes. A query that would need a target to be loosened by more than LOOSE_LIMIT beyond
   its default is drawn again from step 1.
   A place where this goes on for GIVE_UP times SEARCH simulations is given up for another one.
3. A *tight* query searches on, for the largest smallest margin under random weights, and then several targets are
   moved to 2 to 6% of what this witness reaches.

A *shifted* query is a standard one whose policy is told a wrong corner, temperature, supply or load. Every query has
its own random numbers, so the files do not depend on the number of workers, and an interrupted run goes on where it
stopped.
"""

import argparse
import json
import sys
import time
import zlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit, Conditions, Spec
from sizing_app.circuit.folder import file_of, golden
from sizing_app.policy.evolution import strategy
from sizing_app.pools.targets import (DesignGrid, draw_targets, draw_weights, fitness, loosen, margins, metric_row,
                                      scales, shifted, spread_conditions, tighten)

SUITES = {"standard": 1000, "shifted": 4000, "tight": 2000}
"""First seed of each suite; all are below those of training queries."""
PLACES = 12
"""Conditions that a circuit's queries lie at."""
SEARCH, FURTHER = 160, 16
"""Simulations that the first query at a place, and each later one, may add before targets are loosened."""
TIGHTEN = 32
"""Further simulations of a tight query."""
LOOSE_LIMIT = 0.6
"""No target lies further below its default than this, in units of its scale."""
POPULATION = 16
GIVE_UP = 3
"""Times SEARCH simulations without a query, after which a place is out of the circuit's reach."""
MARGIN = 0.01
"""A witness meets the targets with this margin."""
ACTIVE = 4
"""Places that are worked on side by side, so that all workers are busy."""


@dataclass
class Archive:
    """What has been simulated at one place: grid designs and their metrics."""

    circuit: Circuit
    conditions: Conditions
    designs: list[np.ndarray] = field(default_factory=list)
    metrics: list[np.ndarray] = field(default_factory=list)

    def add(self, designs: np.ndarray, metrics: np.ndarray) -> None:
        self.designs += list(designs)
        self.metrics += list(metrics)

    def best(self, specs: Sequence[Spec], weights: np.ndarray) -> int:
        return int(np.argmax(fitness(self.circuit, specs, weights, np.array(self.metrics))))

    def met(self, specs: Sequence[Spec]) -> bool:
        return bool((margins(self.circuit, specs, np.array(self.metrics)).min(axis=1) >= MARGIN).any())


Asked = tuple[Conditions, np.ndarray]
Search = Generator[Asked, np.ndarray, dict | None]
"""Yields designs to simulate and where, is sent their metrics, returns what was searched; None if it was not found."""


def places(circuit: Circuit, count: int = PLACES) -> list[Conditions]:
    """The conditions of a circuit's queries: nominal, then others in which all values occur about equally often."""
    return spread_conditions(circuit.conditions, count, _rng(circuit))


def _rng(circuit: Circuit, *numbers: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(circuit.name.encode()), *numbers])


def make_place(circuit: Circuit, place: int, count: int, effort: float = 1.0) -> Search:
    """Search the queries at one place, ``count`` being those of a suite at all places: {suite: {number: query}}.

    Where the place has to be given up, another one takes its number. ``effort`` scales how many simulations a search
    may take. Raises ValueError if there is no place left.
    """
    number = len(places(circuit))
    for conditions in places(circuit, len(circuit.conditions.all()))[place::number]:
        queries = yield from _queries_at(circuit, conditions, range(place, count, number), place, effort)
        if queries is not None:
            return queries
    raise ValueError(f"{circuit.name}: no query can be reached at place {place}")


def _queries_at(circuit: Circuit, conditions: Conditions, numbers: Sequence[int], place: int, effort: float) -> Search:
    """The queries with these numbers, of each suite; None if the conditions are out of the circuit's reach."""
    grid, archive = DesignGrid(circuit), Archive(circuit, conditions)
    start = grid.random(_rng(circuit, place), 2 * POPULATION)
    start[0] = grid.index(golden(circuit)["parameters"])
    archive.add(start, (yield conditions, start))
    queries, known = {suite: {} for suite in SUITES}, len(archive.designs)
    for suite in SUITES:
        for number in numbers:
            rng, query = _rng(circuit, SUITES[suite], number), None
            while query is None:
                if len(archive.designs) - known >= GIVE_UP * effort * SEARCH:
                    return None
                search = FURTHER if any(queries.values()) else SEARCH
                query = yield from _draw(archive, grid, rng, round(effort * search),
                                         round(effort * TIGHTEN) if suite == "tight" else 0)
            known = len(archive.designs)
            told = {"stated": shifted(circuit.conditions, conditions, rng).document()} if suite == "shifted" else {}
            queries[suite][number] = {"conditions": conditions.document(), **told, **query,
                                      "seed": SUITES[suite] + number}
    return queries


def _draw(archive: Archive, grid: DesignGrid, rng: np.random.Generator, search: int, tighten_by: int) -> Search:
    """One attempt at steps 1 to 3, the third with so many simulations if any; None where the limits are not kept."""
    circuit, weights = archive.circuit, draw_weights(archive.circuit, rng)
    initial, specs = grid.random(rng, 1)[0], draw_targets(circuit, rng)
    yield from _climb(archive, grid, specs, weights, rng, 0.2, search, until_met=True)
    if not archive.met(specs):
        specs = loosen(circuit, specs, archive.metrics[archive.best(specs, weights)], rng)
    if tighten_by:
        yield from _climb(archive, grid, specs, weights, rng, 0.1, tighten_by, until_met=False)
        specs = tighten(circuit, specs, archive.metrics[archive.best(specs, weights)], rng)
    witness = archive.best(specs, weights)
    room = margins(circuit, specs, archive.metrics[witness])
    if room.min() < 0 or _loosened(circuit, specs) > LOOSE_LIMIT:
        return None
    return {"specs": [{key: value for key, value in asdict(spec).items() if value is not None} for spec in specs],
            "initial": grid.design(initial), "witness": grid.design(archive.designs[witness])}


def _climb(archive: Archive, grid: DesignGrid, specs: Sequence[Spec], weights: np.ndarray, rng: np.random.Generator,
           sigma: float, simulations: int, until_met: bool) -> Search:
    """CMA-ES in the unit cube from the best design of the archive; designs are simulated on the grid."""
    def begin():
        best = grid.unit(archive.designs[archive.best(specs, weights)])
        return strategy(best, sigma, rng, popsize=POPULATION)

    search, spent = begin(), 0
    while spent < simulations and not (until_met and archive.met(specs)):
        points = search.ask()
        designs = grid.snap(np.array(points))
        metrics = yield archive.conditions, designs
        archive.add(designs, metrics)
        spent += len(designs)
        search.tell(points, (-fitness(grid.circuit, specs, weights, metrics)).tolist())
        if search.stop():
            search = begin()


def _loosened(circuit: Circuit, specs: Sequence[Spec]) -> float:
    """The largest relative distance of a target to the easy side of its default."""
    amounts = []
    for default, spec in zip(circuit.specs, specs, strict=True):
        low_scale, high_scale = scales(default)
        amounts.append(0.0 if spec.low is None else (default.low - spec.low) / low_scale)
        amounts.append(0.0 if spec.high is None else (spec.high - default.high) / high_scale)
    return max(amounts)


def make_queries(circuit: Circuit, simulator, count: int, folder: Path, command: str = "", effort: float = 1.0,
                 report: Callable[[str], None] = print) -> None:
    """``count`` queries of each suite, into ``folder``; finished places are kept beside them until all are done."""
    partial, started, simulations = folder / "partial.jsonl", time.monotonic(), 0
    folder.mkdir(parents=True, exist_ok=True)
    done = dict(json.loads(line) for line in partial.read_text().splitlines()) if partial.exists() else {}
    waiting = [place for place in range(len(places(circuit))) if place not in done]
    searches: dict[int, Search] = {}
    asked: dict[int, Asked] = {}
    while waiting or asked:
        while waiting and len(asked) < ACTIVE:
            place = waiting.pop(0)
            searches[place] = make_place(circuit, place, count, effort)
            asked[place] = next(searches[place])
        answers = _simulate(circuit, simulator, asked)
        simulations += sum(map(len, answers.values()))
        for place, metrics in answers.items():
            try:
                asked[place] = searches[place].send(metrics)
            except StopIteration as finished:
                done[place] = finished.value
                del searches[place], asked[place]
                with partial.open("a") as file:
                    file.write(json.dumps([place, finished.value]) + "\n")
                report(f"{circuit.name}: queries at {len(done)} of {len(places(circuit))} conditions, {simulations} "
                       f"simulations, {simulations / (time.monotonic() - started):.0f}/s")
    for suite, seed in SUITES.items():
        found = {int(number): query for place in done.values() for number, query in place[suite].items()}
        document = {"circuit": circuit.name, "suite": suite, "seed": seed, "command": command,
                    "queries": [found[number] for number in range(count)]}
        (folder / f"{suite}.json").write_text(json.dumps(document, indent=1) + "\n")
    partial.unlink(missing_ok=True)


def _simulate(circuit: Circuit, simulator, asked: dict[int, Asked]) -> dict[int, np.ndarray]:
    """All waiting designs of all places in one batch."""
    grid = DesignGrid(circuit)
    jobs = [(circuit, grid.design(row), conditions) for conditions, designs in asked.values() for row in designs]
    measured = iter(simulator.evaluate_many(jobs))
    return {place: np.array([metric_row(circuit, next(measured)) for _ in designs])
            for place, (_, designs) in asked.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of this module."""
    from sizing_app.circuit.folder import load_circuit
    from sizing_app.circuit.toml_table import CircuitError
    from sizing_app.simulator import SimulatorPool

    parser = argparse.ArgumentParser(prog="sizing queries",
                                     description="Make the evaluation queries of a circuit.")
    parser.add_argument("--circuit", required=True)
    parser.add_argument("--queries", type=int, default=100, help="of each suite")
    parser.add_argument("--effort", type=float, default=1.0, help="share of the usual simulations a search may take, "
                        "for circuits that are slow to simulate")
    parser.add_argument("--workers", type=int, default=None, help="simulator processes, default one a core")
    parser.add_argument("--out", type=Path, default=None, metavar="FOLDER", help="default: circuits/NAME/queries")
    chosen = parser.parse_args(arguments)
    try:
        circuit = load_circuit(chosen.circuit)
    except CircuitError as error:
        print(f"sizing_app.evaluate.queries: {error}", file=sys.stderr)
        return 2
    command = f"python -m sizing_app queries --circuit {circuit.name} --queries {chosen.queries}" \
        + (f" --effort {chosen.effort:g}" if chosen.effort != 1 else "")
    with SimulatorPool(chosen.workers, deadline=30.0) as simulator:
        make_queries(circuit, simulator, chosen.queries, chosen.out or file_of(circuit, "queries"), command,
                     chosen.effort)
    return 0
