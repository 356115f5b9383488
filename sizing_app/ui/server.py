"""A port taken before anything is loaded, and the server on it until a signal ends it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

GRACE = 2
"""Seconds that open connections have for their last words at the end."""
WAIT = 60.0
"""Seconds after which a server that does not end is left to the end of the process."""


class CannotServe(OSError):
    """The address is taken or is not one of this machine, in a sentence."""


def take_port(host: str, port: int) -> socket.socket:
    """A socket bound to the address, so that nobody else gets it while the app is loaded. Raises CannotServe."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen()
    except OSError as error:
        raise CannotServe(f"cannot serve on {host} port {port}: {error.strerror or error}; choose another with --port "
                          "or --host") from error
    return taken


@contextmanager
def served(app: ASGIApp, taken: socket.socket) -> Iterator[threading.Event]:
    """Serve ``app`` in a thread of its own while the context lasts; the event says that it ended, early where it cannot
    start. (An event: Thread.join that a signal's exception interrupts takes the thread for ended, CPython 3.11.)"""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE))
    ended = threading.Event()

    def run() -> None:
        try:
            server.run([taken])
        finally:
            ended.set()

    threading.Thread(target=run, name="server", daemon=True).start()
    try:
        yield ended
    finally:
        server.should_exit = True
        ended.wait(WAIT)
