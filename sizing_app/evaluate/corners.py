"""One design over the corners, temperatures and supplies of its circuit, and the worst case of each spec."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sizing_app.circuit.definition import Circuit, Conditions, Parameters, Spec
from sizing_app.task.protocols import Simulator
from sizing_app.task.reward import spec_score
from sizing_app.task.turn import Measurement, SpecScore


@dataclass(frozen=True)
class WorstCase:
    """Where a design comes nearest to failing one spec, or fails it most."""

    spec: Spec
    conditions: Conditions
    score: SpecScore


def every_condition(circuit: Circuit, load: float, corner: str | None = None, temperature: float | None = None,
                    supply: float | None = None) -> list[Conditions]:
    """All combinations at one load; a corner, temperature (degrees Celsius) or supply (V) that is given is held."""
    space = circuit.conditions
    corners = space.corners if corner is None else (corner,)
    temperatures = sorted(space.temperatures) if temperature is None else (temperature,)
    supplies = sorted(space.supplies) if supply is None else (supply,)
    return [Conditions(one, degrees, volts, load) for one in corners for degrees in temperatures for volts in supplies]


def over_conditions(circuit: Circuit, parameters: Parameters, conditions: Iterable[Conditions], simulator: Simulator,
                    progress: Callable[[int], None] | None = None) -> list[Measurement]:
    """One measurement a condition; ``progress`` is told how many there are so far."""
    measured = []
    for point in conditions:
        measured.append(simulator.evaluate(circuit, parameters, point))
        if progress:
            progress(len(measured))
    return measured


def worst_cases(specs: Sequence[Spec], conditions: Sequence[Conditions],
                measured: Sequence[Measurement]) -> list[WorstCase]:
    """The smallest margin of each spec; a value that is missing is worse than any other."""
    worst = []
    for spec in specs:
        found = [WorstCase(spec, point, spec_score(item.metrics.get(spec.metric), spec))
                 for point, item in zip(conditions, measured, strict=True)]
        worst.append(min(found, key=_room))
    return worst


def _room(case: WorstCase) -> float:
    return -math.inf if case.score.margin is None else case.score.margin
