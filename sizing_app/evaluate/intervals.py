"""95% bootstrap intervals of means, over all that another experiment would draw anew: runs, circuits and queries.

Percentile intervals (Efron and Tibshirani 1993, chapter 13) of a crossed table: every run (a seed of training) plays
every query, so runs and queries are resampled independently of each other, queries within their circuit (Owen 2007,
"The pigeonhole bootstrap"). Where the claim is about circuits at large, circuits are resampled too.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

RESAMPLES = 5000
Interval = tuple[float, float]


def interval(values: Sequence | np.ndarray, strata: Sequence[str] = (), resample_strata: bool = False) -> Interval:
    """Of the mean of ``values``, shape (queries,) or (runs, queries).

    ``strata``: the circuit of each query; none given: all are of one. With a single run the interval says nothing of
    what another run would give.
    """
    return interval_of_lead(values, None, strata, resample_strata)


def interval_of_lead(first: Sequence | np.ndarray, second: Sequence | np.ndarray | None,
                     strata: Sequence[str] = (), resample_strata: bool = False) -> Interval:
    """Of the mean of ``first`` minus that of ``second``: other runs, the same queries. Shapes as in ``interval``."""
    weights = _query_weights(tuple(strata) or ("",) * np.shape(first)[-1], resample_strata)
    rng = np.random.default_rng(1)
    means = _resampled(first, weights, rng) - (0.0 if second is None else _resampled(second, weights, rng))
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _resampled(values: Sequence | np.ndarray, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The mean of each resample, shape (RESAMPLES,), runs drawn anew."""
    table = np.atleast_2d(np.asarray(values, dtype=float))
    runs = len(table)
    return ((weights @ table.T) * rng.multinomial(runs, [1 / runs] * runs, RESAMPLES)).sum(axis=1) / runs


@lru_cache(maxsize=4)
def _query_weights(strata: tuple[str, ...], resample_strata: bool) -> np.ndarray:
    """How often each query was drawn, as shares: shape (RESAMPLES, queries). The same for all that played the same."""
    rng = np.random.default_rng(0)
    names, places = np.unique(np.asarray(strata), return_inverse=True)
    times = rng.multinomial(len(names), [1 / len(names)] * len(names), RESAMPLES) if resample_strata else \
        np.ones((RESAMPLES, len(names)), dtype=int)
    weights = np.zeros((RESAMPLES, len(places)))
    for place in range(len(names)):
        mine = np.flatnonzero(places == place)
        weights[:, mine] = rng.multinomial(times[:, place] * len(mine), [1 / len(mine)] * len(mine))
    return weights / weights.sum(axis=1, keepdims=True)
