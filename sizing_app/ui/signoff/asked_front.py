"""What people ask of a session that has ended: a front, from its best design, of what one metric costs in another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.units import read_quantity
from sizing_app.circuit.validation import Invalid, is_whole
from sizing_app.evaluate.front import Front, Sweep, run_front, sweep
from sizing_app.policy import OWN_POLICY
from sizing_app.search.objective import LINEAR_UNITS
from sizing_app.session.events import SessionState
from sizing_app.simulator.shared import Shared, Stopped
from sizing_app.task.definition import Task
from sizing_app.ui.services import Services
from sizing_app.ui.signoff.asked import CannotCheck, begin, known

POINTS, LEAST_POINTS, MOST_POINTS = 6, 2, 20
DESIGNS, MOST_DESIGNS = 100, 1000
"""Of each point."""
ROUND = 4


@dataclass(frozen=True)
class FrontWishes:
    """As people write it; empty ends are half and twice the bound of the swept spec, or half its scale beside it."""

    metric: str
    against: str
    points: object = POINTS
    designs: object = DESIGNS
    low: str = ""
    high: str = ""


def swept_metrics(task: Task) -> list[str]:
    """Metrics whose spec has one bound, which can be swept."""
    return [spec.metric for spec in task.specs if spec.kind != "range"]


def usual_pair(task: Task) -> tuple[str, str] | None:
    """What is swept and against what unless somebody says otherwise: the first metric with an upper bound is the cost
    that is pushed, and what it buys is swept, rather a number than decibels; None where there are not two metrics."""
    circuit, swept = task.circuit, swept_metrics(task)
    costs = [spec.metric for spec in task.specs if spec.kind == "upper"][:1]
    bought = sorted((name for name in swept if name not in costs),
                    key=lambda name: circuit.metric(name).unit in LINEAR_UNITS)
    metric = next(iter((*bought, *swept)), None)
    against = next((name for name in (*costs, *(item.name for item in circuit.metrics)) if name != metric), None)
    return None if metric is None or against is None else (metric, against)


def read_front(base: Task, wishes: FrontWishes) -> Sweep:
    """The sweep that is asked for, of ``base``. Raises CannotCheck."""
    for name, value, least, most in (("Points", wishes.points, LEAST_POINTS, MOST_POINTS),
                                     ("Designs of each", wishes.designs, 1, MOST_DESIGNS)):
        if not is_whole(value, least, most):
            raise CannotCheck(f"{name}: expected a whole number from {least} to {most}.")
    task = _swept(base, int(wishes.designs))
    try:
        return sweep(task, wishes.metric, wishes.against, int(wishes.points), _ends(task, wishes))
    except Invalid as error:
        raise CannotCheck(f"{error}.") from error


def ask_front(services: Services, state: SessionState, wishes: FrontWishes) -> str:
    """Start a front, or join one that is the same; returns the id of the check. Raises CannotCheck, and Busy."""
    design = known(state)
    asked = read_front(replace(state.task, initial=design.parameters), wishes)
    return begin(services, design, "front", asked, partial(front_of, services, asked))


def is_front_of(state: SessionState, asked: Sweep) -> bool:
    """Whether a sweep that began with the best design of a session is of its task; another session may have found the
    same design by other specs."""
    return asked.base == _swept(replace(state.task, initial=asked.base.initial), asked.base.budget)


def front_of(services: Services, asked: Sweep, simulator: Shared) -> Iterator[Front]:
    """The front as it grows. Raises Stopped."""
    yield Front(asked)
    yield from run_front(asked, services.store, partial(services.policy, OWN_POLICY), simulator, simulator.stop)
    if simulator.stop.is_set():
        raise Stopped


def metric_choices(circuit: Circuit, names: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """(title, name), of all metrics or of some."""
    return [(metric.title, metric.name) for metric in circuit.metrics if names is None or metric.name in names]


def _swept(base: Task, designs: int) -> Task:
    """What is asked at every bound, but for the bound itself."""
    return replace(base, budget=designs, round=ROUND, goal=None, earlier=(), hint="")


def _ends(task: Task, wishes: FrontWishes) -> tuple[float, float] | None:
    texts = (wishes.low or "").strip(), (wishes.high or "").strip()
    if not any(texts):
        return None
    if not all(texts):
        raise CannotCheck("From, to: expected both ends of the sweep, or none.")
    unit = next((metric.unit for metric in task.circuit.metrics if metric.name == wishes.metric), "")
    try:
        low, high = (read_quantity(text, unit) for text in texts)
    except ValueError as error:
        raise CannotCheck(f"From, to: {error}.") from error
    return low, high
