"""The process around one ngspice: reads jobs from a pipe, answers with what was asked and the CPU seconds
that it took, until the pipe closes.

ngspice may crash, hang or leak; the pool that started this process kills and replaces it. Circuits travel once.
Run as ``python -m sizing_app.simulator.worker FD``.
"""

import os
import resource
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection

MEMORY = 2 << 30
"""Address space (bytes) beyond which an allocation fails and the worker dies."""


def main() -> None:
    connection = Connection(int(sys.argv[1]))
    threading.Thread(target=_die_with_parent, args=(os.getppid(),), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from sizing_app.pdk import read_models
    from sizing_app.simulator.ngspice import Ngspice
    from sizing_app.simulator.operating_point import operating_point, waveforms
    from sizing_app.simulator.testbench import simulate
    tasks = {"evaluate": simulate, "operating_point": operating_point, "waveforms": waveforms}
    ngspice = Ngspice()
    _confine()
    circuits = {}
    connection.send("ready")
    while True:
        try:
            task, key, circuit, parameters, conditions = connection.recv()
        except EOFError:
            return
        if circuit is not None:
            circuits[key] = circuit
        read_models(circuits[key].process, conditions.corner)
        connection.send("begun")
        started = time.process_time()
        answer = tasks[task](ngspice, circuits[key], parameters, conditions)
        connection.send((answer, time.process_time() - started))


def _die_with_parent(parent: int) -> None:
    """End with the pool's process even in the middle of an analysis, during which Python threads run on.

    The kernel's parent-death signal does not fit: it comes when the *thread* that started this process ends.
    """
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _confine() -> None:
    """Write no file, leave no core, use bounded memory; ngspice's chatter goes nowhere."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)


if __name__ == "__main__":
    main()
