"""Scalable constrained Bayesian optimization in a trust region: SCBO (Eriksson and Poloczek, AISTATS 2021), on BoTorch.

Every spec is a constraint with a Gaussian process of its own over its margin; there is no objective besides, so that of
the points sampled in the trust region the one with the least total violation is tried. Stateless: the size of the
region follows from the history. Needs the packages of requirements-train.txt.
"""

import threading
from collections.abc import Iterator, Sequence

import numpy as np

from sizing_app.errors import PolicyError
from sizing_app.policy.designs import design, end_met, from_unit, observed, random_design
from sizing_app.task.definition import Task
from sizing_app.task.protocols import StopSignal
from sizing_app.task.reward import reached
from sizing_app.task.turn import Delta, History, Proposal, Turn

START = 4
"""Designs before the surrogates have a say: the initial one, then random ones."""
LENGTH, SHORTEST, LONGEST = 0.8, 0.5 ** 7, 1.6
"""Side of the trust region in the unit cube: at the start, where it is begun anew, at most."""
SUCCESSES, FAILURES = 3, 5
"""Improvements in a row that double the region, and turns without one that halve it."""
CANDIDATES = 512
CUT = 2.0
"""Margins are cut to plus or minus this: a metric that is decades off tells no more."""
TORCH_NUMBERS = threading.Lock()
"""BoTorch draws from torch's own random numbers, which all threads share: one session at a time."""


class TrustRegionSearch:
    name = "scbo"

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        units, grades = observed(task.circuit, history)
        if len(units) < START:
            yield design(random_design(task.circuit, task.seed, len(history)),
                         f"A random design: the surrogates need {START} designs to start from.")
            return
        length = region(grades)
        turns = [turn for turn in history if turn.proposal.parameters is not None]
        point = suggest(units, margin_table(task, turns), units[int(np.argmax(grades))], length, task.seed)
        yield design(from_unit(task.circuit, point),
                     f"Gaussian processes of {len(task.specs)} margins over {len(units)} designs expect the least "
                     f"violation here, in a trust region of side {length:.2f} around the best design.")


def region(grades: Sequence[float]) -> float:
    """Side of the trust region after designs with these grades, the initial one first."""
    length, best, streak = LENGTH, grades[0], 0
    for grade in grades[1:]:
        better = grade > best + 1e-3 * abs(best)
        streak = (max(streak, 0) + 1) if better else (min(streak, 0) - 1)
        best = max(best, grade)
        if streak == SUCCESSES:
            length, streak = min(2 * length, LONGEST), 0
        elif streak == -FAILURES:
            length, streak = length / 2, 0
        if length < SHORTEST:
            length = LENGTH
    return length


def margin_table(task: Task, turns: Sequence[Turn]) -> np.ndarray:
    """Margins, shape (designs, specs), cut to CUT; a missing value is the worst."""
    rows = [[-CUT if part.margin is None else part.margin for part in turn.score.specs] for turn in turns]
    return np.clip(np.array(rows), -CUT, CUT)


def suggest(units: np.ndarray, margins: np.ndarray, centre: np.ndarray, length: float, seed: int) -> np.ndarray:
    """Thompson sampling: of CANDIDATES points of the region, that with the least violation in one posterior sample.

    A margin that is the same for all designs tells nothing, and its Gaussian process could not be fitted. On one
    thread: the matrices are small, and threads that wait for each other took two thirds of the time.
    """
    try:
        import torch
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import SingleTaskGP
        from gpytorch.mlls import ExactMarginalLogLikelihood
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise PolicyError(f"policy scbo needs the packages of requirements-train.txt: {error}") from None
    rng = np.random.default_rng([abs(seed), len(units)])
    low, high = np.clip(centre - length / 2, 0.0, 1.0), np.clip(centre + length / 2, 0.0, 1.0)
    moved = rng.random((CANDIDATES, len(centre))) < min(1.0, 20 / len(centre))
    candidates = np.where(moved, low + (high - low) * rng.random(moved.shape), centre)
    telling = np.ptp(margins, axis=0) > 0.0
    if not telling.any():
        return candidates[0]
    with TORCH_NUMBERS, torch.random.fork_rng(devices=[]), threadpool_limits(1):
        torch.manual_seed(int(rng.integers(2 ** 31)))
        model = SingleTaskGP(torch.tensor(units), torch.tensor(margins[:, telling]))
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        with torch.no_grad():
            sample = model.posterior(torch.tensor(candidates)).rsample()[0].numpy()
    return candidates[int(np.argmax(np.minimum(sample, 0.0).sum(axis=1)))]
