"""The index of the distributions has every column that the list is filtered by: counting reads it and no row."""

from alembic import op

revision = "0006_figures"
down_revision = "0005_keys"

COLUMNS = ("circuit", "policy", "best_reward", "first_passed", "id", "created", "status", "source", "passed", "starred")


def upgrade() -> None:
    op.drop_index("sessions_figures", "sessions")
    op.create_index("sessions_figures", "sessions", list(COLUMNS))
