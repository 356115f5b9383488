"""Groups of turns sampled from a session, and the turn at which a session leaves its parent."""

import sqlalchemy as sa
from alembic import op

revision = "0003_groups"
down_revision = "0002_library"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("parent_turn", sa.Integer))
    op.create_index("sessions_by_parent", "sessions", ["parent", "created"])
    op.create_table(
        "turn_groups",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("session_id", sa.String(16), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("policy", sa.String(80), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("message", sa.Text, nullable=False))
    op.create_index("turn_groups_by_session", "turn_groups", ["session_id", "created"])
    op.create_table(
        "group_turns",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("group_id", sa.String(16), sa.ForeignKey("turn_groups.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.UniqueConstraint("group_id", "number"))
