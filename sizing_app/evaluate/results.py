"""The files of an evaluation: results.csv, one row a query and policy, and turns.csv, one row a scored turn.

Rows are appended as sessions finish, turns before their result, so a killed run loses only what was in flight and the
next run goes on from there.
"""

import csv
import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, asdict, dataclass, fields
from pathlib import Path

Key = tuple[str, str, int, str]
"""Circuit, suite, number of the query, policy."""


class EvaluationError(Exception):
    """An evaluation cannot start or go on; what is finished stays in its folder."""


@dataclass(frozen=True)
class Result:
    """One session of an evaluation.

    ``simulations`` are those after the initial design, up to the first design that meets all specs, ``cpu`` their
    seconds with those of the policy's thread, a language model's own process not counted; None in older files.
    ``seconds`` of wall time are those of the whole session. ``worst``: the lowest score of a spec in the best turn.
    ``declared``: designs after the initial one until the policy first said that no design meets the specs; None where
    it did not.

    Statements of the reasoning that could be checked, expectations and moves among them, and how many were true. Of the
    moves those that a range leaves room for.
    ``fingerprint``: of the model, circuit and queries that the row is about (fingerprint.py).
    """

    circuit: str
    suite: str
    query: int
    policy: str
    best_reward: float
    passed: int
    simulations: int
    seconds: float
    statements: int = 0
    statements_true: int = 0
    expectations: int = 0
    expectations_true: int = 0
    worst: float | None = None
    cpu: float | None = None
    moves: int = 0
    moves_true: int = 0
    fingerprint: str = ""
    declared: float | None = None

    @property
    def key(self) -> Key:
        return self.circuit, self.suite, self.query, self.policy


@dataclass(frozen=True)
class TurnResult:
    """One scored turn; turn 0 is the initial design."""

    circuit: str
    suite: str
    query: int
    policy: str
    turn: int
    reward: float
    passed: int
    status: str

    @property
    def key(self) -> Key:
        return self.circuit, self.suite, self.query, self.policy


class ResultFiles:
    """The two tables in ``folder``, open for appending by several threads."""

    def __init__(self, folder: Path, settings: Mapping[str, object]):
        """``settings`` are what all rows must share; a folder made with other settings is refused."""
        self.folder = folder
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._check(settings)
        except OSError as error:
            raise EvaluationError(f"{folder} cannot be written: {error.strerror}") from error
        results = {row.key: row for row in read_rows(folder / "results.csv", Result)}
        turns = {(row.key, row.turn): row for row in read_rows(folder / "turns.csv", TurnResult) if row.key in results}
        self._results, self._turns = list(results.values()), list(turns.values())
        self.sort()

    @property
    def results(self) -> list[Result]:
        return list(self._results)

    @property
    def turns(self) -> list[TurnResult]:
        return list(self._turns)

    def append(self, result: Result, turns: Iterable[TurnResult]) -> None:
        with self._lock:
            turns = list(turns)
            append_rows(self.folder / "turns.csv", turns)
            append_rows(self.folder / "results.csv", [result])
            self._turns += turns
            self._results.append(result)

    def drop(self, outdated: Callable[[Result], bool]) -> int:
        """Leave out results, with their turns, and say how many; the files lose them with the next ``sort``."""
        with self._lock:
            gone = {row.key for row in self._results if outdated(row)}
            self._results = [row for row in self._results if row.key not in gone]
            self._turns = [row for row in self._turns if row.key not in gone]
        return len(gone)

    def sort(self) -> None:
        """Write both files anew, in the order of circuit, suite, policy and query."""
        with self._lock:
            self._results.sort(key=lambda row: (row.circuit, row.suite, row.policy, row.query))
            self._turns.sort(key=lambda row: (row.circuit, row.suite, row.policy, row.query, row.turn))
            write_rows(self.folder / "turns.csv", TurnResult, self._turns)
            write_rows(self.folder / "results.csv", Result, self._results)

    def _check(self, settings: Mapping[str, object]) -> None:
        path = self.folder / "settings.json"
        if path.exists():
            before = json.loads(path.read_text())
            changed = [f"{name} {before.get(name)}, not {value}" for name, value in settings.items()
                       if before.get(name) != value]
            if changed:
                raise EvaluationError(f"{self.folder} holds results with {', '.join(changed)}: choose another --out")
        path.write_text(json.dumps(dict(settings), indent=1) + "\n")


def read_results(folder: Path) -> list[Result]:
    """The results in a folder, none where there are none."""
    return read_rows(folder / "results.csv", Result)


def timeouts(turns: Iterable[TurnResult]) -> int:
    """How many simulations ran out of time, on both tries: their reward says nothing of the design."""
    return sum(turn.status == "timeout" for turn in turns)


def read_rows(path: Path, kind: type) -> list:
    """Rows of a file; one that was cut short is left out, a column that an older file lacks has its default."""
    if not path.exists():
        return []
    rows = []
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            try:
                known = [field for field in fields(kind) if field.name in row]
                rows.append(kind(**{field.name: _value(field, row[field.name]) for field in known}))
            except (KeyError, TypeError, ValueError):
                continue
    return rows


def _value(field: Field, text: str | None) -> object:
    """A column's value. Raises ValueError where the row was cut before it."""
    if text is None:
        raise ValueError(f"{field.name} is missing")
    if field.default is None:
        return float(text) if text else None
    return field.type(text)


def append_rows(path: Path, rows: list) -> None:
    """Below those that a file has."""
    with path.open("a", newline="") as file:
        csv.writer(file).writerows([*asdict(row).values()] for row in rows)


def write_rows(path: Path, kind: type, rows: list) -> None:
    """In place of those that a file has."""
    partial = path.with_suffix(".partial")
    with partial.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(field.name for field in fields(kind))
        writer.writerows([*asdict(row).values()] for row in rows)
    os.replace(partial, path)
