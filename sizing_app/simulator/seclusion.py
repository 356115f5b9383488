"""What a process that holds ngspice starts without: a folder, secrets, an audience."""

import os
import tempfile
from pathlib import Path

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONHOME", "LD_LIBRARY_PATH", "NGSPICE_LIBRARY_PATH")
"""Of the environment: no keys, no tokens, no proxies."""


def environment() -> dict[str, str]:
    """The package importable from anywhere, one thread for numeric libraries, no start-up files of the user."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "HOME": os.devnull}


def leave_folder() -> None:
    """Work in a folder that is empty for good, being gone: ngspice executes a .spiceinit where it starts."""
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.rmdir(folder)


def silence() -> None:
    """ngspice's chatter goes nowhere."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.close(sink)
