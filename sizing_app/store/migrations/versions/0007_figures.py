"""Indexes of what the Sessions page asks for.

That of the distributions has every column that the list is filtered by: counting reads it and no row. That of a status
is in the order of the list: the first page of a status reads no more than it shows.
"""

from alembic import op

revision = "0007_figures"
down_revision = "0006_saved"

COLUMNS = ("circuit", "policy", "best_reward", "first_passed", "id", "created", "status", "source", "passed", "starred")


def upgrade() -> None:
    op.drop_index("sessions_figures", "sessions")
    op.create_index("sessions_figures", "sessions", list(COLUMNS))
    op.drop_index("sessions_by_status", "sessions")
    op.create_index("sessions_by_status", "sessions", ["status", "created"])
