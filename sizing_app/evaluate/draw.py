"""Draw the benchmark queries of one circuit and split, one climb a query, by the rules of query_rules.py.

Number n of every suite comes from the same climb: its conditions, its witness and its seed are the same. A query is
drawn again where a design that reads no targets meets it: the golden one, the centre of the stored ones, the middle of
the ranges, or a stored design or witness that serves more than a quarter of the queries at its place; and where no told
conditions are wrong enough to matter.
"""

import json
import math
import time
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.circuit.folder import TEST, VALIDATION, load_circuits
from sizing_app.evaluate.bench import Bench, meets
from sizing_app.evaluate.climb import climb
from sizing_app.evaluate.archive import Archive, as_pool, begin, spread
from sizing_app.evaluate.gates import CONSTANTS
from sizing_app.policy import MODELS, PolicySettings, can_size, make_policy
from sizing_app.pools.designs import Pool, empty_pool, load_pool, pool_path, save_pool
from sizing_app.pools.query_rules import (SINGLE_LIMIT, SLACK, STRETCH, attractor, misled, reranged, size_floors,
                                          witnessed)
from sizing_app.pools.targets import DesignGrid, draw_weights
from sizing_app.session.loop import initial_turn
from sizing_app.task.definition import Task
from sizing_app.task.limits import narrowed
from sizing_app.task.turn import History

PLACES = 12
"""Conditions that the queries of a circuit lie at: of those with stored designs where there are any."""
SIMULATIONS = 32
"""Of one climb."""
TRIES = 4
"""Climbs at a place without a query, after which the next place is tried."""
DRAWS = 8
"""Told conditions, and ranges, that are tried for one witness."""
SEEDS = {TEST: 10_000, VALIDATION: 20_000}
"""First seed of each split; all are below those of training queries."""


class QueryError(Exception):
    """A query cannot be drawn."""


def splits_of(circuit: Circuit) -> list[str]:
    """Those of held-out circuits are for reports alone: nothing is chosen on them."""
    return [TEST] if circuit.held_out else [VALIDATION, TEST]


def suites_of(circuit: Circuit) -> list[str]:
    """Those of held-out circuits have their ranges drawn anew too."""
    return [*SLACK, "shifted", *(STRETCH if circuit.held_out else ())]


