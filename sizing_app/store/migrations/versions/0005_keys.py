"""Circuits are stored under their key (circuit/definition.py), which no folder is part of."""

import sqlalchemy as sa
from alembic import op

from sizing_app.circuit.definition import content, from_content

revision = "0005_keys"
down_revision = "0004_words"

CIRCUITS = sa.table("circuits", sa.column("digest", sa.String), sa.column("name", sa.String),
                    sa.column("content", sa.JSON))
SESSIONS = sa.table("sessions", sa.column("digest", sa.String))


def upgrade() -> None:
    db = op.get_bind()
    for digest, name, document in db.execute(sa.select(CIRCUITS)).all():
        circuit = from_content(document)
        if circuit.key == digest:
            continue
        if db.scalar(sa.select(sa.func.count()).select_from(CIRCUITS).where(CIRCUITS.c.digest == circuit.key)) == 0:
            db.execute(sa.insert(CIRCUITS).values(digest=circuit.key, name=name, content=content(circuit)))
        db.execute(sa.update(SESSIONS).where(SESSIONS.c.digest == digest).values(digest=circuit.key))
        db.execute(sa.delete(CIRCUITS).where(CIRCUITS.c.digest == digest))
