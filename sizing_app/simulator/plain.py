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
from sizing_app.simulator.worker_process import PATIENCE

DEADLINE = 10.0
"""Seconds of CPU time, loading ngspice included."""
MEASURED = "measured"
"""The analysis under which values of ``.meas`` cards are answered."""
LARGEST = 2_000_000
"""Characters of a text."""


def plain(text: str, analyses: Sequence[Analysis] = (), deadline: float = DEADLINE, trusted: bool = False) -> Waveforms:
    """What ngspice makes of ``text``: values of its ``.meas`` cards under MEASURED, and the vectors of ``analyses``,
    which are run after its own.

    The text is not checked: the process that it reaches is confined, and the answer ``refused`` where that is not
    possible, unless ``trusted``. Failures are answers.
    """
    if len(text) > LARGEST:
        return Waveforms("refused", {}, f"{len(text):,} characters, at most {LARGEST:,}")
    request = {"text": text, "deadline": deadline, "trusted": trusted,
               "analyses": [asdict(item) | {"alter": dict(item.alter), "needs": {}} for item in analyses]}
    started = time.perf_counter()
    try:
        run = subprocess.run([sys.executable, "-m", "sizing_app.simulator.plain_worker"], cwd="/", env=environment(),
                             input=json.dumps(request).encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             timeout=PATIENCE * deadline, start_new_session=True)
    except subprocess.TimeoutExpired:
        return Waveforms("timeout", {}, f"no result within {PATIENCE * deadline:g} s of waiting")
    seconds = time.perf_counter() - started
    if not run.stdout:
        return Waveforms("crashed", {}, f"ngspice ended its process (status {run.returncode})", seconds)
    try:
        return decode("waveforms", None, run.stdout[:LONGEST]).answer
    except WrongAnswer as error:
        return Waveforms("crashed", {}, str(error), seconds)
