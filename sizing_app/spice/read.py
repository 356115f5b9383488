"""From SPICE texts to a Deck: every line is an element, a card, data for the testbench, a note, or a problem."""

import hashlib
import re
from collections.abc import Callable, Mapping

from sizing_app.circuit.deck_rules import ANALYSES, OPTIONS, RefusedNetlist
from sizing_app.circuit.expressions import ExpressionError, names_in
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.arithmetic import NAME, arithmetic, is_number, number, safe_name
from sizing_app.spice.cards import is_version, read_card
from sizing_app.spice.deck import Card, Deck, Element, Subcircuit
from sizing_app.spice.depth import check_chains
from sizing_app.spice.elements import WrongElement, read_element
from sizing_app.spice.expand import Expansion
from sizing_app.spice.lines import LARGEST_TEXT, Line, Remark, read_lines
from sizing_app.spice.words import bare, is_closed, settings_of, split

MOST_REMARKS = 200
MOST_CORNERS = 10
DROPPED = ("backanno", "prot", "unprot", "print", "plot", "probe", "save", "saveall", "four", "width", "end", "tf",
           "pz", "disto", "sens", "step", "mc", "alias", "vec", "lstb", "stb", "data", "enddata", "machine", "connect",
           "pinfo", "check", "assert", "graph", "wave", "fft", "lin", "net", "biaschk", "subckt_path")
"""Dot commands that change no result here: left out with a note."""
COMMANDS = {"csparam": "sets a variable of ngspice's own language", "exec": "runs a command",
            "func": "defines a function: write its expression where it is used",
            "if": "chooses between lines: leave only those that hold", "elseif": "", "else": "", "endif": "",
            "hdl": "needs Verilog-A models, which this ngspice cannot load",
            "pre_osdi": "needs Verilog-A models, which this ngspice cannot load"}
"""Dot commands that are refused, with the reason; without one they come with another that has it."""


def read_deck(files: Mapping[str, str], main: str | None = None) -> Deck:
    """The deck of a text and the files uploaded with it (name to text), never of the disk.

    ``main`` names the netlist, by default the first one. All that is wrong is in ``problems``. Raises RefusedNetlist
    only where a text is too large, or nested too deeply, to be looked at.
    """
    main = next(iter(files)) if main is None else main
    if (letters := sum(map(len, files.values()))) > LARGEST_TEXT:
        raise RefusedNetlist(f"{letters:,} characters in all files together, at most {LARGEST_TEXT:,}")
    read = {name: read_lines(text, "" if len(files) == 1 else name) for name, text in files.items()}
    first = _Reading(Expansion(files, read, main)).whole()
    deck = first.deck(hashlib.sha256("\0".join(files[name] for name in sorted(files)).encode(
        "utf-8", "replace")).hexdigest())
    return _with_corners(deck, first, lambda corner: _Reading(Expansion(files, read, main, corner)).whole())


def _with_corners(deck: Deck, first: "_Reading", again: Callable[[str], "_Reading"]) -> Deck:
    """The deck with the cards of every section that all its libraries have."""
    chosen, offered = first.expansion.chosen, first.expansion.offered
    if not chosen:
        return deck
    own = chosen[0][1]
    names = [name for name in offered[0] if all(name in other for other in offered) and name != own]
    corners = {own: (deck.cards, deck.parameters)}
    for name in names[:MOST_CORNERS]:
        other = again(name)
        known = other.parameters[MAIN]
        whole = all(names_in(text) <= set(known) for card in other.cards if card.scope == MAIN
                    for key, text in card.settings.items() if not is_version(key, text))
        if whole and {card.name for card in other.cards} == {card.name for card in deck.cards}:
            corners[name] = (tuple(other.cards), other.parameters[MAIN])
    return Deck(**{**vars(deck), "corners": corners})


