"""Default specs for a member of the family, from a reference design that a search on ngspice found.

The search maximizes a figure of merit: decades of speed, power, noise and offset, and decibels of gain and rejection,
each with a weight of the member's own, so that some members are fast and others frugal. The specs are what the
reference reaches with some slack, as in a data sheet. A member is fit for training if nearly all random designs
simulate and nearly none meets the specs.
"""

from dataclasses import dataclass, replace

import cma
import numpy as np

from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.pools.designs import Pool, empty_pool
from sizing_app.pools.targets import margins, rounded
from sizing_app.train.pool import simulate

RANDOM = 100
"""Random designs that the search begins with; they also tell how hard the member is."""
POPULATION = 12
GENERATIONS = 10
ROUNDS = 3
"""So many times the search is begun anew, from the best design, while that is no amplifier yet."""
SIGMA = 0.18
"""First step of the search, in units of the ranges."""
SPREAD = 0.3
"""Standard deviation of the logarithm of a member's weights."""
SLACK = (0.10, 0.25)
"""How far a target is below what the reference reaches, in units of its scale."""
DECIBELS, DEGREES = 20.0, 30.0
"""Scales of gains and rejections, and of the phase margin."""
PHASE_MARGIN = {"one-stage": (60.0, 88.0), "two-stage": (55.0, 85.0)}
PHASE_ROOM = 3.0
"""Degrees that the reference keeps from either end."""
LEAST_OFFSET = 499e-6
"""No smaller offset (V) is asked for: below, mismatch decides."""
MOST_REJECTION = 105.0
"""No higher rejection (dB) is asked for or worth anything: beyond, it is a cancellation."""
LEAST = {"gain": 25.0, "gbw": 1e5, "slew": 1e4, "cmrr": 30.0, "psrr": 20.0}
"""What does not reach these is no amplifier."""
SIMULATED, PASSED = 0.99, 0.01
"""Least share of random designs that simulate, largest share that meet the specs."""
_WEIGHTS = {"gain": 0.5, "gbw": 1.0, "power": 1.0, "slew": 0.5, "noise": 0.5, "offset": 0.3, "cmrr": 0.25, "psrr": 0.25}
_PHASE_WEIGHT = 5.0
_WORST = {"gain": -40.0, "gbw": 1e3, "power": 1.0, "slew": 1e3, "noise": 1e-3, "offset": 1.0, "cmrr": -20.0,
          "psrr": -20.0}
"""Where a metric is missing, or worse than this."""
_SMALLER_IS_BETTER = ("power", "noise", "offset")


class NotFit(ValueError):
    """A member that is left out, and why."""


@dataclass(frozen=True)
class Calibration:
    """What the search found. ``explored`` holds all its designs, nominal conditions, the circuit with its specs."""

    circuit: Circuit
    reference: int
    """Row of the reference design."""
    explored: Pool
    passed: float
    """Share of the random designs that meet the specs."""


def calibrate(circuit: Circuit, simulator, rng: np.random.Generator) -> Calibration:
    """Search a reference, set the specs, check them. Raises NotFit."""
    weights = {metric: weight * np.exp(rng.normal(0.0, SPREAD)) for metric, weight in _WEIGHTS.items()}
    pool = _tried(empty_pool(circuit), simulator, rng.random((RANDOM, len(circuit.parameters))))
    simulated = np.isfinite(pool.metrics).any(axis=1).mean()
    if simulated < SIMULATED:
        raise NotFit(f"{simulated:.0%} of {RANDOM} random designs simulate")
    for _ in range(ROUNDS):
        pool = _search(pool, simulator, weights, rng)
        best = int(np.argmax(merit(circuit, pool.metrics, weights)))
        if not (short := _shortcomings(circuit, pool.metrics[best])):
            break
    else:
        raise NotFit(f"the best design has no sound {', '.join(short)}")
    circuit = replace(circuit, specs=data_sheet(circuit, pool.metrics[best], rng))
    met = (margins(circuit, circuit.specs, pool.metrics) >= 0).all(axis=1)
    if not met[best]:
        raise NotFit("the reference misses its own specs")
    if met[:RANDOM].mean() > PASSED:
        raise NotFit(f"{met[:RANDOM].mean():.0%} of {RANDOM} random designs meet the specs")
    return Calibration(circuit, best, Pool(circuit, pool.condition, pool.design, pool.metrics),
                       float(met[:RANDOM].mean()))


