"""Pools: really simulated designs of a circuit at several conditions, ``circuits/NAME/pool.npz``.

They are what the teacher, the lookup table and the regressor know; train/pool.py makes them. For given targets a pool
is asked for its best designs, or for their centre, which moves smoothly with the targets and lies inside the feasible
region, so that it is sturdier than the single best design.
"""

import hashlib
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.circuit.folder import file_of
from sizing_app.pools.targets import DesignGrid, margins

ROOM = 0.10
"""Margins beyond this, in units of the spec's scale, do not make a design better."""


class PoolError(ValueError):
    """A pool is missing, broken, or was made for other parameters; the message names the file."""


@dataclass
class Pool:
    """Simulated designs of one circuit. Row i: design at condition, and its metrics (NaN where missing)."""

    circuit: Circuit
    condition: np.ndarray
    """(n,) unsigned, index into ``circuit.conditions.all()``."""
    design: np.ndarray
    """(n, parameters), grid indices of the type ``grid.dtype``."""
    metrics: np.ndarray
    """(n, metrics) float32, SI units."""
    grid: DesignGrid = field(init=False)
    conditions: list[Conditions] = field(init=False)
    places: list[int] = field(init=False)
    """The conditions, as indices, at which there are designs."""

    def __post_init__(self):
        self.grid = DesignGrid(self.circuit)
        self.conditions = self.circuit.conditions.all()
        self.places = np.unique(self.condition).tolist()
        self._rows: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.condition)

    def rows(self, condition: int) -> np.ndarray:
        """Row numbers of the designs that were simulated at one condition."""
        if not self._rows:
            order = np.argsort(self.condition, kind="stable")
            starts = np.searchsorted(self.condition[order], np.arange(len(self.conditions) + 1))
            self._rows = {place: order[starts[place]:starts[place + 1]] for place in range(len(self.conditions))}
        return self._rows[condition]

    def index_of(self, conditions: Conditions) -> int:
        return self.conditions.index(conditions)

    def nearest(self, conditions: Conditions) -> int:
        """The index of the conditions with designs that are nearest to some: same corner first, then distance."""
        space = self.circuit.conditions

        def distance(index: int) -> tuple[bool, float]:
            other = self.conditions[index]
            return (other.corner != conditions.corner,
                    abs(other.temperature - conditions.temperature) / (np.ptp(space.temperatures) or 1.0)
                    + abs(math.log(other.supply / conditions.supply)) / (np.ptp(np.log(space.supplies)) or 1.0)
                    + abs(math.log(other.load / conditions.load)) / (np.ptp(np.log(space.loads)) or 1.0))

        return min(self.places, key=distance)

    def extended(self, condition: np.ndarray, design: np.ndarray, metrics: np.ndarray) -> "Pool":
        """A pool with more rows."""
        return Pool(self.circuit, np.concatenate([self.condition, condition.astype(_place_type(self.circuit))]),
                    np.concatenate([self.design, design.astype(self.grid.dtype)]),
                    np.concatenate([self.metrics, metrics.astype(np.float32)]))


def _place_type(circuit: Circuit) -> np.dtype:
    """The smallest type of an index into the conditions."""
    return np.min_scalar_type(len(circuit.conditions.all()) - 1)


def pool_path(circuit: Circuit) -> Path:
    return file_of(circuit, "pool.npz")


def empty_pool(circuit: Circuit) -> Pool:
    return Pool(circuit, np.zeros(0, _place_type(circuit)),
                np.zeros((0, len(circuit.parameters)), DesignGrid(circuit).dtype),
                np.zeros((0, len(circuit.metrics)), np.float32))


def save_pool(pool: Pool, path: Path) -> None:
    """Write the arrays next to ``path``, then rename, so that a killed run leaves a whole file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez_compressed(partial, condition=pool.condition, design=pool.design, metrics=pool.metrics,
                        parameters=np.array(pool.grid.names),
                        metric_names=np.array([metric.name for metric in pool.circuit.metrics]),
                        digest=_digest(pool.circuit))
    partial.replace(path)


def _digest(circuit: Circuit) -> str:
    """Of what the indices of a pool stand for: the grids of the parameters, and the conditions."""
    grids = [(item.low, item.high, item.scale, item.step) for item in circuit.parameters]
    return hashlib.sha256(repr((grids, circuit.conditions)).encode()).hexdigest()


def load_pool(circuit: Circuit, path: Path) -> Pool:
    """Read a pool; older ones have no digest of ranges and conditions. Raises PoolError."""
    try:
        with np.load(path) as arrays:
            pool = Pool(circuit, arrays["condition"], arrays["design"], arrays["metrics"])
            known = arrays["parameters"].tolist(), arrays["metric_names"].tolist()
            digest = str(arrays["digest"]) if "digest" in arrays else _digest(circuit)
    except FileNotFoundError:
        raise PoolError(f"{path} is missing: `python -m sizing_app train pools` makes it") from None
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise PoolError(f"{path} cannot be read: {error}") from None
    if known != (pool.grid.names, [metric.name for metric in circuit.metrics]):
        raise PoolError(f"{path} was made for other parameters or metrics than those of {circuit.name}")
    if digest != _digest(circuit):
        raise PoolError(f"{path} was made for other parameter ranges or conditions than those of {circuit.name}")
    if len(pool) and np.any(pool.design.max(axis=0) >= [len(level) for level in pool.grid.levels]):
        raise PoolError(f"{path} was made for other parameter ranges than those of {circuit.name}")
    return pool


def ranked(pool: Pool, place: int, specs: Sequence[Spec]) -> tuple[np.ndarray, np.ndarray]:
    """Rows at the condition with index ``place``, best first, and the margins of their worst specs."""
    rows = pool.rows(place)
    room = np.clip(margins(pool.circuit, specs, pool.metrics[rows]), -3.0, ROOM)
    merit = room.min(axis=1) + 0.05 * room.mean(axis=1)
    order = np.argsort(-merit, kind="stable")
    return rows[order], room.min(axis=1)[order]


def centroid(pool: Pool, place: int, specs: Sequence[Spec], count: int) -> np.ndarray:
    """Unit-cube centre of the ``count`` designs nearest to the best one among those that meet the specs.

    Where fewer meet them, the best ones stand in, up to a third of ``count``.
    """
    rows, worst = ranked(pool, place, specs)
    good = rows[worst >= 0.0]
    if len(good) < max(count // 3, 1):
        good = rows[:max(count // 3, 1)]
    units = pool.grid.unit(pool.design[good[:4 * count]])
    distance = np.linalg.norm(units - units[: max(count // 4, 1)].mean(axis=0), axis=1)
    return units[np.argsort(distance, kind="stable")[:count]].mean(axis=0)
