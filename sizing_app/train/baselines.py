"""What a trained policy has to beat: a regression from targets and conditions to sizes.

It knows everything that the teacher knows and uses no feedback. Its format is that of policy/regressor.py.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sizing_app.domain import Circuit, Task
from sizing_app.networks import save_networks
from sizing_app.policy.regressor import DIFFERENCE_UNITS, features
from sizing_app.pools import Pool, centroid
from sizing_app.surrogate import RANGE, Surrogate, condition_features
from sizing_app.targets import margins, metric_columns
from sizing_app.train.fit import BATCH, fit
from sizing_app.train.queries import synthesize

NETWORKS, EPOCHS = 5, 60
SURROGATES, SURROGATE_STEPS, WIDTHS = 3, 2500, (160, 160)
NEARNESS = 6.0
"""How much less a design counts in a surrogate that misses the default specs, for each unit of mean shortfall."""
NEAREST = 20
"""Designs whose centre a network learns to propose, as the teacher does."""


def teacher_pairs(circuit: Circuit, pool: Pool, count: int, tight_share: float,
                  rng: np.random.Generator) -> tuple[list[Task], np.ndarray]:
    """Synthesized queries and the unit-cube centres of the best designs for them; the centres are not simulated."""
    tasks = [synthesize(circuit, pool, rng, tight_share) for _ in range(count)]
    answers = [centroid(pool, pool.index_of(task.conditions), task.specs, NEAREST) for task in tasks]
    return tasks, np.array(answers, dtype=np.float32)


def build_mlp(circuit: Circuit, pool: Pool, path: Path, rng: np.random.Generator, count: int = 20_000,
              tight_share: float = 0.4, report: Callable[[str], None] = print) -> float:
    """Train an ensemble on ``count`` teacher answers; returns the mean error on held-out ones, in the unit cube."""
    tasks, answers = teacher_pairs(circuit, pool, count, tight_share, rng)
    inputs = np.array([features(task) for task in tasks])
    networks, errors = [], []
    for number in range(NETWORKS):
        network, error = fit(inputs, answers, np.ones_like(answers), EPOCHS * len(inputs) // BATCH, number, "sigmoid")
        networks.append(network)
        errors.append(error)
        report(f"{circuit.name}: network {number + 1} of {NETWORKS}, held-out error {error:.4f}")
    save_networks(path, networks)
    return float(np.mean(errors))


def fit_surrogate(pool: Pool, networks: int = SURROGATES, steps: int = SURROGATE_STEPS) -> Surrogate:
    """Networks from design and conditions to the metrics of a pool; designs near the default specs count most."""
    circuit = pool.circuit
    values = pool.metrics[:, metric_columns(circuit, circuit.specs)].astype(float)
    lowest = np.nanmin(values, axis=0)
    logarithmic = np.array([circuit.metric(spec.metric).unit not in DIFFERENCE_UNITS and spec.scale is None
                            and bound > 0.0 for spec, bound in zip(circuit.specs, lowest, strict=True)])
    surrogate = Surrogate(circuit, [], logarithmic)
    heights = surrogate.heights(values)
    known = ~np.isnan(heights)
    heights = np.clip(np.nan_to_num(heights), -RANGE, RANGE)
    mean, spread = heights.mean(axis=0), heights.std(axis=0) + 1e-3
    near = np.exp(NEARNESS * np.clip(margins(circuit, circuit.specs, pool.metrics), -1.0, 0.0).mean(axis=1))
    conditions = np.array([condition_features(circuit, each) for each in pool.conditions])
    inputs = np.concatenate([2.0 * pool.grid.unit(pool.design) - 1.0, conditions[pool.condition]], axis=1)
    for seed in range(networks):
        network, _ = fit(inputs, (heights - mean) / spread, known * near[:, None], steps, seed, "linear", WIDTHS)
        weights, bias = network[-1]
        surrogate.networks.append([*network[:-1], (weights * spread.astype(np.float32),
                                                   (bias * spread + mean).astype(np.float32))])
    return surrogate
