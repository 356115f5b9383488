"""How long chains of names that use each other may be: everything that follows them goes one call deeper a link."""

from collections.abc import Mapping, Set

from sizing_app.circuit.deck_rules import RefusedNetlist

DEEPEST_CHAIN = 100


def check_chains(uses: Mapping[str, Set[str]], what: str) -> None:
    """Raise RefusedNetlist where names use each other in chains that are too long, or too many in circles.

    Names that use no other are taken away, again and again. What is left then is in a circle, above one, or further
    away from an end; smaller circles are told elsewhere, with their names."""
    left = {name: used - {name} for name, used in uses.items()}
    for _ in range(DEEPEST_CHAIN):
        left = {name: used for name, used in left.items() if any(other in left for other in used)}
    if len(left) > DEEPEST_CHAIN:
        raise RefusedNetlist(f"{what} use each other in a circle, or in a chain of more than {DEEPEST_CHAIN}, "
                             f"{list(left)[-1][:60]!r} among them")
