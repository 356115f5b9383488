"""A surrogate of a circuit's simulations: networks from design and conditions to metrics; designs that they promise.

Fitted to a pool (train/surrogate.py), run in numpy. A design for some targets is found by gradient descent from a
start: every spec is wanted with some room, at neighbours of the design too, and only the sizes that matter most move.
A policy that learns from such designs can copy what does not move, and says what does. What the turns of a session
measured corrects the predictions near their designs, so that the next design makes up for what the last one missed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.errors import PolicyError
from sizing_app.pools.networks import Network, load_networks, save_networks
from sizing_app.pools.targets import DesignGrid, metric_columns, scales

ROOM = 0.08
"""Margin that is wanted of every spec, in units of its scale."""
BLUR = 0.02
"""Standard deviation, in the unit cube, of the neighbours that shall meet the specs as well."""
NEIGHBOURS = 3
STEPS, RATE = 80, 0.02
"""Steps of the descent, and how far the first one moves the size that matters most (unit cube); it falls to nothing."""
LEAST = 0.03
"""A size whose slope is less than this share of the largest one stays where it was."""
SHORT = 30.0
"""Weight of the squared shortfalls."""
REACH = 0.08
"""How far a measurement corrects predictions: in the unit cube, times the root of the number of parameters."""
TRUST = 0.15
"""Weight of the uncorrected prediction against that of a measurement at the same design, which is one."""
RANGE = 1.5
"""Heights are cut at this distance from the default bound: further off a metric is only bad, or good."""


@dataclass(frozen=True)
class Observed:
    """What a session has measured: unit-cube designs (turns, parameters), metric rows (turns, metrics)."""

    units: np.ndarray
    metrics: np.ndarray


class Surrogate:
    """Predicts heights: how far each default spec's metric is above the spec's bound.

    A log ratio for a positive metric without a scale of its own, else a difference in units of the scale.
    """

    def __init__(self, circuit: Circuit, networks: list[Network], logarithmic: np.ndarray):
        self.circuit, self.networks, self.logarithmic = circuit, networks, logarithmic
        self.grid = DesignGrid(circuit)
        self.columns = metric_columns(circuit, circuit.specs)
        self.reference = np.array([spec.low if spec.low is not None else spec.high for spec in circuit.specs])
        self.scale = np.array([max(scales(spec)) for spec in circuit.specs])

    def heights(self, values: np.ndarray) -> np.ndarray:
        """Of values of the default specs' metrics, shape (..., specs)."""
        base = np.where(self.logarithmic, self.reference, 1.0)
        logarithms = np.log(np.maximum(values / base, 1e-12))
        return np.where(self.logarithmic, logarithms, (values - self.reference) / self.scale)

    def values(self, heights: np.ndarray) -> np.ndarray:
        """The inverse of ``heights``."""
        return np.where(self.logarithmic, self.reference * np.exp(heights), self.reference + self.scale * heights)

    def predict(self, units: np.ndarray, conditions: np.ndarray) -> np.ndarray:
        """Heights, (n, specs), of unit-cube designs (n, parameters) at conditions (n, features)."""
        return self._forward(np.concatenate([2.0 * units - 1.0, conditions], axis=1).astype(np.float32))[0]

    def measured(self, heights: np.ndarray) -> np.ndarray:
        """Heights as rows of metrics, (n, metrics); NaN for a metric without a default spec."""
        rows = np.full((len(heights), len(self.circuit.metrics)), np.nan)
        rows[:, self.columns] = self.values(heights)
        return rows

    @threadpool_limits.wrap(limits=1, user_api="blas")  # the matrices are small: threads would only wait for each other
    def designs(self, specs: Sequence[Sequence[Spec]], conditions: Sequence[Conditions], starts: np.ndarray,
                seen: Sequence[Observed], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Designs for some queries: unit-cube rows on the grid, and the heights that are expected of them.

        Adam with one scale for all sizes of a design, and soft thresholds of the moves (proximal steps for their sum).
        """
        features = np.array([condition_features(self.circuit, each) for each in conditions], dtype=np.float32)
        wanted, correction = _Wanted(self, specs), _Correction(self, features, seen)
        units = self.grid.unit(self.grid.snap(np.asarray(starts))).astype(np.float32)
        first, mean, square = units.copy(), np.zeros_like(units), np.zeros((len(units), 1), np.float32)
        for step in range(STEPS):
            slope = self._slope(units, features, wanted, correction.at(units), rng)
            mean = 0.9 * mean + 0.1 * slope
            square = 0.99 * square + 0.01 * (slope ** 2).max(axis=1, keepdims=True)
            ahead = mean / (1.0 - 0.9 ** (step + 1)) / (np.sqrt(square / (1.0 - 0.99 ** (step + 1))) + 1e-6)
            rate = RATE * (1.0 - step / STEPS)
            moved = units - rate * ahead - first
            moved = np.sign(moved) * np.maximum(np.abs(moved) - rate * LEAST, 0.0)
            units = np.clip(first + moved, 0.0, 1.0)
        units = self.grid.unit(self.grid.snap(units))
        return units, self.predict(units, features) + correction.at(units)

    def _slope(self, units, features, wanted: "_Wanted", correction: np.ndarray, rng: np.random.Generator):
        """Gradient of the shortfalls with respect to the design, averaged over its neighbours."""
        total = np.zeros_like(units)
        for _ in range(NEIGHBOURS):
            near = np.clip(units + BLUR * rng.standard_normal(units.shape, dtype=np.float32), 0.0, 1.0)
            heights, layers = self._forward(np.concatenate([2.0 * near - 1.0, features], axis=1))
            total += 2.0 * self._backward(wanted.slope(heights + correction), layers)[:, :units.shape[1]]
        return total / NEIGHBOURS

    def _forward(self, inputs: np.ndarray):
        """The networks' mean, and what each hidden layer of each network gives."""
        layers, heights = [], 0.0
        for network in self.networks:
            hidden = [inputs]
            for weights, bias in network[:-1]:
                hidden.append(np.tanh(hidden[-1] @ weights + bias))
            layers.append(hidden)
            weights, bias = network[-1]
            heights = heights + (hidden[-1] @ weights + bias) / len(self.networks)
        return heights, layers

    def _backward(self, slope: np.ndarray, layers) -> np.ndarray:
        """Gradient with respect to the inputs, given the one with respect to the heights."""
        total = 0.0
        for network, hidden in zip(self.networks, layers, strict=True):
            inner = slope / len(self.networks)
            for (weights, _), values in zip(network[::-1], hidden[:0:-1], strict=False):
                inner = (inner @ weights.T) * (1.0 - values ** 2)
            total = total + inner @ network[0][0].T
        return total


class _Wanted:
    """The targets of some queries in heights, with the room that is wanted; a spec that is left out is no target."""

    def __init__(self, surrogate: Surrogate, specs: Sequence[Sequence[Spec]]):
        shape = len(specs), len(surrogate.circuit.specs)
        low, high, below, above = (np.full(shape, value) for value in (np.nan, np.nan, 1.0, 1.0))
        places = {spec.metric: place for place, spec in enumerate(surrogate.circuit.specs)}
        for row, asked in enumerate(specs):
            for spec in asked:
                place = places.get(spec.metric)
                if place is None:
                    continue
                low[row, place] = np.nan if spec.low is None else spec.low
                high[row, place] = np.nan if spec.high is None else spec.high
                if not surrogate.logarithmic[place]:
                    below[row, place], above[row, place] = surrogate.scale[place] / np.array(scales(spec))
        self._low = np.nan_to_num(surrogate.heights(low), nan=-np.inf).astype(np.float32)
        self._high = np.nan_to_num(surrogate.heights(high), nan=np.inf).astype(np.float32)
        self._below, self._above = below.astype(np.float32), above.astype(np.float32)

    def slope(self, heights: np.ndarray) -> np.ndarray:
        """Gradient of SHORT times the squared shortfalls, and once the worst one, with respect to the heights."""
        under = np.maximum(ROOM - (heights - self._low) * self._below, 0.0)
        over = np.maximum(ROOM - (self._high - heights) * self._above, 0.0)
        slope = 2.0 * SHORT * (over * self._above - under * self._below)
        short = np.maximum(under, over)
        rows = np.arange(len(short))
        worst = short.argmax(axis=1)
        upward = np.where(over >= under, self._above, -self._below)[rows, worst]
        slope[rows, worst] += np.where(short[rows, worst] > 0.0, upward, 0.0)
        return slope


class _Correction:
    """What has to be added to predictions: residuals of what was seen, weighted by nearness."""

    def __init__(self, surrogate: Surrogate, features: np.ndarray, seen: Sequence[Observed]):
        turns = max((len(each.units) for each in seen), default=0)
        parameters, specs = len(surrogate.circuit.parameters), len(surrogate.circuit.specs)
        self._units = np.zeros((len(seen), turns, parameters), np.float32)
        self._residuals = np.full((len(seen), turns, specs), np.nan, np.float32)
        for row, each in enumerate(seen):
            count = len(each.units)
            if count:
                self._units[row, :count] = each.units
                heights = surrogate.heights(each.metrics[:, surrogate.columns])
                heights[np.abs(heights) >= RANGE] = np.nan
                self._residuals[row, :count] = heights - surrogate.predict(each.units, features[[row] * count])
        self._known = ~np.isnan(self._residuals)
        self._residuals = np.nan_to_num(self._residuals)
        self._width = 2.0 * REACH ** 2 * parameters

    def at(self, units: np.ndarray) -> np.ndarray:
        """Shape (queries, specs)."""
        distance = ((units[:, None] - self._units) ** 2).sum(axis=2)
        weights = np.exp(-distance / self._width)[:, :, None] * self._known
        return (weights * self._residuals).sum(axis=1) / (weights.sum(axis=1) + TRUST)


def condition_features(circuit: Circuit, conditions: Conditions) -> np.ndarray:
    """One-hot corner; temperature, log supply and log load relative to nominal, each in units of its range."""
    space = circuit.conditions
    nominal = space.nominal
    return np.array([*(float(conditions.corner == corner) for corner in space.corners),
                     (conditions.temperature - nominal.temperature) / (np.ptp(space.temperatures) or 1.0),
                     math.log(conditions.supply / nominal.supply) / (np.ptp(np.log(space.supplies)) or 1.0),
                     math.log(conditions.load / nominal.load) / (np.ptp(np.log(space.loads)) or 1.0)])


def surrogate_path(models: Path, circuit: Circuit) -> Path:
    return models / "surrogate" / f"{circuit.name}.npz"


def save_surrogate(surrogate: Surrogate, path: Path) -> None:
    save_networks(path, surrogate.networks, logarithmic=surrogate.logarithmic)


def load_surrogate(path: Path, circuit: Circuit) -> Surrogate:
    """Raises PolicyError where the file is missing or was made for another circuit."""
    inputs = len(circuit.parameters) + len(condition_features(circuit, circuit.conditions.nominal))
    networks, arrays = load_networks(path, inputs, len(circuit.specs))
    if arrays.get("logarithmic", np.zeros(0)).shape != (len(circuit.specs),):
        raise PolicyError(f"{path} is not a surrogate of {circuit.name}")
    return Surrogate(circuit, networks, arrays["logarithmic"])
