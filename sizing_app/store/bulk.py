"""Whole sessions into the store at once: imported ones, and the many of a benchmark."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sizing_app.circuit.definition import Circuit
from sizing_app.session.events import Event, SessionState, fold
from sizing_app.store.rows import circuit_row, session_row, turn_row
from sizing_app.store.tables import Base, CircuitRow, SessionRow, TagRow, TurnRow

IMPORTED = "import"
"""Source of sessions that came as a file."""
TURN_COLUMNS = [column.key for column in TurnRow.__table__.columns if column.key != "id"]
SESSION_COLUMNS = [column.key for column in SessionRow.__table__.columns]


@dataclass(frozen=True)
class WholeSession:
    """A session with all its durable events, SessionStarted first."""

    events: Sequence[Event]
    source: str
    created: float | None = None
    """Seconds since 1970 (UTC); None for now."""
    origin: str | None = None
    note: str = ""
    starred: bool = False
    tags: tuple[str, ...] = ()


def insert_all(db: Session, sessions: Iterable[WholeSession]) -> list[str]:
    """Insert sessions in the transaction of ``db``; returns their new ids."""
    rows, turns, tags = [], [], []
    stored: set[str] = set()
    for session in sessions:
        state = fold(session.events)
        circuit = state.task.circuit
        if circuit.key not in stored:
            store_circuit(db, circuit)
            stored.add(circuit.key)
        row = _session_values(session, state)
        rows.append(row)
        turns += [_values(turn_row(row["id"], turn), TURN_COLUMNS) for turn in state.history]
        tags += [{"session_id": row["id"], "tag": tag} for tag in session.tags]
    for table, values in ((SessionRow, rows), (TurnRow, turns), (TagRow, tags)):
        if values:
            db.execute(insert(table), values)
    return [row["id"] for row in rows]


def store_circuit(db: Session, circuit: Circuit) -> None:
    """Store a circuit if it was not."""
    row = circuit_row(circuit)
    if db.get(CircuitRow, row.digest) is None:
        try:
            with db.begin_nested():
                db.add(row)
        except IntegrityError:  # another process stored the same circuit in the meantime
            pass


def _session_values(session: WholeSession, state: SessionState) -> dict:
    """The columns that create() and the turns one by one would have made."""
    row = session_row(state.task, state.policy, session.source)
    row.created = row.heartbeat = session.created if session.created is not None else row.created
    row.status, row.message, row.passed = state.status, state.message, state.passed
    row.turns = sum(1 for turn in state.history if turn.index > 0 and turn.measurement is not None)
    row.best_reward = state.best.reward if state.best else None
    row.first_passed = next((turn.index for turn in state.history if turn.score and turn.score.passed), None)
    row.origin, row.note, row.starred = session.origin, session.note, session.starred
    return _values(row, SESSION_COLUMNS)


def _values(row: Base, columns: Sequence[str]) -> dict:
    return {name: getattr(row, name) for name in columns}
