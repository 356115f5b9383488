"""The cards that a cell uses as ``models.sp``: numbers alone, those that differ between corners in sections."""

from collections.abc import Mapping, Sequence

from sizing_app.circuit.expressions import ExpressionError, names_in
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.arithmetic import constant, resolved, substituted
from sizing_app.spice.cards import is_version
from sizing_app.spice.cell import Cell
from sizing_app.spice.deck import Card
from sizing_app.spice.lines import Line, Remark
from sizing_app.spice.scopes import inside, uses

PAIRS = 12
"""Settings in a line."""


def models_of(cell: Cell, chosen: Sequence[str] = ()) -> tuple[str, tuple[str, ...], list[Remark]]:
    """(text of models.sp, corners in order, problems); of the corners ``chosen``, by default of all."""
    problems: list[Remark] = []
    every = cell.deck.corners or {"": (cell.deck.cards, cell.deck.parameters)}
    corners = {name: every[name] for name in chosen if name in every} or every
    used = {(card.scope, card.name) for card in cell.cards}
    texts: dict[str, list[str]] = {}
    for corner, (cards, parameters) in corners.items():
        found = [card for card in cards if (card.scope, card.name) in used]
        known = _names(cell, parameters, {card.scope for card in found}, problems)
        texts[corner] = [_of_card(cell, card, known[card.scope], problems) for card in found]
    common = set.intersection(*map(set, texts.values()))
    lines = [text for text in next(iter(texts.values())) if text in common]
    for corner, cards in texts.items():
        own = [text for text in cards if text not in common]
        if corner and cell.cards:
            lines += [f".lib {corner}", *own, ".endl"]
    kept = tuple(corner for corner in texts if corner)
    return "".join(f"{line}\n" for line in lines), kept if cell.cards else (), problems


def _names(cell: Cell, parameters: Mapping[str, str], scopes: set[str], problems: list[Remark],
           ) -> dict[str, list[dict[str, str]]]:
    """Scope of cards to what its names stand for, in each of its uses."""
    try:
        outside = resolved(parameters, {})
        found = uses(cell.deck, cell.top, outside) if scopes - {MAIN} else {}
        return {scope: found.get(scope) or [inside(cell.deck.subcircuits[scope], {}, outside)] for scope in scopes}
    except ExpressionError as error:
        problems.append(Remark(Line("", 1, ""), "", str(error)))
        return {scope: [{}] for scope in scopes}


def _of_card(cell: Cell, card: Card, every: list[dict[str, str]], problems: list[Remark]) -> str:
    """The text of a card, in all uses of its subcircuit the same."""
    texts = list(dict.fromkeys(_text(cell, card, names, problems) for names in every))
    if len(texts) > 1:
        problems.append(Remark(card.line, card.name, f"would have other numbers in each of the calls of {card.scope} "
                                                     "that differ: give each of them a subcircuit and a model of its "
                                                     "own"))
    return texts[0]


def _text(cell: Cell, card: Card, names: Mapping[str, str], problems: list[Remark]) -> str:
    pairs = []
    for key, text in card.settings.items():
        if is_version(key, text):
            pairs.append(_version(text))
            continue
        try:
            full = substituted(text, names)
            value = constant(full)
            if value is None:
                name = min(names_in(full))
                raise ExpressionError(f"{name!r} {cell.deck.why_unknown(name)}")
        except ExpressionError as error:
            problems.append(Remark(card.line, key, f"of model {card.name}: {error}"))
        else:
            pairs.append(_version(f"{value:.12g}") if key == "version" else f"{key}={value:.12g}")
    rows = [" ".join(pairs[start:start + PAIRS]) for start in range(0, len(pairs), PAIRS)]
    return "\n+ ".join([f".model {card.name} {card.kind}", *rows])


def _version(text: str) -> str:
    return f"version={text}" if "." in text else f"version={text}.0"  # ngspice knows 4.0, not 4
