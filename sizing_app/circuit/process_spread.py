"""Variation of the whole process, as GF180's statistical models have it: every transistor of a sample moves together.

The section ``statistical`` of the foundry's file says how thresholds, oxides, lengths, widths and junctions depend on
standard normal numbers; the same expressions are evaluated here with numbers of our own, so that a sample is the same
whoever simulates it. The packages of the other processes have no such data: there, corners stand for it.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import replace

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.pdk import ASSIGNMENT, PROCESSES, Bin, ModelError, library_lines, number

RANDOM = re.compile(r"(\w+)\s*=\s*agauss\(\s*([^,]+),\s*([^,]+),\s*([^)]+)\)", re.IGNORECASE)
SWITCHES = {"sw_stat_global": 1.0, "mc_skew": 3.0, "res_mc_skew": 3.0}
"""The foundry's switches (design.ngspice): global variation on, skew as delivered."""
TYPICAL = "tt"
"""The corner that the spread is around."""
STREAM = 1
"""Apart from the numbers of the devices (mismatch.py), which are the same with and without variation of the process."""


def varies(process: str) -> bool:
    """Whether the foundry's files say how the process varies."""
    return process in PROCESSES and bool(PROCESSES[process].statistical)


@functools.lru_cache(maxsize=64)
def spread_bin(process: str, draw: Draw, model: str, width: float, length: float) -> Bin:
    """The bin of one finger in a process that is as a sample has it. Raises ModelError."""
    if not varies(process):
        raise ModelError(f"the model package of {process} does not say how the process varies: mismatch alone can be "
                         "sampled, corners stand for the process")
    constants = _constants(process, draw.seed, draw.sample)
    for typical in _bins(process).get(model, ()):
        if typical.holds(width, length):
            return replace(typical, constants=constants)
    raise ModelError(f"{model}: no model bin for W = {width * 1e6:.3g} um, L = {length * 1e6:.3g} um")


@functools.lru_cache(maxsize=4)
def _constants(process: str, seed: int, sample: int) -> Mapping[str, float]:
    """Values of all parameters of the statistical sections, for one sample."""
    import numpy as np  # circuits are read without it
    randoms, assignments = _parameters(process)
    known = {**PROCESSES[process].constants, **SWITCHES}
    drawn = np.random.default_rng([seed, sample, STREAM]).standard_normal(len(randoms))
    known |= {name: mean + deviation * float(value)
              for (name, mean, deviation), value in zip(randoms, drawn, strict=True)}
    for name, text in assignments:
        known[name] = number(text, known)
    return known


@functools.cache
def _parameters(process: str) -> tuple[list[tuple[str, float, float]], list[tuple[str, str]]]:
    """(name, mean, standard deviation) of each random number, and the other parameters in their order."""
    randoms, assignments = [], []
    for line in library_lines(process, TYPICAL, PROCESSES[process].statistical):
        if line.lower().startswith(".subckt"):
            break  # what follows are devices
        if line.lower().startswith(".param"):
            randoms += [(name, float(mean), float(size) / float(sigmas))
                        for name, mean, size, sigmas in RANDOM.findall(line)]
            assignments += ASSIGNMENT.findall(RANDOM.sub("", line[6:]))
    return randoms, assignments


@functools.cache
def _bins(process: str) -> dict[str, list[Bin]]:
    """Model to its bins, whose limits are plain numbers."""
    found: dict[str, list[Bin]] = {}
    for line in library_lines(process, TYPICAL, PROCESSES[process].statistical):
        if line.lower().startswith(".model"):
            _, name, kind, rest = line.split(None, 3)
            base = re.sub(r"\.\d+$", "", name)
            if base in PROCESSES[process].models:
                found.setdefault(base, []).append(Bin(name, kind, rest, {}))
    return found
