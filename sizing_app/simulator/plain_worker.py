"""One deck exactly as it was given, in a confined process of its own: ``python -m sizing_app.simulator.plain_worker``.

Standard input holds a request as JSON (plain.py); the answer goes to standard output, as bytes of answers.py. The text
of a draft comes without its ``.control`` blocks (spice/flat.py); all else that it holds does reach ngspice, whatever it
is: the confinement alone keeps it harmless.
"""

import json
import os
import re
import resource
import sys

import numpy as np

from sizing_app.circuit.deck_rules import RefusedNetlist, check_analysis
from sizing_app.circuit.definition import Analysis
from sizing_app.simulator.answers import Reply, encode
from sizing_app.simulator.confine import confine
from sizing_app.simulator.inspection import Waveforms
from sizing_app.simulator.ngspice import Ngspice, NgspiceError
from sizing_app.simulator.plain import MEASURED
from sizing_app.simulator.seclusion import leave_folder, silence

_RESULT = re.compile(r"\s*([a-z_]\w*)\s*=\s*([-+]?\d[\d.]*(?:e[-+]?\d+)?)(?:\s|$)", re.IGNORECASE)
_ANALYSIS = re.compile(r"^\s*\.(op|ac|dc|tran|noise)\b", re.IGNORECASE | re.MULTILINE)
_END = re.compile(r"^\s*\.end\s*$", re.IGNORECASE | re.MULTILINE)


def main() -> None:
    request = json.loads(sys.stdin.buffer.read())
    answers = os.dup(1)
    leave_folder()
    ngspice = Ngspice()
    silence()
    seconds = round(request["deadline"]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    lacking = confine()
    if lacking and not request["trusted"]:
        answer = Waveforms("refused", {}, f"this system cannot confine the simulator (no {', no '.join(lacking)})")
    else:
        answer = simulate(ngspice, request["text"], [Analysis(**item) for item in request["analyses"]])
    with os.fdopen(answers, "wb") as pipe:
        pipe.write(encode(Reply(answer, 0.0, True)))
        pipe.flush()
        os._exit(0)


def simulate(ngspice: Ngspice, text: str, analyses: list[Analysis]) -> Waveforms:
    """Run what the deck itself asks for, then ``analyses``. What was found before an error stays."""
    told: list[str] = []
    vectors: dict[str, dict[str, np.ndarray]] = {}
    status, log = "ok", ""
    try:
        ngspice.load(text if _END.search(text) else f"{text}\n.end\n")
        told += ngspice.messages
        if _ANALYSIS.search(text):
            ngspice.run("run")
            told += ngspice.messages
        for analysis in analyses:
            check_analysis(analysis)
            ngspice.alter(analysis.alter)
            vectors[analysis.name] = ngspice.analyse(analysis.command, analysis.save)
    except (NgspiceError, RefusedNetlist) as error:
        status, log = "crashed", str(error)
        told += ngspice.messages
    found = {match[1].lower(): np.array([float(match[2])]) for match in map(_RESULT.match, told) if match}
    return Waveforms(status, vectors | ({MEASURED: found} if found else {}), log)


if __name__ == "__main__":
    main()
