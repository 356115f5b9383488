"""What a program of this package sets for its own process: how signals end it, and which addresses take no proxy."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@contextmanager
def on_signals(act: Callable[[int], None], insist: bool = False) -> Iterator[None]:
    """Within, the first of SIGINT, SIGTERM and SIGHUP calls ``act`` with its number; those that follow change nothing,
    but with ``insist`` a Ctrl-C then ends the process at once.

    What is ignored, as SIGHUP is under nohup, stays ignored. Only for the main thread.
    """
    pending = True

    def handle(number: int, _frame) -> None:
        nonlocal pending
        if pending:
            pending = False
            act(number)
        elif insist and number == signal.SIGINT:
            os._exit(128 + number)

    former = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number, handler in former.items():
            if handler != signal.SIG_IGN:
                signal.signal(number, handle)
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def keep_loopback_direct() -> None:
    """Put the loopback addresses into NO_PROXY: the embedded model server is asked there, and no proxy can reach it."""
    listed = [name for name in os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")).split(",") if name.strip()]
    direct = ",".join([*listed, *(name for name in LOOPBACK if name not in listed)])
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = direct
