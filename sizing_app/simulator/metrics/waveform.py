"""Arithmetic on sampled waveforms that several kinds of metric share."""

import numpy as np


def decibel(value) -> np.ndarray:
    """20 log10 |value|, bounded below."""
    return 20 * np.log10(np.maximum(np.abs(value), 1e-30))


def rising_time(time: np.ndarray, wave: np.ndarray, level: float) -> float | None:
    """First time at which ``wave`` rises through ``level``, linearly interpolated."""
    rises = np.nonzero((wave[:-1] < level) & (wave[1:] >= level))[0]
    if not len(rises):
        return None
    at = rises[0]
    return float(time[at] + (time[at + 1] - time[at]) * (level - wave[at]) / (wave[at + 1] - wave[at]))


def settled_after(time: np.ndarray, error: np.ndarray, start: float, stop: float, band: float) -> float:
    """Time after ``start`` at which |error| falls through ``band`` for the last time before ``stop``, interpolated."""
    inside = (time >= start) & (time < stop)
    time, size = time[inside], np.abs(error[inside])
    outside = np.nonzero(size > band)[0]
    if not len(outside):
        return 0.0
    last = outside[-1]
    if last + 1 == len(time):
        return float(stop - start)
    share = (size[last] - band) / (size[last] - size[last + 1])
    return float(time[last] + share * (time[last + 1] - time[last]) - start)
