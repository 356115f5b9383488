"""When a circuit was saved to be sized, apart from those that only came with a session; sessions by circuit."""

import sqlalchemy as sa
from alembic import op

revision = "0006_saved"
down_revision = "0005_keys"


def upgrade() -> None:
    op.add_column("circuits", sa.Column("saved", sa.Double))
    op.create_index("circuits_by_name", "circuits", ["name"])
    op.create_index("sessions_by_digest", "sessions", ["digest", "created"])
