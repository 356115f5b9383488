"""Groups of turns that were sampled from stored sessions: one short transaction a turn, as for sessions."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sizing_app.errors import NotStored
from sizing_app.session.groups import GroupEvent, GroupFinished, Sampled
from sizing_app.store.rows import TURN, new_id
from sizing_app.store.tables import GroupRow, GroupTurnRow


@dataclass(frozen=True)
class GroupSummary:
    """One stored group: sampled from the history of ``session_id`` up to turn ``position``."""

    id: str
    session_id: str
    position: int
    policy: str
    size: int
    created: float
    status: str
    """``running`` or a GroupReason."""
    message: str


SUMMARY = tuple(getattr(GroupRow, field.name) for field in fields(GroupSummary))


class GroupBook:
    """The groups of all sessions of a store; ``transaction`` opens one, for writing if its argument is true."""

    def __init__(self, transaction: Callable[[bool], AbstractContextManager[Session]]):
        self._transaction = transaction

    def create(self, session_id: str, position: int, policy: str, size: int) -> str:
        """Store a group that is about to be sampled; returns its id."""
        row = GroupRow(id="g" + new_id(), session_id=session_id,
                       position=position, policy=policy, size=size, created=time.time(), status="running", message="")
        with self._transaction(True) as db:
            db.add(row)
            return row.id

    def append(self, id: str, event: GroupEvent) -> None:
        """Store what Sampled and GroupFinished say in a transaction of its own; other events are passed over."""
        with self._transaction(True) as db:
            if isinstance(event, Sampled):
                content = TURN.dump_python(event.turn, mode="json", exclude={"proposal": {"tokens", "logprobs"}})
                db.add(GroupTurnRow(group_id=id, number=event.number, content=content))
            elif isinstance(event, GroupFinished):
                db.execute(update(GroupRow).where(GroupRow.id == id)
                           .values(status=event.reason, message=event.message))

    def summary(self, id: str) -> GroupSummary:
        """Raises StoreError if there is no such group."""
        with self._transaction(False) as db:
            row = db.execute(select(*SUMMARY).where(GroupRow.id == id)).one_or_none()
        if row is None:
            raise NotStored(f"There is no stored group {id!r}.")
        return GroupSummary(*row)

    def members(self, id: str) -> Sequence[Sampled]:
        """The turns that are stored of a group, by number."""
        with self._transaction(False) as db:
            rows = db.scalars(select(GroupTurnRow).where(GroupTurnRow.group_id == id).order_by(GroupTurnRow.number))
            return [Sampled(row.number, TURN.validate_python(row.content)) for row in rows]

    def of(self, session_id: str) -> Sequence[GroupSummary]:
        """The groups of a session, the newest first."""
        query = select(*SUMMARY).where(GroupRow.session_id == session_id).order_by(GroupRow.created.desc())
        with self._transaction(False) as db:
            return [GroupSummary(*row) for row in db.execute(query)]
