"""What simulates and what proposes, as the session loop sees them."""

from collections.abc import Iterator
from typing import Protocol

from sizing_app.circuit.definition import Circuit, Conditions, Parameters
from sizing_app.task.definition import Task
from sizing_app.task.turn import Delta, History, Measurement, Proposal


class Simulator(Protocol):
    """Stateless: the same circuit, parameters and conditions give the same measurement."""

    def evaluate(self, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> Measurement: ...


class StopSignal(Protocol):
    """threading.Event fits."""

    def is_set(self) -> bool: ...


class Policy(Protocol):
    """Anything that proposes parameters: a language model, an optimizer, a table."""

    name: str

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        """Yield Deltas while writing (optional), then exactly one Proposal. ``history[0]`` is the initial design."""
        ...
