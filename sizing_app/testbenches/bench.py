"""What a testbench is apart from its circuit, and how it is put around one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sizing_app.circuit.check import check_circuit
from sizing_app.circuit.definition import Analysis, Circuit, Measure, Metric, Spec

Better = Literal["high", "low", "near"]
"""Whether more of a metric is better, less, or a certain value."""
EASIER = 0.1
"""Share of a value by which a first spec is easier than the design that it is taken from."""
DECIBELS, DEGREES = 20.0, 30.0
"""Scales of shortfalls in dB and degrees, as the shipped circuits have them."""
SMALL = 1e-12
"""Size below which a value is as good as 0 and gives no scale."""


class BenchError(ValueError):
    """A testbench cannot be made: a sentence that says which port, setting or line."""


@dataclass(frozen=True)
class Bench:
    """A testbench: what surrounds a circuit, what is simulated, what is read from it."""

    testbench: str
    analyses: tuple[Analysis, ...]
    metrics: tuple[Metric, ...]
    measures: tuple[Measure, ...]
    better: Mapping[str, Better]
    """Metric to its direction."""
    notes: tuple[str, ...] = ()
    """What was dropped or added, in sentences."""


def attach(circuit: Circuit, bench: Bench, specs: tuple[Spec, ...] = ()) -> Circuit:
    """The circuit in a testbench, in place of what it had. Raises CircuitError where the two do not fit."""
    joined = replace(circuit, testbench=bench.testbench, analyses=bench.analyses, metrics=bench.metrics,
                     measures=bench.measures, specs=specs)
    check_circuit(joined, Path(circuit.name) / "circuit.toml")
    return joined


def bench_of(circuit: Circuit) -> Bench:
    """The testbench that a circuit has; its specs tell which way a metric is better."""
    words: dict[str, Better] = {"lower": "high", "upper": "low", "range": "near"}
    specs = {spec.metric: words[spec.kind] for spec in circuit.specs}
    return Bench(circuit.testbench, circuit.analyses, circuit.metrics, circuit.measures,
                 {metric.name: specs.get(metric.name, "near") for metric in circuit.metrics})


def first_specs(bench: Bench, values: Mapping[str, float | None]) -> tuple[Spec, ...]:
    """Specs that a design with ``values`` meets with EASIER to spare: of its size, or of the scale in dB and degrees.

    A metric without a value, or with one as good as 0 that gives no scale, gets none.
    """
    found = (_first_spec(metric, bench.better[metric.name], values.get(metric.name)) for metric in bench.metrics)
    return tuple(spec for spec in found if spec is not None)


def _first_spec(metric: Metric, better: Better, value: float | None) -> Spec | None:
    scale = {"dB": DECIBELS, "deg": DEGREES}.get(metric.unit)
    if value is None or (scale is None and abs(value) < SMALL):
        return None
    room = EASIER * (scale or abs(value))
    low = _round(value - room, down=True) if better != "low" else None
    high = _round(value + room, down=False) if better != "high" else None
    if scale is None and 0.0 in (low, high):
        scale = abs(value)
    return Spec(metric.name, low, high, scale)


def _round(value: float, down: bool) -> float:
    """To three digits, on the easier side."""
    if value == 0:
        return 0.0
    rounded = float(f"{value:.2e}")
    slack = 1e-9 * abs(value)
    step = 10.0 ** (int(f"{abs(value):e}".partition("e")[2]) - 2)
    if down and rounded > value + slack:
        rounded -= step
    if not down and rounded < value - slack:
        rounded += step
    return float(f"{rounded:.2e}")
