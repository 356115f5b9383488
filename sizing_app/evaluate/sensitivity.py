"""What limits a design: how each metric follows each parameter, and which device makes which share of a spread.

One at a time: central differences by simulations of the neighbours of a design, all of them at once. For mismatch each
device is moved by one standard deviation of each of its varying quantities (circuit/mismatch.py); as these are
independent, the variance of a metric is to first order the sum of the squares of what they change.
"""

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sizing_app.circuit.conditions import Conditions, Draw
from sizing_app.circuit.definition import Circuit, Measure, Metric, Parameter, Parameters
from sizing_app.circuit.expressions import factors_of
from sizing_app.circuit.mismatch import NUMBERS
from sizing_app.circuit.netlist import devices_of
from sizing_app.circuit.signals import read_formula
from sizing_app.task.protocols import Job, Simulator
from sizing_app.task.turn import Measurement

STEP = 0.01
"""Relative step of a parameter to either side; a count moves by one, a value of 0 by this share of its range."""
MAGNITUDES = ("dc_error", "held_error", "drift", "load_regulation", "line_regulation", "recovery_error",
              "residue_gain_error")
"""Measures that give the magnitude of something that may vary around 0: a small change may turn its sign. So does an
expression that is abs of something, or a multiple of that."""
FARTHEST = 3.0
"""Decibels by which mismatch may move a metric: a logarithm follows a line only where what it is of changes little."""
AROUND_NULL = (f"mismatch moves it by more than {FARTHEST:g} dB, too far for a sigma in dB: what it is the logarithm "
               f"of may pass 0; Monte Carlo shows its spread")
BRACES = re.compile(r"{[^{}]*}")


@dataclass(frozen=True)
class Effect:
    """How a metric follows a parameter around a design."""

    metric: str
    parameter: str
    slope: float | None
    """In the metric's SI unit for one SI unit of the parameter; None where a neighbour has no value. Of a magnitude
    |x| that of x, taken as positive here; at the end of a range the smaller one of two that may be."""
    per_percent: float | None
    """Change of the metric, in its SI unit, for 1% more of the parameter."""
    elasticity: float | None
    """Percent of the metric for 1% of the parameter; None where the metric is 0 or no ratio (dB, degrees)."""


@dataclass(frozen=True)
class Share:
    """What one device adds to the spread of a metric by mismatch."""

    device: str
    sigma: float | None
    """In the metric's SI unit; None where the metric has no value with the device off to either side."""
    share: float | None
    """Of the variance; None where that is not known."""


@dataclass(frozen=True)
class MismatchShares:
    """Of one metric; the shares, the largest first, add up to 1 where it varies at all."""

    metric: str
    sigma: float | None
    """Of all devices together, to first order; None where there is no such number, see ``why``."""
    devices: tuple[Share, ...]
    signed: bool = False
    """Whether the metric is a magnitude |x|: sigma is that of x."""
    why: str = ""
    """There is no sigma."""


def effects(circuit: Circuit, parameters: Parameters, conditions: Conditions,
            simulator: Simulator) -> tuple[Measurement, list[Effect]]:
    """The design's own measurement, and every metric by every parameter."""
    pairs = [_neighbours(parameter, parameters[parameter.name]) for parameter in circuit.parameters]
    designs = [dict(parameters)] + [{**parameters, parameter.name: value} for parameter, pair in
                                    zip(circuit.parameters, pairs, strict=True) for value in pair]
    centre, *others = [answer.result() for answer in
                       simulator.submit([Job(circuit, design, conditions) for design in designs])]
    found = [_effect(circuit, metric.name, parameter, parameters[parameter.name], pair, centre,
                     others[2 * place:2 * place + 2])
             for place, (parameter, pair) in enumerate(zip(circuit.parameters, pairs, strict=True))
             for metric in circuit.metrics]
    return centre, found


def mismatch_shares(circuit: Circuit, parameters: Parameters, conditions: Conditions, draw: Draw,
                    simulator: Simulator) -> list[MismatchShares]:
    """Of every metric that the design has; ``draw`` says by which coefficients. Raises what the netlist raises."""
    names = devices_of(circuit, parameters, replace(conditions, draw=draw))
    moves = itertools.product(range(len(names)), range(NUMBERS), (1.0, -1.0))
    jobs = [Job(circuit, parameters, replace(conditions, draw=replace(draw, process=False, single=move)))
            for move in moves]
    centre, *others = [answer.result() for answer in
                       simulator.submit([Job(circuit, parameters, conditions), *jobs])]
    magnitudes = _magnitudes(circuit)
    return [_shares(metric, metric.name in magnitudes, names, centre, others)
            for metric in circuit.metrics if centre.ok and centre.metrics[metric.name] is not None]


