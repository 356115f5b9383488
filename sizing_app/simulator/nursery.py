"""The process that workers are forked from: ngspice is loaded and model libraries are read once, here, so that a fresh
worker costs milliseconds. It sees no netlist and holds no secrets.

Run as ``python -m sizing_app.simulator.nursery FD`` by nursery_process.py, which says what is asked of it.
"""

import os
import signal
import sys
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle

from sizing_app.circuit.pdk import read_models
from sizing_app.simulator.ngspice import Ngspice
from sizing_app.simulator.seclusion import leave_folder, silence
from sizing_app.simulator.worker import live

KEPT = 1000
"""Exit statuses of ended workers that are kept, to be asked for again."""


def main() -> None:
    control = Connection(int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the parent decides when its simulator ends
        signal.signal(number, signal.SIG_IGN)
    leave_folder()
    ngspice = Ngspice()
    silence()
    control.send_bytes(b"ready")
    alive: set[int] = set()
    ended: dict[int, int] = {}
    while True:
        try:
            request = control.recv()
        except EOFError:
            return
        match request:
            case ("fork", process, corner):
                pid = _fork(control, ngspice, process, corner)
                alive.add(pid)
                ended.pop(pid, None)
                control.send_bytes(b"%d" % pid)
            case ("end", pid):
                control.send_bytes(b"%d" % _end(pid, alive, ended))


def _end(pid: int, alive: set[int], ended: dict[int, int]) -> int:
    """The exit status of a worker, which is killed if it lives. One of an earlier nursery died with that, and its pid
    may be anybody's by now."""
    if pid in alive:
        os.kill(pid, signal.SIGKILL)
        alive.remove(pid)
        ended[pid] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if len(ended) > KEPT:
            del ended[next(iter(ended))]
    return ended.get(pid, -signal.SIGKILL)


def _fork(control: Connection, ngspice: Ngspice, process: str, corner: str) -> int:
    read_models(process, corner)
    pipe = Connection(recv_handle(control))
    here = os.getpid()
    pid = os.fork()
    if not pid:
        control.close()
        live(pipe, ngspice, here)
    pipe.close()
    return pid


if __name__ == "__main__":
    main()
