"""What a circuit is: parameters, metrics, specs, analyses.

Immutable values in SI units, no behaviour beyond arithmetic on themselves."""

import functools
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Literal

from sizing_app.circuit.conditions import ConditionSpace
from sizing_app.circuit.units import format_si, preferred_values, show_quantity

Parameters = Mapping[str, float]
"""Parameter name to value in SI units."""


@dataclass(frozen=True)
class Parameter:
    """One tunable quantity of a netlist: a width, a current, a capacitor."""

    name: str
    unit: str
    low: float
    high: float
    role: str
    scale: Literal["log", "linear"] = "log"
    step: float | None = None
    """Grid of a linear parameter; log parameters use the E24 series."""

    @property
    def count(self) -> bool:
        """Whether it counts devices: without a unit, in whole steps from a whole number. Its values are whole."""
        return (self.scale == "linear" and self.unit == "" and self.step is not None and self.step == round(self.step)
                and self.low == round(self.low))

    def from_unit(self, fraction: float) -> float:
        """Map [0, 1] onto the range, on the parameter's own scale; values outside are clipped."""
        fraction = min(max(float(fraction), 0.0), 1.0)
        if self.scale == "log":
            return float(self.low * (self.high / self.low) ** fraction)
        return float(self.low + (self.high - self.low) * fraction)

    def to_unit(self, value: float) -> float:
        """Inverse of from_unit, not clipped. A parameter whose range is one value is in its middle."""
        if self.low == self.high:
            return 0.5
        if self.scale == "log":
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def problem(self, value: float) -> str:
        """Why no design may have this value, as the end of a sentence; empty where one may."""
        slack = [1e-9 * abs(end) if self.scale == "log" else 1e-9 * max(abs(self.low), abs(self.high))
                 for end in (self.low, self.high)]
        if not self.low - slack[0] <= value <= self.high + slack[1]:
            return f"is outside {self.show(self.low)} to {self.show(self.high)}"
        if self.count and abs(value - round(value)) > 1e-9 * abs(value):
            return "is not a whole number, as a count must be"
        return ""

    def contains(self, value: float) -> bool:
        """Whether a design may have this value."""
        return not self.problem(value)

    def nearest(self, value: float) -> float:
        """The value nearest to ``value`` that a design may have: in the range, and whole where it is a count."""
        value = min(max(value, self.low), self.high)
        return float(min(max(round(value), math.ceil(self.low)), math.floor(self.high))) if self.count else value

    def grid(self) -> list[float]:
        """The values that a designer would write down, all of them in the range: E24 on a log scale, steps of ``step``
        from the lower end on a linear one. Where the range has none, its ends."""
        if self.scale == "log":
            return list(preferred_values(self.low, self.high)) or sorted({self.low, self.high})
        if self.low == self.high:
            return [self.low]
        step = self.step or (self.high - self.low) / 50
        last = math.floor((self.high - self.low) / step + 1e-6)
        digits = 12 - math.floor(math.log10(max(abs(self.low), abs(self.high))))
        return [round(self.low + index * step, digits) for index in range(last + 1)]

    def snap(self, value: float) -> float:
        """The grid value nearest to ``value`` on the parameter's scale."""
        position = self.to_unit(value) if value > 0 or self.scale == "linear" else 0.0
        return min(self.grid(), key=lambda candidate: abs(self.to_unit(candidate) - position))

    def show(self, value: float | None, digits: int = 4) -> str:
        """A value as people write it, with its unit."""
        return show_quantity(value, self.unit, digits)

    def spice(self, value: float, digits: int = 4) -> str:
        """A value as netlists and models write it: ``4.7u``; a count in full."""
        return f"{value:.0f}" if self.count and value == round(value) else format_si(value, digits)


@dataclass(frozen=True)
class Metric:
    """A measured property, with its definition in the field's standard terms."""

    name: str
    title: str
    unit: str
    definition: str

    def show(self, value: float | None, digits: int = 4) -> str:
        """A value as people write it, with its unit."""
        return show_quantity(value, self.unit, digits)


