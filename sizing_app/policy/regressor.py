"""Direct regression from specs and conditions to sizes: an ensemble of small networks, run in numpy.

They are in ``models/mlp/CIRCUIT.npz`` (pools/networks.py). The last layer is followed by a sigmoid onto the unit cube
in the order of ``circuit.parameters``. The inputs are ``features(task)``.
"""

import math
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.policy.designs import design, end, end_met, from_unit
from sizing_app.pools.networks import Network, load_networks
from sizing_app.task.definition import Task
from sizing_app.task.protocols import StopSignal
from sizing_app.task.reward import reached
from sizing_app.task.turn import Delta, History, Proposal

DIFFERENCE_UNITS = ("dB", "deg")


class Regressor:
    """Turn k proposes what the k-th network of the ensemble predicts; the history is not used."""

    name = "mlp"

    def __init__(self, models: Path):
        self._folder = models / "mlp"
        self._ensembles: dict[str, list[Network]] = {}
        self._lock = threading.Lock()

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        ensemble = self._ensemble(task.circuit)
        place = len(history) - 1
        if place >= len(ensemble):
            yield end(f"All {len(ensemble)} networks have proposed a design.")
            return
        yield design(from_unit(task.circuit, predict(ensemble[place], features(task))),
                     f"Network {place + 1} of {len(ensemble)} maps specs and conditions to sizes. "
                     "The history is not used.")

    def _ensemble(self, circuit: Circuit) -> list[Network]:
        with self._lock:
            if circuit.name not in self._ensembles:
                inputs = len(features(Task(circuit, circuit.specs, circuit.conditions.nominal, {})))
                self._ensembles[circuit.name], _ = load_networks(self._folder / f"{circuit.name}.npz", inputs,
                                                                 len(circuit.parameters))
            return self._ensembles[circuit.name]


def features(task: Task) -> np.ndarray:
    """Inputs of the networks, shape (features(circuit),), float32, each of order one.

    One-hot corner; temperature relative to the range; log supply and log load relative to nominal; then for each bound
    of each default spec how far the task's bound lies from it: a difference relative to the spec's scale in dB and
    degrees, else a log ratio. A default spec that the task leaves out counts as unchanged.
    """
    circuit, conditions, space = task.circuit, task.conditions, task.circuit.conditions
    nominal = space.nominal
    span = max(space.temperatures) - min(space.temperatures) or 1.0
    values = [float(conditions.corner == corner) for corner in space.corners]
    values += [(conditions.temperature - nominal.temperature) / span,
               math.log(conditions.supply / nominal.supply), math.log(conditions.load / nominal.load)]
    asked = {spec.metric: spec for spec in task.specs}
    for default in circuit.specs:
        spec = asked.get(default.metric, default)
        unit = circuit.metric(default.metric).unit
        values += [_offset(getattr(spec, side), getattr(default, side), default, unit)
                   for side in ("low", "high") if getattr(default, side) is not None]
    return np.asarray(values, dtype=np.float32)


def predict(network: Network, inputs: np.ndarray) -> np.ndarray:
    """Unit-cube design, shape (parameters,), of inputs of shape (features,)."""
    hidden = inputs.astype(np.float64)
    for weights, bias in network[:-1]:
        hidden = np.tanh(hidden @ weights + bias)
    weights, bias = network[-1]
    return 0.5 * (1.0 + np.tanh(0.5 * (hidden @ weights + bias)))


def _offset(bound: float | None, default: float, spec: Spec, unit: str) -> float:
    if bound is None:
        return 0.0
    if unit in DIFFERENCE_UNITS or default <= 0.0:
        return (bound - default) / (spec.scale_at(default) or 1.0)
    return math.log(max(bound, 1e-3 * default) / default)
