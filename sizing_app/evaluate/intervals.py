"""95% intervals of means, over all that another experiment would draw anew: runs, queries and circuits.

Percentile intervals of scipy.stats.bootstrap (Efron and Tibshirani 1993, chapter 13) of a crossed table: every run (a
seed of training) plays every query, so what is resampled are the numbers of the runs and, independently of them, those
of each circuit's queries (Owen 2007, "The pigeonhole bootstrap"). A lead is paired: both methods keep the same queries.
Means are pooled by circuit: over its queries first, then over circuits. Where the claim is about circuits at large,
circuits are resampled too; the variance of queries then counts twice, so that intervals are too wide where circuits
are alike, at most by the root of two. Shares of queries that are all met, or all missed, have the interval of Wilson
(JASA 1927) over queries in place of a bootstrap, which would find none.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2000
Interval = tuple[float, float]
Values = Sequence | np.ndarray
"""Shape (queries,), or (runs, queries)."""


def pooled(values: Values, strata: Sequence[str] = ()) -> float:
    """The mean of the means of the strata, which are the circuit of each query; none given: all are of one."""
    table = np.asarray(values, dtype=float)
    return float(np.mean([table[..., mine].mean() for mine in _strata(table, strata)]))


def interval(values: Values, strata: Sequence[str] = (), resample_strata: bool = False) -> Interval:
    """Of the pooled mean. With a single run the interval says nothing of what another run would give."""
    return interval_of_lead(values, None, strata, resample_strata)


def share_interval(met: Values, strata: Sequence[str] = (), resample_strata: bool = False) -> Interval:
    """The same of a share: each value is whether something holds."""
    table = np.asarray(met, dtype=float)
    if table.min() < table.max():
        return interval(table, strata, resample_strata)
    queries = table.shape[-1]
    return wilson(round(queries * table.max()), queries)


def wilson(met: int, count: int) -> Interval:
    """Of the share ``met`` of ``count``, by Wilson; it holds where all or none are met, too."""
    from scipy.stats import binomtest  # half a second to import
    found = binomtest(met, count).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def interval_of_lead(first: Values, second: Values | None, strata: Sequence[str] = (),
                     resample_strata: bool = False) -> Interval:
    """Of the pooled mean of ``first`` minus that of ``second``: other runs, the same queries."""
    tables = tuple(np.atleast_2d(np.asarray(table, dtype=float)) for table in (first, second) if table is not None)
    parts = _strata(tables[0], strata)
    return _interval(tuple((table.shape, table.tobytes()) for table in tables),
                     tuple(tuple(mine.tolist()) for mine in parts), resample_strata)


def _strata(table: np.ndarray, strata: Sequence[str]) -> list[np.ndarray]:
    """The places of each stratum's queries."""
    names = np.asarray(list(strata) or [""] * table.shape[-1])
    return [np.flatnonzero(names == name) for name in dict.fromkeys(names.tolist())]


@lru_cache(maxsize=4096)
def _interval(tables: tuple[tuple[tuple[int, int], bytes], ...], parts: tuple[tuple[int, ...], ...],
              resample_strata: bool) -> Interval:
    """Cached, because pages show the same results again and again."""
    from scipy.stats import bootstrap  # half a second to import
    arrays = [np.frombuffer(content).reshape(shape) for shape, content in tables]
    blocks = [[table[:, list(mine)] for mine in parts] for table in arrays]
    sizes = [len(table) for table in arrays] + [len(mine) for mine in parts] + [len(parts)] * resample_strata
    varied = [place for place, size in enumerate(sizes) if size > 1]
    if not varied:
        return (float(_leads(blocks, [np.zeros(1, dtype=int)] * len(sizes), False)),) * 2

    def statistic(*drawn: np.ndarray, axis: int = -1) -> np.ndarray:
        numbers = [np.zeros((*drawn[0].shape[:-1], 1), dtype=int)] * len(sizes)
        for place, array in zip(varied, drawn, strict=True):
            numbers[place] = array
        return _leads(blocks, numbers, resample_strata)

    found = bootstrap([np.arange(sizes[place]) for place in varied], statistic, n_resamples=RESAMPLES, vectorized=True,
                      axis=-1, confidence_level=CONFIDENCE, method="percentile",
                      rng=np.random.default_rng(0)).confidence_interval
    return float(found.low), float(found.high)


def _leads(blocks: Sequence[Sequence[np.ndarray]], numbers: Sequence[np.ndarray], resample_strata: bool) -> np.ndarray:
    """The lead of each resample, shape (...). ``blocks``: for each table its strata, of shape (runs, queries).
    ``numbers``, each of shape (..., size): the runs of each table, the queries of each stratum, the strata if drawn."""
    runs, queries = numbers[:len(blocks)], numbers[len(blocks):len(blocks) + len(blocks[0])]
    means = [np.stack([block[own[..., :, None], mine[..., None, :]].mean(axis=(-2, -1))
                       for block, mine in zip(table, queries, strict=True)], axis=-1)
             for table, own in zip(blocks, runs, strict=True)]
    ahead = means[0] - means[1] if len(means) > 1 else means[0]
    return (np.take_along_axis(ahead, numbers[-1], axis=-1) if resample_strata else ahead).mean(axis=-1)
