"""The parent's end of the nursery: asks it for workers and for their end. Started on first use and after its death."""

import signal
import socket
import subprocess
import sys
import threading
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from struct import pack

from sizing_app.simulator.seclusion import environment

START_LIMIT = 60.0
"""Seconds of wall time that loading ngspice, or reading a model library, may take."""


class NoNursery(RuntimeError):
    """The simulator does not start, in a sentence."""


class NurseryProcess:
    """Thread-safe: one request at a time."""

    def __init__(self):
        self._process: subprocess.Popen | None = None
        self._control: Connection | None = None
        self._lock = threading.Lock()

    def fork(self, process: str, corner: str) -> tuple[int, Connection]:
        """A fresh worker that has read a model library: its pid and the pipe to it. Raises NoNursery."""
        with self._lock:
            for _ in range(2):
                try:
                    self._start()
                    return self._fork(process, corner)
                except (EOFError, OSError) as error:
                    message = self._last_words() or str(error)
                    self._stop()
            raise NoNursery(f"the simulator does not start: {message} (is libngspice0 installed? `make install` "
                            "does it)")

    def end(self, pid: int) -> int:
        """Kill a worker that has not ended by itself. Its exit status, negative for a signal; may be asked twice."""
        with self._lock:
            try:
                self._control.send(("end", pid))
                return int(self._control.recv_bytes())
            except (AttributeError, EOFError, OSError):
                return -signal.SIGKILL  # workers die with their nursery

    def close(self) -> None:
        with self._lock:
            self._stop()

    def _start(self) -> None:
        if self._process is not None:
            return
        self._control, theirs = Pipe()
        with theirs:
            command = [sys.executable, "-m", "sizing_app.simulator.nursery", str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                                             stderr=subprocess.PIPE, env=environment(), cwd="/",
                                             start_new_session=True)
        self._receive()

    def _fork(self, process: str, corner: str) -> tuple[int, Connection]:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):  # a worker that sends half an answer
                ours.setsockopt(socket.SOL_SOCKET, option, pack("@ll", int(START_LIMIT), 0))
            self._control.send(("fork", process, corner))
            send_handle(self._control, theirs.fileno(), self._process.pid)
            pid = int(self._receive())
            return pid, Connection(ours.detach())

    def _receive(self) -> bytes:
        if not self._control.poll(START_LIMIT):
            raise OSError(f"no answer within {START_LIMIT:g} s")
        return self._control.recv_bytes()

    def _last_words(self) -> str:
        if self._process is None:
            return ""
        self._process.kill()
        lines = self._process.communicate()[1].decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stderr.close()
            self._control.close()
        self._process = self._control = None
