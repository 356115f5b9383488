"""Circuits, sessions, turns, and on SQLite a word index of the reasoning."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WORD_INDEX = (
    """CREATE VIRTUAL TABLE turn_words USING fts5(
        reasoning, content='turns', content_rowid='id', tokenize="unicode61 tokenchars '_'")""",
    """CREATE TRIGGER turns_inserted AFTER INSERT ON turns BEGIN
        INSERT INTO turn_words(rowid, reasoning) VALUES (new.id, new.reasoning);
    END""",
    """CREATE TRIGGER turns_deleted AFTER DELETE ON turns BEGIN
        INSERT INTO turn_words(turn_words, rowid, reasoning) VALUES ('delete', old.id, old.reasoning);
    END""",
)


def upgrade() -> None:
    op.create_table(
        "circuits",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("content", sa.JSON, nullable=False))
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("heartbeat", sa.Double, nullable=False),
        sa.Column("circuit", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(64), sa.ForeignKey("circuits.digest"), nullable=False),
        sa.Column("policy", sa.String(80), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("budget", sa.Integer, nullable=False),
        sa.Column("seed", sa.Integer, nullable=False),
        sa.Column("turns", sa.Integer, nullable=False),
        sa.Column("best_reward", sa.Double),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("parent", sa.String(16), sa.ForeignKey("sessions.id")),
        sa.Column("task", sa.JSON, nullable=False))
    op.create_index("ix_sessions_created", "sessions", ["created"])
    op.create_index("sessions_by_circuit", "sessions", ["circuit", "created"])
    op.create_index("sessions_by_policy", "sessions", ["policy", "created"])
    op.create_index("sessions_by_status", "sessions", ["status", "heartbeat"])
    op.create_index("sessions_by_passed", "sessions", ["passed", "created"])
    op.create_index("sessions_by_reward", "sessions", ["best_reward"])
    op.create_table(
        "turns",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("session_id", sa.String(16), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("reward", sa.Double),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(16)),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("reasoning", sa.Text, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.UniqueConstraint("session_id", "position"))
    if op.get_bind().dialect.name == "sqlite":
        for statement in WORD_INDEX:
            op.execute(statement)
