"""Which sessions are wanted: one filter for the list, its plots and its count."""

import re
from dataclasses import dataclass, fields

from sqlalchemy import Select, and_, column, select, text, union

from sizing_app.store_tables import SessionRow, TagRow, TurnRow

EQUAL = ("circuit", "policy", "source", "status", "passed", "starred")
"""Columns that a filter compares for equality."""


@dataclass(frozen=True)
class SessionFilter:
    """What is None or empty does not matter. ``since`` and ``until`` are seconds since 1970 (UTC), ``until`` excluded;
    ``search`` holds words of the reasoning or of the note, or the beginning of an id."""

    circuit: str | None = None
    policy: str | None = None
    source: str | None = None
    status: str | None = None
    passed: bool | None = None
    starred: bool | None = None
    tag: str | None = None
    since: float | None = None
    until: float | None = None
    search: str = ""

    @classmethod
    def of(cls, **values) -> "SessionFilter":
        """Raises ValueError for an unknown name."""
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise ValueError(f"{name!r} is not one of {', '.join(names)}")
        return cls(**values)


def filtered(query: Select, wanted: SessionFilter, dialect: str) -> Select:
    """``query`` over SessionRow with the conditions of ``wanted``; ``dialect``: name of the database's kind."""
    for name in EQUAL:
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(getattr(SessionRow, name) == value)
    if wanted.since is not None:
        query = query.where(SessionRow.created >= wanted.since)
    if wanted.until is not None:
        query = query.where(SessionRow.created < wanted.until)
    if wanted.tag:
        query = query.where(SessionRow.id.in_(select(TagRow.session_id).where(TagRow.tag == wanted.tag)))
    search = wanted.search.strip()
    return query.where(_found(search, dialect)) if search else query


def _found(search: str, dialect: str):
    """Sessions whose id begins with ``search``, or with a turn whose reasoning, or a note, that has all its words."""
    words, prefix = re.findall(r"\w+", search), search.lower()
    named = select(SessionRow.id).where(SessionRow.id >= prefix, SessionRow.id < prefix + "~")
    if not words:
        return SessionRow.id.in_(named)
    noted = select(SessionRow.id).where(SessionRow.note != "",
                                        and_(*(SessionRow.note.icontains(word, autoescape=True) for word in words)))
    if dialect == "sqlite":
        found = text("SELECT rowid FROM turn_words WHERE turn_words MATCH :words").columns(column("rowid"))
        # id + 0: one pass over the narrow index of session and id, not a look-up of a wide row a match
        reasoned = (TurnRow.id + 0).in_(found.bindparams(words=" ".join(f'"{word}"*' for word in words)))
    else:
        reasoned = and_(*(TurnRow.reasoning.ilike(f"%{word}%") for word in words))
    return SessionRow.id.in_(union(named, noted, select(TurnRow.session_id).where(reasoned)))
