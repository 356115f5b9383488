"""Pipeline stages: the residue, gain times input minus DAC level, at the end of each amplification phase.

Cycle k samples the input at ``sampled + k period`` (s) and is read at ``start + k period``. The ideal residue comes
from the input and DAC voltages themselves, so that any sequence of levels will do.
"""

import numpy as np

from sizing_app.simulator.metrics.registry import Vectors, measure
from sizing_app.simulator.metrics.spectrum import sndr


@measure
def residue_gain_error(vectors: Vectors, analysis: str, residue: str, input: str, dac: str, gain: float,
                       sampled: float, start: float, period: float, samples: float) -> float:
    """|slope - 1| in % of the line that best fits residue over ideal residue: finite gain and incomplete settling."""
    ideal, found = _residues(vectors[analysis], residue, input, dac, gain, sampled, start, period, samples)
    centred = ideal - ideal.mean()
    return float(100 * abs(centred @ found / (centred @ centred) - 1))


@measure
def residue_settling(vectors: Vectors, analysis: str, residue: str, window: float, start: float, period: float,
                     samples: float, lsb: float) -> float:
    """Largest movement of the residue in the last ``window`` seconds of an amplification phase, in units of ``lsb``."""
    ends = start + period * np.arange(int(samples))
    time, wave = vectors[analysis]["time"], vectors[analysis][residue]
    return float(np.abs(np.interp(ends, time, wave) - np.interp(ends - window, time, wave)).max() / lsb)


@measure
def stage_noise(vectors: Vectors, analysis: str, density: str, gain: float, sampled: float) -> float:
    """Input-referred rms noise (V) of a stage that samples, then amplifies.

    ``density`` (V/sqrt(Hz)) at the output while it amplifies, integrated over the analysed band and divided by
    ``gain``, and the power ``sampled`` (V^2) that was on the capacitors already.
    """
    return float(np.sqrt(_amplifier_noise(vectors[analysis], density) / gain**2 + sampled))


@measure
def stage_sndr(vectors: Vectors, analysis: str, output: str, start: float, period: float, samples: float,
               cycles: float, noise_analysis: str, noise_density: str, gain: float, sampled: float) -> float:
    """SNDR (dB) of the reconstructed input ``output``, with the noise of ``stage_noise``; 0 for an absent signal."""
    noise = stage_noise(vectors, noise_analysis, noise_density, gain, sampled) ** 2
    return sndr(vectors, analysis, output, start, period, samples, cycles, noise)


def _residues(found, residue: str, input: str, dac: str, gain: float, sampled: float, start: float, period: float,
              samples: float) -> tuple[np.ndarray, np.ndarray]:
    """(ideal, found) residue (V) of every cycle."""
    cycles = period * np.arange(int(samples))
    levels = np.interp(sampled + cycles, found["time"], found[input])
    ends = start + cycles
    ideal = gain * levels - np.interp(ends, found["time"], found[dac])
    return ideal, np.interp(ends, found["time"], found[residue])


def _amplifier_noise(found, density: str) -> float:
    """Noise power (V^2): the squared density integrated on a log axis, on which both white and 1/f noise are smooth."""
    frequency = found["frequency"].real
    return float(np.trapezoid(np.abs(found[density]) ** 2 * frequency, np.log(frequency)))
