"""CMA-ES (package cma), on its own and as the finish of a language model's proposals.

Stateless as far as anybody can see: a strategy is kept while a history goes on from what it was told, else replayed.
"""

import threading
import warnings
from collections.abc import Iterator

import numpy as np

from sizing_app.policy.designs import design, end_met, from_unit, observed
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Policy, StopSignal
from sizing_app.task.reward import reached
from sizing_app.task.turn import Delta, History, Proposal, best_turn

WIDE, NARROW = 0.3, 0.06
"""First standard deviations in the unit cube: of a search of its own, and around a model's best design."""
PARSER = threading.Lock()
"""cma reads its options with ast.literal_eval, which fails now and then in two threads at once (Python 3.11)."""
MODEL_TURNS = 5
"""Turns that belong to the model before CMA-ES takes over."""


KEPT = 64
"""Strategies that are kept at a time, for sessions side by side."""
_kept: "dict[tuple, _Run]" = {}
_LOCK = threading.Lock()


class EvolutionSearch:
    """Starts at the initial design and samples around a mean that moves towards the better designs."""

    name = "cma-es"

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        units, grades = observed(task.circuit, history)
        yield _proposal(task, next_point(units[0], units[1:], grades[1:], WIDE, task.seed), "the initial design")


class Polish:
    """A language model's first turns, then CMA-ES around the best of them."""

    def __init__(self, model: Policy):
        self.model, self.name = model, f"{model.name}+cma-es"

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        if history[-1].index < MODEL_TURNS:
            yield from self.model.propose(task, history, stop)
            return
        first = tuple(turn for turn in history if turn.index <= MODEL_TURNS)
        (start,), _ = observed(task.circuit, (best_turn(first),))
        units, grades = observed(task.circuit, history[len(first):])
        yield _proposal(task, next_point(start, units, grades, NARROW, task.seed), "the model's best design")


def next_point(start: np.ndarray, units: np.ndarray, grades: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """The point of the unit cube that CMA-ES tries after ``units``, shape (tried, parameters), with their grades."""
    key = start.tobytes(), sigma, seed
    with _LOCK:
        run = _kept.pop(key, None)
    if run is None or not run.continues(units, grades):
        run = _Run(start, sigma, seed)
    point = run.ask(units, grades)
    with _LOCK:
        _kept[key] = run
        while len(_kept) > KEPT:
            del _kept[next(iter(_kept))]
    return point


class _Run:
    """A strategy, and what it was told: the same history gives the same points, whether it is kept or made anew."""

    def __init__(self, start: np.ndarray, sigma: float, seed: int):
        self.search = strategy(start, sigma, np.random.default_rng(abs(seed)))
        self.asked = self.search.ask()
        self.units, self.grades = np.zeros((0, len(start))), np.zeros(0)

    def continues(self, units: np.ndarray, grades: np.ndarray) -> bool:
        """Whether a history begins with what the strategy was told."""
        told = len(self.grades)
        return np.array_equal(units[:told], self.units) and np.array_equal(grades[:told], self.grades)

    def ask(self, units: np.ndarray, grades: np.ndarray) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cma warns of points that it did not ask for: edited and forked designs
            while len(units) - len(self.grades) >= len(self.asked):
                told = slice(len(self.grades), len(self.grades) + len(self.asked))
                self.search.tell(list(units[told]), list(-grades[told]))
                self.units, self.grades = units[:told.stop], grades[:told.stop]
                self.asked = self.search.ask()
        return np.asarray(self.asked[len(units) - len(self.grades)])


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
