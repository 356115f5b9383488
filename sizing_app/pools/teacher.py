"""The teacher: the next design of a session, by one who knows the circuit's pool and its surrogate.

Without a good turn it starts at a design that suits the conditions, whatever the targets: the centre of the best stored
designs for the circuit's default specs. From there, or from the best turn if that is good, it moves the few sizes that
the targets ask for. Supervised training aims at its answers (train/imagine.py), and it is a policy of its own
(policy/stored.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Parameters
from sizing_app.pools.designs import Pool, centroid
from sizing_app.pools.surrogate import Observed, Surrogate
from sizing_app.pools.targets import metric_row
from sizing_app.task.definition import Task
from sizing_app.task.turn import History, best_turn

CENTRE = 64
"""Stored designs whose centre is the start."""
GOOD = 0.5
"""From this reward on a turn is corrected."""
FEW = 8
"""A metric that has no more values than this in the pool can have no others."""


@dataclass(frozen=True)
class Answer:
    """A design for a query, in SI units, and the metrics that are expected of it, in the circuit's order."""

    parameters: Parameters
    metrics: np.ndarray


class Teacher:
    """Of one circuit. ``conditions`` are the true ones, which may differ from those that a task states."""

    def __init__(self, pool: Pool, surrogate: Surrogate):
        self.pool, self.surrogate = pool, surrogate
        self._centres: dict[int, np.ndarray] = {}
        columns = ((column, _known_values(pool.metrics[:, column])) for column in range(pool.metrics.shape[1]))
        self.discrete = {column: values for column, values in columns if len(values) <= FEW}

    def answers(self, tasks: Sequence[Task], histories: Sequence[History], conditions: Sequence[Conditions],
                rng: np.random.Generator) -> list[Answer]:
        """The next design for each session."""
        starts = [self._start(*each) for each in zip(histories, conditions, strict=True)]
        units, heights = self.surrogate.designs([task.specs for task in tasks], conditions, np.array(starts),
                                                [self._seen(history) for history in histories], rng)
        rows = self.metrics(heights)
        return [Answer(self.pool.grid.design(index), row)
                for index, row in zip(self.pool.grid.snap(units), rows, strict=True)]

    def metrics(self, heights: np.ndarray) -> np.ndarray:
        """Rows of metrics of predicted heights; counts and shares are whole again."""
        rows = self.surrogate.measured(heights)
        for column, values in self.discrete.items():
            rows[:, column] = values[np.abs(rows[:, column, None] - values).argmin(axis=1)]
        return rows

    def _start(self, history: History, conditions: Conditions) -> np.ndarray:
        best = best_turn(history)
        if best is not None and best.reward >= GOOD:
            return self._unit(best.proposal.parameters)
        place = self.pool.nearest(conditions)
        if place not in self._centres:
            self._centres[place] = centroid(self.pool, place, self.pool.circuit.specs, CENTRE)
        return self._centres[place]

    def _seen(self, history: History) -> Observed:
        turns = [turn for turn in history if turn.measurement.ok and turn.proposal.parameters is not None]
        circuit, count = self.pool.circuit, len(turns)
        units = [self._unit(turn.proposal.parameters) for turn in turns]
        metrics = [metric_row(circuit, turn.measurement) for turn in turns]
        return Observed(np.reshape(units, (count, len(circuit.parameters))),
                    np.reshape(metrics, (count, len(circuit.metrics))))

    def _unit(self, parameters: Parameters) -> np.ndarray:
        return self.pool.grid.unit(self.pool.grid.index(parameters))


def _known_values(column: np.ndarray) -> np.ndarray:
    """Of the designs that have one: a comparator that decides nothing has no share of right decisions."""
    return np.unique(column[np.isfinite(column)])
