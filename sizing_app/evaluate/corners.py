"""One design over the corners, temperatures and supplies of its circuit, and the worst case of each spec."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sizing_app.circuit.definition import Circuit, Conditions, Parameters, Spec
from sizing_app.task.protocols import Job, Simulator
from sizing_app.task.reward import worst
from sizing_app.task.turn import Measurement, SpecScore


@dataclass(frozen=True)
class WorstCase:
    """Where a design comes nearest to failing one spec, or fails it most."""

    spec: Spec
    conditions: Conditions
    score: SpecScore


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
