"""Errors that end a session, or its storage, with a sentence that a person can act on."""


class PolicyError(RuntimeError):
    """A policy cannot go on: its model server is down, its model is missing, it made no proposal."""


class SimulatorError(RuntimeError):
    """No simulator can be made: a package is missing, a cluster does not answer."""


class StoreError(RuntimeError):
    """The database cannot be read or written: locked, unreachable, or the session is not in it.

    ``transient``: the same may go well later.
    """

    def __init__(self, message: str, transient: bool = False):
        super().__init__(message)
        self.transient = transient


class NotStored(StoreError):
    """No session or group has this id."""


def unexpected(error: Exception) -> str:
    """What a person is told of an error that nobody foresaw; what it says itself belongs in the log."""
    return f"Unexpected error ({type(error).__name__}): the log of the program has the details."
