"""The command ngspice run on an exported package, and what it printed and wrote."""

import re
import subprocess
from pathlib import Path

import numpy as np

from sizing_app.circuit.deck_measures import MARK

PRINTED = re.compile(rf"^{MARK} (\w+) = (\S+)$", re.MULTILINE)


def run_package(files: dict[str, str], folder: Path) -> dict[str, float]:
    """The metrics that a package prints."""
    for name, text in files.items():
        (folder / name).write_text(text)
    result = subprocess.run(["ngspice", "-b", "testbench.sp"], cwd=folder, capture_output=True, text=True, timeout=600)
    (folder / "ngspice.log").write_text(result.stdout + result.stderr)
    return {name: float(value) for name, value in PRINTED.findall(result.stdout)}


def read_raw(path: Path) -> dict[str, np.ndarray]:
    """Vectors of an ASCII raw file with one plot, by name; complex where they are."""
    head, _, body = path.read_text().partition("Values:\n")
    kind = complex if "complex" in head else float
    names = [line.split()[1] for line in head.partition("Variables:\n")[2].splitlines() if line.strip()]
    words = body.split()
    step = len(names) + 1  # each sample begins with its number
    rows = [[_number(word, kind) for word in words[at + 1:at + step]] for at in range(0, len(words), step)]
    return {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _number(word: str, kind: type):
    if kind is float:
        return float(word)
    real, _, imaginary = word.partition(",")
    return complex(float(real), float(imaginary))
