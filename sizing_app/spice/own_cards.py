"""The cards that a cell uses as ``models.sp``: numbers alone, those that differ between corners in sections."""

from collections.abc import Mapping

from sizing_app.circuit.expressions import ExpressionError, names_in
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.arithmetic import constant, resolved, substituted
from sizing_app.spice.cell import Cell
from sizing_app.spice.deck import Card
from sizing_app.spice.lines import Line, Remark

PAIRS = 12
"""Settings in a line."""


def models_of(cell: Cell) -> tuple[str, tuple[str, ...], list[Remark]]:
    """(text of models.sp, corners in order, problems)."""
    problems: list[Remark] = []
    corners = cell.deck.corners or {"": (cell.deck.cards, cell.deck.parameters)}
    used = {(card.scope, card.name) for card in cell.cards}
    texts: dict[str, list[str]] = {}
    for corner, (cards, parameters) in corners.items():
        names = _names(parameters, problems)
        found = [card for card in cards if (card.scope, card.name) in used]
        texts[corner] = [_text(cell, card, {**names, **_local(cell, card, names)}, problems) for card in found]
    common = [text for text in next(iter(texts.values())) if all(text in other for other in texts.values())]
    lines = list(common)
    for corner, cards in texts.items():
        own = [text for text in cards if text not in common]
        if corner and cell.cards:
            lines += [f".lib {corner}", *own, ".endl"]
    kept = tuple(corner for corner in texts if corner)
    return "".join(f"{line}\n" for line in lines), kept if cell.cards else (), problems


def _names(parameters: Mapping[str, str], problems: list[Remark]) -> dict[str, str]:
    try:
        return resolved(parameters, {})
    except ExpressionError as error:
        problems.append(Remark(Line("", 1, ""), "", str(error)))
        return {}


def _local(cell: Cell, card: Card, outside: Mapping[str, str]) -> dict[str, str]:
    """Parameters of the subcircuit that a card stands in."""
    if card.scope == MAIN:
        return {}
    scope = cell.deck.subcircuits[card.scope]
    return resolved({**scope.arguments, **scope.parameters}, outside)


def _text(cell: Cell, card: Card, names: Mapping[str, str], problems: list[Remark]) -> str:
    pairs = []
    for key, text in card.settings.items():
        try:
            full = substituted(text, names)
            value = constant(full)
            if value is None:
                name = min(names_in(full))
                raise ExpressionError(f"{name!r} {cell.deck.why_unknown(name)}")
        except ExpressionError as error:
            problems.append(Remark(card.line, key, f"of model {card.name}: {error}"))
        else:
            pairs.append(f"{key}={value:.1f}" if key == "version" else f"{key}={value:.12g}")
    rows = [" ".join(pairs[start:start + PAIRS]) for start in range(0, len(pairs), PAIRS)]
    return "\n+ ".join([f".model {card.name} {card.kind}", *rows])
