"""What the sessions of a database simulated of a circuit: searches may begin with it (search/earlier.py).

What came as a file was simulated elsewhere, if at all: neither those sessions nor those that began with their turns
are told to any search.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from pydantic import TypeAdapter
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from sizing_app.circuit.conditions import Conditions
from sizing_app.search.earlier import Earlier
from sizing_app.store.bulk import IMPORTED
from sizing_app.store.rows import turn_of
from sizing_app.store.tables import SessionRow, TurnRow
from sizing_app.task.definition import MOST_EARLIER, Plan, Task

CONDITIONS, PLAN = TypeAdapter(Conditions), TypeAdapter(Plan | None)
OTHERS = 20
"""Sessions at other conditions that a search is told of, the newest ones."""
MOST_TURNS = 3000
"""Turns that are read, those of the newest sessions."""


class Memory:
    """``transaction`` opens one, for writing if its argument is true."""

    def __init__(self, transaction: Callable[[bool], AbstractContextManager[Session]]):
        self._transaction = transaction

    def sessions(self, task: Task) -> tuple[str, ...]:
        """Ids of the sessions of a task's circuit that have ended, OTHERS of them at other conditions than its own; the
        oldest first."""
        query = (select(SessionRow.id, SessionRow.task)
                 .where(SessionRow.digest == task.circuit.key, SessionRow.status != "running",
                        SessionRow.id.not_in(_from_files()))
                 .order_by(SessionRow.created.desc(), SessionRow.id).limit(5 * MOST_EARLIER))
        with self._transaction(False) as db:
            rows = db.execute(query).all()
        here = [row.id for row in rows if CONDITIONS.validate_python(row.task["conditions"]) == task.conditions]
        others = [row.id for row in rows if row.id not in here][:OTHERS]
        told = {*here[:MOST_EARLIER - len(others)], *others}
        return tuple(row.id for row in reversed(rows) if row.id in told)

    def recall(self, task: Task) -> Sequence[Earlier]:
        """The designs that the task's earlier sessions simulated, in the order of these; without those that this
        database does not have, has from a file, or has of a circuit of another name (the ranges of a task may be
        narrowed, and with them the key of its circuit)."""
        turns = (select(TurnRow, SessionRow.task).join(SessionRow, SessionRow.id == TurnRow.session_id)
                 .where(TurnRow.session_id.in_(task.earlier), SessionRow.circuit == task.circuit.name,
                        SessionRow.id.not_in(_from_files()), TurnRow.status.is_not(None))
                 .order_by(SessionRow.created.desc(), SessionRow.id.desc(), TurnRow.position.desc()).limit(MOST_TURNS))
        with self._transaction(False) as db:
            rows = [(turn_of(row), row.session_id, told) for row, told in db.execute(turns)]
        found = []
        for turn, session, told in reversed(rows):
            plan = PLAN.validate_python(told.get("plan"))
            points = plan.points if plan else (CONDITIONS.validate_python(told["conditions"]),)
            if turn.proposal.parameters is not None:
                measured = {points[number]: item for number, item in turn.by_point().items()}
                found.append(Earlier(session, turn.proposal.parameters, measured))
        return found


def _from_files() -> Select:
    """Ids of the sessions that were imported, and of those whose first turns are of such a one."""
    files = select(SessionRow.id).where(SessionRow.source == IMPORTED).cte(recursive=True)
    begun = select(SessionRow.id).where(SessionRow.parent == files.c.id, SessionRow.parent_turn.is_not(None))
    return select(files.union(begun).c.id)
