"""Sessions in a database (sessions.py), stored while they run (recording.py), with notes, forks and filters; SQLite by
default, or PostgreSQL."""

from sizing_app.store.recording import record, record_group
from sizing_app.store.sessions import BEAT_EVERY, STALE_AFTER, SessionStore, SessionSummary, StoreError

__all__ = ["BEAT_EVERY", "STALE_AFTER", "SessionStore", "SessionSummary", "StoreError", "record",
           "record_group"]
