"""What stands around a subcircuit in its own text: which net its ports are at, and what sources and capacitors say."""

import re
from collections.abc import Mapping
from functools import cached_property

from sizing_app.circuit.expressions import ExpressionError
from sizing_app.spice.arithmetic import arithmetic, constant, resolved, substituted
from sizing_app.spice.cell import Cell, is_ground
from sizing_app.spice.deck import Element
from sizing_app.spice.roles import GROUND, SUPPLY

KEYWORD = re.compile(r"(ac|dc|pulse|sine?|exp|pwl|sffm|am|distof[12]|trnoise|trrandom|external)(\s*\(.*)?",
                     re.IGNORECASE)
"""What a word of a V or I line begins with that is no DC value."""


class Surroundings:
    """Of the top cell of a text that is a subcircuit."""

    def __init__(self, cell: Cell):
        self.cell, self.elements = cell, cell.deck.main.elements
        self.call = next((item for item in self.elements if item.kind == "x" and item.model == cell.top), None)
        """The first line that calls it, whose ports are meant."""
        ports = cell.deck.subcircuits[cell.top].ports
        nets = self.call.nets if self.call else ports
        self.at = {**{net: net for net in cell.ports}, **dict(zip(ports, nets, strict=False))}
        """Port to net outside. Of a text that does not call it, nets of the same names are meant."""

    @cached_property
    def voltages(self) -> dict[str, float]:
        """Nets that ground and DC sources hold, with their voltage (V)."""
        sources = [item for item in self.elements if item.kind == "v"]
        found = {net: 0.0 for item in self.elements for net in item.nets if is_ground(net)}
        for _ in sources:
            known = len(found)
            for item in sources:
                plus, minus = item.nets
                if (value := self.dc(item)) is not None and (plus in found) != (minus in found):
                    found |= {plus: found[minus] + value} if minus in found else {minus: found[plus] - value}
            if len(found) == known:
                break
        return found

    def dc(self, source: Element) -> float | None:
        """DC value of a V or I element; None of a waveform and of what cannot be read."""
        words = source.values
        named = next((at for at, word in enumerate(words) if word.lower() == "dc"), len(words))
        if named + 1 < len(words):
            return self.number(words[named + 1])
        if words and not KEYWORD.fullmatch(words[0]):
            return self.number(words[0])
        return None if any(word.lower() != "ac" and KEYWORD.fullmatch(word) for word in words) else 0.0

    def supplies(self, roles: Mapping[str, str]) -> list[tuple[Element, float]]:
        """The DC sources that hold a supply above ground, with their voltage (V) from minus to plus. ``roles`` are
        those of nets outside."""
        def at(net: str, role: str) -> bool:
            return roles.get(net) == role or role == GROUND and is_ground(net)

        found = []
        for item in self.elements:
            if item.kind == "v" and (value := self.dc(item)):
                low, high = item.nets if value < 0 else reversed(item.nets)
                found += [(item, value)] if at(low, GROUND) and at(high, SUPPLY) else []
        return found

    def size(self, element: Element) -> float | None:
        """What a current source gives (A) or a capacitor has (F), ``m`` of them; None of one that cannot be read."""
        value = self.dc(element) if element.kind == "i" else \
            self.number(element.values[0]) if element.kind == "c" and element.values and not element.model else None
        times = self.number(element.settings.get("m", element.settings.get("mult", "1")))
        return None if value is None or times is None else value * times

    def number(self, text: str) -> float | None:
        """The value of a word, parameters of the text put in."""
        try:
            return constant(substituted(arithmetic(text), self._names))
        except ExpressionError:
            return None

    @cached_property
    def _names(self) -> dict[str, str]:
        try:
            return resolved(self.cell.deck.parameters, {})
        except ExpressionError:
            return {}
