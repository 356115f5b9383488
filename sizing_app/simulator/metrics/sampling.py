"""Track-and-hold circuits and switched capacitors: what a sampled value lacks, drifts, and is multiplied by.

Times are in seconds of the transient analysis; ``unit`` is the voltage (V) that counts as 1: an LSB, or 1 for volts.
A differential voltage becomes one vector with a voltage-controlled source: ``Eheld held 0 hp hm 1``.
"""

import math

import numpy as np

from sizing_app.simulator.metrics.registry import Vectors, measure

SMALLEST_CHANGE = 1e-6
"""Change of an input (V) below which no gain can be read."""
LARGEST = 1e3
"""What an error counts that has no value, in the unit asked for."""


@measure
def level(vectors: Vectors, analysis: str, output: str, at: float, unit: float) -> float:
    """Value at one time, such as the gate-source voltage of a bootstrapped switch at the end of tracking."""
    return _at(vectors, analysis, output, at) / unit


@measure
def held_error(vectors: Vectors, analysis: str, output: str, at: float, target: float, unit: float) -> float:
    """Distance of a held value from what was to be sampled: incomplete settling, charge injection, droop together."""
    return abs(_at(vectors, analysis, output, at) - target) / unit


@measure
def drift(vectors: Vectors, analysis: str, output: str, start: float, stop: float, unit: float) -> float:
    """How far a value still moves from ``start`` to ``stop``: what is left to settle at ``start``."""
    return abs(_at(vectors, analysis, output, stop) - _at(vectors, analysis, output, start)) / unit


@measure
def step_ratio(vectors: Vectors, analysis: str, output: str, before: float, after: float, ideal: float) -> float:
    """Step between two times over the ``ideal`` one (V, with its sign): below 1 by parasitic capacitance."""
    return (_at(vectors, analysis, output, after) - _at(vectors, analysis, output, before)) / ideal


@measure
def settled_gain(vectors: Vectors, analysis: str, output: str, input: str, first: float, second: float) -> float:
    """Gain from the settled values at two times: change of the output over change of the input, 0 where that rests."""
    change = _at(vectors, analysis, input, second) - _at(vectors, analysis, input, first)
    if abs(change) < SMALLEST_CHANGE:
        return 0.0
    return (_at(vectors, analysis, output, second) - _at(vectors, analysis, output, first)) / change


@measure
def recovery_error(vectors: Vectors, analysis: str, output: str, input: str, start: float, stop: float, first: float,
                   second: float, unit: float) -> float:
    """Drift of an amplifier's output from ``start`` to ``stop``, referred to its input by the settled gain.

    The gain is read between ``first`` and ``second``; without one the error counts as LARGEST.
    """
    gain = abs(settled_gain(vectors, analysis, output, input, first, second))
    moved = drift(vectors, analysis, output, start, stop, unit)
    return min(moved / gain, LARGEST) if gain > 0 else LARGEST


@measure
def capacitor_dnl(vectors: Vectors, matching: float, area: float, units: float) -> float:
    """Differential nonlinearity (LSB, 1 sigma) of a binary array at mid-code, where ``units`` unit capacitors change.

    A unit of ``area`` (m2) deviates by ``matching`` / sqrt(area), ``matching`` in m (1 %um is 1e-8); the units deviate
    independently (Pelgrom, IEEE JSSC 24 (5), 1989).
    """
    return math.sqrt(units) * matching / math.sqrt(area)


def _at(vectors: Vectors, analysis: str, output: str, at: float) -> float:
    """The vector at one time, linearly interpolated."""
    found = vectors[analysis]
    return float(np.interp(at, found["time"], found[output]))
