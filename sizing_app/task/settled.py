"""What is known where a goal does not seem to become any better."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settled:
    """The evidence that a goal is about as good as it gets with the specs held. It is no proof."""

    best: int | None
    """Turn of the best design; None where an earlier session simulated it."""
    value: float
    """Of the goal, in SI units."""
    designs: int
    """How many had been simulated."""
    promised: float
    """How much better the surfaces expect the best design around it to be: a share of the value, or for a margin, dB
    and degrees in the goal's own unit; 0 where they expect nothing better."""