def _neighbours(parameter: Parameter, value: float) -> tuple[float, float]:
    """A value below and one above, within the range."""
    step = 1.0 if parameter.count else STEP * (abs(value) or parameter.high - parameter.low)
    return max(value - step, parameter.low), min(value + step, parameter.high)


def _effect(circuit: Circuit, metric: str, parameter: Parameter, value: float, pair: tuple[float, float],
            centre: Measurement, measured: Sequence[Measurement]) -> Effect:
    low, high = (item.metrics.get(metric) if item.ok else None for item in measured)
    if low is None or high is None or pair[0] == pair[1]:
        return Effect(metric, parameter.name, None, None, None)
    own = centre.metrics.get(metric)
    if own is not None and metric in _magnitudes(circuit):
        low, high = _signed(own, low, high, (value - pair[0]) / (pair[1] - pair[0]))
    slope = (high - low) / (pair[1] - pair[0])
    ratio = own and circuit.metric(metric).unit not in ("dB", "deg")
    return Effect(metric, parameter.name, slope, slope * abs(value) * 0.01,
                  slope * abs(value) / abs(own) if ratio else None)


def _magnitudes(circuit: Circuit) -> set[str]:
    return {measure.metric for measure in circuit.measures if _is_magnitude(measure)}


def _is_magnitude(measure: Measure) -> bool:
    value = BRACES.sub("1", str(measure.arguments.get("value", "")))
    return measure.function in MAGNITUDES or (measure.function in ("expression", "of_metrics")
                                              and "abs" in factors_of(read_formula(value).text))


def _signed(own: float, low: float, high: float, place: float = 0.5) -> tuple[float, float]:
    """Values of a magnitude on both sides of ``own``, with the signs by which all three are nearest to a line;
    ``place``: where between the two it is."""
    return min(((low, high), (low, -high), (-low, high)),
               key=lambda pair: abs(pair[0] * (1 - place) + pair[1] * place - own))


def _change(own: float, more: float | None, less: float | None, magnitude: bool) -> float | None:
    """What one standard deviation changes, by its values to both sides, or to the one that has a value."""
    if more is None or less is None:
        return own - less if less is not None else more - own if more is not None else None
    less, more = _signed(own, less, more) if magnitude else (less, more)
    return (more - less) / 2


def _moved(own: float, pairs: Sequence[Sequence[float | None]]) -> float:
    """How far mismatch moves a metric, no matter to which side: the root of the sum of mean squares."""
    squares = [[(value - own) ** 2 for value in pair if value is not None] for pair in pairs]
    return math.sqrt(math.fsum(sum(sides) / len(sides) for sides in squares if sides))


def _shares(metric: Metric, magnitude: bool, names: Sequence[str], centre: Measurement,
            measured: Sequence[Measurement]) -> MismatchShares:
    """``measured``: of each device and normal number, one standard deviation more and less."""
    own = centre.metrics[metric.name]
    values = [item.metrics.get(metric.name) if item.ok else None for item in measured]
    pairs = list(zip(values[::2], values[1::2], strict=True))
    changes = [_change(own, *pair, magnitude) for pair in pairs]
    by_device = [changes[place:place + NUMBERS] for place in range(0, len(changes), NUMBERS)]
    sigmas = [None if None in mine else math.hypot(*mine) for mine in by_device]
    missing = [name for name, sigma in zip(names, sigmas, strict=True) if sigma is None]
    lack = f"no value with {', '.join(missing)} one sigma off" if missing else ""
    if metric.unit == "dB" and _moved(own, pairs) > FARTHEST:
        return MismatchShares(metric.name, None, (), why="; ".join(filter(None, (lack, AROUND_NULL))))
    total = None if missing else math.hypot(*sigmas)
    rows = [Share(name, sigma, None if missing else (sigma / total) ** 2 if total else 0.0)
            for name, sigma in zip(names, sigmas, strict=True)]
    rows.sort(key=lambda row: -math.inf if row.sigma is None else -row.sigma)
    return MismatchShares(metric.name, total, tuple(rows), magnitude, lack)
