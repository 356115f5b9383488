"""Does a suite tell methods apart? Figures of its test queries, and the limits that they must keep.

Designs that read no targets (the golden one, the centre of the stored designs for the told conditions, the middle of
the ranges) meet almost nothing; no single design serves many queries of a place; every witness meets its query when it
is simulated again. How near stored designs come is told, without a limit.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.units import show_percent
from sizing_app.evaluate.bench import Bench, meets
from sizing_app.evaluate.archive import Archive
from sizing_app.circuit.folder import TEST, suite_names
from sizing_app.evaluate.suites import Query, load_queries
from sizing_app.policy import can_size, make_policy
from sizing_app.pools.designs import Pool, empty_pool, load_pool, pool_path
from sizing_app.pools.query_rules import SINGLE_LIMIT
from sizing_app.pools.targets import DesignGrid, margins, metric_row
from sizing_app.session.loop import initial_turn

CONSTANTS = ("golden", "centre", "middle")
"""Policies that read no targets."""
GATED = ("standard", "moved")
"""Suites that are checked; the others are made of the same climbs."""
CONSTANT_LIMIT = 0.05


@dataclass(frozen=True)
class Gates:
    """Of one suite; shares of its test queries, from 0 to 1."""

    suite: str
    queries: int
    witnesses: float
    """Whose witness meets all specs when it is simulated again."""
    constants: dict[str, float]
    """Constant policy to what it meets; without ``centre`` where no designs are stored."""
    single: float
    """That the best single design of each place meets, chosen in hindsight of the stored ones and the witnesses."""
    stored: float | None
    """That some stored design at the place meets; None where there are none."""
    nearest: float | None
    """Median distance of a witness to the nearest stored design there: root mean square over the unit cube's sides."""

    @property
    def problems(self) -> list[str]:
        """Which limits are not kept, each as a sentence."""
        found = [f"{name} meets {show_percent(share)}, more than {CONSTANT_LIMIT:.0%}"
                 for name, share in self.constants.items() if share > CONSTANT_LIMIT]
        if self.single > SINGLE_LIMIT:
            found.append(f"one design a place meets {show_percent(self.single)}, more than {SINGLE_LIMIT:.0%}")
        if self.witnesses < 1:
            found.append(f"only {show_percent(self.witnesses)} of the witnesses meet their query")
        return [f"{self.suite}: {sentence}" for sentence in found]


def gated(circuit: Circuit) -> list[str]:
    """The suites of a circuit that the limits are for."""
    return [suite for suite in GATED if suite in suite_names(circuit, TEST)]


def gates(circuit: Circuit, suite: str, bench: Bench, threads: Executor) -> Gates:
    """Simulate the witnesses and the constants of a suite. Raises SuiteError, PoolError."""
    queries = load_queries(circuit, suite, TEST)
    measured = list(threads.map(lambda query: bench.evaluate(query.task(circuit, 1).circuit, query.witness,
                                                             query.conditions), queries))
    rows = np.array([metric_row(circuit, each) for each in measured])
    met = [margins(circuit, query.specs, row).min() >= 0.0 for query, row in zip(queries, rows, strict=True)]
    constants = {name: float(np.mean(list(threads.map(lambda query, name=name: _constant(circuit, query, name, bench),
                                                      queries))))
                 for name in CONSTANTS if can_size(name, circuit)}
    path = pool_path(circuit)
    pool = load_pool(circuit, path) if path.is_file() else None
    single = sum(_single(circuit, place, queries, rows, pool) for place in {query.conditions for query in queries})
    near = [_nearest(pool, query) for query in queries] if pool else []
    return Gates(suite, len(queries), float(np.mean(met)), constants, single / len(queries),
                 float(np.mean([meeting for meeting, _ in near])) if near else None,
                 float(np.median([distance for _, distance in near])) if near else None)


def _constant(circuit: Circuit, query: Query, name: str, bench: Bench) -> bool:
    task = query.task(circuit, 1)
    return meets(make_policy(name), task, (initial_turn(task, bench),), bench)


def _single(circuit: Circuit, place: Conditions, queries: Sequence[Query], rows: np.ndarray, pool: Pool | None) -> int:
    """How many queries at a place the design meets that meets the most of them."""
    archive = Archive.of(pool or empty_pool(circuit), place)
    return archive.shared(*((query.specs, row) for query, row in zip(queries, rows, strict=True)
                            if query.conditions == place))


def _nearest(pool: Pool, query: Query) -> tuple[bool, float]:
    """Whether a stored design meets a query, and how far the nearest one is from its witness."""
    place = pool.nearest(query.conditions)
    rows, grid = pool.rows(place), DesignGrid(pool.circuit)
    apart = grid.unit(pool.design[rows]) - grid.unit(grid.index(query.witness))
    return (bool((margins(pool.circuit, query.specs, pool.metrics[rows]).min(axis=1) >= 0.0).any()),
            float(np.sqrt((apart ** 2).mean(axis=1)).min()))
