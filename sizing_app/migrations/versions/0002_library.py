"""Notes, stars, tags, the origin of imported sessions, and the turn that first met every spec."""

import sqlalchemy as sa
from alembic import op

revision = "0002_library"
down_revision = "0001"

FIRST_PASSED = """UPDATE sessions SET first_passed = (
    SELECT min(position) FROM turns WHERE turns.session_id = sessions.id AND turns.passed) WHERE passed"""


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
    op.create_index("sessions_figures", "sessions", ["circuit", "policy", "best_reward", "first_passed"])
    op.execute(FIRST_PASSED)
