"""Whose a saved circuit is: a table of its own, since two people may save the same circuit.

What was saved before belongs to everybody.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_owners"
down_revision = "0007_figures"


def upgrade() -> None:
    op.create_table(
        "saved_circuits",
        sa.Column("digest", sa.String(64), sa.ForeignKey("circuits.digest"), primary_key=True),
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("saved", sa.Double, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False))
    op.execute(sa.text("INSERT INTO saved_circuits(digest, owner, saved, shared) "
                       "SELECT digest, '', saved, :shared FROM circuits WHERE saved IS NOT NULL"
                       ).bindparams(shared=True))
    op.drop_column("circuits", "saved")
