"""Stored sessions: found, reviewed turn by turn, compared."""
