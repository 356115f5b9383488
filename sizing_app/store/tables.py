"""The tables of the session store. A column for what is filtered, sorted or plotted; JSON for what is read whole.

Times are seconds since 1970 (UTC). Numbers are finite or NULL. The schema itself is made by migrations/.
"""

import re
from typing import Any

from sqlalchemy import (JSON, BigInteger, Double, ForeignKey, Index, Integer, String, Text, TypeDecorator,
                        UniqueConstraint, text)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

WIDE = BigInteger().with_variant(Integer(), "sqlite")
"""Whole numbers of 64 bits, which every integer of SQLite has."""


class Line(TypeDecorator):
    """Text in one line. What no database takes, NUL and halves of surrogate pairs, becomes U+FFFD."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value if value is None else re.sub("[\0\ud800-\udfff]", "\ufffd", value)


class Prose(Line):
    """Text of any length, likewise."""

    impl = Text
    cache_ok = True


class Base(DeclarativeBase):
    type_annotation_map = {float: Double}


class CircuitRow(Base):
    """A circuit as it was when a session ran on it, under the SHA-256 of its content."""

    __tablename__ = "circuits"
    __table_args__ = (Index("circuits_by_name", "name"),)

    digest: Mapped[str] = mapped_column(Line(64), primary_key=True)
    name: Mapped[str] = mapped_column(Line(80))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


class SavedRow(Base):
    """A circuit that a person saved to be sized, once for each who did. Others only came with a session."""

    __tablename__ = "saved_circuits"

    digest: Mapped[str] = mapped_column(ForeignKey("circuits.digest"), primary_key=True)
    owner: Mapped[str] = mapped_column(Prose, primary_key=True)
    """Empty where nobody signed in: everybody's."""
    saved: Mapped[float]
    shared: Mapped[bool]
    """Whether others see it too."""


class SessionRow(Base):
    __tablename__ = "sessions"
    __table_args__ = (
        Index("sessions_by_circuit", "circuit", "created"),
        Index("sessions_by_policy", "policy", "created"),
        Index("sessions_by_status", "status", "created"),
        Index("sessions_by_passed", "passed", "created"),
        Index("sessions_by_parent", "parent", "created"),
        Index("sessions_by_created", "created", "id", "number"),
        Index("sessions_by_reward", "best_reward", "id", "number"),
        Index("sessions_with_note", "id", sqlite_where=text("note != ''"), postgresql_where=text("note != ''")),
        Index("sessions_by_star", "starred", "created"),
        Index("sessions_by_source", "source", "created"),
        Index("sessions_by_digest", "digest", "created"),
        Index("sessions_figures", "circuit", "policy", "best_reward", "first_passed", "id", "created", "status",
              "source", "passed", "starred", "number"),
    )

    id: Mapped[str] = mapped_column(Line(16), primary_key=True)
    created: Mapped[float]
    heartbeat: Mapped[float]
    """Last sign of life of the process that runs the session."""
    circuit: Mapped[str] = mapped_column(Line(80))
    digest: Mapped[str] = mapped_column(ForeignKey("circuits.digest"))
    policy: Mapped[str] = mapped_column(Line(80))
    source: Mapped[str] = mapped_column(Line(80))
    """Where the session came from: app, cli, the name of an evaluation suite."""
    status: Mapped[str] = mapped_column(Line(16))
    message: Mapped[str] = mapped_column(Prose)
    budget: Mapped[int]
    seed: Mapped[int] = mapped_column(WIDE)
    turns: Mapped[int]
    """Turns that were spent from the budget."""
    best_reward: Mapped[float | None]
    passed: Mapped[bool]
    parent: Mapped[str | None] = mapped_column(ForeignKey("sessions.id"))
    """The session that this one continues."""
    parent_turn: Mapped[int | None]
    """The last turn of the parent that this one has too."""
    task: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The task without its circuit."""
    note: Mapped[str] = mapped_column(Prose, default="")
    """What people wrote about the session."""
    starred: Mapped[bool] = mapped_column(default=False)
    origin: Mapped[str | None] = mapped_column(Line(16))
    """The id that an imported session had where it was exported."""
    first_passed: Mapped[int | None]
    """Position of the first turn that met every spec."""
    number: Mapped[int | None]
    """The row of its words in SQLite's word index; NULL without words, and in PostgreSQL."""


class TagRow(Base):
    """One word that people put on a session."""

    __tablename__ = "session_tags"
    __table_args__ = (Index("session_tags_by_tag", "tag", "session_id"),)

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(Line(40), primary_key=True)


class TurnRow(Base):
    __tablename__ = "turns"
    __table_args__ = (UniqueConstraint("session_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    position: Mapped[int]
    reward: Mapped[float | None]
    passed: Mapped[bool]
    status: Mapped[str | None] = mapped_column(Line(16))
    """Outcome of the simulation; NULL where the policy only ended the session."""
    seconds: Mapped[float]
    reasoning: Mapped[str] = mapped_column(Prose)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The turn without its reasoning."""


class GroupRow(Base):
    """A group of turns that a policy was asked for from one history."""

    __tablename__ = "turn_groups"
    __table_args__ = (Index("turn_groups_by_session", "session_id", "created"),)

    id: Mapped[str] = mapped_column(Line(16), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    position: Mapped[int]
    """The last turn of the history that they were sampled from."""
    policy: Mapped[str] = mapped_column(Line(80))
    size: Mapped[int]
    created: Mapped[float]
    status: Mapped[str] = mapped_column(Line(16))
    message: Mapped[str] = mapped_column(Prose)


class GroupTurnRow(Base):
    __tablename__ = "group_turns"
    __table_args__ = (UniqueConstraint("group_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("turn_groups.id", ondelete="CASCADE"))
    number: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The whole turn."""
