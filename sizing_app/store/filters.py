"""Which sessions are wanted: one filter for the list, its plots and its count."""

import re
from dataclasses import dataclass, fields

from sqlalchemy import Select, and_, column, literal_column, or_, select, text

from sizing_app.store.tables import SessionRow, TagRow, TurnRow

WORDS = """SELECT session_id FROM session_numbers
    WHERE number IN (SELECT rowid FROM session_words WHERE session_words MATCH :words)"""
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
    """Sessions whose id begins with ``search``, or whose reasoning, or note, has all of its words."""
    words, prefix = re.findall(r"\w+", search), search.lower()
    # + keeps SQLite from looking every found session up: it walks the narrow index that the order or the count needs
    id = literal_column("+sessions.id") if dialect == "sqlite" else SessionRow.id
    named = id.in_(select(SessionRow.id).where(SessionRow.id >= prefix, SessionRow.id < prefix + "~"))
    if not words:
        return named
    noted = select(SessionRow.id).where(SessionRow.note != literal_column("''"),  # as the index sessions_with_note says
                                        and_(*(SessionRow.note.icontains(word, autoescape=True) for word in words)))
    if dialect == "sqlite":
        begun = " ".join(f'"{word}"*' for word in words)
        reasoned = id.in_(text(WORDS).bindparams(words=begun).columns(column("session_id")))
    else:
        turns = (select(TurnRow.session_id).where(TurnRow.reasoning.icontains(word, autoescape=True)) for word in words)
        reasoned = and_(*(id.in_(found) for found in turns))
    return or_(named, id.in_(noted), reasoned)
