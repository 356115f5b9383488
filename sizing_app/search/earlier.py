"""What earlier sessions simulated of a circuit, as a search of another task is told it.

Only what was measured at the conditions of the task counts, and only designs that the task allows and that were
measured at its nominal point: metrics are judged anew, by the task's specs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sizing_app.circuit.definition import Conditions, Parameters
from sizing_app.task.definition import Task
from sizing_app.task.limits import hold
from sizing_app.task.reward import gained, judge, merit
from sizing_app.task.turn import Measurement, Score

BEST, SPREAD = 60, 100
"""Designs that are told: the best ones for the task, and others from all that is known, evenly."""


@dataclass(frozen=True)
class Earlier:
    """A design that an earlier session simulated, and what was measured where."""

    session: str
    parameters: Parameters
    measured: Mapping[Conditions, Measurement]


@dataclass(frozen=True)
class Known:
    """The same, for a task: by the number of the point, judged over those that are known."""

    session: str
    parameters: Parameters
    points: Mapping[int, Measurement]
    measurement: Measurement
    score: Score
    whole: bool
    """Whether that is all points of the task."""


def known(task: Task, earlier: Sequence[Earlier]) -> list[Known]:
    """Those that say something of a task, in their order, each design once."""
    found: dict[tuple, Known] = {}
    names = [parameter.name for parameter in task.circuit.parameters]
    for item in earlier:
        points = {number: item.measured[point] for number, point in enumerate(task.points) if point in item.measured}
        if 0 in points and _allows(task, item.parameters):
            measurement, judged = judge(points, task.specs, task.plan)
            whole = not measurement.ok or len(points) == len(task.points)
            found.setdefault(tuple(item.parameters[name] for name in names),
                             Known(item.session, item.parameters, points, measurement, judged, whole))
    return _some(task, list(found.values()))


def _allows(task: Task, design: Parameters) -> bool:
    """Whether a task may propose a design: its parameters, in their ranges and limits."""
    parameters = {parameter.name: parameter for parameter in task.circuit.parameters}
    return set(design) == set(parameters) and hold(design, task.limits)[0] == dict(design) and all(
        parameters[name].contains(value) for name, value in design.items())


def _some(task: Task, designs: list[Known]) -> list[Known]:
    """The BEST best ones, by what people order designs by, and SPREAD others; in their order."""
    if len(designs) <= BEST + SPREAD:
        return designs

    def worth(place: int) -> tuple:
        item = designs[place]
        value = task.goal and task.goal.value(task.circuit, item.parameters, item.points[0].metrics, item.score.specs)
        return merit(item.score, gained(task, value))

    order = sorted(range(len(designs)), key=worth, reverse=True)
    rest = sorted(order[BEST:])
    places = {*order[:BEST], *(rest[number * len(rest) // SPREAD] for number in range(SPREAD))}
    return [designs[place] for place in sorted(places)]
