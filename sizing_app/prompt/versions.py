"""The versions of the compact prompt. The card of a checkpoint names the one that it was trained with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Version:
    """What a prompt tells besides targets, designs and results (prompt/compact.py)."""

    ranges: bool = False
    """The range of every parameter in SI units, without which a position in it means no size."""
    evidence: bool = False
    """After each result what moved since the best turn before, and what that changed (prompt/evidence.py)."""
    roles: bool = False
    """Parameters and metrics by what they are, in words that serve any circuit, in place of names (prompt/roles.py)."""


FIRST = "compact"
LATEST = "compact-3"
VERSIONS = {FIRST: Version(), "compact-2": Version(ranges=True, evidence=True),
            LATEST: Version(ranges=True, evidence=True, roles=True),
            "compact-3-plain": Version(ranges=True, roles=True)}
"""The last one is there for its ablation: the same without the evidence."""
