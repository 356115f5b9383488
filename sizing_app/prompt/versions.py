"""The versions of the compact prompt. The card of a checkpoint names the one that it was trained with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Version:
    """What a prompt tells besides targets, designs and results (prompt/compact.py)."""

    ranges: bool = False
    """The range of every parameter in SI units, without which a position in it means no size."""
    evidence: bool = False
    """After each result what moved since the best turn before, and what that changed (prompt/evidence.py)."""


FIRST = "compact"
LATEST = "compact-2"
VERSIONS = {FIRST: Version(), LATEST: Version(ranges=True, evidence=True)}
