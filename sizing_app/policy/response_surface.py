"""The policy of search/: response surfaces of the metrics, Thompson samples in a trust region.

A session with rounds asks for as many proposals as a round has. Where it takes one a turn, the search asks for four at
once all the same: those of turns 1 to 4, 5 to 8 and so on are made from the same history. What it knows is kept between
turns.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from threadpoolctl import ThreadpoolController

from sizing_app.policy.designs import design, end_met
from sizing_app.policy.kept import Kept
from sizing_app.policy.settings import PolicySettings
from sizing_app.search import feasible, settle, words
from sizing_app.search.earlier import Earlier, elsewhere, known
from sizing_app.search.search import ROUND, Search, Suggestion
from sizing_app.task.definition import Task
from sizing_app.task.infeasible import Infeasible
from sizing_app.task.protocols import StopSignal
from sizing_app.task.reward import done
from sizing_app.task.settled import Settled
from sizing_app.task.turn import Delta, History, Proposal, Turn


@dataclass
class _Run:
    """A search, and what it said after the turns that it was told."""

    search: Search
    asked: list[Suggestion] = field(default_factory=list)
    infeasible: Infeasible | None = None
    settled: Settled | None = None
    passed: int = 0
    """Designs of the latest verdict that the goal is settled: a person had the session go on past it."""

    def tell(self, turns: History) -> None:
        self.search.tell_turns(turns)
        self.asked, self.infeasible, self.settled = [], None, None
        self.passed = max([self.passed, *(turn.proposal.settled.designs for turn in turns if turn.proposal.settled)])

    def ask(self, n: int) -> None:
        """Make sure of ``n`` proposals; of one, the last, once the goal is settled."""
        if len(self.asked) < n and self.settled is None:
            self.infeasible = feasible.verdict(self.search)
            if (found := settle.verdict(self.search, self.passed)) is not None:
                self.settled, self.asked = found[0], [found[1]]
            else:
                self.asked = self.search.ask(n)


def search(name: str, settings: PolicySettings) -> "ResponseSurface":
    """The policy with what the settings let it look up."""
    return ResponseSurface(settings.recall)


class ResponseSurface:
    """Models every metric, and tries the designs that its models, and samples of them, hold best."""

    name = "response-surface"

    def __init__(self, recall: Callable[[Task], Sequence[Earlier]] | None = None):
        """``recall`` looks up what the earlier sessions of a task simulated."""
        def begun(task: Task, history: History) -> _Run:
            found = recall(task) if recall is not None and task.earlier else ()
            return _Run(Search(task, known(task, found), elsewhere(task, found)))

        self._kept = Kept(begun)

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if done(task, history):
            yield end_met()
            return
        with _threads().limit(limits=1):
            proposal = self._propose(task, history)
        yield proposal

    def propose_round(self, task: Task, history: History, stop: StopSignal, n: int) -> list[Proposal]:
        """``n`` proposals that know of each other."""
        if done(task, history):
            return [end_met()]
        with _threads().limit(limits=1), self._kept.told(task, history) as run:
            run.ask(n)
            return [self._said(task, run, suggestion, history) for suggestion in run.asked[:n]]

    def effects(self, task: Task, history: History) -> str:
        """What its surfaces say of the parameters, as a text for a model that decides itself; empty if too little."""
        with _threads().limit(limits=1), self._kept.told(task, history) as run:
            return words.table_of_effects(run.search)

    def _propose(self, task: Task, history: History) -> Proposal:
        """The proposal of the round that the next turn belongs to. Where the former turns of the round are not those
        that the search proposed (a person's, another policy's), one that is made from the whole history."""
        start = 1 + (len(history) - 1) // ROUND * ROUND
        former = [turn.proposal.parameters for turn in history[start:]]
        place = len(former)
        with self._kept.told(task, history[:start]) as run:
            run.ask(ROUND)
            if place < len(run.asked) and [item.parameters for item in run.asked[:place]] == former:
                return self._said(task, run, run.asked[place], history)
        with self._kept.told(task, history) as run:
            run.ask(1)
            return self._said(task, run, run.asked[0], history)

    def _said(self, task: Task, run: _Run, suggestion: Suggestion, history: History) -> Proposal:
        """A suggestion with its reasons."""
        around = run.settled.best if run.settled else run.search.region().centre
        text = words.reasoning(run.search, suggestion, _turn_of(run.search, around, history))
        if run.infeasible is not None:
            found = replace(run.infeasible, nearest=_index(run, run.infeasible.nearest, history))
            return replace(design(suggestion.parameters, f"{words.infeasible(task.circuit, found)} {text}"),
                           infeasible=found)
        if run.settled is not None:
            found = replace(run.settled, best=_index(run, run.settled.best, history))
            return replace(design(suggestion.parameters, f"{words.settled(task, found)} {text}"), settled=found,
                           finished=True)
        return design(suggestion.parameters, text)


def _index(run: _Run, place: int, history: History) -> int | None:
    turn = _turn_of(run.search, place, history)
    return turn.index if turn else None


def _turn_of(search: Search, place: int, history: History) -> Turn | None:
    """The turn of the design that has a place among those that the search was told of; None for one of an earlier
    session that this one has not simulated."""
    designs = [turn for turn in history if turn.proposal.parameters is not None]
    if place >= len(search.earlier):
        return designs[place - len(search.earlier)]
    parameters = search.earlier[place].parameters
    return next((turn for turn in designs if turn.proposal.parameters == parameters), None)


@cache
def _threads() -> ThreadpoolController:
    """On one thread: the matrices are small, and the threads of two sessions would only wait for each other."""
    return ThreadpoolController()
