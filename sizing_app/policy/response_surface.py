"""The policy of search/: response surfaces of the metrics, Thompson samples in a trust region.

A session with rounds asks for as many proposals as a round has. Where it takes one a turn, the search asks for four at
once all the same: those of turns 1 to 4, 5 to 8 and so on are made from the same history. Stateless as all policies:
what is kept between turns only saves time, and a session that is resumed, or whose history somebody else made, gets the
same proposals.
"""

import operator
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from threadpoolctl import ThreadpoolController

from sizing_app.policy.designs import design, end_met
from sizing_app.search.feasible import Infeasible, verdict
from sizing_app.search.search import ROUND, Search, Suggestion
from sizing_app.search.words import infeasible, reasoning
from sizing_app.task.definition import Task
from sizing_app.task.protocols import StopSignal
from sizing_app.task.reward import reached
from sizing_app.task.turn import Delta, History, Proposal, Turn

SESSIONS = 64
"""Searches that are kept."""


@dataclass
class _Run:
    """A search, the turns that it was told, and what it said then."""

    search: Search
    told: History = ()
    asked: list[Suggestion] = field(default_factory=list)
    verdict: Infeasible | None = None

    def knows(self, task: Task, history: History) -> bool:
        """Whether all that it was told are the first turns of this history."""
        return (len(self.told) <= len(history) and all(map(operator.is_, self.told, history))
                and self.search.task == task)

    def ask(self, history: History, n: int) -> None:
        """Tell the rest of the history and ask for ``n`` proposals."""
        if len(self.told) < len(history) or len(self.asked) < n:
            self.search.tell_turns(history[len(self.told):])
            self.told, self.asked, self.verdict = history, self.search.ask(n), verdict(self.search)


class ResponseSurface:
    """Models every metric, and tries the designs that its models, and samples of them, hold best."""

    name = "response-surface"

    def __init__(self):
        self._runs: deque[_Run] = deque(maxlen=SESSIONS)
        self._lock = threading.Lock()

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        with _threads().limit(limits=1):
            proposal = self._propose(task, history)
        yield proposal

    def propose_round(self, task: Task, history: History, stop: StopSignal, n: int) -> list[Proposal]:
        """``n`` proposals that know of each other."""
        if reached(history):
            return [end_met()]
        with _threads().limit(limits=1):
            run = self._take(task, history)
            run.ask(history, n)
            proposals = [self._said(run, suggestion, history) for suggestion in run.asked[:n]]
        self._keep(run)
        return proposals

    def _propose(self, task: Task, history: History) -> Proposal:
        """The proposal of the round that the next turn belongs to. Where the former turns of the round are not those
        that the search proposed (a person's, another policy's), one that is made from the whole history."""
        start = 1 + (len(history) - 1) // ROUND * ROUND
        run = self._take(task, history[:start])
        run.ask(history[:start], ROUND)
        former = [turn.proposal.parameters for turn in history[start:]]
        place = len(former)
        if [suggestion.parameters for suggestion in run.asked[:place]] != former:
            run, place = _Run(Search(task)), 0
            run.ask(history, 1)
        proposal = self._said(run, run.asked[place], history)
        self._keep(run)
        return proposal

    def _said(self, run: _Run, suggestion: Suggestion, history: History) -> Proposal:
        """A suggestion with its reasons."""
        designs = _designs(history)
        text = reasoning(run.search, suggestion, designs[run.search.region().centre])
        if run.verdict is not None:
            text = f"{infeasible(run.search, run.verdict, designs[run.verdict.nearest])} {text}"
        return design(suggestion.parameters, text)

    def _take(self, task: Task, history: History) -> _Run:
        """The kept search that knows most of a history, or a new one; nobody else has it until it is kept again."""
        with self._lock:
            known = [run for run in self._runs if run.knows(task, history)]
            if not known:
                return _Run(Search(task))
            run = max(known, key=lambda run: len(run.told))
            self._runs.remove(run)
            return run

    def _keep(self, run: _Run) -> None:
        with self._lock:
            self._runs.append(run)


def _designs(history: History) -> list[Turn]:
    """The turns that a search is told of."""
    return [turn for turn in history if turn.proposal.parameters is not None]


@cache
def _threads() -> ThreadpoolController:
    """On one thread: the matrices are small, and the threads of two sessions would only wait for each other."""
    return ThreadpoolController()
