"""``evaluate --react``: does a policy's first design follow its targets, and the conditions that it is told?

One start and one place; 20 sets of targets, those of the first standard queries. A policy that reads them proposes
about 20 designs, and a metric moves with its target: the slope of log measured on log target is then near 1, and 0 for
a policy that does not. The same with one set of targets and up to 20 told conditions, the true ones being nominal.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Event

import numpy as np

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.units import show_percent
from sizing_app.evaluate.archive import spread
from sizing_app.evaluate.bench import Bench
from sizing_app.evaluate.suites import Query, load_queries
from sizing_app.policy.designs import to_unit
from sizing_app.session.events import TurnFinished
from sizing_app.session.loop import initial_turn, take_turn
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Policy, Simulator
from sizing_app.task.turn import Turn

SUITE = "standard"
SETS = 20


@dataclass(frozen=True)
class Reaction:
    """Of one policy on one circuit."""

    circuit: str
    policy: str
    sets: int
    """Sets of targets; ``told``: told conditions."""
    designs: int
    """Different first designs for them, and their mean standard deviation in the unit cube."""
    spread: float
    met: float
    """Share of the first designs that meet their targets."""
    slopes: dict[str, float]
    """Metric of a one-sided spec to the slope of measured on target, both as logarithms; in dB or degrees as such."""
    told: int
    told_designs: int
    told_spread: float


def react(circuit: Circuit, policy: Policy, simulator: Simulator, split: str) -> Reaction:
    """The start and every different first design are simulated once. Raises SuiteError; PolicyError where the policy
    fails."""
    bench = Bench(simulator)
    queries = load_queries(circuit, SUITE, split)[:SETS]
    nominal = circuit.conditions.nominal
    tasks = [replace(query.task(circuit, 1), conditions=nominal, initial=queries[0].initial, seed=queries[0].seed)
             for query in queries]
    turns = [first(task, policy, bench) for task in tasks]
    told = spread(circuit.conditions.all(), SETS, np.random.default_rng(0))
    others = [first(replace(tasks[0], stated=stated), policy, bench) for stated in told]
    return Reaction(circuit.name, policy.name, len(tasks), *_variety(circuit, turns),
                    float(np.mean([turn.score is not None and turn.score.passed for turn in turns])),
                    slopes(circuit, queries, turns), len(told), *_variety(circuit, others))


def first(task: Task, policy: Policy, simulator: Simulator) -> Turn:
    """The turn after the initial design."""
    events = take_turn(task, (initial_turn(task, simulator),), policy, simulator, Event())
    return next(event.turn for event in events if isinstance(event, TurnFinished))


def slopes(circuit: Circuit, queries: Sequence[Query], turns: Sequence[Turn]) -> dict[str, float]:
    """Least-squares slopes over the sets whose first design was measured; left out where the targets do not vary."""
    found = {}
    for spec in circuit.specs:
        pairs = [(target, turn.measurement.metrics.get(spec.metric)) for query, turn in zip(queries, turns, strict=True)
                 if turn.measurement is not None and (target := _target(query, spec.metric)) is not None]
        linear = circuit.metric(spec.metric).unit in ("dB", "deg")
        points = np.array([(target, value) if linear else (math.log(target), math.log(value)) for target, value in pairs
                           if value is not None and (linear or min(target, value) > 0)])
        if len(points) > 2 and np.ptp(points[:, 0]) > 0:
            found[spec.metric] = float(np.polyfit(points[:, 0], points[:, 1], 1)[0])
    return found


def _target(query: Query, metric: str) -> float | None:
    """The bound of a one-sided spec."""
    spec = next(spec for spec in query.specs if spec.metric == metric)
    return {"lower": spec.low, "upper": spec.high, "range": None}[spec.kind]


def _variety(circuit: Circuit, turns: Iterable[Turn]) -> tuple[int, float]:
    """How many different designs, and their standard deviation, averaged over the parameters."""
    designs: list[Parameters] = [turn.proposal.parameters for turn in turns if turn.proposal.parameters is not None]
    units = np.array([to_unit(circuit, design) for design in designs])
    return len({tuple(np.round(unit, 6)) for unit in units}), float(units.std(axis=0).mean()) if designs else 0.0


def table(rows: Sequence[Reaction]) -> str:
    """Markdown: for each circuit a row a policy."""
    lines = []
    for circuit in dict.fromkeys(row.circuit for row in rows):
        own = [row for row in rows if row.circuit == circuit]
        metrics = list(dict.fromkeys(metric for row in own for metric in row.slopes))
        lines += [f"**{circuit}**", "", f"| | first designs for {own[0].sets} sets of targets | spread | met | "
                  + " | ".join(f"slope {metric}" for metric in metrics)
                  + f" | first designs for {own[0].told} told conditions | spread |",
                  f"|{' --- |' * (6 + len(metrics))}"]
        for row in own:
            cells = [str(row.designs), f"{row.spread:.3f}", show_percent(row.met),
                     *(f"{row.slopes[metric]:.2f}" if metric in row.slopes else "-" for metric in metrics),
                     str(row.told_designs), f"{row.told_spread:.3f}"]
            lines.append(f"| {row.policy} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)
