"""One design over the corners, temperatures and supplies of its circuit, and the worst case of each spec."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Job, Simulator
from sizing_app.task.reward import spec_score, worst
from sizing_app.task.turn import Measurement, SpecScore, Turn


@dataclass(frozen=True)
class WorstCase:
    """Where a design comes nearest to failing one spec, or fails it most."""

    spec: Spec
    conditions: Conditions
    score: SpecScore


@dataclass(frozen=True)
class Spots:
    """One design under several conditions, one measurement each; the first one is the nominal one."""

    conditions: tuple[Conditions, ...]
    measured: tuple[Measurement, ...]

    @property
    def failed(self) -> int:
        """Simulations that failed."""
        return sum(not item.ok for item in self.measured)

    def values(self, metric: str) -> list[float]:
        """Of a metric, where it was measured."""
        found = (item.metrics.get(metric) for item in self.measured if item.ok)
        return [value for value in found if value is not None]

    def margins(self, spec: Spec) -> list[float]:
        """Relative to the scale of a spec, where there is one."""
        found = (spec_score(value, spec).margin for value in self.values(spec.metric))
        return [margin for margin in found if margin is not None]

    def worst(self, specs: Sequence[Spec]) -> list[WorstCase]:
        return worst_cases(specs, self.conditions, self.measured)

    def met(self, specs: Sequence[Spec]) -> int:
        """Specs that are met under every condition."""
        return sum(case.score.met for case in self.worst(specs))


def spots_of(task: Task, turn: Turn) -> Spots | None:
    """What a turn measured at the points of its task; None where that is one point."""
    found = turn.by_point()
    if len(found) < 2:
        return None
    return Spots(tuple(task.points[number] for number in found), tuple(found.values()))


def over_conditions(circuit: Circuit, parameters: Parameters, conditions: Iterable[Conditions], simulator: Simulator,
                    progress: Callable[[int], None] | None = None) -> list[Measurement]:
    """One measurement a condition; ``progress`` is told how many there are so far."""
    measured = []
    for answer in simulator.submit([Job(circuit, parameters, point) for point in conditions]):
        measured.append(answer.result())
        if progress:
            progress(len(measured))
    return measured


def worst_cases(specs: Sequence[Spec], conditions: Sequence[Conditions],
                measured: Sequence[Measurement]) -> list[WorstCase]:
    """The smallest margin of each spec; a value that is missing is worse than any other."""
    found = [worst(spec, dict(enumerate(measured))) for spec in specs]
    return [WorstCase(spec, conditions[part.at], part) for spec, part in zip(specs, found, strict=True)]
