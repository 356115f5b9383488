"""Plain ngspice on a text as it was given, to compare with: a confined process for each text, nothing is kept."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

from sizing_app.circuit.definition import Analysis
from sizing_app.simulator.answers import LONGEST, WrongAnswer, decode
from sizing_app.simulator.inspection import Waveforms
from sizing_app.simulator.seclusion import environment
from sizing_app.simulator.shared import Stopped
from sizing_app.simulator.worker_process import PATIENCE
from sizing_app.task.protocols import StopSignal

DEADLINE = 10.0
"""Seconds of CPU time, loading ngspice included."""
MEASURED = "measured"
"""The analysis under which values of ``.meas`` cards are answered."""
LARGEST = 2_000_000
"""Characters of a text."""
LOOK = 0.2
"""Seconds between two looks at the stop flag."""


def plain(text: str, analyses: Sequence[Analysis] = (), deadline: float = DEADLINE, trusted: bool = False,
          stop: StopSignal | None = None) -> Waveforms:
    """What ngspice makes of ``text``: values of its ``.meas`` cards under MEASURED, and the vectors of ``analyses``,
    which are run after its own.

    The text is not checked: the process that it reaches is confined, and the answer ``refused`` where that is not
    possible, unless ``trusted``. Failures are answers. Raises Stopped once ``stop`` is set.
    """
    if len(text) > LARGEST:
        return Waveforms("refused", {}, f"{len(text):,} characters, at most {LARGEST:,}")
    request = {"text": text, "deadline": deadline, "trusted": trusted,
               "analyses": [asdict(item) | {"alter": dict(item.alter), "needs": {}} for item in analyses]}
    started = time.perf_counter()
    with subprocess.Popen([sys.executable, "-m", "sizing_app.simulator.plain_worker"], cwd="/", env=environment(),
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          start_new_session=True) as run:
        try:
            written = _output(run, json.dumps(request).encode(), PATIENCE * deadline, stop)
        finally:
            run.kill()
    seconds = time.perf_counter() - started
    if written is None:
        return Waveforms("timeout", {}, f"no result within {PATIENCE * deadline:g} s of waiting")
    if not written:
        return Waveforms("crashed", {}, f"ngspice ended its process (status {run.returncode})", seconds)
    try:
        return decode("waveforms", None, written[:LONGEST]).answer
    except WrongAnswer as error:
        return Waveforms("crashed", {}, str(error), seconds)


def _output(run: subprocess.Popen, request: bytes | None, limit: float, stop: StopSignal | None) -> bytes | None:
    """What the process writes until it ends; None where that takes longer than ``limit`` (s). Raises Stopped."""
    last = time.monotonic() + limit
    while time.monotonic() < last:
        if stop is not None and stop.is_set():
            raise Stopped
        try:
            return run.communicate(request, timeout=LOOK)[0]
        except subprocess.TimeoutExpired:
            request = None  # is being sent
    return None
