"""Lookup: the best stored designs of a pool that was simulated beforehand, no search and no feedback.

``models/lookup/CIRCUIT.npz`` holds one row for each simulated design:

- ``conditions``, shape (n,), integer: index into ``circuit.conditions.all()``
- ``unit``, shape (n, parameters), float16: unit-cube coordinates in the order of ``circuit.parameters``
- ``metrics``, shape (n, metrics), float32, SI units in the order of ``circuit.metrics``; NaN where missing
"""

import math
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sizing_app.domain import Circuit, Conditions, Delta, History, Proposal, StopSignal, Task
from sizing_app.errors import PolicyError
from sizing_app.policy.designs import design, end, end_met, from_unit
from sizing_app.reward import reached, score
from sizing_app.targets import measurement_of

ARRAYS = ("conditions", "unit", "metrics")


class Lookup:
    """Turn k proposes the k-th best stored design for the task's specs and conditions."""

    name = "lookup"

    def __init__(self, folder: Path):
        self._folder = folder
        self._tables: dict[str, dict[str, np.ndarray]] = {}
        self._lock = threading.Lock()

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        table = self._table(task.circuit)
        rows = rows_at(task.circuit, task.conditions, table["conditions"])
        ranked = rank(task, table["metrics"][rows])
        place = len(history) - 1
        if place >= len(ranked):
            yield end(f"All {len(ranked)} stored designs for these conditions were tried.")
            return
        row = rows[ranked[place]]
        stored = score(measurement_of(task.circuit, table["metrics"][row]), task.specs)
        yield design(from_unit(task.circuit, table["unit"][row]),
                     f"Stored design number {place + 1} of {len(rows)} for the nearest stored conditions; "
                     f"its reward when stored was {stored.total:.2f}.")

    def _table(self, circuit: Circuit) -> dict[str, np.ndarray]:
        with self._lock:
            if circuit.name not in self._tables:
                self._tables[circuit.name] = load_arrays(self._folder / f"{circuit.name}.npz", ARRAYS)
                _check(circuit, self._tables[circuit.name], self._folder / f"{circuit.name}.npz")
            return self._tables[circuit.name]


def load_arrays(path: Path, names: tuple[str, ...] | None = None) -> dict[str, np.ndarray]:
    """All arrays of an .npz file; PolicyError if it is missing, broken or lacks one of ``names``."""
    if not path.is_file():
        raise PolicyError(f"{path} is missing; `make train` writes it")
    try:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise PolicyError(f"{path} cannot be read: {error}") from error
    missing = [name for name in names or () if name not in arrays]
    if missing:
        raise PolicyError(f"{path} lacks the array {', '.join(missing)}")
    return arrays


def rows_at(circuit: Circuit, conditions: Conditions, stored: np.ndarray) -> np.ndarray:
    """Rows simulated at ``conditions``, or at the nearest stored conditions: same corner first, then distance."""
    known, space = circuit.conditions.all(), circuit.conditions

    def distance(index: int) -> tuple[bool, float]:
        other = known[index]
        return (other.corner != conditions.corner,
                abs(other.temperature - conditions.temperature) / (np.ptp(space.temperatures) or 1.0)
                + abs(math.log(other.supply / conditions.supply)) / (np.ptp(np.log(space.supplies)) or 1.0)
                + abs(math.log(other.load / conditions.load)) / (np.ptp(np.log(space.loads)) or 1.0))

    nearest = min(np.unique(stored).tolist(), key=distance)
    return np.flatnonzero(stored == nearest)


def rank(task: Task, metrics: np.ndarray) -> list[int]:
    """Row numbers of ``metrics``, shape (n, metrics), best first: by reward, then by the worst spec's margin."""
    def key(row: int) -> tuple[float, float]:
        points = score(measurement_of(task.circuit, metrics[row]), task.specs)
        worst = min((part.margin for part in points.specs if part.margin is not None), default=-math.inf)
        return -points.total, -worst

    return sorted(range(len(metrics)), key=key)


def _check(circuit: Circuit, table: dict[str, np.ndarray], path: Path) -> None:
    count = len(table["conditions"])
    wanted = {"unit": (count, len(circuit.parameters)), "metrics": (count, len(circuit.metrics))}
    for name, shape in wanted.items():
        if count == 0 or table[name].shape != shape:
            raise PolicyError(f"{path}: {name} has shape {table[name].shape}, expected {shape} for {circuit.name}")
    if table["conditions"].min() < 0 or table["conditions"].max() >= len(circuit.conditions.all()):
        raise PolicyError(f"{path}: conditions must index the {len(circuit.conditions.all())} of {circuit.name}")
