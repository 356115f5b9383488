"""Bayesian optimization, the baseline of the paper: a Gaussian process over the reward (package bayesian-optimization).

The observations are kept between turns; the process itself is fitted anew in each.
"""

import warnings
from collections.abc import Iterator

import numpy as np

from sizing_app.policy.designs import design, end_met, from_unit, random_design, to_unit
from sizing_app.policy.kept import Kept
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

    def __init__(self):
        self._kept = Kept(lambda task, history: _Observed(task))

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        if sum(1 for turn in history if turn.proposal.parameters is not None) < START:
            yield design(random_design(task.circuit, task.seed, len(history)),
                         f"A random design: a Gaussian process needs {START} designs to start from.")
            return
        with self._kept.told(task, history) as state:
            point, mean, deviation = state.surrogate.suggest((abs(task.seed) * 1000 + len(history)) % 2**32)
            known = state.surrogate.rewards
        yield design(from_unit(task.circuit, point),
                     f"A Gaussian process fitted to the history (designs: {len(known)}, best reward {max(known):.2f}) "
                     f"has its highest upper confidence bound here: a reward of {mean:.2f} +- {deviation:.2f}.")


class _Observed:
    """The surrogate of a session's designs."""

    def __init__(self, task: Task):
        self._circuit = task.circuit
        self.surrogate = Surrogate(len(task.circuit.parameters))

    def tell(self, turns: History) -> None:
        for turn in turns:
            if turn.proposal.parameters is not None:
                self.surrogate.register(to_unit(self._circuit, turn.proposal.parameters), turn.reward)


class Surrogate:
    """A Gaussian process over the unit cube as BayesianOptimization of the package makes it, told point by point."""

    def __init__(self, parameters: int):
        from bayes_opt.target_space import TargetSpace
        self._names = [f"x{index:03d}" for index in range(parameters)]
        self._space = TargetSpace(None, dict.fromkeys(self._names, (0.0, 1.0)), allow_duplicate_points=True)

    @property
    def rewards(self) -> np.ndarray:
        """Of all points, in their order."""
        return self._space.target

    def register(self, unit: np.ndarray, reward: float) -> None:
        """One observation: a point of the unit cube, shape (parameters,), and its reward."""
        self._space.register(dict(zip(self._names, map(float, unit), strict=True)), reward)

    def suggest(self, seed: int) -> tuple[np.ndarray, float, float]:
        """The next point in the unit cube, with the mean and the standard deviation of the reward there.

        On one thread: the matrices are small, and the threads of two sessions at a time would only wait for each other.
        """
        from bayes_opt.acquisition import UpperConfidenceBound
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import Matern
        from threadpoolctl import threadpool_limits
        rng = np.random.RandomState(seed)  # the kind that the package takes
        process = GaussianProcessRegressor(kernel=Matern(nu=2.5), alpha=1e-6, normalize_y=True, n_restarts_optimizer=5,
                                           random_state=rng)
        with threadpool_limits(1):
            point = UpperConfidenceBound(kappa=KAPPA).suggest(process, self._space, random_state=rng)
            (mean,), (deviation,) = process.predict(point[None], return_std=True)
        return point, float(mean), float(deviation)
