"""Sessions in a database: one short transaction a turn, so that a killed process loses at most the turn in flight.

SQLite by default, or PostgreSQL. What goes wrong comes out as StoreError with a plain sentence.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, fields

from sqlalchemy import Select, and_, func, select, update
from sqlalchemy.orm import Session

from sizing_app.errors import NotStored, StoreError
from sizing_app.session.events import Event, SessionFinished, SessionStarted, TurnFinished
from sizing_app.store.bulk import WholeSession, insert_all, store_circuit
from sizing_app.store.circuits import StoredCatalog
from sizing_app.store.engine import is_read_only, open_engine, own_turn, plain_errors
from sizing_app.store.figures import Reached, in_steps, reached_query, rows_of
from sizing_app.store.filters import SessionFilter, filtered
from sizing_app.store.groups import GroupBook
from sizing_app.store.memory import Memory
from sizing_app.store.migrations import is_current, upgrade
from sizing_app.store.notes import NoteBook
from sizing_app.store.rows import TASK, after_turn, session_row, turn_of, turn_row
from sizing_app.store.tables import CircuitRow, SessionRow, TurnRow
from sizing_app.task.definition import Task

__all__ = ["SessionStore", "SessionSummary", "StoreError"]

STALE_AFTER = 30.0
"""Seconds without a heartbeat after which a running session counts as interrupted."""
BEAT_EVERY = 5.0
"""Seconds between two heartbeats."""
CHOICES = ("circuit", "policy", "source", "status")
SORTABLE = ("created", "circuit", "policy", "source", "status", "best_reward", "passed", "turns", "budget", "seed")


@dataclass(frozen=True)
class SessionSummary:
    """One row of the session list. Times in seconds since 1970 (UTC); ``turns`` counts those spent from the budget."""

    id: str
    created: float
    heartbeat: float
    circuit: str
    policy: str
    source: str
    status: str
    message: str
    budget: int
    seed: int
    turns: int
    best_reward: float | None
    passed: bool
    parent: str | None
    parent_turn: int | None
    starred: bool
    note: str
    origin: str | None
    """The id that an imported session had where it was exported."""
    first_passed: int | None
    """Turn that first met every spec."""


SUMMARY = tuple(getattr(SessionRow, field.name) for field in fields(SessionSummary))


class SessionStore:
    """All stored sessions of one database. Safe to use from several threads and processes at once."""

    def __init__(self, url: str = "sqlite:///data/sessions.db", timeout: float = 10.0):
        """Open the database, make or migrate its tables. ``timeout``: seconds to wait for a lock."""
        self._timeout = timeout
        self._engine = open_engine(url, timeout)
        self._writer = self._engine.execution_options(sqlite_begin="IMMEDIATE")
        self._lock = threading.Lock() if self._engine.dialect.name == "sqlite" else None
        self.read_only = is_read_only(self._engine)
        with plain_errors(self._engine, timeout):
            with self._engine.connect() as connection:
                current = is_current(connection)
            if not current:
                with self._writer.begin() as connection:
                    upgrade(connection)
        self.groups, self.notes = GroupBook(self._transaction), NoteBook(self._transaction)
        self.circuits, self.memory = StoredCatalog(self._transaction), Memory(self._transaction)

    def create(self, task: Task, policy: str, parent: str | None = None, source: str = "app",
               parent_turn: int | None = None) -> str:
        """Store a session that is about to run; returns its id, short and fit for a URL.

        ``parent`` is the session whose turns up to ``parent_turn`` come first in this one.
        """
        with self._transaction(writing=True) as db:
            store_circuit(db, task.circuit)
            row = session_row(task, policy, source, parent, parent_turn)
            db.add(row)
            return row.id

    def insert(self, sessions: Iterable[WholeSession]) -> Sequence[str]:
        """Store whole sessions in one transaction; returns their ids, which are new."""
        with self._transaction(writing=True) as db:
            return insert_all(db, sessions)

    def append(self, id: str, event: Event) -> None:
        """Store one durable event in a transaction of its own; other events are passed over."""
        with self._transaction(writing=True) as db:
            if isinstance(event, TurnFinished):
                _update(db, id, heartbeat=time.time(), status="running", message="", **after_turn(event.turn))
                db.add(turn_row(id, event.turn))
            elif isinstance(event, SessionFinished):
                _update(db, id, heartbeat=time.time(), status=event.reason, message=event.message)

    def events(self, id: str) -> Sequence[Event]:
        """All that is stored of a session: SessionStarted, its turns, and SessionFinished unless it still runs."""
        with self._transaction() as db:
            row = _existing(db, id)
            circuit = db.get_one(CircuitRow, row.digest).content
            turns = db.scalars(select(TurnRow).where(TurnRow.session_id == id).order_by(TurnRow.position))
            task = TASK.validate_python({**row.task, "circuit": circuit})
            events = [SessionStarted(task, row.policy), *(TurnFinished(turn_of(turn)) for turn in turns)]
            return events if row.status == "running" else [*events, SessionFinished(row.status, row.message)]

    def summary(self, id: str) -> SessionSummary:
        """The row of one session."""
        with self._transaction() as db:
            row = db.execute(select(*SUMMARY).where(SessionRow.id == id)).one_or_none()
        if row is None:
            raise NotStored(_unknown(id))
        return SessionSummary(*row)

    def children(self, id: str) -> Sequence[SessionSummary]:
        """The sessions that continue this one, the oldest first."""
        query = select(*SUMMARY).where(SessionRow.parent == id).order_by(SessionRow.created)
        with self._transaction() as db:
            return [SessionSummary(*row) for row in db.execute(query)]

    def heartbeat(self, *ids: str) -> None:
        """Say that these sessions are alive."""
        with self._transaction(writing=True) as db:
            db.execute(update(SessionRow).where(SessionRow.id.in_(ids)).values(heartbeat=time.time()))

    def mark_interrupted(self, stale_after: float = STALE_AFTER) -> int:
        """Mark running sessions without a heartbeat for ``stale_after`` seconds; returns how many there were."""
        stale = and_(SessionRow.status == "running", SessionRow.heartbeat < time.time() - stale_after)
        with self._transaction() as db:
            if db.scalar(select(SessionRow.id).where(stale).limit(1)) is None:
                return 0
        with self._transaction(writing=True) as db:
            return db.execute(update(SessionRow).where(stale).values(
                status="interrupted", message="The process that ran this session is gone.")).rowcount

    def choices(self, column: str) -> Sequence[str]:
        """The values that occur in ``circuit``, ``policy``, ``source`` or ``status``, sorted."""
        with self._transaction() as db:
            wanted = _column(column, CHOICES)
            return db.scalars(select(wanted).distinct().order_by(wanted)).all()

    def count(self, **filters) -> int:
        """How many sessions pass the filters of ``list``."""
        with self._transaction() as db:
            return db.scalar(self._filtered(select(func.count()).select_from(SessionRow), filters))

    def list(self, *, sort: str = "created", descending: bool = True, offset: int = 0, limit: int = 50,
             **filters) -> Sequence[SessionSummary]:
        """Sessions that pass the filters, the fields of a SessionFilter."""
        by, last = _column(sort, SORTABLE), SessionRow.id
        by, last = (by.desc().nulls_last(), last.desc()) if descending else (by.nulls_first(), last)
        query = self._filtered(select(*SUMMARY), filters).order_by(by, last).offset(offset).limit(limit)
        with self._transaction() as db:
            return [SessionSummary(*row) for row in db.execute(query)]

    def reached(self, **filters) -> Sequence[Reached]:
        """What the sessions that pass the filters of ``list`` reached, counted by policy and circuit."""
        with self._transaction() as db:
            return rows_of(db.execute(in_steps(self._filtered(reached_query(), filters, counted=True))))

    def close(self) -> None:
        self._engine.dispose()

    def _filtered(self, query: Select, filters: Mapping, counted: bool = False) -> Select:
        return filtered(query, SessionFilter.of(**filters), self._engine.dialect.name, counted)

    @contextmanager
    def _transaction(self, writing: bool = False) -> Iterator[Session]:
        engine = self._writer if writing else self._engine
        turn = own_turn(self._lock, self._timeout) if writing and self._lock else nullcontext()
        with plain_errors(engine, self._timeout), turn, Session(engine) as db, db.begin():
            yield db


def _existing(db: Session, id: str) -> SessionRow:
    row = db.get(SessionRow, id)
    if row is None:
        raise NotStored(_unknown(id))
    return row


def _unknown(id: str) -> str:
    return f"There is no stored session {id!r}."


def _update(db: Session, id: str, **values) -> None:
    if not db.execute(update(SessionRow).where(SessionRow.id == id).values(**values)).rowcount:
        raise NotStored(_unknown(id))


def _column(name: str, allowed: tuple[str, ...]):
    if name not in allowed:
        raise ValueError(f"{name!r} is not one of {', '.join(allowed)}")
    return getattr(SessionRow, name)
