"""The trust region: which design the search is around, and how far from it the surfaces are believed.

A surface is good near the designs that it was fitted to. The box in which its best point is looked for grows while that
succeeds and shrinks while it fails (trust region methods: Conn, Gould and Toint, 2000; with Bayesian models TuRBO,
Eriksson et al., NeurIPS 2019, and with constraints SCBO, Eriksson and Poloczek, AISTATS 2021). A region that has become
too small begins anew at its first size; where it fails a second time without any progress, the place is *exhausted*:
the search goes on around the best design away from it.
"""

from dataclasses import dataclass

import numpy as np

START, LEAST, MOST = 0.3, 0.04, 0.8
"""Half-width in the unit cube: at first, below which it begins anew, at most."""
FINEST = 0.012
"""In place of LEAST once every spec is met: what is best lies at the bounds of several specs."""
GROW, SHRINK = 1.6, 0.6
PATIENCE = 2
"""Rounds with, or without, an improvement in a row that change the width."""
BETTER = 0.01
"""How far a loss must fall to count as an improvement: a shortfall by about 1%."""
LEAP = 100.0
"""A loss that falls so far is of the first design that meets every spec: what follows is another search."""
AWAY = 0.3
"""A design is away from an exhausted one where some coordinate differs by more than this."""


@dataclass(frozen=True)
class Region:
    """``centre``: place of its design among those that were told; ``exhausted``: those of former regions;
    ``narrowed``: since every spec is met, how many designs were told each time that it had become too small."""

    centre: int
    width: float
    exhausted: tuple[int, ...] = ()
    narrowed: tuple[int, ...] = ()


def follow(points: np.ndarray, losses: np.ndarray, first: int, size: int) -> Region:
    """The region after designs at points, shape (designs, parameters), with these losses, logarithms of shortfalls or
    what is below them (objective.py): ``first`` ones before the first round, then rounds of ``size``."""
    region, streak, fresh = Region(int(np.argmin(losses[:first])), START), 0, True
    open_ = np.ones(len(points), dtype=bool)
    for start in range(first, len(points) - size + 1, size):
        found = _best(losses, open_, start, start + size)
        centre, width, exhausted, narrowed = region.centre, region.width, region.exhausted, region.narrowed
        better = losses[found] < losses[centre] - BETTER
        centre = found if losses[found] < losses[centre] else centre
        streak, fresh = max(streak, 0) + 1 if better else min(streak, 0) - 1, fresh or better
        if losses[found] < losses[region.centre] - LEAP:
            width, streak = START, 0
        if abs(streak) == PATIENCE:
            width, streak = min(width * (GROW if better else SHRINK), MOST), 0
        if width < (LEAST if losses[centre] > -LEAP else FINEST):
            narrowed = (*narrowed, start + size) if losses[centre] < -LEAP else ()
            if not fresh:
                exhausted = (*exhausted, centre)
                open_ &= np.abs(points - points[centre]).max(axis=1) > AWAY
                open_ |= not open_[:start + size].any()
                centre = _best(losses, open_, 0, start + size)
            width, fresh = START, not fresh
        region = Region(centre, width, exhausted, narrowed)
    return region


def _best(losses: np.ndarray, open_: np.ndarray, start: int, stop: int) -> int:
    """The place of the least loss among the open designs from ``start`` to ``stop``."""
    return start + int(np.argmin(np.where(open_[start:stop], losses[start:stop], np.inf)))
