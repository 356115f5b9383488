"""Which model a transistor of a file is of: an installed one, by name or by choice, or a card of its own."""

import re

from sizing_app.circuit.own_models import OWN
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice import devices
from sizing_app.spice.cell import Choices
from sizing_app.spice.deck import Card, Deck, Element, Subcircuit
from sizing_app.spice.log import Log, Unmapped

TRANSISTORS = ("nmos", "pmos")


class Models:
    """Finds models; keeps what was found in ``aliases`` and ``cards``."""

    def __init__(self, deck: Deck, cells: list[Subcircuit], choices: Choices, log: Log):
        self.deck, self.choices, self.log = deck, choices, log
        self.process = choices.process or self._guess(cells)
        self.aliases: dict[str, str] = {}
        """Alias of the netlist to model of the process."""
        self.cards: dict[str, Card] = {}

    def installed(self, element: Element) -> devices.Transistor | None:
        """The installed model of a transistor; None where it has a card, or none at all. Raises Unmapped."""
        word = element.model
        if self.process == OWN:
            return None
        if word in self.choices.models:
            return self._chosen(word)
        found = devices.transistor(word)
        if found and found.process == self.process:
            return found
        if found and self.choices.process:
            return self._generic(word, found.polarity, element)
        if found:
            raise Unmapped(word, f"is of {found.process}, but others are of {self.process}: a circuit is of one "
                                 "process")
        if devices.is_of_a_process(word) or self.card(MAIN, word, TRANSISTORS) or not looks_sized(element):
            return None
        return self._generic(word, devices.polarity_of(word), element)

    def alias(self, found: devices.Transistor) -> str:
        """The word of the netlist for an installed model, which is no card of its own."""
        alias = found.alias if self.card(MAIN, found.alias, TRANSISTORS) is None else f"{found.alias}_pdk"
        self.aliases[alias] = found.model
        return alias

    def card(self, scope: str, word: str, kinds: tuple[str, ...]) -> Card | None:
        """The card of a name, that of the scope first; of a model in bins the first one."""
        found = [card for card in self.deck.cards if word in (card.name, base(card.name)) and card.kind in kinds]
        ranked = [[card for card in found if card.scope == place] for place in (scope, MAIN)]
        return next((cards[0] for cards in (*ranked, found) if cards), None)

    def keep(self, card: Card) -> str:
        """Keep a card, with the other bins of its model; the name that the netlist has for it. Raises Unmapped."""
        for item in self.cards.values():
            if base(item.name) == base(card.name) and item.scope != card.scope and item.settings != card.settings:
                raise Unmapped(card.name, "is a name of two different models, in different subcircuits: rename one")
        self.cards |= {item.name: item for item in self.deck.cards
                       if base(item.name) == base(card.name) and item.scope == card.scope}
        return base(card.name)

    def unknown(self, element: Element) -> Unmapped:
        """Why a model is not known, and what to do."""
        word = element.model
        if word.startswith("sg13_"):
            return Unmapped(word, "is of IHP SG13G2, which needs Verilog-A models that this ngspice cannot load")
        if re.search(r"pnp|npn", word):
            return Unmapped(word, "is a bipolar transistor without an installed model: upload its .model card or "
                                  "subcircuit")
        if devices.is_of_a_process(word):
            known = PROCESSES[self.process].models if self.process != OWN else tuple(PROCESSES)
            return Unmapped(word, f"has no installed model; there are {', '.join(known)}")
        if not looks_sized(element):
            missing = "".join(f"; {remark}" for remark in self.deck.missing[:1])
            return Unmapped(word, f"is no subcircuit of this file: upload the file that defines it{missing}")
        return Unmapped(word, f"has no model: choose a process for it ({', '.join(PROCESSES)}), or upload its .model "
                              "card")

    def corner(self) -> str:
        """The corner that the file asks for, in the words of circuits; the nominal one."""
        if self.process == OWN:
            return next(iter(self.deck.corners), "tt")
        asked = self.deck.processes.get(self.process.partition("_")[0], "")
        known = PROCESSES[self.process].corners
        return next((corner for corner, name in known.items() if asked in (corner, name)), next(iter(known)))

    def _guess(self, cells: list[Subcircuit]) -> str:
        """The process of the first device that is of an installed one; what libraries were recognised as; own."""
        words = (element.model for cell in cells for element in cell.elements if element.kind in "mx")
        known = (found.process for found in map(devices.transistor, words) if found)
        return next(known, next(iter(self.deck.processes), OWN))

    def _chosen(self, word: str) -> devices.Transistor:
        try:
            return devices.by_model(self.process, self.choices.models[word])
        except KeyError:
            raise Unmapped(word, f"was given the model {self.choices.models[word]!r}, which {self.process} does not "
                                 f"have: one of {', '.join(PROCESSES[self.process].models)}") from None

    def _generic(self, word: str, polarity: str, element: Element) -> devices.Transistor:
        if not polarity:
            raise Unmapped(word, "does not tell whether it is an NMOS or a PMOS: choose a model for it")
        found = devices.choose(self.process, word, polarity)
        self.log.once(f"model {word}", element.line, word, f"is taken as {found.model} of {self.process}")
        return found


def base(name: str) -> str:
    """The model that a bin, ``nch.1``, is of."""
    return re.sub(r"\.\d+$", "", name)


def looks_sized(element: Element) -> bool:
    """Whether a line is of a transistor, by its shape: M, or X with four nets, w and l."""
    return element.kind == "m" or len(element.nets) == 4 and {"w", "l"} <= set(element.settings)
