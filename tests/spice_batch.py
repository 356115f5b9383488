"""A deck by a process of ``ngspice -b``: what it prints of ``.meas`` cards, and the vectors of the same run.

For decks that tests write themselves; the ``.control`` block that is added runs the deck and writes its vectors.
"""

import re
import subprocess
from pathlib import Path

import numpy as np


def run_deck(folder: Path, deck: str) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """(.meas name to value, vector to samples) of a deck with one analysis."""
    (folder / "deck.sp").write_text(f"{deck}\n.control\nset filetype=ascii\nrun\nwrite out.raw all\n.endc\n.end\n")
    told = subprocess.run(["ngspice", "-b", "deck.sp"], cwd=folder, capture_output=True, text=True).stdout
    found = re.findall(r"^([a-z]\w*)\s*=\s*([-+\d.e]+)(?:\s|$)", told, re.MULTILINE)
    return {name: float(value) for name, value in reversed(found)}, read_raw((folder / "out.raw").read_text())


def read_raw(text: str) -> dict[str, np.ndarray]:
    """The vectors of an ASCII raw file with one plot."""
    head, _, values = text.partition("Values:\n")
    names = re.findall(r"^\t\d+\t(\S+)\t", head.partition("Variables:\n")[2], re.MULTILINE)
    words = values.split()
    rows = np.array([[_sample(word) for word in words[at + 1:at + 1 + len(names)]]
                     for at in range(0, len(words), len(names) + 1)])
    columns = rows if np.iscomplexobj(rows) and np.any(rows.imag) else rows.real
    return {re.sub(r"v\((.*-sweep)\)", r"\1", name): columns[:, place] for place, name in enumerate(names)}


def _sample(word: str) -> complex:
    real, _, imaginary = word.partition(",")
    return complex(float(real), float(imaginary or 0))
