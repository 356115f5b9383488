"""Making a pool (pools/designs.py): designs at several conditions of a circuit, evolved towards its trade-off surface.

It begins with a design that is known to be good, variations of it, and random designs. The targets that attract a
generation are drawn anew for every group of offspring, from easier than the defaults to beyond what is reachable, with
random weights: so the pool covers the surface around the defaults instead of one point.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.circuit.folder import golden
from sizing_app.pools.designs import Pool, empty_pool, load_pool, save_pool
from sizing_app.pools.targets import draw_weights, fitness, harder, margins, metric_row, spread_conditions

START = 48
"""Designs a condition that the evolution starts from: the first half random, the others around the known one."""
AROUND = 0.12
"""Standard deviation of the designs around the known one, in the unit cube."""
GENERATION = 8
"""Offspring a condition and generation: many small generations get further than few large ones."""
GROUP = 4
"""Offspring that share one draw of targets."""
ELITES = 12
"""Parents: the best designs of a condition under the drawn targets."""
ATTRACTOR_OFFSET = (-0.25, 0.35)
"""Offsets of the attracting targets, in units of the spec's scale; positive is harder than the default."""


def build_pool(circuit: Circuit, simulator, conditions: int, simulations: int, path: Path, rng: np.random.Generator,
               deadline: float | None = None, report: Callable[[str], None] = print) -> Pool:
    """Evolve ``simulations`` designs at each of so many conditions of a circuit; goes on from ``path`` if it exists.

    It begins with the golden design. ``deadline`` (seconds from now) ends the evolution early, after a generation. The
    file is written every 30 s.
    """
    path, saved = Path(path), time.monotonic()
    pool, known = load_pool(circuit, path) if path.exists() else empty_pool(circuit), golden(circuit)["parameters"]
    for grown in evolve(pool, simulator, conditions, simulations, known, rng, deadline, report):
        pool = grown
        if time.monotonic() - saved > 30:
            save_pool(pool, path)
            saved = time.monotonic()
    save_pool(pool, path)
    return pool


def evolve(pool: Pool, simulator, conditions: int, simulations: int, known: Parameters, rng: np.random.Generator,
           deadline: float | None = None, report: Callable[[str], None] = print) -> Iterator[Pool]:
    """The pool after every generation, until it holds ``simulations`` designs at each of so many conditions.

    An empty one begins with variations of ``known`` and random designs.
    """
    circuit, started = pool.circuit, time.monotonic()
    first, wanted = len(pool), simulations * min(conditions, len(pool.conditions))
    while len(pool) < wanted:
        if deadline is not None and time.monotonic() - started > deadline:
            break
        condition, design = _offspring(pool, rng, simulations) if len(pool) else _start(pool, conditions, known, rng)
        pool = pool.extended(condition, design, simulate(pool, simulator, condition, design))
        seconds = time.monotonic() - started
        rate = (len(pool) - first) / seconds
        report(f"{circuit.name}: {len(pool)} of {wanted} designs, {rate:.0f}/s, "
               f"{(wanted - len(pool)) / rate / 60:.1f} min left, {_share_met(pool):.1%} meet the default specs")
        yield pool


def simulate(pool: Pool, simulator, condition: Sequence[int], design: np.ndarray) -> np.ndarray:
    """Metrics, shape (n, metrics), of grid designs at the conditions with the given indices; all cores are used."""
    jobs = [(pool.circuit, pool.grid.design(row), pool.conditions[int(place)])
            for place, row in zip(condition, design, strict=True)]
    return np.array([metric_row(pool.circuit, measurement) for measurement in simulator.evaluate_many(jobs)])


def attractor(circuit: Circuit, rng: np.random.Generator) -> tuple[tuple[Spec, ...], np.ndarray]:
    """Targets to evolve towards, with a weight for each spec: one direction on the trade-off surface."""
    specs = tuple(spec if spec.kind == "range" else harder(spec, rng.uniform(*ATTRACTOR_OFFSET))
                  for spec in circuit.specs)
    return specs, draw_weights(circuit, rng)


def _start(pool: Pool, conditions: int, known: Parameters, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    places = [pool.index_of(chosen) for chosen in spread_conditions(pool.circuit.conditions, conditions, rng)]
    middle = pool.grid.unit(pool.grid.index(known))
    designs = []
    for _ in places:
        spread = AROUND * rng.random((START - START // 2, 1)) * rng.standard_normal((START - START // 2, len(middle)))
        spread[0] = 0.0
        designs += [pool.grid.random(rng, START // 2), pool.grid.snap(np.clip(middle + spread, 0.0, 1.0))]
    return np.repeat(places, START), np.concatenate(designs)


def _offspring(pool: Pool, rng: np.random.Generator, simulations: int) -> tuple[np.ndarray, np.ndarray]:
    """One generation: for every condition, groups of children of the elites under freshly drawn targets."""
    conditions, designs = [], []
    for place in pool.places:
        missing = min(GENERATION, simulations - len(pool.rows(place)))
        known = {row.tobytes() for row in pool.design[pool.rows(place)]}
        while missing > 0:
            for child in _children(pool, place, rng):
                if missing > 0 and (child.tobytes() not in known or rng.random() < 0.02):
                    known.add(child.tobytes())
                    conditions.append(place)
                    designs.append(child)
                    missing -= 1
    return np.array(conditions), np.array(designs)


def _children(pool: Pool, place: int, rng: np.random.Generator) -> np.ndarray:
    """GROUP children under one draw of targets: grid indices, shape (GROUP, parameters)."""
    specs, weights = attractor(pool.circuit, rng)
    home = _elites(pool, place, specs, weights)
    away = _elites(pool, int(rng.choice(pool.places)), specs, weights)
    children = []
    for _ in range(GROUP):
        kind, parent = rng.random(), home[int(len(home) * rng.random() ** 2)]
        if kind < 0.15:
            child = away[int(len(away) * rng.random() ** 2)] + rng.normal(0.0, 0.01, home.shape[1])
        elif kind < 0.55:
            first, second = home[rng.integers(len(home), size=2)]
            child = parent + rng.uniform(0.3, 0.9) * (first - second) + rng.normal(0.0, 0.015, home.shape[1])
        elif kind < 0.75:
            other = (away if rng.random() < 0.3 else home)[rng.integers(len(home))]
            child = np.where(rng.random(home.shape[1]) < 0.5, parent, other) + rng.normal(0.0, 0.02, home.shape[1])
        else:
            chosen = rng.random(home.shape[1]) < 0.4
            child = parent + chosen * rng.normal(0.0, 0.15 * rng.random() ** 1.5 + 0.01, home.shape[1])
        children.append(np.where(child < 0, -child, np.where(child > 1, 2 - child, child)))
    return pool.grid.snap(np.clip(children, 0.0, 1.0))


def _elites(pool: Pool, place: int, specs: Sequence[Spec], weights: np.ndarray) -> np.ndarray:
    """Unit-cube rows of the best designs at a condition, best first."""
    rows = pool.rows(place)
    points = fitness(pool.circuit, specs, weights, pool.metrics[rows])
    best = rows[np.argsort(-points, kind="stable")[:ELITES]]
    return pool.grid.unit(pool.design[best])


def _share_met(pool: Pool) -> float:
    return float((margins(pool.circuit, pool.circuit.specs, pool.metrics) >= 0).all(axis=1).mean())
