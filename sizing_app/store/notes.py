"""What people add to stored sessions: a note, a star, tags. Each change is stored at once."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from sizing_app.errors import NotStored, StoreError
from sizing_app.store.tables import SessionRow, TagRow

MAX_NOTE, MAX_TAG, MAX_TAGS = 20_000, 40, 20


@dataclass(frozen=True)
class Notes:
    note: str = ""
    starred: bool = False
    tags: tuple[str, ...] = ()
    """In alphabetical order."""
    origin: str | None = None
    """The id that an imported session had where it was exported."""


def read_tags(text: str) -> tuple[str, ...]:
    """Tags from a text with commas, in lower case and without repetitions. Raises ValueError with a sentence."""
    tags = sorted({" ".join(part.lower().split()) for part in text.split(",")} - {""})
    for tag in tags:
        if len(tag) > MAX_TAG or not re.fullmatch(r"[\w .+-]+", tag):
            raise ValueError(f"{tag[:60]!r} is no tag: expected at most {MAX_TAG} letters, digits, spaces or any of "
                             "- + . _, and commas between tags")
    if len(tags) > MAX_TAGS:
        raise ValueError(f"{len(tags)} tags are too many: expected at most {MAX_TAGS}")
    return tuple(tags)


class NoteBook:
    """The notes of all sessions of a store; ``transaction`` opens one, for writing if its argument is true."""

    def __init__(self, transaction: Callable[[bool], AbstractContextManager[Session]]):
        self._transaction = transaction

    def read(self, id: str) -> Notes:
        """Raises StoreError if there is no such session."""
        with self._transaction(False) as db:
            row = db.execute(select(SessionRow.note, SessionRow.starred, SessionRow.origin)
                             .where(SessionRow.id == id)).one_or_none()
            if row is None:
                raise NotStored(f"There is no stored session {id!r}.")
            tags = db.scalars(select(TagRow.tag).where(TagRow.session_id == id).order_by(TagRow.tag))
            return Notes(row.note, row.starred, tuple(tags), row.origin)

    def write(self, id: str, *, note: str | None = None, starred: bool | None = None,
              tags: Sequence[str] | None = None) -> None:
        """Replace what is given. Raises StoreError for an unknown session or a note that is too long."""
        if note is not None and len(note) > MAX_NOTE:
            raise StoreError(f"The note has {len(note)} characters, at most {MAX_NOTE} can be stored.")
        values = {name: value for name, value in (("note", note), ("starred", starred)) if value is not None}
        with self._transaction(True) as db:
            if not db.execute(update(SessionRow).where(SessionRow.id == id)
                              .values({"id": SessionRow.id, **values})).rowcount:
                raise NotStored(f"There is no stored session {id!r}.")
            if tags is not None:
                db.execute(delete(TagRow).where(TagRow.session_id == id))
                db.execute(insert(TagRow), [{"session_id": id, "tag": tag} for tag in tags]) if tags else None

    def tags(self, ids: Iterable[str]) -> Mapping[str, list[str]]:
        """Session to its tags, for those of ``ids`` that have any."""
        found: dict[str, list[str]] = {}
        with self._transaction(False) as db:
            for row in db.execute(select(TagRow.session_id, TagRow.tag).where(TagRow.session_id.in_(list(ids)))
                                  .order_by(TagRow.tag)):
                found.setdefault(row.session_id, []).append(row.tag)
        return found

    def known_tags(self) -> Sequence[str]:
        """Every tag that some session has, sorted."""
        with self._transaction(False) as db:
            return db.scalars(select(TagRow.tag).distinct().order_by(TagRow.tag)).all()
