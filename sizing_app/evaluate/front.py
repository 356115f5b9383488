"""A front: what one metric costs in another, found by sweeping the bound of a spec.

For each bound, from the loosest to the tightest, a session meets all specs and then pushes the other metric. Each is an
ordinary stored session that begins with what the others simulated; one that is stored already is not run again, so that
a front that was stopped goes on where it was.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from sizing_app.circuit.definition import Spec
from sizing_app.circuit.validation import expect
from sizing_app.search.objective import LINEAR_UNITS
from sizing_app.session.events import SessionState, fold
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore, record
from sizing_app.task.definition import Task
from sizing_app.task.goal import Goal
from sizing_app.task.protocols import Policy, Simulator, StopSignal
from sizing_app.task.turn import Turn

SOURCE = "front"
"""Where its sessions come from, in the store."""
FACTORS, STEPS = (0.5, 2.0), (-0.5, 0.5)
"""The default range of the swept bound: times the spec's, and for decibels and degrees beside it, in its scale."""
MOST_POINTS, MOST_STORED = 100, 500
"""Bounds of a sweep; stored sessions that are looked at for those that are there already, the newest."""


@dataclass(frozen=True)
class Sweep:
    """``base`` with its spec of one metric replaced by each of ``bounds``, and another metric pushed."""

    base: Task
    metric: str
    against: str
    bounds: tuple[float, ...]

    @property
    def spec(self) -> Spec:
        """Whose bound is swept."""
        return next(spec for spec in self.base.specs if spec.metric == self.metric)

    @property
    def goal(self) -> Goal:
        """The other metric the way its spec wants it."""
        spec = next((spec for spec in self.base.specs if spec.metric == self.against), None)
        return Goal("minimize" if spec is not None and spec.kind == "upper" else "maximize", self.against)

    def task(self, bound: float) -> Task:
        swept = replace(self.spec, high=bound) if self.spec.kind == "upper" else replace(self.spec, low=bound)
        specs = tuple(swept if spec is self.spec else spec for spec in self.base.specs)
        return replace(self.base, specs=specs, goal=self.goal)


def sweep(base: Task, metric: str, against: str, count: int, ends: tuple[float, float] | None = None) -> Sweep:
    """``count`` bounds between ``ends``, from the loosest to the tightest; evenly on a log scale where both are
    positive and the metric is not in decibels or degrees. Raises Invalid."""
    metrics = [item.name for item in base.circuit.metrics]
    expect(metric in metrics and against in metrics and metric != against, "front",
           f"two different metrics of {', '.join(metrics)}", f"{metric} against {against}")
    spec = next((spec for spec in base.specs if spec.metric == metric), None)
    expect(spec is not None and spec.kind != "range", "front", f"a spec of {metric} with one bound, to be swept")
    bound = spec.high if spec.kind == "upper" else spec.low
    linear = base.circuit.metric(metric).unit in LINEAR_UNITS
    steps = [bound + step * (spec.scale or abs(bound)) if linear else factor * bound
             for step, factor in zip(STEPS, FACTORS, strict=True)]
    low, high = sorted(ends or steps)
    expect(low < high and 2 <= count <= MOST_POINTS, "front", f"two different ends and 2 to {MOST_POINTS} points")
    bounds = np.geomspace(low, high, count) if low > 0 and not linear else np.linspace(low, high, count)
    ordered = bounds[::-1] if spec.kind == "upper" else bounds
    return Sweep(base, metric, against, tuple(float(f"{value:.6g}") for value in ordered))


@dataclass(frozen=True)
class Point:
    """One design of a front: a turn of a stored session, with its values of the swept and of the other metric."""

    session: str
    turn: int
    swept: float
    against: float
    parameters: dict[str, float]
    metrics: dict[str, float | None]


@dataclass(frozen=True)
class Bound:
    """The session of one bound: how it ended, what it took, and its best design if that meets all specs."""

    bound: float
    session: str
    status: str
    simulations: int
    best: Point | None


@dataclass(frozen=True)
class Front:
    """A sweep as far as it has come, its sessions from the loosest bound on. ``points``: of all their designs that meet
    all specs at some bound of the sweep, those that no other one beats in both metrics; from the loosest on."""

    sweep: Sweep
    sessions: tuple[Bound, ...] = ()
    points: tuple[Point, ...] = ()

    def after(self, bound: float, session: str, state: SessionState) -> "Front":
        """With one more session."""
        best = state.best if state.best is not None and state.best.score.passed else None
        ended = Bound(bound, session, state.status, state.simulations, best and _point(session, best, self.sweep))
        loosest = self.sweep.task(self.sweep.bounds[0])
        points = [_point(session, turn, self.sweep) for turn in state.history if _meets(turn, loosest)]
        return Front(self.sweep, (*self.sessions, ended), pareto(self.sweep, (*self.points, *points)))


def run_front(asked: Sweep, store: SessionStore, make: Callable[[Task], Policy], simulator: Simulator,
              stop: StopSignal) -> Iterator[Front]:
    """The front after each bound, whose session is the stored one or one that is run now by the policy that ``make``
    makes for its task; nothing more after ``stop``."""
    stored, front = _stored(store, asked), Front(asked)
    for bound in asked.bounds:
        task = asked.task(bound)
        if (found := stored.get(bound)) is None:
            if stop.is_set():
                return
            begun = replace(task, earlier=store.memory.sessions(task))
            policy = make(begun)
            id = store.create(begun, policy.name, source=SOURCE)
            found = id, fold(record(store, id, run_session(begun, policy, simulator, stop)))
            if stop.is_set():
                return
        front = front.after(bound, *found)
        yield front


def pareto(asked: Sweep, points: Iterable[Point]) -> tuple[Point, ...]:
    """Those that no other one beats in both metrics; from the loosest to the tightest."""
    down, up = -1 if asked.spec.kind == "upper" else 1, asked.goal.sign
    known = [point for point in points if point.swept is not None and point.against is not None]
    front: list[Point] = []
    for point in sorted(known, key=lambda point: (-down * point.swept, -up * point.against)):  # from the tightest
        if not front or up * point.against > up * front[-1].against:
            front.append(point)
    return tuple(front[::-1])


def _point(session: str, turn: Turn, asked: Sweep) -> Point:
    metrics = dict(turn.measurement.metrics)
    return Point(session, turn.index, metrics.get(asked.metric), metrics.get(asked.against),
                 dict(turn.proposal.parameters), metrics)


def _meets(turn: Turn, task: Task) -> bool:
    """Whether a design meets the specs of a task, measured at all points."""
    found = turn.measurement
    if found is None or not found.ok or turn.measured_at or turn.proposal.parameters is None:
        return False
    values = [(spec, found.metrics.get(spec.metric)) for spec in task.specs]
    return all(value is not None and spec.met(value) for spec, value in values)


def _stored(store: SessionStore, asked: Sweep) -> dict[float, tuple[str, SessionState]]:
    """The sessions of this front that have ended by themselves, by their bounds."""
    tasks, found = {bound: asked.task(bound) for bound in asked.bounds}, {}
    for row in store.list(source=SOURCE, circuit=asked.base.circuit.name, limit=MOST_STORED):
        if row.status in ("passed", "budget", "ended"):
            state = fold(store.events(row.id))
            bound = next((bound for bound, task in tasks.items() if task == replace(state.task, earlier=())), None)
            if bound is not None:
                found.setdefault(bound, (row.id, state))
    return found
