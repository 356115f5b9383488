"""Designs and targets as arrays: grids, metric rows, margins, how near designs come to weighted targets.

How targets are drawn is in query_rules.py.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from sizing_app.circuit.conditions import ConditionSpace, Conditions
from sizing_app.circuit.definition import Circuit, Parameter, Parameters, Spec
from sizing_app.task.turn import Measurement

E96 = tuple(round(10 ** (step / 96), 2) for step in range(96))
"""The E96 series of one decade (IEC 60063)."""
OFFSET_REACH = 4
"""Where a scale is larger than this many times its bound, as of an error in LSB, offsets count in these instead."""


class DesignGrid:
    """A circuit's designs as rows of grid indices, of unit-cube coordinates or of SI values."""

    def __init__(self, circuit: Circuit):
        self.circuit = circuit
        self.names = [parameter.name for parameter in circuit.parameters]
        self.values = [_grid_values(parameter) for parameter in circuit.parameters]
        self.levels = [_grid_levels(parameter) for parameter in circuit.parameters]
        self.dtype = np.min_scalar_type(max(map(len, self.levels)) - 1)
        """The smallest type of the indices: uint8 for up to 256 values of each parameter, else uint16."""
        self._edges = [(level[1:] + level[:-1]) / 2 for level in self.levels]

    def snap(self, unit: np.ndarray) -> np.ndarray:
        """Nearest grid indices of unit-cube rows of shape (..., parameters)."""
        unit = np.asarray(unit, dtype=float)
        columns = [np.searchsorted(edges, unit[..., column]) for column, edges in enumerate(self._edges)]
        return np.stack(columns, axis=-1).astype(self.dtype)

    def unit(self, index: np.ndarray) -> np.ndarray:
        """Unit-cube coordinates of grid indices of shape (..., parameters)."""
        index = np.asarray(index)
        return np.stack([level[index[..., column]] for column, level in enumerate(self.levels)], axis=-1)

    def design(self, index: Sequence[int]) -> dict[str, float]:
        """One row of grid indices as parameters in SI units."""
        return {name: values[int(place)] for name, values, place in zip(self.names, self.values, index, strict=True)}

    def index(self, design: Parameters) -> np.ndarray:
        """Grid indices of a design."""
        return self.snap(np.array([parameter.to_unit(design[parameter.name])
                                   for parameter in self.circuit.parameters]))

    def random(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Grid indices of ``count`` designs that are uniform on each parameter's scale."""
        return self.snap(rng.random((count, len(self.names))))


@lru_cache(maxsize=1024)
def _grid_values(parameter: Parameter) -> tuple[float, ...]:
    return tuple(parameter.grid())


@lru_cache(maxsize=1024)
def _grid_levels(parameter: Parameter) -> np.ndarray:
    levels = np.array([parameter.to_unit(value) for value in _grid_values(parameter)])
    levels.setflags(write=False)
    return levels


def spread_conditions(space: ConditionSpace, count: int, rng: np.random.Generator) -> list[Conditions]:
    """At most ``count`` conditions: nominal, then others in which all values occur about equally often."""
    chosen, wanted = [space.nominal], min(count, len(space.all()))
    columns = [_shuffled(values, rng) for values in (space.corners, space.temperatures, space.supplies, space.loads)]
    while len(chosen) < wanted:
        conditions = Conditions(*(next(column) for column in columns))
        if conditions not in chosen:
            chosen.append(conditions)
    return chosen


def _shuffled(values: Sequence, rng: np.random.Generator) -> Iterator:
    """All values in random order, again and again."""
    while True:
        for index in rng.permutation(len(values)):
            yield values[index]


def metric_row(circuit: Circuit, measurement: Measurement) -> np.ndarray:
    """Metrics in the circuit's order; NaN where there is none."""
    values = measurement.metrics if measurement.ok else {}
    return np.array([math.nan if values.get(metric.name) is None else values[metric.name]
                     for metric in circuit.metrics])


def measurement_of(circuit: Circuit, row: np.ndarray) -> Measurement:
    """The inverse of metric_row; a row without any value is a simulation that failed."""
    values = [None if math.isnan(value) else float(value) for value in row]
    failed = all(value is None for value in values)
    return Measurement("not_converged" if failed else "ok",
                       {metric.name: value for metric, value in zip(circuit.metrics, values, strict=True)})


def metric_columns(circuit: Circuit, specs: Sequence[Spec]) -> list[int]:
    """The place of each spec's metric in a metric row."""
    places = {metric.name: place for place, metric in enumerate(circuit.metrics)}
    return [places[spec.metric] for spec in specs]


def margins(circuit: Circuit, specs: Sequence[Spec], metrics: np.ndarray) -> np.ndarray:
    """Signed margins as in reward.spec_score, for many designs: (designs, metrics) to (designs, specs).

    A missing metric counts as -inf.
    """
    columns = np.asarray(metrics, dtype=float)[..., metric_columns(circuit, specs)]
    result = np.empty_like(columns)
    for place, spec in enumerate(specs):
        value = columns[..., place]
        below = np.inf if spec.low is None else value - spec.low
        above = np.inf if spec.high is None else spec.high - value
        low_scale, high_scale = scales(spec)
        inside = np.minimum(below, above)
        scale = np.where(value < spec.low, low_scale, high_scale) if spec.low is not None else high_scale
        result[..., place] = inside / scale
    return np.where(np.isnan(result), -np.inf, result)


def draw_weights(circuit: Circuit, rng: np.random.Generator) -> np.ndarray:
    """What each spec counts in ``fitness``: one direction on the trade-off surface."""
    return np.exp(rng.normal(0.0, 0.5, len(circuit.specs)))


def fitness(circuit: Circuit, specs: Sequence[Spec], weights: np.ndarray, metrics: np.ndarray) -> np.ndarray:
    """How near designs come to weighted targets: their shortfalls, and where there are none the smallest margin."""
    room = np.clip(margins(circuit, specs, metrics), -3.0, 0.5)
    return (np.minimum(room, 0.0) * weights).sum(axis=-1) + 0.2 * (room / weights).min(axis=-1)


def scales(spec: Spec) -> tuple[float, float]:
    """The scale of a shortfall below the low bound, and of one above the high bound
    (circuit.definition.Spec.scale_at)."""
    if spec.scale is not None:
        return spec.scale, spec.scale
    low = spec.low if spec.low is not None else spec.high
    high = spec.high if spec.high is not None else spec.low
    return abs(low), abs(high)


def harder(spec: Spec, amount: float) -> Spec:
    """A one-sided spec whose bound is moved by ``amount`` times its scale; negative amounts make it easier."""
    bound = spec.low if spec.kind == "lower" else spec.high
    scale = max(scales(spec))
    step = amount * (min(scale, OFFSET_REACH * abs(bound)) if bound else scale)
    return replace(spec, low=bound + step) if spec.kind == "lower" else replace(spec, high=bound - step)


def rounded(circuit: Circuit, specs: Sequence[Spec]) -> tuple[Spec, ...]:
    """Bounds as people write them, rounded to the easier side: 0.5 dB, 1 degree, else the E96 series."""
    units = {metric.name: metric.unit for metric in circuit.metrics}
    return tuple(replace(spec, low=None if spec.low is None else _round(spec.low, units[spec.metric], up=False),
                         high=None if spec.high is None else _round(spec.high, units[spec.metric], up=True))
                 for spec in specs)


def _round(value: float, unit: str, up: bool) -> float:
    slack = 1e-9 * abs(value)
    if unit in ("dB", "deg"):
        step = 1.0 if unit == "deg" else 0.5
        return (math.ceil((value - slack) / step) if up else math.floor((value + slack) / step)) * step
    if value <= 0:
        return -_round(-value, unit, not up) if value else 0.0
    series = _decade(math.floor(math.log10(value) + 1e-12))
    if up:
        return series[bisect_left(series, value - slack)]
    return series[bisect_right(series, value + slack) - 1]


@lru_cache(maxsize=64)
def _decade(exponent: int) -> tuple[float, ...]:
    """The E96 values from 10 ** exponent to ten times that, both inclusive."""
    return tuple(float(f"{mantissa}e{exponent}") for mantissa in (*E96, 10.0))
