"""The rules of benchmark queries: what a search is drawn to, what its witness is asked for, and what a policy is told.

WIDE: two specs, the drivers, are pulled far beyond their defaults, all others are eased; where a search under these
ends is the witness, and its own metrics, loosened, are the targets. HIDDEN: told
conditions that are wrong in all four. RERANGE: parameter ranges drawn anew around the witness. docs/benchmark.md
explains them. Training queries follow the same rules (train/queries.py), and HALF of them keep defaults.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameter, Parameters, Spec
from sizing_app.pools.targets import harder, metric_columns, rounded

DRIVERS = 2
HARDER, EASIER = (0.44, 1.1), (0.0, 1.1)
"""Logarithms of the ratios by which bounds of drivers, and of the other specs, are moved."""
HARDER_SCALES, EASIER_SCALES = (0.2, 0.5), (0.0, 0.5)
"""The same in units of the scale: of specs in dB or degrees, or with a scale of their own."""
SLACK = {"tight": (0.05, 0.15), "standard": (0.15, 0.25)}
"""How far targets lie to the easy side of what the witness reaches, in units of the scale, else of its value."""
OPPOSITE = {"ff": "ss", "ss": "ff", "fs": "sf", "sf": "fs"}
LOAD_RATIO = 4.0
"""Told load to true load, or its inverse, of an amplifier."""
INSIDE = (0.05, 0.95)
"""Where the witness may lie in a range that is drawn anew."""
STRETCH = {"moved": (1.0, 1.0), "moved-wide": (1.0, 2.0)}
"""Width of such a range to that of the circuit, both logarithmic."""
SINGLE_LIMIT = 0.25
"""Largest share of a place's queries that one design may meet, though always two of them."""

BEYOND, BEYOND_SCALES = math.log(4.0), 2.0
"""How far the bounds of drivers are pushed beyond those of a query to make it impossible, as HARDER and in scales."""


def attractor(circuit: Circuit, rng: np.random.Generator) -> tuple[tuple[Spec, ...], tuple[str, ...]]:
    """Specs to climb under, and the metrics of the drivers among them; ranges stay."""
    sided = [spec.metric for spec in circuit.specs if spec.kind != "range"]
    drivers = tuple(sorted(rng.choice(sided, min(DRIVERS, len(sided)), replace=False).tolist()))
    specs = []
    for spec in circuit.specs:
        hard = spec.metric in drivers
        ratio, share = rng.uniform(*(HARDER if hard else EASIER)), rng.uniform(*(HARDER_SCALES if hard
                                                                               else EASIER_SCALES))
        specs.append(_pulled(circuit, spec, ratio, share) if hard else _pulled(circuit, spec, -ratio, -share))
    return tuple(specs), drivers


def _pulled(circuit: Circuit, spec: Spec, ratio: float, share: float) -> Spec:
    """A one-sided spec made harder: its bound by a ratio, given as a logarithm, or by a share of its scale."""
    bound = spec.low if spec.kind == "lower" else spec.high
    if spec.kind == "range":
        return spec
    if spec.scale is not None or circuit.metric(spec.metric).unit in ("dB", "deg") or bound <= 0:
        return harder(spec, share)
    factor = math.exp(ratio)
    return replace(spec, low=bound * factor) if spec.kind == "lower" else replace(spec, high=bound / factor)


def witnessed(circuit: Circuit, values: np.ndarray, slack: tuple[float, float],
              rng: np.random.Generator) -> tuple[Spec, ...] | None:
    """Targets that a witness with these metrics (one row, in the circuit's order) meets by ``slack``, rounded outwards.

    A range keeps its default, so rounded, and is otherwise only widened to hold the witness. What the witness reaches
    beyond the farthest pull of a driver, such as an offset that happens to cancel, is luck and not asked for. None
    where a spec has no value, or one that makes no target: 0 without a scale, or another count than the only good one.
    """
    found = []
    for spec, column in zip(circuit.specs, metric_columns(circuit, circuit.specs), strict=True):
        value = float(values[column])
        room = rng.uniform(*slack) * (abs(value) if spec.scale is None else spec.scale)
        if not math.isfinite(room) or room == 0.0 or (spec.low == spec.high and value != spec.low):
            return None
        most = _pulled(circuit, spec, HARDER[1], HARDER_SCALES[1])
        low, high = most.low, most.high
        if low is not None:
            low = min(low, value - room) if spec.kind == "lower" or value < low else low
        if high is not None:
            high = max(high, value + room) if spec.kind == "upper" or value > high else high
        found.append(replace(spec, low=low, high=high))
    specs = rounded(circuit, found)
    return None if any(0.0 in (spec.low, spec.high) and spec.scale is None for spec in specs) else specs


