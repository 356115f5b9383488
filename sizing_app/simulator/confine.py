"""What a worker may still do once ngspice is loaded: compute, read model libraries, answer.

Netlists may come from elsewhere, and ngspice runs commands, reads and writes files. The line rules of
circuit/deck_rules.py keep those out; this holds where they err.
"""

import contextlib
import importlib.metadata
import os
import resource
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from sizing_app.circuit.pdk import PROCESSES
from sizing_app.simulator import landlock, seccomp

MEMORY = 2 << 30
"""Address space (bytes) beyond which an allocation fails and the worker dies."""
FILES = 64
"""Open files."""


def missing() -> list[str]:
    """What this system lacks of the confinement, by name; empty where workers are confined."""
    return ["Landlock"] * (not landlock.abi()) + ["seccomp"] * (not seccomp.available())


def notice(trusted: bool) -> str:
    """What people are told of a system that lacks something; empty where workers are confined."""
    if not missing():
        return ""
    lacking = f"This system cannot confine the simulator (no {', no '.join(missing())})"
    if trusted:
        return f"{lacking}, and circuits from imported sessions are simulated all the same (--trust-circuits)."
    return (f"{lacking}: circuits from imported sessions that differ from those of the circuits folder are shown, not "
            "simulated. The option --trust-circuits changes that; use it where you know all who can import.")


def confine() -> list[str]:
    """Confine this process for good; what was not possible, by name. To be called before any thread starts."""
    _limit()
    lacking = []
    for name, restrict in (("Landlock", lambda: landlock.restrict(readable())), ("seccomp", seccomp.restrict)):
        try:
            restrict()
        except OSError:
            lacking.append(name)
    return lacking


def readable() -> set[Path]:
    """Python, its packages, this one and the model libraries: what is still imported or read while workers run."""
    paths = sysconfig.get_paths()
    folders = {Path(paths[key]) for key in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders.add(Path(__file__).resolve().parents[1])
    return {folder for folder in folders | set(_model_folders()) if folder.is_dir()}


def _model_folders() -> Iterator[Path]:
    for package in {process.package for process in PROCESSES.values()}:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            yield Path(str(importlib.metadata.distribution(package).locate_file("")))


def _limit() -> None:
    """Write no byte, leave no core, use bounded memory and few files, start nothing."""
    limits = [(resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, MEMORY),
              (resource.RLIMIT_NOFILE, FILES)]
    if os.getuid():  # the limit counts all of a user's processes, and root is not held to it
        limits.append((resource.RLIMIT_NPROC, 0))
    for kind, value in limits:
        resource.setrlimit(kind, (value, value))