@dataclass(frozen=True)
class Spec:
    """A target for one metric: a lower bound, an upper bound, or a range (both)."""

    metric: str
    low: float | None = None
    high: float | None = None
    scale: float | None = None
    """What a shortfall is measured against; by default |bound|. Needed where a bound is 0 or in dB."""

    @property
    def kind(self) -> Literal["lower", "upper", "range"]:
        if self.low is not None and self.high is not None:
            return "range"
        return "lower" if self.low is not None else "upper"

    def shortfall(self, value: float) -> float:
        """How far ``value`` is on the wrong side of the nearer bound, in the metric's unit; 0 if met."""
        below = self.low - value if self.low is not None else 0.0
        above = value - self.high if self.high is not None else 0.0
        return max(0.0, below, above)

    def scale_at(self, value: float) -> float:
        """The scale s of the reward: ``scale`` if given, else the size of the bound that ``value`` violates."""
        if self.scale is not None:
            return self.scale
        bound = self.low if self.low is not None and value < self.low else self.high
        return abs(bound if bound is not None else self.low)

    def met(self, value: float) -> bool:
        return self.shortfall(value) == 0.0

    def show(self, unit: str, digits: int = 4) -> str:
        """The target as people write it: ``>= 60 MHz``, ``60° .. 88°``, ``= 8`` where only one value is good."""
        if self.kind == "range" and self.low != self.high:
            return f"{show_quantity(self.low, unit, digits)} .. {show_quantity(self.high, unit, digits)}"
        sign, bound = {"lower": (">=", self.low), "upper": ("<=", self.high), "range": ("=", self.low)}[self.kind]
        return f"{sign} {show_quantity(bound, unit, digits)}"


@dataclass(frozen=True)
class Analysis:
    """One ngspice analysis of a testbench and the source settings that precede it."""

    name: str
    command: str
    alter: Mapping[str, str] = field(default_factory=dict)
    """ngspice alter targets to values, e.g. {"vprobe acmag": "0"}."""
    save: tuple[str, ...] = ()
    """Vectors that the metric functions read."""
    needs: Mapping[str, float] = field(default_factory=dict)
    """Lower bounds on metrics of earlier analyses; where one is not reached, this analysis is not run."""


@dataclass(frozen=True)
class Measure:
    """How one metric is read from the analyses: a function of simulator/metrics/ and its arguments."""

    metric: str
    function: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    otherwise: float | None = None
    """The value where an analysis that it reads was not run: the worst case. None where all of them always run."""

    @property
    def analyses(self) -> tuple[str, ...]:
        """The analyses that it reads, by the rule of simulator/metrics/: its arguments called (x_)analysis."""
        return tuple(str(value) for key, value in self.arguments.items() if names_analysis(key))


@dataclass(frozen=True)
class Origin:
    """Where a circuit was taken from: the name and the SHA-256 of what was uploaded."""

    name: str
    digest: str


@dataclass(frozen=True)
class Circuit:
    """What may be tuned, how it is simulated, what is asked of it."""

    name: str
    title: str
    summary: str
    process: str
    parameters: tuple[Parameter, ...]
    metrics: tuple[Metric, ...]
    specs: tuple[Spec, ...]
    conditions: ConditionSpace
    analyses: tuple[Analysis, ...]
    measures: tuple[Measure, ...]
    netlist: str
    testbench: str
    topology: tuple[str, ...] = ()
    """What it is, in the words of the field: amplifier, n-input, folded-cascode ..."""
    devices: Mapping[str, str] = field(default_factory=dict)
    """Alias used in the netlist (nmos, pmos) to model name of the process."""
    held_out: bool = False
    """Kept from training, from the teacher's data and from choosing checkpoints: for evaluation alone."""
    models: str = ""
    """Its own .model cards, numbers alone, those of single corners in sections ``.lib NAME`` to ``.endl``."""
    as_written: bool = False
    """Transistors of the process without junction areas and fingers of ours: what the netlist says, no more."""
    origin: Origin | None = None

    @functools.cached_property
    def key(self) -> str:
        """SHA-256 of the content: what a circuit is known by wherever it is stored, sent or kept."""
        return hashlib.sha256(json.dumps(content(self), sort_keys=True).encode()).hexdigest()

    def parameter(self, name: str) -> Parameter:
        return _named(self.parameters, name)

    def metric(self, name: str) -> Metric:
        return _named(self.metrics, name)


def content(circuit: Circuit) -> dict:
    """A circuit as plain JSON values, without those that are the default: later versions know it by the same key."""
    return _plain(circuit)


def from_content(document: object) -> Circuit:
    """The circuit of such values, which may come from an earlier version. Raises pydantic.ValidationError."""
    return _reader().validate_python(document)


@functools.cache
def _reader():
    """Costs more than all that it reads; training has no need of it."""
    from pydantic import TypeAdapter
    return TypeAdapter(Circuit)


def _plain(value: object) -> object:
    """Numbers as floats, so that 1 and 1.0 are the same."""
    if is_dataclass(value):
        given = {item.name: getattr(value, item.name) for item in fields(value)}
        empty = {item.name: item.default_factory() if item.default_factory is not MISSING else item.default
                 for item in fields(value)}
        return {name: _plain(part) for name, part in given.items() if part != empty[name]}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def names_analysis(argument: str) -> bool:
    """Whether the value of a measure's argument is the name of an analysis."""
    return argument == "analysis" or argument.endswith("_analysis")


def _named(items, name: str):
    for item in items:
        if item.name == name:
            return item
    raise KeyError(f"{name!r} is not one of {', '.join(item.name for item in items)}")
