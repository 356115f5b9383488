"""The circuits that a worker keeps: each travels once as long as both ends of the pipe keep it, by the same rule."""

from sizing_app.circuit.definition import Circuit

KEPT = 32


def keep(circuits: dict[str, Circuit], key: str, circuit: Circuit) -> None:
    """Add one; the one that came first makes room. Both ends of the pipe do the same."""
    if len(circuits) == KEPT:
        del circuits[next(iter(circuits))]
    circuits[key] = circuit
