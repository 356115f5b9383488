"""Bayesian optimization, the baseline of the paper: a Gaussian process over the reward (package bayesian-optimization).

Stateless: the surrogate is fitted anew to the whole history in every turn, which takes 0.1 to 1.5 s at 14 parameters.
"""

import warnings
from collections.abc import Iterator

import numpy as np

from sizing_app.policy.designs import design, end_met, from_unit, random_design, to_unit
from sizing_app.task.definition import Task
from sizing_app.task.protocols import StopSignal
from sizing_app.task.reward import reached
from sizing_app.task.turn import Delta, History, Proposal

warnings.filterwarnings("ignore", module=r"sklearn\.gaussian_process")
KAPPA = 2.576
"""Weight of the standard deviation in the upper confidence bound, the package's default: 99% of a normal."""
START = 3
"""Designs before the surrogate has a say: the initial one, then random ones. With fewer it proposes mere corners."""


class BayesianSearch:
    """Turns with a simulated design are observations (unit cube to reward); the acquisition function proposes one."""

    name = "bayes"

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        observed = [(to_unit(task.circuit, turn.proposal.parameters), turn.total) for turn in history
                    if turn.proposal.parameters is not None]
        if len(observed) < START:
            yield design(random_design(task.circuit, task.seed, len(history)),
                         f"A random design: a Gaussian process needs {START} designs to start from.")
            return
        point, mean, deviation = suggest(observed, seed=(abs(task.seed) * 1000 + len(history)) % 2**32)
        best = max(reward for _, reward in observed)
        yield design(from_unit(task.circuit, point),
                     f"A Gaussian process fitted to the history (designs: {len(observed)}, best reward {best:.2f}) "
                     f"has its highest upper confidence bound here: a reward of {mean:.2f} +- {deviation:.2f}.")


def suggest(observed: list[tuple[np.ndarray, float]], seed: int) -> tuple[np.ndarray, float, float]:
    """The next point in the unit cube, with the surrogate's mean and standard deviation of the reward there.

    On one thread: the matrices are small, and the threads of two sessions at a time would only wait for each other.
    """
    from bayes_opt import BayesianOptimization
    from bayes_opt.acquisition import UpperConfidenceBound
    from threadpoolctl import threadpool_limits
    names = [f"x{index:03d}" for index in range(len(observed[0][0]))]
    optimizer = BayesianOptimization(f=None, pbounds=dict.fromkeys(names, (0.0, 1.0)), verbose=0,
                                     acquisition_function=UpperConfidenceBound(kappa=KAPPA),
                                     random_state=seed, allow_duplicate_points=True)
    for unit, reward in observed:
        optimizer.register(params=dict(zip(names, map(float, unit), strict=True)), target=reward)
    with threadpool_limits(1):
        suggestion = optimizer.suggest()
        mean, deviation = optimizer.predict(suggestion, return_std=True, fit_gp=False)
    return np.array([suggestion[name] for name in names]), float(mean), float(deviation)
