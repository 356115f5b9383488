"""Converters: dynamic performance from a coherently sampled sine (IEEE Std 1241, chapter 4; IEEE Std 1057).

A record of ``samples`` points holds exactly ``cycles`` periods of the input, and the two have no common divisor:
every sample falls on another phase, the signal fills one bin of the Fourier transform, and no window is needed.
Sample k is the waveform at ``start + k period`` (s), linearly interpolated between the time points of the transient
analysis. A differential output becomes one vector with a voltage-controlled source: ``Ediff diff 0 op om 1``.
"""

import math

import numpy as np

from sizing_app.simulator.metrics.registry import Vectors, measure

SMALLEST = 1e-18
"""Power (V^2) that every denominator holds at least: 1 nV rms, below what a transient analysis resolves."""
HARMONICS = range(2, 11)
"""The harmonics of the total harmonic distortion, by IEEE Std 1241 the second to the tenth."""


@measure
def sndr(vectors: Vectors, analysis: str, output: str, start: float, period: float, samples: float, cycles: float,
         noise: float) -> float:
    """Signal to noise and distortion (dB): power of the signal's bin over all other bins but DC, plus ``noise``.

    ``noise`` (V^2) is what the waveform of a noiseless analysis lacks and the circuit adds, such as kT/C or the
    quantization noise LSB^2/12. A signal below its noise and distortion counts as absent: 0 dB.
    """
    power = _powers(vectors[analysis], output, start, period, samples, cycles)
    signal = power[int(cycles)]
    return max(0.0, _ratio(signal, power[1:].sum() - signal + noise))


@measure
def enob(vectors: Vectors, analysis: str, output: str, start: float, period: float, samples: float, cycles: float,
         noise: float) -> float:
    """Effective number of bits (SNDR - 1.76 dB) / 6.02 dB, for a signal that fills the input range; 0 without one."""
    level = sndr(vectors, analysis, output, start, period, samples, cycles, noise)
    return max(0.0, (level - 10 * math.log10(1.5)) / (20 * math.log10(2)))


@measure
def sfdr(vectors: Vectors, analysis: str, output: str, start: float, period: float, samples: float,
         cycles: float) -> float:
    """Spurious-free dynamic range (dB): power of the signal's bin over the largest other but DC; 0 if absent."""
    power = _powers(vectors[analysis], output, start, period, samples, cycles)
    others = np.delete(power, [0, int(cycles)])
    return max(0.0, _ratio(power[int(cycles)], others.max()))


@measure
def thd(vectors: Vectors, analysis: str, output: str, start: float, period: float, samples: float,
        cycles: float) -> float:
    """Total harmonic distortion (dB): power of the second to tenth harmonic over the signal's; 0 if that is absent.

    A harmonic above half the sampling rate is read where it folds to; a bin that several fold to counts once.
    """
    power = _powers(vectors[analysis], output, start, period, samples, cycles)
    folded = {_folded(order * int(cycles), int(samples)) for order in HARMONICS} - {0, int(cycles)}
    return min(0.0, -_ratio(power[int(cycles)], power[sorted(folded)].sum()))


def _powers(found, output: str, start: float, period: float, samples: float, cycles: float) -> np.ndarray:
    """Power (V^2) in each bin from 0 to half the sampling rate; they add up to the mean square of the record."""
    count = int(samples)
    if math.gcd(count, int(cycles)) != 1 or not 0 < 2 * cycles < count:
        raise ValueError(f"{samples:g} samples of {cycles:g} cycles are no coherent record of a sampled sine")
    record = np.interp(start + period * np.arange(count), found["time"], found[output])
    power = np.abs(np.fft.rfft(record) / count) ** 2
    power[1:(count + 1) // 2] *= 2  # the negative frequencies; the bin at half the sampling rate has none
    return power


def _folded(bin: int, samples: int) -> int:
    """The bin below half the sampling rate in which a frequency above it appears."""
    return min(bin % samples, -bin % samples)


def _ratio(signal: float, rest: float) -> float:
    """Power ratio in dB, finite for an absent signal and for an absent rest."""
    return 10 * math.log10(max(signal, 1e-30) / max(rest, SMALLEST))
