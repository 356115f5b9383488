"""Clocked comparators: decision time, right decisions, kickback, reset, energy, offset and noise.

Differential vectors come as a pair, positive and negative; times are in seconds of the transient analysis.
"""

import math

import numpy as np

from sizing_app.simulator.metrics.registry import Vectors, measure
from sizing_app.simulator.metrics.waveform import rising_time

BOLTZMANN = 1.380649e-23
"""J/K, exact in the SI."""
KELVIN = 273.15
UNDECIDED_NOISE = 1.0
"""Input noise (V) of a comparator that never integrates its input."""


@measure
def decision_delay(vectors: Vectors, analysis: str, positive: str, negative: str, sign: float, threshold: float,
                   start: float, stop: float) -> float:
    """Time (s) from the clock edge at ``start`` until the output stands at the right decision for good.

    The output sign * (positive - negative) rises through ``threshold`` (V) for the last time and is above it at
    ``stop``. A wrong decision, none, or an output that never had to move counts the whole window.
    """
    time, wave = _window(vectors, analysis, positive, negative, start, stop)
    rise = _last_rise(time, sign * wave, threshold)
    return float(stop - start if rise is None else rise - start)


@measure
def right_decisions(vectors: Vectors, analysis: str, positive: str, negative: str, input_positive: str,
                    input_negative: str, threshold: float, sampled: float, read: float, period: float,
                    count: float) -> float:
    """Share (%) of ``count`` decisions that are right.

    Decision k is right if the output at read + k * period exceeds ``threshold`` (V) in the direction that the input
    had at sampled + k * period.
    """
    cycles = period * np.arange(round(count))
    time, inputs = _differential(vectors, analysis, input_positive, input_negative)
    _, outputs = _differential(vectors, analysis, positive, negative)
    wanted = np.sign(np.interp(sampled + cycles, time, inputs))
    return float(100 * np.mean(wanted * np.interp(read + cycles, time, outputs) > threshold))


@measure
def kickback(vectors: Vectors, analysis: str, positive: str, negative: str, start: float, stop: float,
             unit: float) -> float:
    """Largest change of a differential input from its value at ``start`` until ``stop``, in ``unit`` (V; an LSB)."""
    time, wave = _window(vectors, analysis, positive, negative, start, stop)
    return float(np.max(np.abs(wave - wave[0])) / unit)


@measure
def reset_time(vectors: Vectors, analysis: str, positive: str, negative: str, threshold: float, start: float,
               stop: float) -> float:
    """Time (s) from the clock edge at ``start`` until |positive - negative| is below ``threshold`` (V) for good.

    The whole window where it is not at ``stop``.
    """
    time, wave = _window(vectors, analysis, positive, negative, start, stop)
    fall = _last_rise(time, -np.abs(wave), -threshold)
    if fall is None:
        return float(stop - start if abs(wave[-1]) > threshold else 0.0)
    return float(fall - start)


@measure
def average_power(vectors: Vectors, analysis: str, current: str, clock_current: str, supply: float, start: float,
                  stop: float) -> float:
    """Mean power (W) over whole clock cycles, clock drivers included.

    The supply delivers its own current, and the charge that the ideal clock sources push into the circuit: a driver
    takes that charge from the supply, and gives it to ground on the other edge, where an ideal source takes it back.
    """
    time = vectors[analysis]["time"]
    drawn = _integral(time, -vectors[analysis][current], start, stop)
    pushed = _integral(time, np.maximum(-vectors[analysis][clock_current], 0.0), start, stop)
    return float(supply * (drawn + pushed) / (stop - start))


@measure
def cycle_energy(vectors: Vectors, analysis: str, current: str, clock_current: str, supply: float, start: float,
                 stop: float, cycles: float) -> float:
    """Energy (J) of one clock cycle, so of one decision: average power times time, shared by ``cycles``."""
    power = average_power(vectors, analysis, current, clock_current, supply, start, stop)
    return power * (stop - start) / cycles


@measure
def pelgrom_offset(vectors: Vectors, matching: float, inverse_area: float) -> float:
    """Input-referred random offset (V, 1 sigma): matching * sqrt(inverse_area).

    ``matching`` is A_VT (V m) of a pair, sigma(dVT) = A_VT / sqrt(W L); ``inverse_area`` (1/m2) is the sum of 1/(W L)
    over the pairs, each weighted with the square of its gain to the input (Pelgrom, IEEE JSSC 24 (5), 1989).
    """
    return float(matching * math.sqrt(inverse_area))


@measure
def sampled_noise(vectors: Vectors, capacitance: float, temperature: float) -> float:
    """Noise (V rms) of a differential sample on two capacitors of ``capacitance`` (F): sqrt(2 k T / C), T in C."""
    return float(math.sqrt(2 * BOLTZMANN * (temperature + KELVIN) / capacitance))


@measure
def integration_noise(vectors: Vectors, analysis: str, transconductance: str, positive: str, negative: str,
                      level: float, start: float, stop: float, gamma: float, temperature: float) -> float:
    """Input-referred thermal noise (V rms) of a dynamic comparator's input pair, which integrates, then regenerates.

    From the clock edge at ``start`` until the mean of positive and negative falls through ``level`` (V) the pair
    integrates the signal charge vid G, G being the integral of gm over time, and noise charge of variance
    4 k T gamma G (two devices of two-sided density 2 k T gamma gm). Their ratio is sqrt(4 k T gamma / G) at the input;
    for a constant gm that is the noise of an integrator (Nuzzo et al., IEEE TCAS-I 55 (6), 2008). Latch, tail and reset
    noise are not counted. 1 V without such a window.
    """
    found = vectors[analysis]
    common = (found[positive] + found[negative]) / 2
    end = rising_time(*_cut(found["time"], -common, start, stop), -level)
    gain = 0.0 if end is None else _integral(found["time"], found[transconductance], start, end)
    if gain <= 0:
        return UNDECIDED_NOISE
    return float(min(math.sqrt(4 * BOLTZMANN * (temperature + KELVIN) * gamma / gain), UNDECIDED_NOISE))


def _differential(vectors: Vectors, analysis: str, positive: str, negative: str) -> tuple[np.ndarray, np.ndarray]:
    found = vectors[analysis]
    return found["time"], found[positive] - found[negative]


def _window(vectors: Vectors, analysis: str, positive: str, negative: str, start: float,
            stop: float) -> tuple[np.ndarray, np.ndarray]:
    return _cut(*_differential(vectors, analysis, positive, negative), start, stop)


def _cut(time: np.ndarray, wave: np.ndarray, start: float, stop: float) -> tuple[np.ndarray, np.ndarray]:
    """The samples from ``start`` to ``stop``, both ends interpolated."""
    inside = time[(time > start) & (time < stop)]
    points = np.concatenate(([start], inside, [stop]))
    return points, np.interp(points, time, wave)


def _integral(time: np.ndarray, wave: np.ndarray, start: float, stop: float) -> float:
    points, values = _cut(time, wave, start, stop)
    return float(np.trapezoid(values, points))


def _last_rise(time: np.ndarray, wave: np.ndarray, level: float) -> float | None:
    """When ``wave`` last rises through ``level`` and then stays above it to the end; None if it does not."""
    rises = np.nonzero((wave[:-1] < level) & (wave[1:] >= level))[0]
    if not len(rises) or wave[-1] < level:
        return None
    at = rises[-1]
    return float(time[at] + (time[at + 1] - time[at]) * (level - wave[at]) / (wave[at + 1] - wave[at]))
