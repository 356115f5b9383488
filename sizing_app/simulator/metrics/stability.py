"""Unity-gain frequency and phase margin of a loop gain, for every measure that has them.

The loop gain is positive where the feedback is negative: stability is lost where it comes to -1.
"""

import numpy as np

from sizing_app.simulator.metrics.waveform import decibel

RELEVANT = -40.0
"""Level (dB) below which a resonance between two samples would need a Q above 100 to reach unity gain."""


def unity_gain(frequency: np.ndarray, gain: np.ndarray) -> tuple[float, float]:
    """(unity-gain frequency in Hz, phase margin in degrees) of a sampled loop gain, interpolated on log axes.

    The frequency is that of the first fall through 1. The margin is the worst of all crossings: 180 degrees plus the
    phase where the gain falls, or 180 less the absolute phase where it rises (a loop without DC gain). The phase is
    followed from the first sample above 1, where it is taken in (-180, 180].
    (0, 0) without a fall through 1. The margin is 0 as well where the gain is inverted at the lowest frequency (more
    than 90 degrees from negative feedback), and where it leads at a fall, which would be a margin above 180 degrees.
    Inverted but sound is a loop that holds an inner positive feedback: by Nyquist's criterion such a one turns
    counterclockwise around -1, a loop of the wrong sign clockwise. Its phase begins at -180 degrees.
    The samples must follow the phase (see ``coarse_steps``); the testbench refines its sweep until they do.
    """
    level = decibel(gain)
    above = level > 0
    crossings = np.nonzero(above[:-1] != above[1:])[0]
    falls = crossings[above[crossings]]
    if not len(falls):
        return 0.0, 0.0
    phase = np.degrees(np.unwrap(np.angle(gain)))
    phase -= 360 * np.ceil((phase[np.argmax(above)] - 180) / 360)
    if above[0] and abs(phase[0]) > 90:
        if not held(gain):
            return _unity(frequency, level, falls[0]), 0.0
        phase -= 360 if phase[0] > 0 else 0
    margins = [_margin(float(phase[at] + _share(level, at) * (phase[at + 1] - phase[at])), bool(above[at]))
               for at in crossings]
    return _unity(frequency, level, falls[0]), min(margins)


def held(gain: np.ndarray) -> bool:
    """Whether a loop whose gain is inverted at the lowest frequency holds an inner positive feedback; else it has the
    wrong sign."""
    turned = np.unwrap(np.angle(1 + gain))
    return bool(turned[-1] >= turned[0])


def coarse_steps(gain: np.ndarray) -> np.ndarray:
    """Indices of the samples after which the phase steps by more than 90 degrees where the gain still matters.

    From there on a phase cannot be followed: 270 degrees one way look like 90 the other.
    """
    steps = np.nonzero((gain[1:] * np.conj(gain[:-1])).real < 0)[0]
    if not len(steps):
        return steps
    level = decibel(gain)
    return steps[np.maximum(level[steps], level[steps + 1]) > RELEVANT]


def _margin(phase: float, falling: bool) -> float:
    """Phase margin (degrees) at a crossing with ``phase``."""
    if not falling:
        return 180 - abs(phase)
    return 180 + phase if phase <= 0 else 0.0


def _share(level: np.ndarray, at: int) -> float:
    """How far between two samples the level (dB) passes 0."""
    return level[at] / (level[at] - level[at + 1])


def _unity(frequency: np.ndarray, level: np.ndarray, at: int) -> float:
    logs = np.log10(frequency)
    return float(10 ** (logs[at] + _share(level, at) * (logs[at + 1] - logs[at])))
