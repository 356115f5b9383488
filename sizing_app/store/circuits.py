"""Circuits of the database: those that came with a session, and those that were saved to be sized."""

import functools
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import ColumnElement, Row, Select, delete, func, or_, select, true, update
from sqlalchemy.orm import Session

from sizing_app.circuit.check import check_circuit
from sizing_app.circuit.definition import Circuit, from_content
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.store.bulk import store_circuit
from sizing_app.store.tables import CircuitRow, SavedRow, SessionRow

MOST_LISTED = 200
"""Names."""
EVERYBODY = ""
"""The owner of what was saved where nobody signs in."""


@dataclass(frozen=True)
class Saved:
    """The newest of what somebody saved under a name, or what is saved under a key."""

    key: str
    owner: str
    shared: bool
    mine: bool
    """Whether the viewer may rename, share and remove it."""


class StoredCatalog(Mapping[str, Circuit]):
    """Circuits by name and by key (circuit/catalog.py); ``transaction`` opens one, for writing if its argument is true.

    ``viewer`` is the name of the person who asks: of what was saved only their own is there, what others share, and
    what is everybody's. None, where nobody signs in, sees and changes all, and saves for everybody.

    Of several of one name, the viewer's own counts first, then the one that was saved last, before all that only came
    with a session: nobody's file takes the place of what a person saved. Of these, the one of the newest session. To
    iterate gives what was saved.
    """

    def __init__(self, transaction: Callable[[bool], AbstractContextManager[Session]], viewer: str | None = None):
        self._transaction, self._viewer = transaction, viewer

    def seen_by(self, viewer: str) -> "StoredCatalog":
        """The same for a person by name; the empty one sees what is everybody's or shared, and owns nothing."""
        return StoredCatalog(self._transaction, viewer)

    def save(self, circuit: Circuit) -> str:
        """Put a circuit among those that are sized by name; returns its key. A further version of a shared circuit is
        shared. CircuitError where it is wrong."""
        owner = self._viewer or EVERYBODY
        with self._transaction(False) as db:
            last = self._first(db, circuit.name, SavedRow.owner == owner)
        return self._put(circuit, owner, last.shared if last else owner == EVERYBODY)

    def saved(self, handle: str) -> Saved | None:
        """What is saved under a name or a key, as far as the viewer sees it."""
        with self._transaction(False) as db:
            row = self._first(db, handle)
        return None if row is None else Saved(row.digest, row.owner, row.shared, self._viewer is None or
                                              row.owner in (self._viewer, EVERYBODY))

    def share(self, handle: str, shared: bool) -> None:
        """Let others see all versions of a name, or the one of a key, or no longer. Raises KeyError, or CircuitError
        where it is another's or everybody's."""
        found = self._changeable(handle)
        if found.owner == EVERYBODY:
            raise CircuitError(f"{handle!r} belongs to everybody: duplicate it for a copy of your own")
        with self._transaction(True) as db:
            db.execute(update(SavedRow).where(*self._versions_of(found, handle)).values(shared=shared))

    def versions(self, name: str) -> list[tuple[str, float]]:
        """Keys of what was saved under a name, newest first, and when (seconds since 1970, UTC)."""
        last = func.max(SavedRow.saved)
        query = select(SavedRow.digest, last).join(CircuitRow).where(CircuitRow.name == name, self._seen)
        with self._transaction(False) as db:
            return [tuple(row) for row in
                    db.execute(query.group_by(SavedRow.digest).order_by(last.desc(), SavedRow.digest)).all()]

    def duplicate(self, circuit: Circuit, name: str) -> str:
        """Save a circuit, of here or elsewhere, under another name; returns the key. CircuitError for a name that is
        none or is taken."""
        self._check_free(name)
        return self.save(replace(circuit, name=name, held_out=False))

    def rename(self, handle: str, name: str) -> str:
        """Save all versions of a name, or the one of a key, under another name and take the old one off the list;
        returns the key of the newest. A name is part of the content: sessions on the old one keep it. Raises KeyError,
        and CircuitError as duplicate, or where it is another's."""
        old = self._changeable(handle)
        self._check_free(name)
        newest = replace(self[old.key], name=name)
        _check(newest)
        versions = select(CircuitRow.content, SavedRow.owner, SavedRow.shared, SavedRow.saved).join(SavedRow)
        with self._transaction(True) as db:
            for content, *entry in db.execute(versions.where(*self._versions_of(old, handle))).all():
                _enter(db, replace(from_content(content), name=name), *entry)
        self.remove(handle)
        return newest.key

    def remove(self, handle: str) -> int:
        """Take all versions of a name off the list, or the one of a key. Those that sessions ran on are kept for them;
        returns how many. Raises KeyError, and CircuitError where it is another's."""
        entries = self._versions_of(self._changeable(handle), handle)
        with self._transaction(True) as db:
            digests = set(db.scalars(select(SavedRow.digest).where(*entries)))
            db.execute(delete(SavedRow).where(*entries))
            used = set(db.scalars(select(SessionRow.digest).where(SessionRow.digest.in_(digests)).distinct()))
            others = set(db.scalars(select(SavedRow.digest).where(SavedRow.digest.in_(digests))))
            db.execute(delete(CircuitRow).where(CircuitRow.digest.in_(digests - used - others)))
        return len(used)

    def __getitem__(self, handle: str) -> Circuit:
        with self._transaction(False) as db:
            found = self._first(db, handle)
            digest = found.digest if found else db.scalar(_came_with_sessions(handle))
            if digest is None:
                raise KeyError(handle)
            return from_content(db.get_one(CircuitRow, digest).content)

    def __iter__(self) -> Iterator[str]:
        """Names, what was saved last first."""
        query = select(CircuitRow.name).join(SavedRow).where(self._seen).order_by(SavedRow.saved.desc())
        with self._transaction(False) as db:
            return iter(list(dict.fromkeys(db.scalars(query)))[:MOST_LISTED])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @functools.cached_property
    def _seen(self) -> ColumnElement[bool]:
        return true() if self._viewer is None else or_(SavedRow.shared, SavedRow.owner.in_((self._viewer, EVERYBODY)))

    def _first(self, db: Session, handle: str, *where: ColumnElement[bool]) -> Row | None:
        """(digest, owner, shared) of what counts of all that is saved under a name or a key."""
        query = select(SavedRow.digest, SavedRow.owner, SavedRow.shared).join(CircuitRow).where(
            _called(handle), self._seen, *where)
        own = (SavedRow.owner == (self._viewer or EVERYBODY)).desc()
        first = (SavedRow.saved.desc(),) if self._viewer is None else (own, SavedRow.saved.desc())
        return db.execute(query.order_by(*first, SavedRow.digest).limit(1)).one_or_none()

    def _changeable(self, handle: str) -> Saved:
        found = self.saved(handle)
        if found is None:
            raise KeyError(handle)
        if not found.mine:
            raise CircuitError(f"{handle!r} belongs to {found.owner!r}: duplicate it for a copy of your own")
        return found

    def _versions_of(self, found: Saved, handle: str) -> tuple[ColumnElement[bool], ...]:
        """What a change of a name or a key changes: all that its owner saved; where nobody signs in, all."""
        owner = true() if self._viewer is None else SavedRow.owner == found.owner
        return SavedRow.digest.in_(select(CircuitRow.digest).where(_called(handle))), owner

    def _check_free(self, name: str) -> None:
        if self.saved(name) is not None:
            raise CircuitError(f"there is a circuit {name!r} already")

    def _put(self, circuit: Circuit, owner: str, shared: bool) -> str:
        _check(circuit)
        with self._transaction(True) as db:
            _enter(db, circuit, owner, shared, time.time())
        return circuit.key


def _check(circuit: Circuit) -> None:
    check_circuit(circuit, Path(circuit.name) / "circuit.toml")


def _enter(db: Session, circuit: Circuit, owner: str, shared: bool, saved: float) -> None:
    store_circuit(db, circuit)
    db.merge(SavedRow(digest=circuit.key, owner=owner, saved=saved, shared=shared))


def _called(handle: str) -> ColumnElement[bool]:
    return or_(CircuitRow.digest == handle, CircuitRow.name == handle)


def _came_with_sessions(handle: str) -> Select:
    """The digest of a circuit that nobody saved, the one of the newest session first."""
    last = select(func.max(SessionRow.created)).where(SessionRow.digest == CircuitRow.digest).scalar_subquery()
    nobody = ~select(SavedRow.digest).where(SavedRow.digest == CircuitRow.digest).exists()
    return select(CircuitRow.digest).where(_called(handle), nobody).order_by(
        last.desc().nulls_last(), CircuitRow.digest).limit(1)
