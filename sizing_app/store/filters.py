"""Which sessions are wanted: one filter for the list, its plots and its count."""

import re
from dataclasses import dataclass, fields

from sqlalchemy import Select, and_, column, false, func, literal_column, or_, select, text, union_all

from sizing_app.errors import StoreError
from sizing_app.store.tables import SessionRow, TagRow

WORDS = {
    "sqlite": (SessionRow.number, "SELECT rowid FROM session_words WHERE session_words MATCH :words",
               lambda words: " ".join(f'"{word}"*' for word in words)),
    "postgresql": (SessionRow.id, "SELECT session_id FROM session_words WHERE words @@ CAST(lower(:words) AS tsquery)",
                   lambda words: " & ".join(f"'{word}':*" for word in words)),
}
"""By kind of database: what the word index knows a session by, those whose reasoning has words that begin as asked
for, and how that is written."""
MOST_WORDS, LETTERS = 40, 500
"""Different words of a search, and of each word what PostgreSQL's index keeps."""
ID, LAST = re.compile("[a-z0-9]{1,16}"), "z" * 16
"""What the beginning of an id looks like, and what no id goes beyond, in any order of letters."""
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


def filtered(query: Select, wanted: SessionFilter, dialect: str, counted: bool = False) -> Select:
    """``query`` over SessionRow with the conditions of ``wanted``; ``dialect``: name of the database's kind.

    ``counted``: it reads all that is found, for which the index sessions_figures has every column. COALESCE keeps a
    database from an index of the one column, where each session would be looked up.
    """
    for name in EQUAL:
        value, here = getattr(wanted, name), getattr(SessionRow, name)
        if value is not None:
            query = query.where((func.coalesce(here, here) if counted and name != "circuit" else here) == value)
    if wanted.since is not None:
        query = query.where(SessionRow.created >= wanted.since)
    if wanted.until is not None:
        query = query.where(SessionRow.created < wanted.until)
    if wanted.tag:
        query = query.where(SessionRow.id.in_(select(TagRow.session_id).where(TagRow.tag == wanted.tag)))
    search = wanted.search.strip()
    return query.where(_found(search, dialect)) if search else query


def search_words(search: str) -> list[str]:
    """The different words of a search. Raises StoreError if they are too many."""
    words = list(dict.fromkeys(word[:LETTERS] for word in re.findall(r"\w+", search.lower())))
    if len(words) > MOST_WORDS:
        raise StoreError(f"The search has {len(words)} different words, at most {MOST_WORDS} can be looked for.")
    return words


def _found(search: str, dialect: str):
    """Sessions whose id begins with ``search``, or whose reasoning, or note, has all of its words."""
    words, prefix = search_words(search), search.lower()
    ways = []
    if ID.fullmatch(prefix):
        ways.append(select(SessionRow.id).where(SessionRow.id.between(prefix, prefix + LAST)))
    if words:
        ways.append(select(SessionRow.id).where(
            SessionRow.note != literal_column("''"),  # as the index sessions_with_note says
            and_(*(SessionRow.note.icontains(word, autoescape=True) for word in words))))
    # || keeps a database from looking every found session up: it walks the narrow index that order or count needs
    found = (SessionRow.id + literal_column("''")).in_(union_all(*ways)) if ways else false()
    if not words:
        return found
    known, query, begun = WORDS[dialect]
    return or_(found, known.in_(text(query).bindparams(words=begun(words)).columns(column("session", known.type))))