def impossible(circuit: Circuit, specs: Iterable[Spec], drivers: Iterable[str]) -> tuple[Spec, ...]:
    """The specs of a query with the bounds of both drivers far beyond the witness, which was climbed for just these."""
    return rounded(circuit, [_pulled(circuit, spec, BEYOND, BEYOND_SCALES) if spec.metric in drivers else spec
                             for spec in specs])


def halved(circuit: Circuit, specs: Iterable[Spec], values: np.ndarray,
           rng: np.random.Generator) -> tuple[Spec, ...]:
    """HALF: targets of which each one is the circuit's default, with probability 0.5, where the witness meets that."""
    columns = metric_columns(circuit, circuit.specs)
    return tuple(default if rng.random() < 0.5 and default.met(float(values[column])) else spec
                 for spec, default, column in zip(specs, circuit.specs, columns, strict=True))


def misled(circuit: Circuit, conditions: Conditions, rng: np.random.Generator) -> Conditions:
    """Conditions to tell instead of the true ones, wrong in all four where the circuit's space has another value.

    The opposite corner (any other for tt), temperature and supply at the farthest value; the load too, but four times
    or a quarter of the true one for an amplifier.
    """
    space = circuit.conditions
    corners = [corner for corner in space.corners if corner != conditions.corner] or [conditions.corner]
    opposite, drawn = OPPOSITE.get(conditions.corner), str(rng.choice(corners))
    load = conditions.load * LOAD_RATIO ** rng.choice([-1, 1]) if "amplifier" in circuit.topology else \
        max(space.loads, key=lambda value: abs(math.log(value / conditions.load)))
    return Conditions(opposite if opposite in corners else drawn, _farthest(space.temperatures, conditions.temperature),
                      _farthest(space.supplies, conditions.supply), float(f"{load:.6g}"))


def _farthest(values: Iterable[float], value: float) -> float:
    return max(values, key=lambda other: abs(other - value))


def reranged(circuit: Circuit, designs: Sequence[Parameters], stretch: tuple[float, float],
             floors: Mapping[str, float], rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """A range for every parameter on a log scale, with the designs anywhere inside it, and wider than ``stretch`` says
    where they need it; ``floors`` as of size_floors."""
    ranges = {}
    for parameter in circuit.parameters:
        if parameter.scale == "log":
            values = [design[parameter.name] for design in designs]
            first, span = min(values), math.log(max(values) / min(values))
            width = math.log(parameter.high / parameter.low) * rng.uniform(*stretch)
            width = max(width, span / (INSIDE[1] - INSIDE[0]))
            place = rng.uniform(INSIDE[0], max(INSIDE[0], INSIDE[1] - span / width))
            low = max(first * math.exp(-place * width), floors.get(_size(parameter), 0.0))
            ranges[parameter.name] = _digits(low, math.floor), _digits(low * math.exp(width), math.ceil)
    return ranges


def size_floors(circuits: Iterable[Circuit], process: str) -> dict[str, float]:
    """The smallest width (``w``) and length (``l``), in m, that any of the circuits in a process may use."""
    floors: dict[str, float] = {}
    for circuit in circuits:
        for parameter in circuit.parameters if circuit.process == process else ():
            if size := _size(parameter):
                floors[size] = min(parameter.low, floors.get(size, math.inf))
    return floors


def _size(parameter: Parameter) -> str:
    return parameter.name[0] if parameter.unit == "m" and parameter.name[:2] in ("w_", "l_") else ""


def _digits(value: float, end) -> float:
    """Three digits, rounded by ``end``: math.floor or math.ceil."""
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    return float(f"{end(round(value / step, 6)) * step:.3g}")
