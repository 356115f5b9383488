"""All that a datasheet says of one design, measured: corners, random samples, operating points, responses."""

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sizing_app import __version__
from sizing_app.circuit.definition import Circuit, Conditions, Draw, Parameters, Spec
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.errors import SimulatorError
from sizing_app.evaluate.corners import WorstCase, over_conditions, worst_cases
from sizing_app.evaluate.monte_carlo import Outcome, outcome, samples, simulate_samples
from sizing_app.simulator.inspection import Inspector, OperatingPoint, Waveforms
from sizing_app.task.over import all_corners, plan_over
from sizing_app.task.reward import spec_score
from sizing_app.task.turn import Measurement


@dataclass(frozen=True)
class Row:
    """One metric: at the nominal conditions, over all corners, and what is asked of it."""

    metric: str
    typical: float | None
    low: float | None
    high: float | None
    """Extremes over the corners in which it was measured."""
    worst: WorstCase | None
    """Where its spec has the least room; None for a metric without a spec."""
    met_nominal: bool | None


@dataclass(frozen=True)
class Datasheet:
    """Of one design."""

    circuit: Circuit
    parameters: Parameters
    conditions: Conditions
    specs: tuple[Spec, ...]
    nominal: Measurement
    corners: int
    """How many conditions were simulated."""
    failed: int
    """Of these."""
    rows: tuple[Row, ...]
    draw: Draw | None
    spread: Outcome | None
    point: OperatingPoint
    waves: Waveforms
    versions: Mapping[str, str]

    @property
    def met_nominal(self) -> int:
        return sum(row.met_nominal is True for row in self.rows)

    @property
    def met_corners(self) -> int:
        return sum(row.worst is not None and row.worst.score.met for row in self.rows)


def datasheet(circuit: Circuit, parameters: Parameters, conditions: Conditions, specs: Sequence[Spec],
              simulator: Inspector, draw: Draw | None = None, count: int = 0) -> Datasheet:
    """Simulate all of it; ``draw``: the first of ``count`` random samples. Raises SimulatorError where the design
    cannot be simulated at its own conditions."""
    plan = plan_over(conditions, all_corners(circuit, conditions))
    points = plan.points if plan else (conditions,)
    measured = over_conditions(circuit, parameters, points, simulator)
    if not measured[0].ok:
        raise SimulatorError(f"the design cannot be simulated: {measured[0].status}: {measured[0].log}")
    spread = None
    if draw is not None and count:
        spread = outcome(circuit, specs, simulate_samples(circuit, parameters, conditions, samples(draw, count),
                                                          simulator))
    point = simulator.operating_point(circuit, parameters, conditions)
    return Datasheet(circuit, parameters, conditions, tuple(specs), measured[0], len(points),
                     sum(not item.ok for item in measured), _rows(circuit, specs, points, measured),
                     draw if spread else None, spread, point, simulator.waveforms(circuit, parameters, conditions),
                     _versions(circuit, point))


def _rows(circuit: Circuit, specs: Sequence[Spec], points: Sequence[Conditions],
          measured: Sequence[Measurement]) -> tuple[Row, ...]:
    worst = {case.spec.metric: case for case in worst_cases(specs, points, measured)}
    rows = []
    for metric in circuit.metrics:
        values = [item.metrics[metric.name] for item in measured if item.ok and item.metrics[metric.name] is not None]
        typical, case = measured[0].metrics[metric.name], worst.get(metric.name)
        rows.append(Row(metric.name, typical, min(values, default=None), max(values, default=None), case,
                        spec_score(typical, case.spec).met if case else None))
    return tuple(rows)


def _versions(circuit: Circuit, point: OperatingPoint) -> dict[str, str]:
    package = PROCESSES[circuit.process].package
    return {"sizing-app": __version__, "ngspice": point.simulator, "PySpice": importlib.metadata.version("PySpice"),
            package: importlib.metadata.version(package), "circuit (SHA-256)": circuit.key[:16]}
