"""What the parameters of a subcircuit stand for: its header's defaults, what a call gives, its own .param lines."""

from collections.abc import Mapping

from sizing_app.circuit.expressions import ExpressionError
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.arithmetic import arithmetic, resolved, safe_name, substituted
from sizing_app.spice.deck import Deck, Element, Subcircuit

MULTIPLIERS = ("m", "mult")
"""Settings of a call that count copies of the whole subcircuit, unless its header has a parameter of that name."""


def inside(cell: Subcircuit, given: Mapping[str, str], outside: Mapping[str, str]) -> dict[str, str]:
    """All names that a subcircuit's lines may use, in the terms of ``outside`` (the deck's parameters) and of
    ``given`` (what a call says). Raises ExpressionError."""
    defaults = {name: text for name, text in cell.arguments.items() if name not in given}
    arguments = {**given, **resolved(defaults, {**outside, **given})}
    return {**outside, **arguments, **resolved(cell.parameters, {**outside, **arguments})}


def given_by(call: Element, cell: Subcircuit, names: Mapping[str, str]) -> dict[str, str]:
    """What a call says of a subcircuit's parameters, in the caller's ``names``. Raises ExpressionError."""
    found = {}
    for key, text in call.settings.items():
        name = safe_name(key)
        if name in cell.arguments:
            found[name] = substituted(arithmetic(text), names)
        elif key not in MULTIPLIERS:
            raise ExpressionError(f"{call.name} sets {key!r}, which is no parameter of {cell.name}")
    return found


def uses(deck: Deck, top: str, outside: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """Subcircuit to what its names stand for in each of its uses within ``top``, of equal calls once. Raises
    ExpressionError."""
    found: dict[str, dict[frozenset, dict[str, str]]] = {}

    def visit(name: str, given: Mapping[str, str]) -> None:
        known, key = found.setdefault(name, {}), frozenset(given.items())
        if key in known:
            return
        known[key] = inside(deck.subcircuits[name], given, outside)
        for call in deck.subcircuits[name].elements:
            if deck.calls(call):
                visit(call.model, given_by(call, deck.subcircuits[call.model], known[key]))

    visit(top, of_top(deck, top, outside))
    return {name: list(known.values()) for name, known in found.items()}


def of_top(deck: Deck, top: str, outside: Mapping[str, str]) -> dict[str, str]:
    """What the deck's own first call of its top cell says, if there is one: sizes that a testbench gives."""
    if top == MAIN:
        return {}
    call = next((element for element in deck.main.elements if element.kind == "x" and element.model == top), None)
    return given_by(call, deck.subcircuits[top], outside) if call else {}
