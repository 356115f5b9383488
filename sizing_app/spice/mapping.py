"""From a deck and a person's choices to a Cell: every model found, every size in SI units, what was done told."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sizing_app.circuit.deck_rules import DEEPEST, MOST_DEVICES
from sizing_app.circuit.expressions import ExpressionError, names_in
from sizing_app.circuit.own_models import OWN
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.circuit.units import show_quantity
from sizing_app.spice import devices
from sizing_app.spice.arithmetic import arithmetic, resolved, safe_name
from sizing_app.spice.cell import Cell, Choices, Device, Quantity
from sizing_app.spice.deck import Deck, Element, Subcircuit
from sizing_app.spice.lines import Line
from sizing_app.spice.log import Log, Unmapped
from sizing_app.spice.models import TRANSISTORS, Models, base
from sizing_app.spice.own_cards import models_of
from sizing_app.spice.scopes import MULTIPLIERS, given_by, inside, of_top
from sizing_app.spice.sizes import UNITS, Sizes
from sizing_app.spice.surround import KEYWORD

CARDS = {"q": ("npn", "pnp"), "d": ("d",), "j": ("njf", "pjf"), "s": ("sw",), "r": ("r",), "c": ("c",), "l": ("l",)}
"""Kinds of cards that elements with a model need."""
WAVEFORMS = ("ac", "pulse", "sin", "sine", "exp", "pwl", "sffm", "am", "distof1", "distof2")
_LAYOUT_NAMES = {"c_width": "w", "c_length": "l", "r_width": "w", "r_length": "l"}


def map_cell(deck: Deck, choices: Choices | None = None) -> Cell:
    """The cell of a deck; all that is wrong is in ``problems``. Raises KeyError for a subcircuit or process that is
    not there, ExpressionError for a value of a parameter that is no arithmetic."""
    choices = choices or Choices()
    given = {safe_name(name): arithmetic(text) for name, text in choices.parameters.items()}
    deck = replace(deck, parameters={**given, **deck.parameters})
    top = deck.top if choices.top is None else choices.top.lower()
    if top not in deck.subcircuits:
        raise KeyError(top)
    if choices.process not in (None, OWN, *PROCESSES):
        raise KeyError(choices.process)
    return _Mapping(deck, top, choices).cell()


class _Mapping:
    def __init__(self, deck: Deck, top: str, choices: Choices):
        self.deck, self.top, self.choices = deck, top, choices
        self.cells = list(deck.within(top))
        self.log = Log()
        self.sizes = Sizes(deck, self.log)
        self.models = Models(deck, self.cells, choices, self.log)

    def cell(self) -> Cell:
        bounded = self._is_bounded()
        names = self._names()
        scopes = {cell.name: tuple(self._devices(cell, names.get(cell.name, {}))) if bounded else ()
                  for cell in self.cells}
        self.sizes.summary()
        notes = sorted(dict.fromkeys(self.log.notes), key=lambda remark: (remark.line.file, remark.line.number))
        found = Cell(self.deck, self.top, self.models.process, self.models.corner(), self.choices.as_written, scopes,
                     self.models.aliases, tuple(self.models.cards.values()), tuple(notes), ())
        if not self.deck.problems:  # a parameter that could not be read would be told again
            self.log.problems += models_of(found)[2]
        return replace(found, problems=tuple(dict.fromkeys(self.log.problems)))

    def _names(self) -> dict[str, dict[str, str]]:
        """Subcircuit to what its names stand for where it is first used: numbers."""
        found: dict[str, dict[str, str]] = {}
        here = self.deck.subcircuits[self.top].line or Line("", 1, "")
        try:
            outside = resolved(self.deck.parameters, {})
            self._visit(self.top, of_top(self.deck, self.top, outside), outside, found)
        except ExpressionError as error:
            self.log.problem(here, self.top, str(error))
        return found

    def _visit(self, name: str, given: Mapping[str, str], outside: Mapping[str, str], found: dict) -> None:
        cell = self.deck.subcircuits[name]
        found[name] = inside(cell, given, outside)
        for call in cell.elements:
            if self.deck.calls(call) and call.model not in found:
                try:
                    more = given_by(call, self.deck.subcircuits[call.model], found[name])
                    self._visit(call.model, more, outside, found)
                except ExpressionError as error:
                    self.log.problem(call.line, call.name, str(error))

    def _is_bounded(self) -> bool:
        """Whether the cell expands to no more than anything may walk through; an empty subcircuit is a device too."""
        sizes: dict[str, int] = {}

        def size(name: str, above: tuple[str, ...]) -> int:
            if name in above or len(above) > DEEPEST:
                raise Unmapped(name, "holds itself" if name in above else f"is nested more than {DEEPEST} deep")
            if name not in sizes:
                inner = (size(element.model, (*above, name)) if self.deck.calls(element) else 1
                         for element in self.deck.subcircuits[name].elements)
                sizes[name] = max(1, sum(inner))
            return sizes[name]

        line = self.deck.subcircuits[self.top].line or Line("", 1, "")
        try:
            if (devices_in_all := size(self.top, ())) > MOST_DEVICES:
                raise Unmapped(self.top, f"expands to {devices_in_all:.3g} devices, at most {MOST_DEVICES:,}")
        except Unmapped as error:
            self.log.problem(line, error.word, str(error))
            return False
        return True

    def _devices(self, cell: Subcircuit, names: Mapping[str, str]) -> Iterator[Device]:
        used: set[str] = set()
        for element in cell.elements:
            try:
                kind, nets, model, polarity, sizes = self._device(cell, element, names)
            except Unmapped as error:
                self.log.problem(element.line, error.word, str(error))
            except ExpressionError as error:
                self.log.problem(element.line, element.name, str(error))
            else:
                name = _unique(element.name, kind, used)
                yield Device(cell.name, name, kind, nets, model, polarity, sizes, element)

    def _device(self, cell: Subcircuit, element: Element, names: Mapping[str, str]) -> tuple:
        """(kind, nets, model, polarity, sizes). Raises ExpressionError or Unmapped."""
        if "off" in element.settings and element.kind in "mdqj":
            self.log.once("off", element.line, "off", "is left out: it tells where the search for the operating point "
                                                      "begins, no more")
            element = replace(element, settings={key: text for key, text in element.settings.items() if key != "off"})
        passive = devices.passive(element.model) if element.kind in "xrc" else None
        if self.deck.calls(element):
            return self._call(element, names)
        if passive and self.models.card(cell.name, element.model, (passive.kind,)) is None:
            return self._passive(element, passive, names)
        if element.kind in "mx":
            return self._transistor(cell, element, names)
        if element.kind in CARDS and element.model:
            return self._with_card(cell, element, names)
        return self._plain(element, names)

    def _call(self, element: Element, names: Mapping[str, str]) -> tuple:
        inner = self.deck.subcircuits[element.model]
        if len(inner.ports) != len(element.nets):
            raise Unmapped(element.name, f"connects {len(element.nets)} nets, but {inner.name} has {len(inner.ports)} "
                                         "ports")
        sizes = {key: self.sizes.quantity(text, names, "") for key, text in element.settings.items()}
        for key in MULTIPLIERS:
            if key in sizes and key not in inner.arguments and sizes[key].value != 1:
                self.log.note(element.line, f"{key}={sizes[key].written}",
                              "stands at a subcircuit: as many copies of it are written")
        return "x", element.nets, inner.name, "", sizes

    def _transistor(self, cell: Subcircuit, element: Element, names: Mapping[str, str]) -> tuple:
        known = self.models.installed(element)
        card = None if known else self.models.card(cell.name, element.model, TRANSISTORS)
        if not known and not card:
            raise self.models.unknown(element)
        if len(element.nets) != 4:
            raise Unmapped(element.name, f"has {len(element.nets)} nets, but a transistor has 4: drain, gate, source, "
                                         "bulk")
        settings = self.sizes.multiplied(element)
        if card:
            return "m", element.nets, self.models.keep(card), card.kind[0], self.sizes.of(element, settings, names)
        if not {"w", "l"} <= set(settings):
            raise Unmapped(element.name, "needs w= and l=")
        sizes = self.sizes.of_process(element, settings, names, self.choices.as_written)
        return "m", element.nets, self.models.alias(known), known.polarity, sizes

    def _passive(self, element: Element, found: devices.Passive, names: Mapping[str, str]) -> tuple:
        """A foundry's resistor or capacitor, as an ideal one between its first two nets."""
        settings = {_LAYOUT_NAMES.get(key, key): text for key, text in element.settings.items()}
        if "mf" in settings and settings["mf"] != settings.get("m", "1"):
            self.log.once("mf", element.line, f"mf={settings['mf']}", "is left out: the foundry's model counts m alone")
        sizes = self.sizes.of(element, {key: text for key, text in settings.items() if key in ("w", "l", "m")}, names)
        if found.width:
            sizes["w"] = Quantity(f"{found.width:.9g}", "", "m", found.width)
        if not {"w", "l"} <= set(sizes):
            raise Unmapped(element.name, "needs a width and a length")
        count = sizes["m"].text if "m" in sizes and sizes["m"].text != "1" else ""
        text = found.value(sizes["w"].text, sizes["l"].text, count)
        value = self.sizes.value(text, names)
        shown = show_quantity(value, UNITS[found.kind])
        self.log.once(f"passive {element.model}", element.line, element.model,
                      f"is taken as an ideal element of its nominal value, here {shown}: without temperature, corner "
                      "and parasitics")
        written = " ".join(f"{key}={text}" for key, text in element.settings.items())
        quantity = Quantity(text if names_in(text) else f"{value:.9g}", written, UNITS[found.kind], value)
        return found.kind, element.nets[:2], "", "", {"value": quantity}

    def _with_card(self, cell: Subcircuit, element: Element, names: Mapping[str, str]) -> tuple:
        card = self.models.card(cell.name, element.model, CARDS[element.kind])
        if card is None:
            raise Unmapped(element.model, f"has no .model card of kind {' or '.join(CARDS[element.kind])}: upload it")
        sizes = self.sizes.kept(element, names)
        if element.values and element.kind != "s":
            sizes["value"] = self.sizes.quantity(element.values[0], names, UNITS.get(element.kind, ""))
        return element.kind, element.nets, self.models.keep(card), card.kind[0] if element.kind in "qj" else "", sizes

    def _plain(self, element: Element, names: Mapping[str, str]) -> tuple:
        """Passives, sources and controlled sources."""
        sizes = self.sizes.kept(element, names) if element.kind not in "kb" else {}
        if element.kind in "vi":
            words = [word for word in element.values if word.lower() != "dc"]
            if len(words) == 1 and not words[0].lower().startswith(WAVEFORMS):
                sizes["value"] = self.sizes.quantity(words[0], names, UNITS[element.kind])
        elif element.values and element.kind not in "kb":
            sizes["value"] = self.sizes.quantity(element.values[0], names, UNITS.get(element.kind, ""))
        return element.kind, element.nets, base(element.model), "", sizes


def without_dc(words: list[str]) -> list[str]:
    """Words of a V or I line without its DC value: what it gives to AC analyses, and its waveform."""
    at = next((place for place, word in enumerate(words) if word.lower() == "dc"), None)
    if at is not None:
        return [*words[:at], *words[at + 2:]]
    return words if words and KEYWORD.fullmatch(words[0]) else words[1:]


def _unique(name: str, kind: str, used: set[str]) -> str:
    """A name of letters, digits and _ that begins with its kind, not used before."""
    name = re.sub(r"\W", "_", name, flags=re.ASCII)
    if name[0].lower() != kind:
        name = name[1:] if name[1:2].lower() == kind else f"{kind.upper()}{name}"
    found, number = name, 1
    while found.lower() in used:
        number += 1
        found = f"{name}_{number}"
    used.add(found.lower())
    return found
