"""Two policies in one: a language model's first turns, then a search that goes on from what they showed."""

from collections.abc import Iterator

from sizing_app.policy.designs import end_met
from sizing_app.policy.evolution import MODEL_TURNS
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Policy, StopSignal
from sizing_app.task.reward import done, reached
from sizing_app.task.turn import Delta, History, Proposal


class Handover:
    """The model proposes until a design meets all specs or it ends the session, MODEL_TURNS turns at most, then the
    search: a model may take a miss by a thousandth for a success."""

    def __init__(self, model: Policy, search: Policy):
        self.model, self.search, self.name = model, search, f"{model.name}+{search.name}"

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if done(task, history):
            yield end_met()
            return
        if _begins(history):
            for piece in self.model.propose(task, history, stop):
                if isinstance(piece, Proposal) and piece.finished:
                    break
                yield piece
            else:
                return
        yield from self.search.propose(task, history, stop)

    def propose_round(self, task: Task, history: History, stop: StopSignal, n: int) -> list[Proposal] | None:
        """That of the search, where it plans rounds and the model is done."""
        if _begins(history) or not hasattr(self.search, "propose_round"):
            return None
        return self.search.propose_round(task, history, stop, n)


def _begins(history: History) -> bool:
    """Whether the next turn is the model's."""
    return history[-1].index < MODEL_TURNS and not reached(history)
