"""Random search: the floor that every other policy has to beat."""

from collections.abc import Iterator

from sizing_app.policy.designs import design, end_met, random_design
from sizing_app.task.definition import Task
from sizing_app.task.protocols import StopSignal
from sizing_app.task.reward import done
from sizing_app.task.turn import Delta, History, Proposal


class RandomSearch:
    """Uniform in the unit cube, each parameter on its own scale; ends once a design has met all specs,
    unless there is a goal."""

    name = "random"

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if done(task, history):
            yield end_met()
            return
        yield design(random_design(task.circuit, task.seed, len(history)),
                     "A random design, uniform on each parameter's scale. The history is not used.")
