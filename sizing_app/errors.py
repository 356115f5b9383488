"""Errors that end a session, or its storage, with a sentence that a person can act on."""


class PolicyError(RuntimeError):
    """A policy cannot go on: its model server is down, its model is missing, it made no proposal."""


class StoreError(RuntimeError):
    """The database cannot be read or written: locked, unreachable, or the session is not in it."""


class NotStored(StoreError):
    """No session or group has this id."""
