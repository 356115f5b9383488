"""Amplifiers: open-loop gain read around a broken loop, rejection, noise, offset, slewing."""

import numpy as np

from sizing_app.simulator.metrics.registry import Vectors, measure, read_from
from sizing_app.simulator.metrics.waveform import decibel, rising_time


@measure
def loop_gain(vectors: Vectors, analysis: str, output: str, input: str) -> float:
    """DC gain in dB: |A| at the lowest frequency, A = -output/input around the broken loop."""
    return float(decibel(_open_loop(vectors, analysis, output, input)[1][0]))


@measure
def unity_gain_frequency(vectors: Vectors, analysis: str, output: str, input: str) -> float:
    """First frequency (Hz) at which |A| falls through 1, interpolated on log axes; 0 without a crossing."""
    return _crossing(*_open_loop(vectors, analysis, output, input))[0]


@measure
def phase_margin(vectors: Vectors, analysis: str, output: str, input: str) -> float:
    """180 degrees plus the unwrapped phase of A at the unity-gain frequency; 0 without a crossing."""
    return _crossing(*_open_loop(vectors, analysis, output, input))[1]


@measure
def supply_power(vectors: Vectors, analysis: str, current: str, supply: float) -> float:
    """Power (W) drawn from a supply source; ngspice counts current into the source's plus terminal as positive."""
    return float(-vectors[analysis][current][0] * supply)


@measure
def dc_error(vectors: Vectors, analysis: str, output: str, target: float) -> float:
    """|output - target| (V) at the operating point."""
    return float(abs(vectors[analysis][output][0] - target))


@measure
def common_mode_rejection(vectors: Vectors, analysis: str, output: str) -> float:
    """CMRR (dB) of a unity-gain buffer with both inputs driven by the same 1 V: minus the output in dB."""
    return float(-decibel(vectors[analysis][output][0]))


@measure
def supply_rejection(vectors: Vectors, analysis: str, output: str, loop_analysis: str, loop_output: str,
                     loop_input: str) -> float:
    """Input-referred PSRR (dB): open-loop gain over the gain from the supply to the output.

    Measured in unity feedback, where the supply reaches the output divided by 1 + A.
    """
    gain = abs(_open_loop(vectors, loop_analysis, loop_output, loop_input)[1][0])
    return float(decibel(gain / (1 + gain)) - decibel(vectors[analysis][output][0]))


@measure
def noise_density(vectors: Vectors, analysis: str, vector: str) -> float:
    """Noise voltage density (V/sqrt(Hz)) at the analysed frequency."""
    return float(vectors[analysis][vector][0].real)


@measure
def slew_rate(vectors: Vectors, analysis: str, output: str, low: float, high: float, rise: float, fall: float) -> float:
    """The slower (V/s) of the 20-80% slopes of the steps that begin at ``rise`` and ``fall`` (s).

    An output that does not cross both levels in its half period counts half of its mean slope there.
    """
    time, wave = vectors[analysis]["time"], vectors[analysis][output]
    return min(_slope(time, wave, rise, fall, low, high), _slope(time, wave, fall, time[-1], high, low))


@measure
def swing(vectors: Vectors, analysis: str, output: str) -> float:
    """Peak-to-peak excursion (V) of a vector."""
    return float(np.ptp(vectors[analysis][output]))


def _open_loop(vectors: Vectors, analysis: str, output: str, input: str) -> tuple[np.ndarray, np.ndarray]:
    found = vectors[analysis]
    return found["frequency"].real, -found[output] / found[input]


def _crossing(frequency: np.ndarray, gain: np.ndarray) -> tuple[float, float]:
    """(unity-gain frequency in Hz, phase margin in degrees) of an open-loop gain; (0, 0) without a crossing."""
    level = decibel(gain)
    falls = np.nonzero((level[:-1] > 0) & (level[1:] <= 0))[0]
    if level[0] <= 0 or not len(falls):
        return 0.0, 0.0
    at = falls[0]
    share = level[at] / (level[at] - level[at + 1])
    logs = np.log10(frequency)
    phase = np.degrees(np.unwrap(np.angle(gain)))
    phase -= 360 * np.round(phase[0] / 360)
    crossing_phase = phase[at] + share * (phase[at + 1] - phase[at])
    return float(10 ** (logs[at] + share * (logs[at + 1] - logs[at]))), float(180 + crossing_phase)


def _slope(time: np.ndarray, wave: np.ndarray, start: float, stop: float, begin: float, end: float) -> float:
    inside = (time >= start) & (time <= stop)
    time, wave = time[inside], wave[inside]
    sign = 1.0 if end > begin else -1.0
    step = end - begin
    first = rising_time(time, sign * wave, sign * (begin + 0.2 * step))
    last = rising_time(time, sign * wave, sign * (begin + 0.8 * step))
    if first is None or last is None or last <= first:
        return float(abs(wave[-1] - wave[0]) / (stop - start) / 2)
    return float(0.6 * abs(step) / (last - first))


read_from("loop gain", _open_loop, loop_gain, unity_gain_frequency, phase_margin)
