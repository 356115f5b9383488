"""Training queries (paper, section 5.1.2): random initial values, random offsets of the default targets.

Conditions are drawn among those of the pool; a hidden share of the queries states others, which differ in the corner,
the temperature, the supply or the load, so that only the simulations show the true ones. Targets that no design of the
pool reaches at the drawn conditions (a slow corner, a heavy load) are loosened to what the nearest one reaches, less a
slack, and nothing else is touched: so every query is witnessed by a simulated design. A tight query has several targets
moved close to what one design on the trade-off surface reaches. The rules are those of ``sizing_app/pools/targets.py``;
evaluation queries follow the same rules without the pool (evaluate/queries.py), and their seeds are below FIRST_SEED.
"""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit, Conditions, Spec
from sizing_app.pools.designs import Pool
from sizing_app.pools.targets import draw_targets, draw_weights, fitness, loosen, margins, shifted, tighten
from sizing_app.task.definition import Task

BUDGET = 5
"""Tool calls of a query (paper, section 5.1.4)."""
FIRST_SEED = 1_000_000
"""Seeds of training queries start here."""
LAST_SEED = 2 ** 31
WITNESS_MARGIN = 0.01
"""A pool design witnesses a target if it meets it with this margin, in units of the spec's scale."""


def synthesize(circuit: Circuit, pool: Pool, rng: np.random.Generator, tight_share: float,
               hidden_share: float = 0.0) -> Task:
    """One training query; with these probabilities a tight one, and one that states wrong conditions."""
    place = int(rng.choice(pool.places))
    specs = reachable_targets(pool, place, rng, tight=rng.random() < tight_share)
    initial = pool.grid.design(pool.grid.random(rng, 1)[0])
    conditions, seed = pool.conditions[place], int(rng.integers(FIRST_SEED, LAST_SEED))
    stated = shifted(circuit.conditions, conditions, rng) if rng.random() < hidden_share else None
    return Task(circuit, specs, conditions, initial, BUDGET, seed, stated)


def reachable_targets(pool: Pool, place: int, rng: np.random.Generator, tight: bool) -> tuple[Spec, ...]:
    """Targets for the condition with index ``place`` that some design of the pool meets there."""
    circuit, metrics = pool.circuit, pool.metrics[pool.rows(place)]
    specs, weights = draw_targets(circuit, rng), draw_weights(circuit, rng)
    if margins(circuit, specs, metrics).min(axis=1).max() < WITNESS_MARGIN:
        specs = loosen(circuit, specs, metrics[np.argmax(fitness(circuit, specs, weights, metrics))], rng)
    if tight:
        specs = tighten(circuit, specs, metrics[np.argmax(fitness(circuit, specs, weights, metrics))], rng)
    return specs


def save_queries(path: Path, tasks: Iterable[Task]) -> None:
    """One JSON document a line, gzip."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for task in tasks:
            file.write(json.dumps(to_json(task)) + "\n")


def load_queries(path: Path, circuits: Mapping[str, Circuit]) -> list[Task]:
    """The queries of a file, which name ``circuits``."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [from_json(json.loads(line), circuits) for line in file]


def to_json(task: Task) -> dict:
    return {"circuit": task.circuit.name, "conditions": task.conditions.document(),
            "stated": None if task.stated is None else task.stated.document(), "specs": list(map(asdict, task.specs)),
            "initial": dict(task.initial), "budget": task.budget, "seed": task.seed}


def from_json(entry: Mapping, circuits: Mapping[str, Circuit]) -> Task:
    stated = None if entry["stated"] is None else Conditions(**entry["stated"])
    return Task(circuits[entry["circuit"]], tuple(Spec(**spec) for spec in entry["specs"]),
                Conditions(**entry["conditions"]), entry["initial"], entry["budget"], entry["seed"], stated)
