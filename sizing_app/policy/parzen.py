"""The tree-structured Parzen estimator of Optuna, over the graded margins of the specs.

Stateless: the study is filled with the whole history in every turn, which takes milliseconds.
"""

from collections.abc import Iterator

import numpy as np

from sizing_app.policy.designs import derived_seed, design, end_met, from_unit, observed
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

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        if reached(history):
            yield end_met()
            return
        units, grades = observed(task.circuit, history)
        yield design(from_unit(task.circuit, next_point(units, grades, task.seed)),
                     f"The point that a Parzen estimator over {len(units)} designs holds most likely to be among the "
                     "better ones.")


def next_point(units: np.ndarray, grades: np.ndarray, seed: int) -> np.ndarray:
    """The next point in the unit cube after ``units``, shape (designs, parameters), with their grades."""
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = {f"x{place:03d}": optuna.distributions.FloatDistribution(0.0, 1.0) for place in range(units.shape[1])}
    sampler = optuna.samplers.TPESampler(multivariate=True, n_startup_trials=START,
                                         seed=derived_seed(seed, len(units)))
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for unit, grade in zip(units, grades, strict=True):
        study.add_trial(optuna.trial.create_trial(params=dict(zip(space, map(float, unit), strict=True)),
                                                  distributions=space, value=float(grade)))
    asked = study.ask(space)
    return np.array([asked.params[name] for name in space])
