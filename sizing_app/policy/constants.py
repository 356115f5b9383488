"""One design whatever the targets, the conditions and the history: the floor under every policy that reads them.

The third of the kind, the centre of the stored designs, is in stored.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.folder import golden
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.errors import PolicyError
from sizing_app.policy.designs import design, end, end_met, from_unit
from sizing_app.task.definition import Task
from sizing_app.task.protocols import StopSignal
from sizing_app.task.reward import reached
from sizing_app.task.turn import Delta, History, Proposal


class _Constant(ABC):
    """Proposes its design, then ends the session: one simulation."""

    name = ""
    origin = ""

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
        elif len(history) > 1:
            yield end("The one design was tried.")
        else:
            yield design(self.answer(task.circuit), f"{self.origin} Neither targets nor history are used.")

    @abstractmethod
    def answer(self, circuit: Circuit) -> Parameters:
        """The design, in SI units."""


class Middle(_Constant):
    name = "middle"
    origin = "The middle of every range, on each parameter's scale."

    def answer(self, circuit: Circuit) -> Parameters:
        return from_unit(circuit, [0.5] * len(circuit.parameters))


class Golden(_Constant):
    name = "golden"
    origin = "The design that comes with the circuit and meets its default specs under nominal conditions."

    def answer(self, circuit: Circuit) -> Parameters:
        """Held to the ranges, which may be those of a query. Raises PolicyError where the circuit has none."""
        try:
            sizes = golden(circuit)["parameters"]
        except CircuitError as error:
            raise PolicyError(str(error)) from None
        return {parameter.name: parameter.nearest(sizes[parameter.name]) for parameter in circuit.parameters}
