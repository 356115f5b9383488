"""Notes, stars, tags, the origin of imported sessions, the turn that first met every spec, a word index by session.

Indexes hold the id beside what is sorted or counted, so that the list and its plots need no look-up of a wide row a
session; measured on 100,000 sessions (tests/bench/sessions.py). For the same reason the word index of SQLite has one
document a session, not one a turn; its numbers are a table of their own, as only an integer key is stable.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002_library"
down_revision = "0001"

FIRST_PASSED = """UPDATE sessions SET first_passed = (
    SELECT min(position) FROM turns WHERE turns.session_id = sessions.id AND turns.passed) WHERE passed"""

WORD_INDEX = (
    "DROP TRIGGER turns_inserted",
    "DROP TRIGGER turns_deleted",
    "DROP TABLE turn_words",
    """CREATE TABLE session_numbers (number INTEGER PRIMARY KEY,
        session_id VARCHAR(16) NOT NULL UNIQUE REFERENCES sessions(id) ON DELETE CASCADE)""",
    """CREATE VIRTUAL TABLE session_words USING fts5(words, tokenize="unicode61 tokenchars '_'")""",
    "INSERT INTO session_numbers(session_id) SELECT id FROM sessions ORDER BY created",
    """INSERT INTO session_words(rowid, words) SELECT number, (SELECT coalesce(group_concat(reasoning, char(10)), '')
        FROM turns WHERE turns.session_id = session_numbers.session_id) FROM session_numbers""",
    """CREATE TRIGGER turns_inserted AFTER INSERT ON turns WHEN new.reasoning != '' BEGIN
        INSERT OR IGNORE INTO session_numbers(session_id) VALUES (new.session_id);
        INSERT OR IGNORE INTO session_words(rowid, words)
            SELECT number, '' FROM session_numbers WHERE session_id = new.session_id
            AND NOT EXISTS (SELECT 1 FROM session_words WHERE rowid = number);
        UPDATE session_words SET words = words || char(10) || new.reasoning
            WHERE rowid = (SELECT number FROM session_numbers WHERE session_id = new.session_id);
    END""",
    """CREATE TRIGGER session_numbers_deleted AFTER DELETE ON session_numbers BEGIN
        DELETE FROM session_words WHERE rowid = old.number;
    END""",
)


def upgrade() -> None:
    op.add_column("sessions", sa.Column("note", sa.Text, nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("starred", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("sessions", sa.Column("origin", sa.String(16)))
    op.add_column("sessions", sa.Column("first_passed", sa.Integer))
    op.create_table(
        "session_tags",
        sa.Column("session_id", sa.String(16), sa.ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tag", sa.String(40), primary_key=True))
    op.create_index("session_tags_by_tag", "session_tags", ["tag", "session_id"])
    op.create_index("sessions_by_star", "sessions", ["starred", "created"])
    op.create_index("sessions_by_source", "sessions", ["source", "created"])
    op.create_index("sessions_figures", "sessions", ["circuit", "policy", "best_reward", "first_passed", "id"])
    op.drop_index("ix_sessions_created", "sessions")
    op.create_index("sessions_by_created", "sessions", ["created", "id"])
    op.drop_index("sessions_by_reward", "sessions")
    op.create_index("sessions_by_reward", "sessions", ["best_reward", "id"])
    noted = sa.text("note != ''")
    op.create_index("sessions_with_note", "sessions", ["id"], sqlite_where=noted, postgresql_where=noted)
    op.execute(FIRST_PASSED)
    if op.get_bind().dialect.name == "sqlite":
        for statement in WORD_INDEX:
            op.execute(statement)
