"""The schema of the session store, one numbered file a change; ``upgrade`` runs at start-up."""

from pathlib import Path

from sqlalchemy import Connection

from sizing_app.errors import StoreError

LOCK = 0x517E
"""Number of the lock that a migration of PostgreSQL holds."""


def is_current(connection: Connection) -> bool:
    """Whether the database needs no migration. StoreError if it was written by a newer program than this."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    known = ScriptDirectory(str(Path(__file__).parent))
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in {script.revision for script in known.walk_revisions()}:
        raise StoreError("The database was written by a newer version of this program (its schema is "
                         f"{found!r}): use that version, or another database.")
    return found == known.get_current_head()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the database behind ``connection`` to a revision, the newest by default; does nothing where it is there.

    One process at a time: writers of SQLite wait for each other anyway, those of PostgreSQL do here, and for as long as
    it takes.
    """
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT set_config('lock_timeout', '0', true), "
                                   "set_config('statement_timeout', '0', true)")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
