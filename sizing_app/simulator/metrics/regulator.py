"""Voltage regulators: ground current, line and load regulation, dropout, ripple, load transient, output noise."""

import numpy as np

from sizing_app.simulator.metrics.registry import Vectors, measure
from sizing_app.simulator.metrics.waveform import decibel, settled_after


@measure
def ground_current(vectors: Vectors, analysis: str, current: str, load: float) -> float:
    """Current (A) that a regulator takes for itself: supply current minus load current.

    ngspice counts current into the supply's plus terminal as positive.
    """
    return float(-vectors[analysis][current][0] - load)


@measure
def load_regulation(vectors: Vectors, light_analysis: str, light_output: str, full_analysis: str, full_output: str,
                    step: float) -> float:
    """|change of output voltage| over the change ``step`` (A) of load current between two operating points (Ohm)."""
    light, full = vectors[light_analysis][light_output][0], vectors[full_analysis][full_output][0]
    return float(abs(light - full) / step)


@measure
def line_regulation(vectors: Vectors, analysis: str, input: str, output: str, low: float, high: float) -> float:
    """|change of output voltage| over the change of supply between ``low`` and ``high`` (V), from a supply sweep."""
    found = vectors[analysis]
    order = np.argsort(found[input])
    ends = np.interp([low, high], found[input][order], found[output][order])
    return float(abs(ends[1] - ends[0]) / (high - low))


@measure
def dropout_voltage(vectors: Vectors, analysis: str, input: str, output: str, level: float) -> float:
    """Supply minus output (V) where the output falls to ``level`` in a sweep from the highest supply downwards.

    An output that is below ``level`` from the start counts the difference there, one that never falls the last one.
    """
    order = np.argsort(-vectors[analysis][input])
    supply, wave = vectors[analysis][input][order], vectors[analysis][output][order]
    below = np.nonzero(wave <= level)[0]
    if not len(below):
        return float(supply[-1] - wave[-1])
    at = below[0]
    if at == 0:
        return float(supply[0] - wave[0])
    share = (wave[at - 1] - level) / (wave[at - 1] - wave[at])
    return float(supply[at - 1] + share * (supply[at] - supply[at - 1]) - level)


@measure
def ripple_rejection(vectors: Vectors, analysis: str, output: str, at: float) -> float:
    """PSRR (dB) at the frequency ``at`` (Hz) of an AC analysis with 1 V on the supply: minus the output in dB."""
    frequency = vectors[analysis]["frequency"].real
    return float(-np.interp(np.log10(at), np.log10(frequency), decibel(vectors[analysis][output])))


@measure
def undershoot(vectors: Vectors, analysis: str, output: str, start: float, stop: float) -> float:
    """Largest fall (V) below the value at ``start``, until ``stop`` (s)."""
    before, wave = _window(vectors, analysis, output, start, stop)
    return float(before - wave.min())


@measure
def overshoot(vectors: Vectors, analysis: str, output: str, start: float, stop: float) -> float:
    """Largest rise (V) above the value at ``start``, until ``stop`` (s)."""
    before, wave = _window(vectors, analysis, output, start, stop)
    return float(wave.max() - before)


@measure
def load_step_settling(vectors: Vectors, analysis: str, output: str, light_analysis: str, light_output: str,
                       full_analysis: str, full_output: str, rise: float, fall: float, band: float) -> float:
    """Time (s) until the output stays within +-``band`` (V) of its DC value, the longer of two load steps.

    The load rises at ``rise``, where the output goes to its value of ``full_analysis``, and falls at ``fall`` (s). An
    output that does not settle counts the time to the end of its half.
    """
    time, wave = vectors[analysis]["time"], vectors[analysis][output]
    light, full = vectors[light_analysis][light_output][0], vectors[full_analysis][full_output][0]
    return max(settled_after(time, wave - full, rise, fall, band),
               settled_after(time, wave - light, fall, time[-1], band))


def _window(vectors: Vectors, analysis: str, output: str, start: float, stop: float) -> tuple[float, np.ndarray]:
    """The value at ``start``, and the samples from there to ``stop``."""
    time, wave = vectors[analysis]["time"], vectors[analysis][output]
    before = float(np.interp(start, time, wave))
    return before, np.append(wave[(time >= start) & (time <= stop)], before)
