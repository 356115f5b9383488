"""What earlier sessions simulated of a circuit, as a search of another task is told it.

What was measured at the conditions of the task is known to the search, if its nominal point is among them and the task
allows the design: metrics are judged anew, by the task's specs. What was measured at other conditions is not known:
the best design of each such session is one that a search tries first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Parameters
from sizing_app.task.definition import Task
from sizing_app.task.limits import hold
from sizing_app.task.reward import gained, judge, merit, score
from sizing_app.task.turn import Measurement, Score

BEST, SPREAD = 60, 100
"""Designs that are told: the best ones for the task, and others from all that is known, evenly."""
TRIED = 4
"""Designs of other conditions that are tried first."""


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


@dataclass(frozen=True)
class Elsewhere:
    """The best design of an earlier session by what it showed at conditions that are none of the task's."""

    session: str
    parameters: Parameters
    conditions: Conditions
    score: Score


def known(task: Task, earlier: Sequence[Earlier]) -> list[Known]:
    """Those that say something of a task, in their order, each design once, with all that was measured of it."""
    found = []
    for item in _together(earlier):
        points = {number: item.measured[point] for number, point in enumerate(task.points) if point in item.measured}
        if 0 in points and _allows(task, item.parameters):
            measurement, judged = judge(points, task.specs, task.plan)
            whole = not measurement.ok or len(points) == len(task.points)
            found.append(Known(item.session, item.parameters, points, measurement, judged, whole))
    return _some(task, found)


def _together(earlier: Sequence[Earlier]) -> list[Earlier]:
    """Each design once, by the first session that simulated it, with what any of them measured of it: sessions often
    begin with the best design of others, at conditions of their own."""
    designs: dict[tuple, Earlier] = {}
    for item in earlier:
        key = tuple(sorted(item.parameters.items()))
        first = designs.get(key, item)
        designs[key] = replace(first, measured={**item.measured, **first.measured})
    return list(designs.values())


def elsewhere(task: Task, earlier: Sequence[Earlier]) -> list[Elsewhere]:
    """At most TRIED designs that the task allows and does not begin with, and that are not known at its nominal point,
    the best ones first."""
    best: dict[str, Elsewhere] = {}
    for item in earlier:
        if task.points[0] in item.measured or item.parameters == task.initial or not _allows(task, item.parameters):
            continue
        for conditions, measurement in item.measured.items():
            if conditions.draw is None and conditions not in task.points:
                found = Elsewhere(item.session, item.parameters, conditions, score(measurement, task.specs))
                if item.session not in best or merit(found.score) > merit(best[item.session].score):
                    best[item.session] = found
    designs = {tuple(sorted(item.parameters.items())): item
               for item in sorted(best.values(), key=lambda item: merit(item.score))}
    return list(reversed(designs.values()))[:TRIED]


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
