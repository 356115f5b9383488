"""The surrogate of a circuit, fitted to its pool (pools/surrogate.py says what it is)."""

import numpy as np

from sizing_app.policy.regressor import DIFFERENCE_UNITS
from sizing_app.pools.designs import Pool
from sizing_app.pools.surrogate import RANGE, Surrogate, condition_features
from sizing_app.pools.targets import margins, metric_columns
from sizing_app.train.fit import fit

NETWORKS, STEPS, WIDTHS = 3, 2500, (160, 160)
NEARNESS = 6.0
"""How much less a design counts that misses the default specs, for each unit of mean shortfall."""


def fit_surrogate(pool: Pool, networks: int = NETWORKS, steps: int = STEPS) -> Surrogate:
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
