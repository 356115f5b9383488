"""All that a datasheet says of one design, measured: corners, random samples, operating points, responses."""

import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sizing_app import __version__
from sizing_app.circuit.conditions import Conditions, Draw
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.errors import SimulatorError
from sizing_app.evaluate.corners import Spots, WorstCase
from sizing_app.evaluate.monte_carlo import Outcome
from sizing_app.evaluate.signoff import Design, Samples, check_corners
from sizing_app.simulator.inspection import Inspector, OperatingPoint, Waveforms
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


def datasheet(design: Design, specs: Sequence[Spec], simulator: Inspector, corners: Spots | None = None,
              random: Samples | None = None) -> Datasheet:
    """All of it, simulated but for what was ``corners`` already; ``random``: its samples, where there are any. Raises
    SimulatorError where the design cannot be simulated at its own conditions."""
    circuit, parameters, conditions = design.circuit, design.parameters, design.conditions
    corners = corners or check_corners(design, simulator)
    nominal = corners.measured[0]
    if not nominal.ok:
        raise SimulatorError(f"the design cannot be simulated: {nominal.status}: {nominal.log}")
    point = simulator.operating_point(circuit, parameters, conditions)
    return Datasheet(circuit, parameters, conditions, tuple(specs), nominal, len(corners.conditions), corners.failed,
                     _rows(circuit, specs, corners), random.draw if random else None,
                     random.outcome(circuit, specs) if random else None, point,
                     simulator.waveforms(circuit, parameters, conditions), _versions(circuit, point))


def _rows(circuit: Circuit, specs: Sequence[Spec], corners: Spots) -> tuple[Row, ...]:
    worst = {case.spec.metric: case for case in corners.worst(specs)}
    rows = []
    for metric in circuit.metrics:
        values = corners.values(metric.name)
        typical, case = corners.measured[0].metrics[metric.name], worst.get(metric.name)
        rows.append(Row(metric.name, typical, min(values, default=None), max(values, default=None), case,
                        spec_score(typical, case.spec).met if case else None))
    return tuple(rows)


def _versions(circuit: Circuit, point: OperatingPoint) -> dict[str, str]:
    """Of all that the values depend on; models of the circuit's own are part of its key."""
    process = PROCESSES.get(circuit.process)
    models = {process.package: importlib.metadata.version(process.package)} if process else {}
    return {"sizing-app": __version__, "ngspice": point.simulator, "PySpice": importlib.metadata.version("PySpice"),
            **models, "circuit (SHA-256)": circuit.key[:16]}
