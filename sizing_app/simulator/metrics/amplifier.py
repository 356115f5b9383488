"""Amplifiers: open-loop gain read around a broken loop, rejection, noise, offset, slewing."""

import numpy as np

from sizing_app.simulator.metrics.registry import Vectors, WorstCase, measure, read_from
from sizing_app.simulator.metrics.stability import held, unity_gain
from sizing_app.simulator.metrics.waveform import decibel, rising_time, settled_after

COMPLETE = 0.8
"""Share of a step that an output must cover for its slope to mean something."""


@measure
def loop_gain(vectors: Vectors, analysis: str, output: str, input: str) -> float:
    """DC gain in dB: |A| at the lowest frequency, A = -output/input around the broken loop."""
    return float(decibel(_open_loop(vectors, analysis, output, input)[1][0]))


@measure
def signed_loop_gain(vectors: Vectors, analysis: str, output: str, input: str) -> float:
    """Real part of A at the lowest frequency: negative where the loop closes as a positive feedback."""
    gain = _open_loop(vectors, analysis, output, input)[1]
    first = float(gain[0].real)
    return -first if first < -1 and held(gain) else first


@measure
def unity_gain_frequency(vectors: Vectors, analysis: str, output: str, input: str) -> float:
    """First frequency (Hz) at which |A| falls through 1; 0 without a fall."""
    return unity_gain(*_open_loop(vectors, analysis, output, input))[0]


@measure
def phase_margin(vectors: Vectors, analysis: str, output: str, input: str) -> float:
    """180 degrees plus the phase of A at unity gain, the worst crossing (see stability.py); 0 without one."""
    return unity_gain(*_open_loop(vectors, analysis, output, input))[1]


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

    The levels are relative to what the output settles at before and after each step, ``low`` and ``high`` (V) only say
    how large the step should be. 0 where an output covers less than COMPLETE of that.
    Raises ValueError for times outside the analysed ones.
    """
    time, wave = vectors[analysis]["time"], vectors[analysis][output]
    return min(_slope(time, wave, *ends) for ends in _steps(time, wave, low, high, rise, fall, worst=0.0))


@measure
def step_settling(vectors: Vectors, analysis: str, output: str, low: float, high: float, rise: float, fall: float,
                  band: float) -> float:
    """Time (s) until the output stays within +-``band`` (V) of where it ends, the longer of the two steps.

    Steps and levels are those of ``slew_rate``: gain error and offset do not count. The time of a whole step, from
    ``rise`` to ``fall``, where an output covers less than COMPLETE of one. Raises ValueError as ``slew_rate`` does.
    """
    time, wave = vectors[analysis]["time"], vectors[analysis][output]
    steps = _steps(time, wave, low, high, rise, fall, worst=fall - rise)
    return max(settled_after(time, wave - end, start, stop, band) for start, stop, _, end in steps)


@measure
def output_range(vectors: Vectors, analysis: str, input: str, output: str, tolerance: float) -> float:
    """Peak-to-peak range (V) around the middle of a DC sweep in which the output follows the input.

    It follows as far as output minus input stays within +-``tolerance`` (V) of what it is in the middle; twice the
    shorter of both sides counts, 0 for an output that follows nowhere.
    """
    swept = vectors[analysis][input].real
    error = vectors[analysis][output].real - swept
    middle = (swept[0] + swept[-1]) / 2
    order = np.argsort(swept)
    excess = np.abs(error - np.interp(middle, swept[order], error[order])) - tolerance
    return 2 * min(_reach(np.abs(swept - middle), excess, side) for side in (swept >= middle, swept <= middle))


@measure
def swing(vectors: Vectors, analysis: str, output: str) -> float:
    """Peak-to-peak excursion (V) of a vector."""
    return float(np.ptp(vectors[analysis][output]))


def _open_loop(vectors: Vectors, analysis: str, output: str, input: str) -> tuple[np.ndarray, np.ndarray]:
    found = vectors[analysis]
    return found["frequency"].real, -found[output] / found[input]


def _steps(time: np.ndarray, wave: np.ndarray, low: float, high: float, rise: float, fall: float,
           worst: float) -> list[tuple[float, float, float, float]]:
    """(start, stop, first level, last level) of the step at ``rise`` and of the one at ``fall``.

    Raises ValueError for times outside the analysed ones, WorstCase with ``worst`` for an incomplete step.
    """
    if not time[0] <= rise < fall < time[-1]:
        raise ValueError(f"steps at {rise:g} s and {fall:g} s are not in this order within the analysed "
                         f"{time[0]:g} s to {time[-1]:g} s")
    levels = [_level_before(time, wave, *ends) for ends in ((time[0], rise), (rise, fall), (fall, time[-1]))]
    for name, begin, end, full in (("rising", *levels[:2], high - low), ("falling", *levels[1:], low - high)):
        covered = (end - begin) / full
        if covered < COMPLETE:
            raise WorstCase(worst, f"the {name} step is incomplete, the output covers {100 * covered:.0f}% of it")
    return [(rise, fall, *levels[:2]), (fall, float(time[-1]), *levels[1:])]


def _level_before(time: np.ndarray, wave: np.ndarray, start: float, stop: float) -> float:
    """What ``wave`` has settled at by ``stop``: its mean over the last tenth of the time since ``start``."""
    if start == stop:
        return float(wave[0])
    begin = stop - (stop - start) / 10
    points = np.concatenate(([begin], time[(time > begin) & (time < stop)], [stop]))
    return float(np.trapezoid(np.interp(points, time, wave), points) / (stop - begin))


def _reach(distance: np.ndarray, excess: np.ndarray, side: np.ndarray) -> float:
    """Distance from the middle at which ``excess`` first rises through 0 on one side of a sweep, interpolated."""
    order = np.argsort(distance[side])
    distance, excess = distance[side][order], excess[side][order]
    beyond = np.nonzero(excess > 0)[0]
    if not len(beyond):
        return float(distance[-1])
    at = beyond[0]
    if at == 0:
        return 0.0
    share = excess[at - 1] / (excess[at - 1] - excess[at])
    return float(distance[at - 1] + share * (distance[at] - distance[at - 1]))


def _slope(time: np.ndarray, wave: np.ndarray, start: float, stop: float, begin: float, end: float) -> float:
    """20-80% slope (V/s) of the step from ``begin`` to ``end`` (V) in a window."""
    inside = (time >= start) & (time <= stop)
    time, wave = time[inside], wave[inside]
    step = end - begin
    sign = 1.0 if step > 0 else -1.0
    first, last = (rising_time(time, sign * wave, sign * (begin + share * step)) for share in (0.2, 0.8))
    if first is None or last is None or last <= first:
        raise WorstCase(0.0, "the output does not cross 20% and 80% of its step one after the other")
    return float(0.6 * abs(step) / (last - first))


read_from("loop gain", _open_loop, loop_gain, signed_loop_gain, unity_gain_frequency, phase_margin)
