"""What is checked of a design before it is signed off: corners, random variation, sensitivity. As values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sizing_app.circuit.conditions import Conditions, Draw
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.circuit.pdk import ModelError
from sizing_app.circuit.variation import SEED, first_sample
from sizing_app.evaluate.corners import Spots, over_conditions
from sizing_app.evaluate.monte_carlo import Outcome, outcome, samples, simulate_samples
from sizing_app.evaluate.sensitivity import Effect, MismatchShares, effects, mismatch_shares
from sizing_app.task.definition import Plan, Task
from sizing_app.task.over import all_corners, plan_over
from sizing_app.task.protocols import Simulator
from sizing_app.task.reward import k_sigma, spec_score
from sizing_app.task.turn import Measurement

@dataclass(frozen=True)
class Design:
    """Sizes of a circuit, and the conditions that are nominal for them."""

    circuit: Circuit
    parameters: Parameters
    conditions: Conditions

    @property
    def key(self) -> tuple:
        """The same for the same design."""
        return self.circuit.key, tuple(sorted(self.parameters.items())), self.conditions


@dataclass(frozen=True)
class Samples:
    """A design's random samples from that of ``draw`` on, one measurement each."""

    draw: Draw
    measured: tuple[Measurement, ...]

    def outcome(self, circuit: Circuit, specs: Sequence[Spec]) -> Outcome:
        return outcome(circuit, specs, self.measured)

    def met(self, specs: Sequence[Spec]) -> int:
        """Samples that meet all specs."""
        return sum(map(all, self._met(specs)))

    def hold(self, task: Task) -> bool:
        """Whether they are what the plan of ``task`` asks of random samples; where it asks for none, all must meet all
        specs."""
        asked = task.plan or Plan(())
        if asked.sigmas is not None:
            return all(spec_score(k_sigma(spec, self._values(spec), asked.sigmas), spec).met for spec in task.specs)
        points = tuple(replace(task.conditions, draw=draw) for draw in samples(self.draw, len(self.measured)))
        least = len(points) - Plan(points, share=asked.share).spared
        return all(sum(column) >= least for column in zip(*self._met(task.specs), strict=True))

    def _values(self, spec: Spec) -> list[float | None]:
        return [item.metrics.get(spec.metric) if item.ok else None for item in self.measured]

    def _met(self, specs: Sequence[Spec]) -> list[tuple[bool, ...]]:
        """Of every sample, whether it meets each spec."""
        columns = ([value is not None and math.isfinite(value) and spec.met(value) for value in self._values(spec)]
                   for spec in specs)
        return list(zip(*columns, strict=True))


@dataclass(frozen=True)
class Checked:
    """What is known of a design beyond the session that found it; None: not checked."""

    corners: Spots | None = None
    random: Samples | None = None


UNCHECKED = Checked()


@dataclass(frozen=True)
class Sensitivity:
    """What changes a design's metrics. ``shares`` of the spread by mismatch; ``missing`` says why there are none."""

    measured: Measurement
    effects: tuple[Effect, ...]
    shares: tuple[MismatchShares, ...]
    missing: str = ""


def corner_points(circuit: Circuit, conditions: Conditions) -> tuple[Conditions, ...]:
    """``conditions`` first, then all corners, temperatures and supplies."""
    plan = plan_over(conditions, all_corners(circuit, conditions))
    return plan.points if plan else (conditions,)


def check_corners(design: Design, simulator: Simulator) -> Spots:
    """Simulate all of ``corner_points``."""
    points = corner_points(design.circuit, design.conditions)
    return Spots(points, tuple(over_conditions(design.circuit, design.parameters, points, simulator)))


def check_samples(design: Design, draw: Draw, count: int, simulator: Simulator) -> Samples:
    """Simulate ``count`` random samples from that of ``draw`` on."""
    return Samples(draw, tuple(simulate_samples(design.circuit, design.parameters, design.conditions,
                                                samples(draw, count), simulator)))


def check_sensitivity(design: Design, simulator: Simulator, seed: int = SEED,
                      pelgrom: tuple[float, float] | None = None) -> Sensitivity:
    """Derivatives by every parameter, and where there are coefficients each device's share of the spread."""
    circuit, parameters, conditions = design.circuit, design.parameters, design.conditions
    measured, found = effects(circuit, parameters, conditions, simulator)
    try:
        draw = first_sample(circuit, conditions, seed, pelgrom)
    except ModelError as error:
        return Sensitivity(measured, tuple(found), (), str(error))
    return Sensitivity(measured, tuple(found), tuple(mismatch_shares(circuit, parameters, conditions, draw, simulator)))