class _Reading:
    """One pass over all lines."""

    def __init__(self, expansion: Expansion):
        self.expansion = expansion
        self.notes: list[Remark] = expansion.notes
        self.problems: list[Remark] = expansion.problems
        self.scopes = [MAIN]
        self.ports: dict[str, tuple[str, ...]] = {MAIN: ()}
        self.arguments: dict[str, dict[str, str]] = {MAIN: {}}
        self.parameters: dict[str, dict[str, str]] = {MAIN: {}}
        self.elements: dict[str, list[Element]] = {MAIN: []}
        self.begun: dict[str, Line] = {}
        self.skipped: list[Line] = []
        """The .subckt lines that are open of a subcircuit whose name another one has."""
        self.unread: dict[str, Remark] = {}
        """Parameters without a value that can be read: a problem only where one is used."""
        self.cards: list[Card] = []
        self.globals: list[str] = []
        self.analyses: list[Line] = []
        self.measures: list[Line] = []
        self.initial: list[Line] = []
        self.options: dict[str, str] = {}
        self.general: list[Line] = []
        self.temperatures: dict[str, float] = {}
        """Of ``.temp`` and of ``.option temp``, in degrees Celsius."""
        self.scale = 1.0

    def whole(self) -> "_Reading":
        every = self.expansion.lines()
        bipolars = frozenset(words[1] for line in every if len(words := line.text.lower().split()) > 2
                             and words[0] == ".model" and words[2].startswith(("npn", "pnp")))
        for line in every:
            try:
                self._line(line, bipolars)
            except WrongElement as error:
                self._problem(line, error.word, str(error))
            except ExpressionError as error:
                self._problem(line, "", str(error))
        for name in self.scopes[1:]:
            self._problem(self.begun[name], name, "has no .ends")
        for line in self.skipped:
            self._problem(line, line.text.split()[0], "has no .ends")
        for name, lines in self.expansion.read.items():
            if name in self.expansion.included:
                self.notes += lines.notes
                self.problems += lines.problems
        self._control()
        self._check_depth()
        return self

    def _check_depth(self) -> None:
        """Raise RefusedNetlist where subcircuits or parameters cannot be followed to their ends."""
        check_chains({name: {element.model for element in elements if element.kind == "x"}
                      for name, elements in self.elements.items()}, "subcircuits")
        for scope, own in self.parameters.items():
            texts = {**self.arguments[scope], **own}
            check_chains({name: set(NAME.findall(text)) for name, text in texts.items()}, "parameters")

    def deck(self, digest: str) -> Deck:
        subcircuits = {name: Subcircuit(name, ports, tuple(self.elements[name]), self.arguments[name],
                                        self.parameters[name] if name != MAIN else {}, self.begun.get(name))
                       for name, ports in self.ports.items()}
        found, files = self.expansion, self.expansion.read.values()
        pins = {net: kind for lines in files for net, kind in lines.pins.items()}
        control = tuple(line for lines in files for line in lines.control)
        return Deck(found.title, subcircuits, self.parameters[MAIN], tuple(self.cards), {}, found.processes,
                    tuple(dict.fromkeys(self.globals)), tuple(self.analyses), tuple(self.measures), control,
                    tuple(self.initial), self.options, tuple(self.general), self.temperature, self.scale, pins,
                    _ordered(self.notes), _ordered(self.problems), _ordered(found.missing), digest,
                    self.unread)

    @property
    def temperature(self) -> float | None:
        """In degrees Celsius: ngspice takes a ``.temp`` line before an option, wherever they stand."""
        return self.temperatures.get("temp", self.temperatures.get("option"))

    # ---- what a line is

    def _line(self, line: Line, bipolars: frozenset[str]) -> None:
        if self.skipped:
            self._skip(line)
            return
        if re.match(r"\.title\b", line.text, re.IGNORECASE):
            self.expansion.title = line.text[len(".title"):].strip()
            return
        if not is_closed(line.text):
            raise WrongElement(line.text.split()[0], "begins a line with a quote, brace or parenthesis that has no "
                                                     "partner")
        if line.text[0] != ".":
            self._element(line, bipolars)
            return
        words = split(line.text)
        word = re.match(r"\w*", words[0].lower()[1:])[0]
        if word in ("param", "params", "parameter"):
            self._param(line, words)
        elif word in ("subckt", "macro"):
            self._subcircuit(line, words)
        elif word in ("ends", "eom"):
            self._ends(line)
        elif word == "model":
            self.cards.append(read_card(line, self.scopes[-1]))
        else:
            self._data(line, word, words)

    def _data(self, line: Line, word: str, words: list[str]) -> None:
        """Lines that tell how the circuit is simulated."""
        if word in ANALYSES:
            self.analyses.append(Line(line.file, line.number, line.text[1:]))
        elif word in ("meas", "measure"):
            self.measures.append(Line(line.file, line.number, line.text.split(None, 1)[-1]))
        elif word in ("ic", "nodeset"):
            self.initial.append(line)
        elif word == "global":
            self.globals += [net.lower() for net in words[1:]]
        elif word == "temp":
            self.general.append(line)
            self._temperature("temp", words[0], words[1] if len(words) > 1 else "")
            if len(words) > 2:
                self._note(line, words[2], "and later temperatures are left out: choose them as conditions")
        elif word in ("option", "options", "opt"):
            self.general.append(line)
            self._options(line, words)
        elif word in DROPPED:
            self._note(line, words[0], "is left out: it changes no result here")
        elif word in COMMANDS:
            if COMMANDS[word]:
                raise WrongElement(words[0], f"is not supported: it {COMMANDS[word]}")
        else:
            raise WrongElement(words[0], "is no command that is known here: remove the line")

    def _element(self, line: Line, bipolars: frozenset[str]) -> None:
        try:
            self.elements[self.scopes[-1]].append(read_element(line, bipolars))
        except WrongElement:
            if not _is_prose(line):
                raise
            raise WrongElement(line.text, "is no element: begin the line with * if it is a title or a comment"
                               ) from None

    def _param(self, line: Line, words: list[str]) -> None:
        plain, settings = settings_of(words[1:])
        if plain:
            raise WrongElement(plain[0], "is no parameter, write name=value")
        for name, text in settings.items():
            if "(" in name:
                raise WrongElement(name, "defines a function: write its expression where it is used")
            try:
                self.parameters[self.scopes[-1]][safe_name(name)] = arithmetic(text)
            except ExpressionError as error:
                self.unread[safe_name(name)] = Remark(line, name, str(error))
                self._note(line, name, f"has no value that can be read: {error}; a problem only where it is used")

    def _subcircuit(self, line: Line, words: list[str]) -> None:
        plain, settings = settings_of([word for word in words[1:] if word.lower() not in ("params:", "optional:")])
        if not plain:
            raise WrongElement(words[0], "needs a name")
        name = plain[0].lower()
        if name in self.ports:
            self._note(line, name, "is defined twice: the first one is used, as ngspice does")
            self.skipped.append(line)
            return
        if len(self.scopes) > 1:
            self._note(line, name, f"stands within {self.scopes[-1]}: it is read as if it stood outside")
        self.ports[name] = tuple(net.lower() for net in plain[1:])
        self.parameters[name], self.elements[name], self.begun[name] = {}, [], line
        self.arguments[name] = {}
        self.scopes.append(name)
        self.arguments[name] = {safe_name(key): arithmetic(text) for key, text in settings.items()}

    def _skip(self, line: Line) -> None:
        word = line.text.split()[0].lower()
        if word in (".subckt", ".macro"):
            self.skipped.append(line)
        elif word in (".ends", ".eom"):
            self.skipped.pop()

    def _ends(self, line: Line) -> None:
        if len(self.scopes) == 1:
            raise WrongElement(line.text.split()[0], "ends no subcircuit: there is no .subckt before it")
        self.scopes.pop()

    def _temperature(self, given_by: str, word: str, text: str) -> None:
        if not is_number(text):
            raise WrongElement(word, "needs a temperature in degrees Celsius")
        self.temperatures[given_by] = number(bare(text))

    def _options(self, line: Line, words: list[str]) -> None:
        plain, settings = settings_of(words[1:])
        for name, text in {**dict.fromkeys(map(str.lower, plain), ""), **settings}.items():
            if name == "scale" and is_number(text):
                self.scale = number(bare(text))
                self._note(line, f"scale={text}", "is applied to the sizes of transistors")
            elif name == "temp":
                self._temperature("option", name, text)
            elif name in OPTIONS and (not text or is_number(text) or text.isalpha()):
                self.options[name] = text
            else:
                self._note(line, name, "is an option that is left out: it would change what is written, or other "
                                       "simulations")

    # ---- what is left

    def _control(self) -> None:
        """Analyses and measurements of ``.control`` blocks; the other commands are named once each."""
        left: dict[str, list[Line]] = {}
        for lines in self.expansion.read.values():
            for line in lines.control:
                word = line.text.lower().split()[0]
                if word in ANALYSES:
                    self.analyses.append(line)
                elif word in ("meas", "measure"):
                    self.measures.append(Line(line.file, line.number, line.text.split(None, 1)[-1]))
                elif word != "alter":
                    left.setdefault(word, []).append(line)
        for word, found in left.items():
            self._note(found[0], word, "is left out" + (f", as on {len(found) - 1} lines below" if found[1:] else ""))

    def _note(self, line: Line, word: str, text: str) -> None:
        self.notes.append(Remark(line, word, text))

    def _problem(self, line: Line, word: str, text: str) -> None:
        self.problems.append(Remark(line, word, text))


def _is_prose(line: Line) -> bool:
    """Whether a line is words for people: letters alone."""
    return all(word.strip(".,:;!?-()'\"").replace("-", "").isalpha() for word in line.text.split())


def _ordered(remarks: list[Remark]) -> tuple[Remark, ...]:
    """Each once, by place; bounded."""
    found = sorted(dict.fromkeys(remarks), key=lambda remark: (remark.line.file, remark.line.number))
    return tuple(found[:MOST_REMARKS])