def merit(circuit: Circuit, metrics: np.ndarray, weights: dict[str, float]) -> np.ndarray:
    """Figure of merit of designs, shape (n,), from their metrics of shape (n, metrics)."""
    places = {metric.name: place for place, metric in enumerate(circuit.metrics)}
    points = np.zeros(len(metrics))
    for metric, weight in weights.items():
        values, worst = metrics[:, places[metric]].astype(float), _WORST[metric]
        values = np.where(np.isnan(values), worst, values)
        if metric in _SMALLER_IS_BETTER:
            values = -np.log10(np.clip(values, LEAST_OFFSET if metric == "offset" else 1e-12, worst))
        elif circuit.metric(metric).unit == "dB":
            values = np.clip(values, worst, MOST_REJECTION if metric != "gain" else None) / DECIBELS
        else:
            values = np.log10(np.maximum(values, worst))
        points += weight * values
    low, high = _phase_margin(circuit)
    phase = np.nan_to_num(metrics[:, places["pm"]].astype(float), nan=0.0)
    outside = np.maximum(0.0, np.maximum(low + PHASE_ROOM - phase, phase - high + PHASE_ROOM))
    return points - _PHASE_WEIGHT * outside / DEGREES


def data_sheet(circuit: Circuit, reference: np.ndarray, rng: np.random.Generator) -> tuple[Spec, ...]:
    """The default specs: what the reference (a metric row) reaches, less a slack that is drawn for each metric."""
    specs = []
    for metric, value, slack in zip(circuit.metrics, map(float, reference), rng.uniform(*SLACK, len(reference)),
                                    strict=True):
        if metric.name == "pm":
            specs.append(Spec("pm", *_phase_margin(circuit), scale=DEGREES))
        elif metric.unit == "dB":
            best = value if metric.name == "gain" else min(value, MOST_REJECTION)
            specs.append(Spec(metric.name, low=best - slack * DECIBELS, scale=DECIBELS))
        elif metric.name in _SMALLER_IS_BETTER:
            least = LEAST_OFFSET if metric.name == "offset" else 0.0
            specs.append(Spec(metric.name, high=max(value * (1 + slack), least)))
        else:
            specs.append(Spec(metric.name, low=value * (1 - slack)))
    return rounded(circuit, specs)


def _search(pool: Pool, simulator, weights: dict[str, float], rng: np.random.Generator) -> Pool:
    """The pool with the designs of one run of CMA-ES, which starts from its best one."""
    first = int(np.argmax(merit(pool.circuit, pool.metrics, weights)))
    strategy = cma.CMAEvolutionStrategy(np.clip(pool.grid.unit(pool.design[first]), 0.0, 1.0), SIGMA, {
        "bounds": [0, 1], "popsize": POPULATION, "verbose": -9, "seed": int(rng.integers(1, 2 ** 31))})
    for _ in range(GENERATIONS):
        points = strategy.ask()
        pool = _tried(pool, simulator, np.array(points))
        strategy.tell(points, (-merit(pool.circuit, pool.metrics[-POPULATION:], weights)).tolist())
    return pool


def _tried(pool: Pool, simulator, units: np.ndarray) -> Pool:
    """The pool with the designs nearest to rows of the unit cube, simulated under nominal conditions."""
    designs, condition = pool.grid.snap(units), np.zeros(len(units), np.uint8)
    return pool.extended(condition, designs, simulate(pool, simulator, condition, designs))


def _shortcomings(circuit: Circuit, row: np.ndarray) -> list[str]:
    """The metrics of a design that an amplifier would not have."""
    low, high = _phase_margin(circuit)
    values = dict(zip((metric.name for metric in circuit.metrics), row, strict=True))
    short = [metric for metric, least in LEAST.items() if not values[metric] >= least]
    return short + ([] if low <= values["pm"] <= high else ["pm"])


def _phase_margin(circuit: Circuit) -> tuple[float, float]:
    return PHASE_MARGIN["one-stage" if "one-stage" in circuit.topology else "two-stage"]
