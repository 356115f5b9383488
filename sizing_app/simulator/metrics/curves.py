"""What the functions of circuit/signals.py compute: from samples along a sweep to samples, or to one number.

A ``Curves`` holds the swept quantity of one analysis. Between samples a curve is a straight line, as in ngspice's
``.meas``. A question without an answer (a level that is never passed) raises NoAnswer.
"""

from collections.abc import Callable

import numpy as np

from sizing_app.circuit.signals import FUNCTIONS
from sizing_app.simulator.metrics.registry import WorstCase
from sizing_app.simulator.metrics.stability import unity_gain
from sizing_app.simulator.metrics.waveform import decibel, settled_after

EDGES = {"rise": (1,), "fall": (-1,), "cross": (1, -1)}
HALF_POWER = 10 * np.log10(2)


class NoAnswer(WorstCase):
    """The curve does not do what is asked; there is no value."""

    def __init__(self, reason: str):
        super().__init__(np.nan, reason)


class Curves:
    """The functions over one sweep; ``swept`` is None for analyses without one (op)."""

    def __init__(self, swept: np.ndarray | None):
        self.swept = None if swept is None else np.real(swept).astype(float)

    def functions(self) -> dict[str, Callable]:
        """By the names of FUNCTIONS."""
        plain = {"db": decibel, "mag": np.abs, "abs": np.abs, "real": np.real, "imag": np.imag, "angle": np.angle,
                 "phase": lambda curve: np.degrees(np.unwrap(np.angle(curve))), "sqrt": np.sqrt, "exp": np.exp,
                 "ln": np.log, "log10": np.log10, "first": lambda curve: self._curve(curve)[0],
                 "last": lambda curve: self._curve(curve)[-1]}
        return plain | {name: getattr(self, name) for name in FUNCTIONS if name not in plain}

    def deriv(self, curve):
        return np.gradient(self._curve(curve), self.swept)

    def at(self, curve, place: float) -> float:
        """Raises NoAnswer outside the sweep."""
        place, curve = float(place), self._curve(curve)
        swept = self._sweep()
        first, last = sorted((float(swept[0]), float(swept[-1])))
        slack = 1e-9 * max(abs(first), abs(last))
        if not first - slack <= place <= last + slack:
            raise NoAnswer(f"{place:g} is outside the sweep from {first:g} to {last:g}")
        order = slice(None) if swept[0] <= swept[-1] else slice(None, None, -1)
        return np.interp(place, swept[order], curve[order])

    def max(self, curve, start=None, stop=None):
        return np.max(self._values(curve, start, stop))

    def min(self, curve, start=None, stop=None):
        return np.min(self._values(curve, start, stop))

    def pp(self, curve, start=None, stop=None):
        return np.ptp(self.window(curve, start, stop)[1])

    def avg(self, curve, start=None, stop=None):
        swept, values = self.window(curve, start, stop)
        return np.trapezoid(values, swept) / self._span(swept)

    def rms(self, curve, start=None, stop=None):
        swept, values = self.window(curve, start, stop)
        return np.sqrt(np.trapezoid(values ** 2, swept) / self._span(swept))

    def integ(self, curve, start=None, stop=None):
        swept, values = self.window(curve, start, stop)
        return np.trapezoid(values, swept)

    def cross(self, curve, level, count=1.0) -> float:
        return self.passing(curve, level, "cross", count)

    def rise(self, curve, level, count=1.0) -> float:
        return self.passing(curve, level, "rise", count)

    def fall(self, curve, level, count=1.0) -> float:
        return self.passing(curve, level, "fall", count)

    def settle(self, curve, band: float, start=None, target=None) -> float:
        swept, values = self.window(curve, start, None)
        error = values - (values[-1] if target is None else float(target))
        return settled_after(swept, error, float(swept[0]), float(swept[-1]), float(band))

    def overshoot(self, curve, start=None, stop=None) -> float:
        values = self.window(curve, start, stop)[1]
        step = values[-1] - values[0]
        if step == 0:
            raise NoAnswer("the curve ends where it began, there is no step")
        return max(0.0, float(np.max((values - values[-1]) / step)))

    def slew(self, curve, low: float, high: float) -> float:
        first, last = self.cross(curve, low), self.cross(curve, high)
        if first == last:
            raise NoAnswer("both levels are passed at once")
        return abs((float(high) - float(low)) / (last - first))

    def period(self, curve, level: float, start=None) -> float:
        swept, values = self.window(curve, start, None)
        rises = passes(swept, values - float(level), (1,))
        if len(rises) < 2:
            raise NoAnswer(f"the level {float(level):g} is passed upwards {len(rises)} times, a period takes 2")
        return float(rises[-1] - rises[0]) / (len(rises) - 1)

    def duty(self, curve, level: float, start=None) -> float:
        swept, values = self.window(curve, start, None)
        error = values - float(level)
        rises, falls = passes(swept, error, (1,)), passes(swept, error, (-1,))
        if len(rises) < 2:
            raise NoAnswer(f"the level {float(level):g} is passed upwards {len(rises)} times, a period takes 2")
        inside = falls[(falls > rises[0]) & (falls < rises[-1])]
        return float(np.sum(inside - rises[:-1]) / (rises[-1] - rises[0]))

    def bandwidth(self, curve, drop=HALF_POWER) -> float:
        level = decibel(self._curve(curve))
        return self.passing(level, level[0] - float(drop), "fall", 1.0)

    def unity_gain(self, curve) -> float:
        return unity_gain(self._sweep(), self._curve(curve))[0]

    def phase_margin(self, curve) -> float:
        return unity_gain(self._sweep(), self._curve(curve))[1]

    def gain_margin(self, curve) -> float:
        curve = self._curve(curve)
        phase = np.degrees(np.unwrap(np.angle(curve)))
        return -float(self.at(decibel(curve), self.passing(phase, -180.0, "fall", 1.0)))

    def passing(self, curve, level, edge: str, count: float, start=None, stop=None) -> float:
        """Where ``curve`` passes ``level``, a number or another curve, for the ``count``-th time from ``start`` on; a
        negative count goes back from the last time. Raises NoAnswer."""
        count = round(float(np.real(count)))
        swept, values = self.window(np.real(curve) - np.real(level), start, stop)
        found = passes(swept, values, EDGES[edge])
        if count == 0 or abs(count) > len(found):
            times = "once" if len(found) == 1 else f"{len(found)} times"
            raise NoAnswer(f"there is no {edge} number {count}: the level is passed {times}")
        return float(found[count - 1 if count > 0 else count])

    def window(self, curve, start=None, stop=None) -> tuple[np.ndarray, np.ndarray]:
        """(swept quantity, samples) from ``start`` to ``stop``, both ends interpolated; a sweep downwards stays one."""
        swept, curve = self._sweep(), self._curve(curve)
        if start is None and stop is None:
            return swept, curve
        low, high = sorted((float(swept[0]), float(swept[-1])))
        ends = [low if start is None else max(low, float(start)), high if stop is None else min(high, float(stop))]
        if ends[0] >= ends[1]:
            raise NoAnswer(f"the window lies outside the sweep from {low:g} to {high:g}")
        turned = swept[0] > swept[-1]
        swept, curve = (swept[::-1], curve[::-1]) if turned else (swept, curve)
        inside = (swept > ends[0]) & (swept < ends[1])
        points = np.concatenate((ends[:1], swept[inside], ends[1:]))
        values = np.interp(points, swept, curve)
        return (points[::-1], values[::-1]) if turned else (points, values)

    def samples(self, curve, start=None, stop=None) -> tuple[np.ndarray, np.ndarray]:
        """(swept quantity, samples) that lie from ``start`` to ``stop``, at least two."""
        swept, curve = self._sweep(), self._curve(curve)
        inside = np.ones(len(swept), bool) if start is None else swept >= float(start)
        inside &= True if stop is None else swept <= float(stop)
        if np.count_nonzero(inside) < 2:
            raise NoAnswer(f"the window holds {np.count_nonzero(inside)} samples, at least 2 are needed")
        return swept[inside], curve[inside]

    def _values(self, curve, start, stop) -> np.ndarray:
        """Samples in a window; the two arguments where both are numbers: max(a, b). Raises ValueError where a curve
        stands for a number."""
        if any(np.size(end) != 1 for end in (start, stop) if end is not None):
            raise ValueError("max(a, b) and min(a, b) are of two numbers, and so are from and to of max(x, from, to): "
                             "found a curve among them")
        if np.size(curve) == 1 and start is not None and stop is None:
            return np.array([np.ravel(curve)[0].real, np.ravel(start)[0].real])
        if self.swept is None and start is None and stop is None:
            return np.real(self._curve(curve))
        return np.real(self.window(curve, start, stop)[1])

    def _curve(self, curve) -> np.ndarray:
        if np.size(curve) == 1 and self.swept is not None:
            return np.full(len(self.swept), np.ravel(curve)[0])
        return np.atleast_1d(curve)

    def _sweep(self) -> np.ndarray:
        if self.swept is None:
            raise ValueError("the analysis sweeps nothing, so there is no curve to look along")
        return self.swept

    @staticmethod
    def _span(swept: np.ndarray) -> float:
        if swept[-1] == swept[0]:
            raise NoAnswer("the window is one point")
        return float(swept[-1] - swept[0])


def passes(swept: np.ndarray, error: np.ndarray, edges: tuple[int, ...]) -> np.ndarray:
    """Where ``error`` passes 0 upwards (1), downwards (-1), interpolated. Where it begins at 0, that is no pass."""
    above = error >= 0
    if len(error) > 1 and error[0] == 0:
        above[0] = error[1] >= 0
    turns = np.nonzero(above[1:] != above[:-1])[0]
    turns = turns[[(1 if above[at + 1] else -1) in edges for at in turns]] if len(turns) else turns
    share = error[turns] / (error[turns] - error[turns + 1])
    return swept[turns] + share * (swept[turns + 1] - swept[turns])
