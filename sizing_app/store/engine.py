"""Connections to the database of the session store: SQLite made fit for several writers, PostgreSQL's statements
bounded, errors made readable."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from json import dumps
from pathlib import Path
from threading import Lock

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (ArgumentError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError,
                            TimeoutError)

from sizing_app.errors import StoreError

log = logging.getLogger(__name__)
LONGEST = 10
"""Seconds that PostgreSQL may work on one statement, and that a connection to it may take."""
CANCELLED, NOT_LOCKED = "57014", "55P03"
"""PostgreSQL's codes of a statement that took too long and of a lock that did not come free."""
TRANSIENT = (OperationalError, InterfaceError, TimeoutError)
"""A full disk, a connection that is lost or does not come: not the fault of what is stored."""


def open_engine(url: str, timeout: float) -> Engine:
    """An engine for ``url``; a missing folder of an SQLite file is made, a file that may not be written is read alone.
    ``timeout``: seconds to wait for a lock."""
    parsed = _parsed(url)
    kind, shown = parsed.get_backend_name(), parsed.render_as_string(hide_password=True)
    if kind not in ("sqlite", "postgresql"):
        raise StoreError(f"The database {shown} cannot be opened: sessions are kept in SQLite or PostgreSQL.")
    sqlite = kind == "sqlite"
    try:
        if sqlite:
            if parsed.database in (None, "", ":memory:"):
                raise StoreError("A database in memory is lost with its connection; name a file: sqlite:///FILE.")
            _file(parsed).parent.mkdir(parents=True, exist_ok=True)
            parsed = _readable(parsed)
        else:
            parsed = parsed.set(query={"connect_timeout": str(LONGEST), **parsed.query})
        engine = create_engine(parsed, json_serializer=_json, pool_pre_ping=not sqlite)
    except ImportError as error:
        raise StoreError(f"The database {shown} cannot be opened: {error}. The driver for PostgreSQL is in "
                         "requirements-postgres.txt.") from error
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(f"The database {shown} cannot be opened: {error}") from error
    if sqlite:
        event.listen(engine, "connect", partial(_prepare_sqlite, timeout, is_read_only(engine)))
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", partial(_begin_postgresql, timeout))
    return engine


@contextmanager
def own_turn(lock: Lock, timeout: float) -> Iterator[None]:
    """Within, no other writer of this program is at work: SQLite takes one at a time and lets them wait in no order, so
    that of many some would wait in vain. Raises StoreError after ``timeout`` seconds."""
    if not lock.acquire(timeout=timeout):
        raise StoreError(f"The database is busy with other entries of this program, still after {timeout:g} s of "
                         "waiting. Try again.", transient=True)
    try:
        yield
    finally:
        lock.release()


def is_made(url: str) -> bool:
    """Whether there is a database to look into: a file of SQLite may not be made yet."""
    parsed = _parsed(url)
    return parsed.get_backend_name() != "sqlite" or parsed.database not in (None, "") and _file(parsed).is_file()


def is_read_only(engine: Engine) -> bool:
    """Whether the database was opened to be read alone."""
    return engine.url.query.get("mode") == "ro"


@contextmanager
def plain_errors(engine: Engine, timeout: float) -> Iterator[None]:
    """Turn what SQLAlchemy raises into StoreError with a sentence that a person can act on.

    Visitors of the pages read it too, so that it does not say where the database is; the log does.
    """
    try:
        yield
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).splitlines()[0]
        code = getattr(getattr(error, "orig", None), "sqlstate", None)
        log.info("%s: %s", engine.url.render_as_string(hide_password=True), cause)
        if "locked" in cause or code == NOT_LOCKED:
            raise StoreError(f"The database is locked by another program, still after {timeout:g} s of waiting. "
                             "Close that program or use another database.", transient=True) from error
        if "readonly database" in cause:
            raise StoreError("The database may only be read: its sessions can be looked at, nothing can be stored in "
                             "it.", transient=True) from error
        if code == CANCELLED:
            raise StoreError(f"The database had no answer within {LONGEST} s: ask for less, by fewer or rarer words or "
                             "by one circuit.", transient=True) from error
        if isinstance(error, IntegrityError):
            raise StoreError("The database refused an entry that it has already or that refers to a missing "
                             f"one: {cause}") from error
        raise StoreError(f"The database cannot be used: {cause}", isinstance(error, TRANSIENT)) from error


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise StoreError(f"{url!r} is not a database URL, expected one like sqlite:///data/sessions.db.") from error


def _json(value: object) -> str:
    try:
        return dumps(value, allow_nan=False)
    except ValueError as error:  # raised as it is by some drivers
        raise StoreError(f"The database refused a number: {error}") from error


def _file(url: URL) -> Path:
    """The file of an SQLite URL, in either of its two forms."""
    return Path(url.database.removeprefix("file:"))


def _readable(url: URL) -> URL:
    """``url`` as it is, or to be read alone where the file may not be written."""
    file = _file(url)
    if not file.exists() or os.access(file, os.W_OK):
        return url
    query = {"uri": "true", "mode": "ro"}
    if not os.access(file.parent, os.W_OK) and not file.with_name(f"{file.name}-wal").exists():
        query["immutable"] = "1"  # no place for the files that readers of a shared one need, and nobody writes it
    return url.set(database=f"file:{file.absolute()}", query=query)


def _prepare_sqlite(timeout: float, read_only: bool, connection, _record) -> None:
    """SQLite's own lower() knows the letters of ASCII alone."""
    connection.create_function("lower", 1, lambda text: text if text is None else str(text).lower(), deterministic=True)
    connection.isolation_level = None  # transactions begin in _begin_sqlite, not in the driver
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {round(timeout * 1000)}")
    if not read_only:
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection) -> None:
    """A writer takes the lock at once: a reader that turns writer would fail instead of waiting."""
    connection.exec_driver_sql("BEGIN " + connection.get_execution_options().get("sqlite_begin", "DEFERRED"))


def _begin_postgresql(timeout: float, connection) -> None:
    """Bounds for this transaction, not for the connection: a pooler between may hand it on."""
    connection.exec_driver_sql(f"SELECT set_config('lock_timeout', '{round(timeout * 1000)}', true), "
                               f"set_config('statement_timeout', '{LONGEST * 1000}', true)")
