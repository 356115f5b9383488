"""What simulates and what proposes, as the session loop sees them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, Literal, NamedTuple, Protocol

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.task.definition import Task
from sizing_app.task.turn import Delta, History, Measurement, Proposal


class Job(NamedTuple):
    """One simulation, and what is wanted of it: a Measurement, or an answer of simulator/inspection.py."""

    circuit: Circuit
    parameters: Parameters
    conditions: Conditions
    want: Literal["metrics", "operating_point", "waveforms"] = "metrics"


class Simulator(ABC):
    """Stateless: the same job gives the same answer. Failures are answers, never exceptions. Thread-safe."""

    @abstractmethod
    def submit(self, jobs: Sequence[Job]) -> list[Future[Any]]:
        """Queue jobs; their answers in the same order, each as soon as it is there."""

    @property
    def seats(self) -> int:
        """How many jobs run at the same time."""
        return 1

    def evaluate(self, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> Measurement:
        """One design."""
        return self.submit([Job(circuit, parameters, conditions)])[0].result()

    def evaluate_many(self, jobs: Iterable[tuple]) -> list[Measurement]:
        """Many designs, each (circuit, parameters, conditions), results in their order."""
        return [answer.result() for answer in self.submit([Job(*job) for job in jobs])]


def completed(answer: Any) -> Future[Any]:
    """The future of an answer that is there."""
    future: Future[Any] = Future()
    future.set_result(answer)
    return future


class StopSignal(Protocol):
    """threading.Event fits."""

    def is_set(self) -> bool: ...


class Policy(Protocol):
    """Anything that proposes parameters: a language model, an optimizer, a table.

    One that plans a round as a whole has ``propose_round`` too (see ``RoundPolicy``).
    """

    name: str

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        """Yield Deltas while writing (optional), then exactly one Proposal. ``history[0]`` is the initial design."""
        ...


class RoundPolicy(Policy, Protocol):
    """A policy whose proposals of one round know of each other."""

    def propose_round(self, task: Task, history: History, stop: StopSignal, n: int) -> list[Proposal] | None:
        """``n`` proposals from one history; fewer, the last one finished, where it ends the session. None where it has
        no plan for this round: it is asked ``n`` times, as policies that plan none are."""
        ...


class PlanningPolicy(Policy, Protocol):
    """A policy that writes its reasoning before its design and can be given another one, by a person for instance."""

    takes_plans: bool

    def act(self, task: Task, history: History, plan: str, stop: StopSignal) -> Iterator[Delta | Proposal]:
        """As ``propose``, but after ``plan`` in place of a reasoning of its own. Raises PolicyError for a text that it
        cannot read."""
        ...
