"""A session has the number of its row in SQLite's word index, and so have the indexes that its list and plots walk: a
word that all sessions have is looked up in no table of ids."""

import sqlalchemy as sa
from alembic import op

revision = "0009_numbers"
down_revision = "0008_owners"

INDEXES = {
    "sessions_by_created": ("created", "id"),
    "sessions_by_reward": ("best_reward", "id"),
    "sessions_figures": ("circuit", "policy", "best_reward", "first_passed", "id", "created", "status", "source",
                         "passed", "starred"),
}
KNOWN = "SELECT number FROM session_numbers WHERE session_id = sessions.id"
NUMBERED = """CREATE TRIGGER session_numbers_inserted AFTER INSERT ON session_numbers BEGIN
    UPDATE sessions SET number = new.number WHERE id = new.session_id;
END"""


def upgrade() -> None:
    op.add_column("sessions", sa.Column("number", sa.Integer))
    for name, columns in INDEXES.items():
        op.drop_index(name, "sessions")
        op.create_index(name, "sessions", [*columns, "number"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"UPDATE sessions SET number = ({KNOWN})")
        op.execute(NUMBERED)
