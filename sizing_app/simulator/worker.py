"""The process around one ngspice: reads jobs from a pipe, answers with what was asked, until the pipe closes.

ngspice may crash, hang or leak; the pool kills and replaces this process, which the nursery forked (nursery.py).
"""

import ctypes
import json
import os
import signal
import time
from multiprocessing.connection import Connection
from typing import NoReturn

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.pdk import read_models
from sizing_app.simulator.answers import Reply, encode
from sizing_app.simulator.confine import confine
from sizing_app.simulator.ngspice import Ngspice
from sizing_app.simulator.operating_point import operating_point, waveforms
from sizing_app.simulator.sent import keep
from sizing_app.simulator.testbench import simulate

TASKS = {"metrics": simulate, "operating_point": operating_point, "waveforms": waveforms}
PARENT_DEATH = 1


def live(connection: Connection, ngspice: Ngspice, nursery: int) -> NoReturn:
    """The whole life of a forked process: confine it, serve, end without a word."""
    status = 1
    try:
        _die_with(nursery)
        serve(connection, ngspice)
        status = 0
    finally:
        os._exit(status)


def serve(connection: Connection, ngspice: Ngspice) -> None:
    """First what the confinement lacks; then for each job a word when it begins, and the answer."""
    connection.send_bytes(json.dumps(confine()).encode())
    circuits: dict[str, Circuit] = {}
    last = False
    while not last:
        try:
            task, key, circuit, parameters, conditions = connection.recv()
        except EOFError:
            return
        if circuit is not None:
            keep(circuits, key, circuit)
        read_models(circuits[key].process, conditions.corner)
        connection.send_bytes(b"begun")
        started = time.process_time()
        answer = TASKS[task](ngspice, circuits[key], parameters, conditions)
        last = ngspice.broken
        connection.send_bytes(encode(Reply(answer, time.process_time() - started, last)))


def _die_with(nursery: int) -> None:
    """End with the nursery, and thereby with the pool's process, even in the middle of an analysis (Linux)."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PARENT_DEATH, signal.SIGKILL)
    if os.getppid() != nursery:
        os._exit(1)
