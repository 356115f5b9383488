"""The figures of ``circuits --check`` as a file that the pages read: one row a circuit, the newest check of each."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sizing_app.circuit.folder import FOLDERS
from sizing_app.evaluate.check import Check
from sizing_app.evaluate.gates import Gates

CHECK_FILE = FOLDERS[-1] / "check.json"


@dataclass(frozen=True)
class Difficulty:
    """A row of the table in circuits/README.md; shares from 0 to 1, times in milliseconds of CPU."""

    circuit: str
    golden_met: int
    golden_specs: int
    designs: int
    """Random designs under nominal conditions that the next figures are about."""
    simulated: float
    passed: float
    mean_reward: float
    cpu_ms: float
    cpu_ms_longest: float
    queries: int
    best: dict[str, float]
    """Policy to the mean reward of the best turn of a session, over so many queries."""
    gates: tuple[Gates, ...] = ()
    """Whether its test queries tell methods apart."""


ROWS = TypeAdapter(list[Difficulty])


def difficulty(row: Check) -> Difficulty:
    return Difficulty(row.circuit, sum(spec.met for spec in row.golden.specs), len(row.golden.specs), row.designs,
                      row.simulated, row.passed, row.mean, row.cpu_ms, row.cpu_ms_longest, row.queries, row.best,
                      row.gates)


def write_difficulties(path: Path, rows: Iterable[Difficulty]) -> None:
    """Put rows into a file; those of other circuits that it has stay."""
    merged = {row.circuit: row for row in (*read_difficulties(path), *rows)}
    text = json.dumps([asdict(row) for _, row in sorted(merged.items())], indent=1, allow_nan=False)
    path.write_text(text + "\n")


def read_difficulties(path: Path = CHECK_FILE) -> list[Difficulty]:
    """The rows of a file, none where there is no such file. Raises ValueError, naming the file, for a wrong one."""
    try:
        return ROWS.validate_json(path.read_bytes())
    except FileNotFoundError:
        return []
    except ValidationError as error:
        raise ValueError(f"{path}: {error.errors()[0]['msg']}") from error
