"""Connections to the database of the session store: SQLite made fit for several writers, errors made readable."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from json import dumps
from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from sizing_app.errors import StoreError


def open_engine(url: str, timeout: float) -> Engine:
    """An engine for ``url``; a missing folder of an SQLite file is made. ``timeout``: seconds to wait for a lock."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"{url!r} is not a database URL, expected one like sqlite:///data/sessions.db.") from error
    sqlite = parsed.get_backend_name() == "sqlite"
    try:
        if sqlite:
            if parsed.database in (None, "", ":memory:"):
                raise StoreError("A database in memory is lost with its connection; name a file: sqlite:///FILE.")
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, json_serializer=partial(dumps, allow_nan=False), pool_pre_ping=not sqlite)
    except (SQLAlchemyError, ImportError, OSError) as error:
        shown = parsed.render_as_string(hide_password=True)
        raise StoreError(f"The database {shown} cannot be opened: {error}") from error
    if sqlite:
        event.listen(engine, "connect", partial(_prepare_sqlite, timeout))
        event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def plain_errors(engine: Engine, timeout: float) -> Iterator[None]:
    """Turn what SQLAlchemy raises into StoreError with a sentence that a person can act on."""
    try:
        yield
    except SQLAlchemyError as error:
        url = engine.url.render_as_string(hide_password=True)
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        if "locked" in cause:
            raise StoreError(f"The database {url} is locked by another program, still after {timeout:g} s of waiting. "
                             "Close that program or use another database.") from error
        if isinstance(error, IntegrityError):
            raise StoreError(f"The database {url} refused an entry that it has already or that refers to a missing "
                             f"one: {cause}") from error
        raise StoreError(f"The database {url} cannot be used: {cause}") from error


def _prepare_sqlite(timeout: float, connection, _record) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, not in the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {round(timeout * 1000)}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection) -> None:
    """A writer takes the lock at once: a reader that turns writer would fail instead of waiting."""
    connection.exec_driver_sql("BEGIN " + connection.get_execution_options().get("sqlite_begin", "DEFERRED"))
