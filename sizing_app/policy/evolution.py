"""CMA-ES (package cma), on its own and around the best of somebody else's first turns (handover.py).

The strategy is kept between turns.
"""

import threading
import warnings
from collections.abc import Iterator
from itertools import takewhile

import numpy as np

from sizing_app.policy.designs import design, end_met, from_unit, observed
from sizing_app.policy.kept import Kept
from sizing_app.task.definition import Task
from sizing_app.task.protocols import StopSignal
from sizing_app.task.reward import reached
from sizing_app.task.turn import Delta, History, Proposal, Turn, best_turn

WIDE, NARROW = 0.3, 0.06
"""First standard deviations in the unit cube: of a search of its own, and around a model's best design."""
PARSER = threading.Lock()
"""cma reads its options with ast.literal_eval, which fails now and then in two threads at once (Python 3.11)."""
FINISH = "the model's best design"
"""Where a finish starts, in the words of its proposals."""
MODEL_TURNS = 5
"""Turns that belong to the model before CMA-ES takes over."""


class EvolutionSearch:
    """Starts at the initial design and samples around a mean that moves towards the better designs."""

    name = "cma-es"

    def __init__(self):
        self._kept = Kept(lambda task, history: _Run(task, history[0], WIDE, first=1))

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        with self._kept.told(task, history) as run:
            point = run.ask()
        yield _proposal(task, point, "the initial design")


class Polish:
    """Samples around the best of the first MODEL_TURNS turns, whoever made them."""

    name = "cma-es"

    def __init__(self):
        self._kept = Kept(_around_the_best)

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        with self._kept.told(task, history) as run:
            point = run.ask()
        yield _proposal(task, point, FINISH)


def _around_the_best(task: Task, history: History) -> "_Run":
    """A model may end before its last turn: what this search proposed itself, in an earlier process perhaps, is none of
    the model's."""
    first = tuple(takewhile(lambda turn: turn.index <= MODEL_TURNS and FINISH not in turn.proposal.reasoning, history))
    return _Run(task, best_turn(first), NARROW, first=len(first))


class _Run:
    """A strategy around the design of one turn, told of the turns from number ``first`` on, generation by
    generation."""

    def __init__(self, task: Task, start: Turn, sigma: float, first: int):
        self._circuit, self._skip = task.circuit, first
        (unit,), _ = observed(task.circuit, (start,))
        self._search = strategy(unit, sigma, np.random.default_rng(abs(task.seed)))
        self._asked = self._search.ask()
        self._units: list[np.ndarray] = []
        self._grades: list[float] = []
        """What was measured of the present generation."""

    def tell(self, turns: History) -> None:
        skipped = min(self._skip, len(turns))
        self._skip -= skipped
        tried = [turn for turn in turns[skipped:] if turn.proposal.parameters is not None]
        if tried:
            units, grades = observed(self._circuit, tried)
            self._units, self._grades = [*self._units, *units], [*self._grades, *grades]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cma warns of points that it did not ask for: edited and forked designs
            while len(self._units) >= (size := len(self._asked)):
                self._search.tell(self._units[:size], [-grade for grade in self._grades[:size]])
                self._units, self._grades = self._units[size:], self._grades[size:]
                self._asked = self._search.ask()

    def ask(self) -> np.ndarray:
        """The point of the unit cube that is tried next, shape (parameters,)."""
        return np.asarray(self._asked[len(self._units)])


def strategy(start: np.ndarray, sigma: float, rng: np.random.Generator, **options):
    """cma's strategy in the unit cube. It draws from ``rng``: cma's own seed is NumPy's, which all threads share."""
    import cma
    with PARSER:
        return cma.CMAEvolutionStrategy(np.clip(start, 0.0, 1.0), sigma, {
            "bounds": [0, 1], "verbose": -9, "randn": lambda *shape: rng.standard_normal(shape), "seed": np.nan,
            **options})


def _proposal(task: Task, point: np.ndarray, origin: str) -> Proposal:
    return design(from_unit(task.circuit, point), f"CMA-ES from {origin}: a sample of its normal distribution, whose "
                                                  "mean and covariance follow the better half of each generation.")