class Drawer:
    """Draws the queries of one circuit and split in their order; what is drawn is kept in ``folder`` and drawn once."""

    def __init__(self, circuit: Circuit, split: str, count: int, bench: Bench, folder: Path,
                 simulations: int = SIMULATIONS, models: Path = MODELS):
        self.circuit, self.split, self.bench, self.folder, self.simulations = circuit, split, bench, folder, simulations
        self.grid = DesignGrid(circuit)
        settings = PolicySettings(models=models)
        self.policies = {name: make_policy(name, settings) for name in (*CONSTANTS, "teacher")
                         if can_size(name, circuit, settings)}
        path = pool_path(circuit)
        self.pool: Pool = load_pool(circuit, path) if path.is_file() else empty_pool(circuit)
        every = circuit.conditions.all()
        self.places = spread([every[place] for place in self.pool.places] or every, PLACES, self._rng())
        self.shared = max(2, int(SINGLE_LIMIT * math.ceil(count / len(self.places))))
        self.archives = {place: Archive.of(self.pool, place) for place in self.places}
        self.floors = size_floors(load_circuits().values(), circuit.process) if circuit.held_out else {}
        folder.mkdir(parents=True, exist_ok=True)

    def draw(self, number: int) -> dict:
        """Query ``number`` as its file holds it; all before it have been drawn. Raises QueryError."""
        path = self.folder / f"{number:04d}.json"
        if path.exists():
            entry = json.loads(path.read_text())
            self._recall(path.with_suffix(".npz"), entry)
            return entry
        before = {place: len(archive) for place, archive in self.archives.items()}
        cpu, count, refused = self._cpu(), self.bench.count, Counter()
        for attempt in range(TRIES * len(self.places)):
            found = self._attempt(number, attempt)
            if isinstance(found, dict):
                break
            refused[found] += 1
        else:
            raise QueryError(f"{self.circuit.name}: no {self.split} query {number}: {dict(refused)}")
        entry = {**found, "refused": dict(refused), "simulations": self.bench.count - count,
                 "cpu_seconds": round(self._cpu() - cpu, 2)}
        rows = [(place, archive.designs[before[place]:], archive.metrics[before[place]:])
                for place, archive in self.archives.items() if len(archive) > before[place]]
        save_pool(as_pool(self.circuit, rows), path.with_suffix(".npz"))
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(entry))
        partial.replace(path)
        return entry

    def _cpu(self) -> float:
        """Seconds of the simulations and of this process."""
        return self.bench.cpu + time.process_time()

    def _recall(self, path: Path, entry: dict) -> None:
        kept = load_pool(self.circuit, path)
        for place, archive in self.archives.items():
            rows = kept.rows(kept.index_of(place))
            archive.add(kept.design[rows], kept.metrics[rows])
        specs = tuple(Spec(**spec) for spec in entry["suites"]["standard"]["specs"])
        self.archives[Conditions(**entry["conditions"])].asked.append((specs, np.array(entry["metrics"], np.float32)))

    def _rng(self, *numbers: int) -> np.random.Generator:
        return np.random.default_rng([zlib.crc32(self.circuit.name.encode()), *numbers])

    def _attempt(self, number: int, attempt: int) -> dict | str:
        """One climb: the query, or why it is none."""
        rng = self._rng(SEEDS[self.split] + number, attempt)
        place = self.places[(number + attempt // TRIES) % len(self.places)]
        archive, circuit = self.archives[place], self.circuit
        specs, drivers = attractor(circuit, rng)
        weights = draw_weights(circuit, rng)
        simulate = self._simulate(place)
        begin(archive, simulate, rng)
        climb(archive, simulate, specs, weights, rng, self.simulations)
        witness = archive.fittest(specs, weights)
        row, = simulate(witness[None])  # again: what is stored may have been measured otherwise
        targets = {suite: witnessed(circuit, row, slack, rng) for suite, slack in SLACK.items()}
        if None in targets.values():
            return "no value"
        if archive.shared((targets["standard"], row)) > self.shared:
            return "shared"
        initial = self.grid.design(self.grid.random(rng, 1)[0])
        task = Task(circuit, targets["standard"], place, initial, 1, SEEDS[self.split] + number)
        start = (initial_turn(task, self.bench),)
        for name in CONSTANTS:
            if name in self.policies and meets(self.policies[name], task, start, self.bench):
                return name
        stated = self._stated(task, start, rng)
        if stated is None:
            return "told"
        suites = {**{suite: {"specs": _plain(found)} for suite, found in targets.items()},
                  "shifted": {"specs": _plain(task.specs), "stated": stated.document()}}
        for suite, stretch in STRETCH.items() if circuit.held_out else ():
            moved = self._moved(task, self.grid.design(witness), stretch, rng)
            if moved is None:
                return suite
            suites[suite] = {"specs": _plain(task.specs), **moved}
        archive.asked.append((task.specs, row))
        return {"conditions": place.document(), "initial": initial, "seed": task.seed, "drivers": list(drivers),
                "witness": self.grid.design(witness), "metrics": row.tolist(), "suites": suites}

    def _simulate(self, place: Conditions) -> Callable[[np.ndarray], np.ndarray]:
        return lambda designs: self.bench.rows(self.circuit, designs, place)

    def _stated(self, task: Task, start: History, rng: np.random.Generator) -> Conditions | None:
        """Told conditions under which neither the centre of the stored designs nor the teacher's first one works."""
        drawn = dict.fromkeys(misled(self.circuit, task.conditions, rng) for _ in range(DRAWS))
        knowing = [self.policies[name] for name in ("centre", "teacher") if name in self.policies]
        return next((stated for stated in drawn if not any(
            meets(policy, replace(task, stated=stated), start, self.bench) for policy in knowing)), None)

    def _moved(self, task: Task, witness: dict[str, float], stretch: tuple[float, float],
               rng: np.random.Generator) -> dict | None:
        """Ranges whose middle does not meet the targets, and a start in them."""
        for _ in range(DRAWS):
            ranges = reranged(task.circuit, [witness], stretch, self.floors, rng)
            circuit = narrowed(task.circuit, ranges)
            grid = DesignGrid(circuit)
            own = replace(task, circuit=circuit, initial=grid.design(grid.random(rng, 1)[0]))
            if not meets(self.policies["middle"], own, (initial_turn(own, self.bench),), self.bench):
                return {"initial": own.initial, "ranges": ranges}
        return None


def _plain(specs: tuple[Spec, ...]) -> list[dict]:
    return [{key: value for key, value in asdict(spec).items() if value is not None} for spec in specs]
