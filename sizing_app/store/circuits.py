"""Circuits of the database: those that came with a session, and those that were saved to be sized."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from sizing_app.circuit.check import check_circuit
from sizing_app.circuit.definition import Circuit, from_content
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
