"""Numbers as the compact prompt writes them: on fixed grids, so that each one is a single token.

Parameters are positions in their range in whole percent, results and targets stand on E96 (IEC 60063), decibels in
steps of 0.5 and degrees in steps of 1. A value is a number and what follows it (``4.7`` ``u``, ``980`` ``mV``): so the
same few hundred numbers serve every metric of every circuit. Every text ends in a letter or a sign.
"""

import math
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from sizing_app.circuit.definition import Metric, Parameter, Spec
from sizing_app.circuit.units import E24, format_si

E96 = tuple(round(100 * 10 ** (index / 96)) for index in range(96))
LABELS = {"Hz": "Hz", "V": "V", "A": "A", "W": "W", "s": "s", "F": "F", "Ohm": "Ohm", "m": "m", "J": "J", "V/s": "/s",
          "V/sqrt(Hz)": "/rtHz", "V/√Hz": "/rtHz", "dB": "dB", "deg": "deg", "C": "C", "%": "%", "LSB": "LSB"}
PURE_NUMBER = "x"
"""Written behind a number that has no unit: ``187x``."""
_WITHOUT_SUFFIX = ("dB", "deg", "C")
_LINEAR_STEPS = {"dB": 0.5, "deg": 1.0}
PERCENT_BUCKETS = (*range(11), 12, 14, 16, 18, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100, 150, 200, 300, 500, 900)
"""Sizes of a margin, in percent of the spec's scale."""
NUMBER = re.compile(r"\d+(?:\.\d+)?")
NUMBERS = tuple(sorted({*(f"{mantissa / scale:g}" for mantissa in E96 for scale in (100, 10, 1)),
                        *(f"{mantissa / scale:g}" for mantissa in E24 for scale in (10, 1, 0.1)),
                        *(f"{half / 2:g}" for half in range(401))}, key=float))
"""What a value can begin with: E96 and E24 from 1 to 976, and half steps from 0 to 200 for decibels and degrees."""


@dataclass(frozen=True)
class Grid:
    """Ascending values with their texts; ``log`` says on which scale the nearest one is meant."""

    values: tuple[float, ...]
    texts: tuple[str, ...]
    log: bool

    def nearest(self, value: float) -> int:
        above = bisect_left(self.values, value)
        if above == 0 or above == len(self.values):
            return min(above, len(self.values) - 1)
        low, high = self.values[above - 1], self.values[above]
        middle = math.sqrt(low * high) if self.log else (low + high) / 2
        return above if value > middle else above - 1

    def at_least(self, value: float) -> int:
        """The first grid value that is not below ``value`` (the last one where there is none)."""
        return min(bisect_left(self.values, value - 1e-9 * abs(value)), len(self.values) - 1)

    def at_most(self, value: float) -> int:
        return max(bisect_left(self.values, value + 1e-9 * abs(value) + 1e-300) - 1, 0)


def value_text(value: float, unit: str, digits: int = 3) -> str:
    """``4.7u``, ``2.4V``, ``980mV``, ``63.5dB``: the shortest text of ``value`` that does not end in a digit."""
    label = LABELS.get(unit, PURE_NUMBER)
    if unit in _WITHOUT_SUFFIX:
        return f"{value:.{digits + 1}g}{label}"
    text = format_si(value, digits)
    return text + label if text[-1].isdigit() or text.endswith("m") else text


def snapped_text(value: float, unit: str) -> str:
    """``value_text`` of the nearest value that begins with one of NUMBERS, for a metric without a grid."""
    if step := _LINEAR_STEPS.get(unit):
        return value_text(round(value / step) * step, unit)
    if not value:
        return value_text(0.0, unit)
    near = _preferred(abs(value) / 1.1, abs(value) * 1.1)
    return value_text(math.copysign(min(near, key=lambda other: abs(other - abs(value))), value), unit)


def position(parameter: Parameter, value: float) -> int:
    """Where a value lies in its range: 0 to 100, on the parameter's scale."""
    return round(100 * min(max(parameter.to_unit(value), 0.0), 1.0))


def at_position(parameter: Parameter, percent: float) -> float:
    """The grid value of a parameter that has a position; where a logarithmic range has none there, the value at the
    position itself, in four digits. So no move of a position leaves the value. Every grid value can be written where
    there are few enough for 101 positions: not all of a range of six decades, and every fourth of a count to 400."""
    value = parameter.from_unit(percent / 100)
    snapped = parameter.snap(value)
    if parameter.scale == "linear" or position(parameter, snapped) == round(percent):
        return snapped
    return parameter.nearest(float(f"{value:.4g}"))


@lru_cache(maxsize=4096)
def metric_grid(metric: Metric, spec: Spec) -> Grid:
    """Grid of a metric's results and targets around its default ``spec``; values beyond its ends show as the end.

    It reaches one decade (30 dB) to the good side of the bound and two decades (60 dB) to the bad side.
    """
    low = spec.low if spec.low is not None else spec.high
    high = spec.high if spec.high is not None else spec.low
    if step := _LINEAR_STEPS.get(metric.unit):
        down, up = {"lower": (60, 30), "upper": (30, 60), "range": (60, 60)}[spec.kind]
        first, last = math.floor((low - down) / step), math.ceil((high + up) / step)
        if metric.unit == "deg":
            first, last = 0, 180
        values = tuple(index * step for index in range(first, last + 1))
    else:
        down, up = {"lower": (100, 10), "upper": (10, 100), "range": (100, 100)}[spec.kind]
        values = _preferred((abs(low) or spec.scale) / down, (abs(high) or spec.scale) * up)
    return Grid(values, tuple(value_text(value, metric.unit) for value in values), step is None)


def has_no_text(metric: Metric, spec: Spec) -> bool:
    """Whether a bound is 0 or negative where the grid is logarithmic: it would be told as one above 0."""
    return metric.unit not in _LINEAR_STEPS and any(bound is not None and bound <= 0 for bound in (spec.low, spec.high))


def percent_bucket(margin: float) -> int:
    """Size of a relative margin in percent, as one of PERCENT_BUCKETS; a failed spec never shows as 0."""
    size = abs(margin) * 100
    if margin < 0:
        size = max(size, 1.0)
    above = min(bisect_left(PERCENT_BUCKETS, size), len(PERCENT_BUCKETS) - 1)
    below = max(above - 1, 0)
    return PERCENT_BUCKETS[below if size - PERCENT_BUCKETS[below] < PERCENT_BUCKETS[above] - size else above]


def _preferred(low: float, high: float) -> tuple[float, ...]:
    """E96 from the last value at or below ``low`` to the first at or above ``high``."""
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    series = [float(f"{mantissa}e{decade - 2}") for decade in decades for mantissa in E96]
    first = max(bisect_left(series, low * (1 + 1e-9)) - 1, 0)
    return tuple(series[first : bisect_left(series, high * (1 - 1e-9)) + 1])
