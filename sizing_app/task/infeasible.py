"""What is known where the specs of a task do not seem to fit together."""

from dataclasses import dataclass

from sizing_app.circuit.definition import Spec


@dataclass(frozen=True)
class Reach:
    """How good one spec's metric can become with the other specs held, as a search expects."""

    spec: Spec
    value: float
    """In SI units."""
    loosened: Spec
    """The spec with the bound that would do, all others as they are."""


@dataclass(frozen=True)
class Infeasible:
    """The evidence that no design meets the specs together. It is no proof: that is never had by trying."""

    nearest: int | None
    """Turn of the nearest design; None where an earlier session simulated it."""
    designs: int
    """How many had been simulated."""
    missed: tuple[str, ...]
    """Metrics whose specs the nearest design misses."""
    conflict: tuple[Reach, ...]
    """The specs that are in each other's way: each could give way alone."""
