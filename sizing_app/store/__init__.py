"""Sessions in a database (sessions.py), with notes, forks and filters; SQLite by default, or PostgreSQL."""

from sizing_app.store.sessions import BEAT_EVERY, STALE_AFTER, SessionStore, SessionSummary, StoreError, record

__all__ = ["BEAT_EVERY", "STALE_AFTER", "SessionStore", "SessionSummary", "StoreError", "record"]
