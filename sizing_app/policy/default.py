"""Which policy a circuit is sized with unless somebody says otherwise: by a table of what was measured, not by name.

``models/defaults.csv``, which ``sizing evaluate --defaults`` writes, has a row for each circuit and policy: after how
many simulations each of some validation queries was met. The rule: of the policies that can size the circuit, the one
that met the most queries within the simulations that are asked for; of equal ones, the one that took the fewest; then
the first of the list (registry.py). Where none met any within so few, it is what they met within all that were
measured that counts. What no row tells of is sized by the first of the list within FEW simulations, and
searched beyond and where the number is free to choose; circuits of one's own are searched.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import home
from sizing_app.policy.registry import DEFAULT_POLICY, OWN_POLICY, POLICIES
from sizing_app.policy.settings import MODELS

TABLE = MODELS / "defaults.csv"
FIELDS = ("circuit", "policy", "budget", "met_after")
NEVER = "-"
FEW = 5
"""Simulations of a session of a checkpoint in training; a search has nothing to go by within so few."""


@dataclass(frozen=True)
class Measured:
    """Sessions of one policy on one circuit, at most ``budget`` simulations each."""

    circuit: str
    policy: str
    budget: int
    met_after: tuple[int | None, ...]
    """Simulations of each query until all specs were met; None where they were not."""

    def worth(self, budget: int) -> tuple[float, float]:
        """Share of queries that are met within a budget, and minus the mean of the simulations; larger is better."""
        spent = [budget if count is None or count > budget else count for count in self.met_after]
        met = sum(count is not None and count <= budget for count in self.met_after)
        return met / len(spent), -sum(spent) / len(spent)


def default_policy(circuit: Circuit, able: Iterable[str], budget: int | None, table: Path = TABLE) -> str:
    """Of the policies that are ``able`` to size a circuit, the one for so many simulations; None: as many as suit it,
    which are FEW where a row tells of it."""
    names = tuple(able)
    if home(circuit) is None:
        return OWN_POLICY
    rows = [row for row in read_table(table) if row.circuit == circuit.name and row.policy in names]
    if not rows:
        few = budget is not None and budget <= FEW
        return DEFAULT_POLICY if few and DEFAULT_POLICY in names else OWN_POLICY
    order, within = list(POLICIES), budget or FEW
    met = any(row.worth(within)[0] for row in rows)
    return max(rows, key=lambda row: (row.worth(within if met else row.budget), -order.index(row.policy))).policy


def read_table(path: Path) -> tuple[Measured, ...]:
    """The rows of a table; none where there is no file."""
    return _read(path, path.stat().st_mtime_ns) if path.is_file() else ()


def write_table(path: Path, rows: Iterable[Measured]) -> None:
    """Write rows, in place of those of the same circuits and policies that are there."""
    merged = {(row.circuit, row.policy): row for row in (*read_table(path), *rows)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for _, row in sorted(merged.items()):
            counts = " ".join(NEVER if count is None else str(count) for count in row.met_after)
            writer.writerow((row.circuit, row.policy, row.budget, counts))


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> tuple[Measured, ...]:
    with path.open(newline="") as file:
        return tuple(Measured(row["circuit"], row["policy"], int(row["budget"]),
                              tuple(None if count == NEVER else int(count) for count in row["met_after"].split()))
                     for row in csv.DictReader(file))
