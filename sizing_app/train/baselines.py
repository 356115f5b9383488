"""What a trained policy has to beat: a regression from targets and conditions to sizes.

It knows the pool, as the teacher does, but no surrogate, and uses no feedback. Its format: policy/regressor.py.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit
from sizing_app.policy.regressor import features
from sizing_app.pools.designs import Pool, centroid
from sizing_app.pools.networks import save_networks
from sizing_app.task.definition import Task
from sizing_app.train.fit import BATCH, fit
from sizing_app.train.queries import Synthesis

NETWORKS, EPOCHS = 5, 60
NEAREST = 20
"""Designs whose centre a network learns to propose."""


def centres(pool: Pool, count: int, rng: np.random.Generator) -> tuple[list[Task], np.ndarray]:
    """Synthesized queries and the unit-cube centres of the best designs for them; the centres are not simulated."""
    tasks = Synthesis(pool).draw(rng, count)
    answers = [centroid(pool, pool.index_of(task.conditions), task.specs, NEAREST) for task in tasks]
    return tasks, np.array(answers, dtype=np.float32)


def build_mlp(circuit: Circuit, pool: Pool, path: Path, rng: np.random.Generator, count: int = 20_000,
              report: Callable[[str], None] = print) -> float:
    """Train an ensemble on ``count`` such centres; returns the mean error on held-out ones, in the unit cube."""
    tasks, answers = centres(pool, count, rng)
    inputs = np.array([features(task) for task in tasks])
    networks, errors = [], []
    for number in range(NETWORKS):
        network, error = fit(inputs, answers, np.ones_like(answers), EPOCHS * len(inputs) // BATCH, number, "sigmoid")
        networks.append(network)
        errors.append(error)
        report(f"{circuit.name}: network {number + 1} of {NETWORKS}, held-out error {error:.4f}")
    save_networks(path, networks)
    return float(np.mean(errors))
