"""Circuits of the database: those that came with a session, and those that were saved to be sized."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from sizing_app.circuit.check import check_circuit
from sizing_app.circuit.definition import Circuit, from_content
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.store.bulk import store_circuit
from sizing_app.store.tables import CircuitRow, SessionRow

MOST_LISTED = 200
"""Names."""


class StoredCatalog(Mapping[str, Circuit]):
    """Circuits by name and by key (circuit/catalog.py); ``transaction`` opens one, for writing if its argument is true.

    Of several of one name, the one that was saved last counts, before all that only came with a session: nobody's file
    takes the place of what a person saved. Of these, the one of the newest session. To iterate gives what was saved.
    """

    def __init__(self, transaction: Callable[[bool], AbstractContextManager[Session]]):
        self._transaction = transaction

    def save(self, circuit: Circuit) -> str:
        """Put a circuit among those that are sized by name; returns its key. CircuitError where it is wrong."""
        check_circuit(circuit, Path(circuit.name) / "circuit.toml")
        with self._transaction(True) as db:
            store_circuit(db, circuit)
            db.execute(update(CircuitRow).where(CircuitRow.digest == circuit.key).values(saved=time.time()))
        return circuit.key

    def versions(self, name: str) -> list[tuple[str, float]]:
        """Keys of what was saved under a name, newest first, and when (seconds since 1970, UTC)."""
        saved = CircuitRow.saved
        query = select(CircuitRow.digest, saved).where(CircuitRow.name == name, saved.is_not(None))
        with self._transaction(False) as db:
            return [tuple(row) for row in db.execute(query.order_by(saved.desc(), CircuitRow.digest)).all()]

    def duplicate(self, handle: str, name: str) -> str:
        """Save a circuit once more under another name; returns the key. Raises KeyError, or CircuitError for a name
        that is none or is taken."""
        circuit = self[handle]
        if name in set(self):
            raise CircuitError(f"there is a circuit {name!r} already")
        return self.save(replace(circuit, name=name))

    def rename(self, handle: str, name: str) -> str:
        """Save a circuit under another name and take the old one off the list; returns the key. A name is part of the
        content: sessions on the old one keep it. Raises as duplicate."""
        with self._transaction(False) as db:
            if db.scalar(select(CircuitRow.digest).where(*_saved(handle)).limit(1)) is None:
                raise KeyError(handle)
        key = self.duplicate(handle, name)
        self.remove(handle)
        return key

    def remove(self, handle: str) -> int:
        """Take all versions of a name off the list, or the one of a key. Those that sessions ran on are kept for them;
        returns how many. Raises KeyError."""
        with self._transaction(True) as db:
            digests = db.scalars(select(CircuitRow.digest).where(*_saved(handle))).all()
            if not digests:
                raise KeyError(handle)
            used = set(db.scalars(select(SessionRow.digest).where(SessionRow.digest.in_(digests)).distinct()))
            db.execute(update(CircuitRow).where(CircuitRow.digest.in_(used)).values(saved=None))
            db.execute(delete(CircuitRow).where(CircuitRow.digest.in_(set(digests) - used)))
        return len(used)

    def __getitem__(self, handle: str) -> Circuit:
        named = _newest(select(CircuitRow)).where(CircuitRow.name == handle).limit(1)
        with self._transaction(False) as db:
            row = db.get(CircuitRow, handle) or db.scalar(named)
            if row is None:
                raise KeyError(handle)
            return from_content(row.content)

    def __iter__(self) -> Iterator[str]:
        """Names, what was saved last first."""
        with self._transaction(False) as db:
            names = db.scalars(_newest(select(CircuitRow.name)).where(CircuitRow.saved.is_not(None))).all()
        return iter(list(dict.fromkeys(names))[:MOST_LISTED])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _newest(query: Select) -> Select:
    last = select(func.max(SessionRow.created)).where(SessionRow.digest == CircuitRow.digest).scalar_subquery()
    return query.order_by(CircuitRow.saved.desc().nulls_last(), last.desc().nulls_last(), CircuitRow.digest)


def _saved(handle: str) -> tuple:
    """What was saved under a name or a key."""
    return or_(CircuitRow.digest == handle, CircuitRow.name == handle), CircuitRow.saved.is_not(None)
