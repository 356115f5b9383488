"""One design at the points of its task, in stages: cheap where a design is no better than the best one so far.

Nominal first, then the points in the order in which they decided before, each stage as large as all before it. A design
is worth what its worst points say, so more points never make it better (task/reward.py: merit): once it misses a spec
and is no better than the best of the history, or a point failed, the others are left out. A new best is measured at all
of them, and so is what meets all specs. Random samples that are judged as one point (Plan.sigmas) are one stage, the
last one. How many jobs run at the same time has no say in what is measured.
"""

from collections import Counter

from sizing_app.task.definition import Task
from sizing_app.task.reward import best_design, judge, merit
from sizing_app.task.turn import History, Measurement


class PointByPoint:
    """The simulations of one design; ``instead`` stands for them where there is nothing to simulate."""

    def __init__(self, task: Task, history: History, instead: Measurement | None = None):
        self.task = task
        self.found: dict[int, Measurement] = {} if instead is None else {0: instead}
        """By the number of the point."""
        self._several = len(task.points) > 1 and instead is None
        best = best_design(history)
        self._least = None if best is None else merit(best.score)
        self._left = [] if instead is not None else deciding_order(task, history)

    def stage(self) -> list[int]:
        """Numbers of the points that are to be measured next; empty once the design is judged."""
        if self._decided():
            return []
        size = len(self._left) if self.found and self._least is None else len(self.found) + 1
        pooled = self.task.plan.pooled if self.task.plan else ()
        return [number for number in self._left if number not in pooled][:size] or self._left

    def take(self, measured: dict[int, Measurement]) -> None:
        """What the points of a stage gave."""
        self.found |= measured
        self._left = [number for number in self._left if number not in measured]

    @property
    def points(self) -> tuple[Measurement, ...]:
        """As a turn has them: in the plan's order, none where the task has one point."""
        return tuple(self.found[number] for number in sorted(self.found)) if self._several else ()

    @property
    def measured_at(self) -> tuple[int, ...]:
        """As a turn has them: empty where all points were measured."""
        return tuple(sorted(self.found)) if self._several and len(self.found) < len(self.task.points) else ()

    def _decided(self) -> bool:
        if not self.found or not self._left:
            return not self._left
        measurement, judged = judge(self.found, self.task.specs, self.task.plan)
        worse = self._least is not None and not judged.passed and merit(judged) <= self._least
        return not measurement.ok or worse


def deciding_order(task: Task, history: History) -> list[int]:
    """Numbers of the task's points: nominal, then those that decided a failed spec most often, then any spec."""
    failed, decided = Counter(), Counter()
    for turn in history:
        for part in turn.score.specs if turn.score and turn.points else ():
            decided[part.at] += 1
            failed[part.at] += not part.met
    others = range(1, len(task.points))
    return [0, *sorted(others, key=lambda number: (-failed[number], -decided[number], number))]
