"""The tree-structured Parzen estimator of Optuna, over the graded margins of the specs.

The study is kept between turns, with a sampler of its own in each.
"""

from collections.abc import Iterator

import numpy as np

from sizing_app.policy.designs import derived_seed, design, end_met, from_unit, observed
from sizing_app.policy.kept import Kept
from sizing_app.task.definition import Task
from sizing_app.task.protocols import StopSignal
from sizing_app.task.reward import reached
from sizing_app.task.turn import Delta, History, Proposal

START = 2
"""Designs before the estimator has a say: the initial one, then a random one. Optuna's default of 10 is meant for
hundreds of simulations; in five of them no result would ever be used."""


class ParzenSearch:
    """Proposes what is likely among the better designs and unlikely among the others."""

    name = "tpe"

    def __init__(self):
        self._kept = Kept(lambda task, history: _Study(task))

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        with self._kept.told(task, history) as study:
            point = study.ask()
        yield design(from_unit(task.circuit, point),
                     f"The point that a Parzen estimator over {study.told} designs holds most likely to be among the "
                     "better ones.")


class _Study:
    """A study of Optuna over the unit cube; ``told`` designs are in it."""

    def __init__(self, task: Task):
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._circuit, self._seed, self.told = task.circuit, task.seed, 0
        self._space = {f"x{place:03d}": optuna.distributions.FloatDistribution(0.0, 1.0)
                       for place in range(len(task.circuit.parameters))}
        self._study = optuna.create_study(direction="maximize")

    def tell(self, turns: History) -> None:
        import optuna
        if not any(turn.proposal.parameters is not None for turn in turns):
            return
        units, grades = observed(self._circuit, turns)
        for unit, grade in zip(units, grades, strict=True):
            values = dict(zip(self._space, map(float, unit), strict=True))
            self._study.add_trial(optuna.trial.create_trial(params=values, distributions=self._space,
                                                            value=float(grade)))
        self.told += len(units)

    def ask(self) -> np.ndarray:
        """The next point, shape (parameters,). The trial that is asked for ends at once: what is simulated of it is
        told as a turn, and a running trial would count."""
        import optuna
        self._study.sampler = optuna.samplers.TPESampler(multivariate=True, n_startup_trials=START,
                                                         seed=derived_seed(self._seed, self.told))
        asked = self._study.ask(self._space)
        self._study.tell(asked, state=optuna.trial.TrialState.FAIL)
        return np.array([asked.params[name] for name in self._space])
