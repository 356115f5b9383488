"""Instrumentation and biopotential amplifiers: passband, rejection of what is not the signal, noise over a band."""

import math

import numpy as np

from sizing_app.simulator.metrics.registry import Vectors, measure
from sizing_app.simulator.metrics.waveform import decibel

BOLTZMANN = 1.380649e-23
CHARGE = 1.602176634e-19
HALF_POWER = 10 * math.log10(2)
"""The 3 dB of a corner frequency."""


@measure
def passband_gain(vectors: Vectors, analysis: str, output: str, at: float) -> float:
    """Gain in dB at the frequency ``at`` (Hz) for 1 V at the input, interpolated on a logarithmic axis."""
    return _level(*_response(vectors[analysis], output), at)


@measure
def lower_corner(vectors: Vectors, analysis: str, output: str, at: float) -> float:
    """High-pass corner (Hz): below ``at``, the nearest frequency with 3 dB less gain than there.

    The lowest analysed frequency if the gain stays above; ``at`` for an output that does not amplify there.
    """
    frequency, level = _response(vectors[analysis], output)
    return _corner(frequency[::-1], level[::-1], at, no_passband=at)


@measure
def upper_corner(vectors: Vectors, analysis: str, output: str, at: float) -> float:
    """Low-pass corner (Hz): above ``at``, the nearest frequency with 3 dB less gain than there.

    The highest analysed frequency if the gain stays above; 0 for an output that does not amplify at ``at``.
    """
    return _corner(*_response(vectors[analysis], output), at, no_passband=0.0)


@measure
def rejection(vectors: Vectors, analysis: str, output: str, gain_analysis: str, gain_output: str) -> float:
    """CMRR or PSRR (dB): gain for the signal over gain for the disturbance, at the first frequency of ``analysis``."""
    frequency, level = _response(vectors[analysis], output)
    return _level(*_response(vectors[gain_analysis], gain_output), frequency[0]) - float(level[0])


@measure
def input_impedance(vectors: Vectors, analysis: str, current: str, at: float) -> float:
    """|Z| (Ohm) at the frequency ``at`` (Hz) for 1 V at the input, from the current through its source."""
    frequency, admittance = _response(vectors[analysis], current)
    return 10 ** (-_level(frequency, admittance, at) / 20)


@measure
def band_noise(vectors: Vectors, analysis: str, vector: str) -> float:
    """Noise voltage (V rms) over the analysed band, from a density in V/sqrt(Hz).

    Between two frequencies the spectrum is a power law, straight on logarithmic axes as white and 1/f noise are.
    """
    frequency = vectors[analysis]["frequency"].real
    power = np.maximum(vectors[analysis][vector].real, 1e-30) ** 2
    ratio, product = np.log(frequency[1:] / frequency[:-1]), power * frequency
    slope = np.log(product[1:] / product[:-1]) / ratio
    flat = np.abs(slope * ratio) < 1e-9
    areas = np.where(flat, product[:-1] * ratio, np.diff(product) / np.where(flat, 1.0, slope))
    return float(np.sqrt(areas.sum()))


@measure
def noise_efficiency(vectors: Vectors, analysis: str, vector: str, bias_analysis: str, bias_current: str,
                     temperature: float) -> float:
    """Noise efficiency factor: input noise (V rms) times sqrt(I / (4 k T Ut B)), I the whole supply current.

    B is a brick-wall band, which is pi/2 times the 3 dB bandwidth of the definition by Steyaert, Sansen and Zhongyuan
    (IEEE JSSC, 1987). A MOS pair in weak inversion alone would have about 2. ``temperature`` in degrees Celsius.
    """
    frequency, kelvin = vectors[analysis]["frequency"].real, temperature + 273.15
    current = abs(float(vectors[bias_analysis][bias_current][0]))
    reference = 4 * BOLTZMANN * kelvin * (BOLTZMANN * kelvin / CHARGE) * (frequency[-1] - frequency[0])
    return band_noise(vectors, analysis, vector) * math.sqrt(current / reference)


def _response(found, output: str) -> tuple[np.ndarray, np.ndarray]:
    """Frequency (Hz) and gain (dB)."""
    return found["frequency"].real, decibel(found[output])


def _level(frequency: np.ndarray, level: np.ndarray, at: float) -> float:
    return float(np.interp(math.log(at), np.log(frequency), level))


def _corner(frequency: np.ndarray, level: np.ndarray, at: float, no_passband: float) -> float:
    """The first frequency beyond ``at``, in the order of ``frequency``, at which the gain has fallen by 3 dB."""
    order = np.argsort(frequency)
    reference = _level(frequency[order], level[order], at)
    if reference <= 0:
        return no_passband
    outward = (frequency - at) * (frequency[-1] - frequency[0]) > 0
    logs = np.append(math.log(at), np.log(frequency[outward]))
    levels = np.append(reference, level[outward])
    below = np.nonzero(levels < reference - HALF_POWER)[0]
    if not len(below):
        return float(frequency[-1])
    last = below[0]
    share = (levels[last - 1] - reference + HALF_POWER) / (levels[last - 1] - levels[last])
    return float(math.exp(logs[last - 1] + share * (logs[last] - logs[last - 1])))
