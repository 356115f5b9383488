"""A cell with its parameters as netlist.sp: subcircuits for every set of sizes, nets and devices under clean names."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sizing_app.circuit.deck_rules import MOST_LINES
from sizing_app.circuit.expressions import evaluate, names_in
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.arithmetic import arithmetic, is_number, resolved, safe_name, substituted
from sizing_app.spice.cell import Cell, Device, is_global, is_ground
from sizing_app.spice.elements import EXPRESSIONS, SECOND
from sizing_app.spice.groups import Proposal
from sizing_app.spice.log import Unmapped
from sizing_app.spice.mapping import without_dc
from sizing_app.spice.names import Nets, clean
from sizing_app.spice.scopes import MULTIPLIERS, of_top
from sizing_app.spice.usage import Member
from sizing_app.spice.values import Values, behaviour, braced
from sizing_app.spice.words import split

MOST_COPIES = 64
"""Of a subcircuit, by ``m`` at its call."""
WIDTH = 110
"""Characters of a line, but for those of B elements and transistors (netlist.py), which cannot be broken."""
KEYWORDS = ("dc", "ac", "pulse", "sin", "exp", "pwl", "sffm", "am", "distof1", "distof2")


@dataclass(frozen=True)
class Written:
    """The text of a cell."""

    netlist: str
    sources: str
    """V and I lines of a netlist without subcircuit, which belong to its testbench."""
    nets: Mapping[str, str]
    """Net of the top cell, in the file's words, to our name."""


def write_cell(cell: Cell, proposal: Proposal, connect: Mapping[str, str], dc: Mapping[str, str] | None = None,
               ) -> Written:
    """``connect`` names nets of the top cell for the testbench; others keep their names as far as they can. ``dc``:
    source of the main circuit to the DC value that it gets in place of its own.

    Raises ExpressionError or Unmapped."""
    return _Writing(cell, proposal, connect, dc or {}).written()


class _Writing:
    def __init__(self, cell: Cell, proposal: Proposal, connect: Mapping[str, str], dc: Mapping[str, str]):
        self.cell, self.values, self.dc = cell, Values(proposal), dc
        self.nets = Nets(dict(connect))
        self.bodies: dict[str, list[str]] = {}
        """Subcircuit of ours to its lines."""
        self.known: dict[tuple, str] = {}
        """Subcircuit of the file and what it is given, to the name of ours."""
        self.outside = self._own(MAIN, cell.deck.parameters, {})

    def written(self) -> Written:
        given = self._given_to_top()
        names = self._names(self.cell.top, given)
        devices = self.cell.scopes[self.cell.top]
        own = [device for device in devices if self.cell.top == MAIN and device.kind in "vi"]
        lines = [line for device in devices if device not in own for line in self._lines(device, names, self.nets)]
        sources = [line for device in own for line in self._lines(device, names, self.nets)]
        inner = [line for body in self.bodies.values() for line in body]
        if len(inner) + len(lines) > MOST_LINES:
            raise Unmapped(self.cell.top, f"has {len(inner) + len(lines):,} lines, at most {MOST_LINES:,}")
        return Written("\n".join(map(_wrapped, [*inner, *lines])) + "\n", "\n".join(map(_wrapped, sources)),
                       dict(self.nets.names))

    # ---- what names stand for

    def _own(self, scope: str, texts: Mapping[str, str], outside: Mapping[str, str]) -> dict[str, str]:
        """Parameters of a scope, those of groups in our names."""
        ours = {name: self.values.text(Member(scope, "", name)) for name in texts}
        fixed = {name: text for name, text in ours.items() if text is not None}
        rest = resolved({name: text for name, text in texts.items() if name not in fixed}, {**outside, **fixed})
        return {**rest, **fixed}

    def _given_to_top(self) -> dict[str, str]:
        """What the file's testbench gives to the top cell, where no group has the parameter itself."""
        given = of_top(self.cell.deck, self.cell.top, self.outside)
        return {name: self.values.text(Member(self.cell.top, "", name)) or text for name, text in given.items()}

    def _names(self, scope: str, given: Mapping[str, str]) -> dict[str, str]:
        if scope == MAIN:
            return self.outside
        cell = self.cell.deck.subcircuits[scope]
        defaults = {name: text for name, text in cell.arguments.items() if name not in given}
        arguments = {**given, **self._own(scope, defaults, {**self.outside, **given})}
        known = {**self.outside, **arguments}
        return {**known, **self._own(scope, cell.parameters, known)}

    # ---- subcircuits

    def _subcircuit(self, scope: str, given: Mapping[str, str]) -> str:
        """The name of ours for a subcircuit with what it is given; written on first use."""
        key = (scope, tuple(sorted(given.items())))
        if key not in self.known:
            stem = clean(scope)
            number = sum(name == stem or name.rpartition("_")[0] == stem for name in self.bodies) + 1
            name = stem if number == 1 else f"{stem}_{number}"
            while name in self.bodies:
                name += "_"
            self.known[key] = name
            self.bodies[name] = []
            nets, names = Nets(), self._names(scope, given)
            ports = [*map(nets, self.cell.deck.subcircuits[scope].ports), *map(nets, self._globals(scope))]
            body = [line for device in self.cell.scopes[scope] for line in self._lines(device, names, nets)]
            del self.bodies[name]  # those that it uses come first
            self.bodies[name] = [f".subckt {name} {' '.join(ports)}", *body, ".ends"]
        return self.known[key]

    def _globals(self, scope: str) -> list[str]:
        """Global nets but ground that a subcircuit uses without having them as ports."""
        ports = self.cell.deck.subcircuits[scope].ports
        used: dict[str, None] = {}
        for device in self.cell.scopes[scope]:
            inner = self._globals(device.model) if device.kind == "x" else ()
            used |= dict.fromkeys((*inner, *(net for net in device.nets if is_global(net, self.cell.deck))))
        return [net for net in used if net not in ports and not is_ground(net)]

    # ---- lines

    def _lines(self, device: Device, names: Mapping[str, str], nets: Nets) -> Iterable[str]:
        here = [nets(net) for net in device.nets]
        if device.kind == "x":
            return self._calls(device, here, names, nets)
        if device.kind in "vi":
            words = self._source(device, names)
        elif device.kind == "b" or device.kind in EXPRESSIONS and "value" not in device.sizes:
            return [self._arithmetic(device, here, names, nets)]
        elif device.kind == "k":
            one, two, factor = device.element.values
            words = [self._same(one, device), self._same(two, device), self._word(factor, names)]
        else:
            words = self._settings(device, names)
            sensed = self._same(device.model, device) if device.kind in "fh" else device.model
            if device.model:
                words.insert(int(device.kind in "rcl" and "value" in device.sizes), sensed)
        return [" ".join([device.name, *here, *words])]

    def _calls(self, device: Device, here: list[str], names: Mapping[str, str], nets: Nets) -> list[str]:
        inner = self.cell.deck.subcircuits[device.model]
        given, copies = {}, 1
        for key, text in device.element.settings.items():
            if (name := safe_name(key)) in inner.arguments:
                given[name] = self.values.text(Member(device.scope, device.name, key)) or substituted(
                    arithmetic(text), names)
            elif key in MULTIPLIERS:
                copies = self._copies(device, substituted(arithmetic(text), names))
        name = self._subcircuit(device.model, given)
        outer = [*here, *map(nets, self._globals(device.model))]
        return [" ".join([device.name if copy == 1 else f"{device.name}_copy{copy}", *outer, name])
                for copy in range(1, copies + 1)]

    def _copies(self, device: Device, text: str) -> int:
        value = 0.0 if names_in(text) else evaluate(text, {})
        if value != round(value) or not 1 <= value <= MOST_COPIES:
            raise Unmapped(device.name, f"has m={text} at a subcircuit: expected a whole number from 1 to "
                                        f"{MOST_COPIES}, and no parameter that varies (lock it)")
        return int(value)

    def _settings(self, device: Device, names: Mapping[str, str]) -> list[str]:
        """Value first, then sizes; ``m=1`` says nothing."""
        words = []
        for key in device.sizes:
            text = braced(self._size(device, key, names))
            if key == "value":
                words.insert(0, text)
            elif key == SECOND:
                words[-1] += f",{text}"
            elif key != "m" or text != "1":
                words.append(f"{key}={text}")
        return words

    def _size(self, device: Device, key: str, names: Mapping[str, str]) -> str:
        own = self.values.text(Member(device.scope, device.name, key))
        return own if own is not None else substituted(device.sizes[key].text, names)

    def _source(self, device: Device, names: Mapping[str, str]) -> list[str]:
        multiple = [word for word in self._settings(device, names) if word.startswith("m=")]
        given = self.dc.get(device.name) if device.scope == MAIN else None
        if "value" in device.sizes:
            return ["dc", given or braced(self._size(device, "value", names)), *multiple]
        settings = [f"{key}={self._word(device.element.settings[key], names)}" for key in ("r", "td")
                    if key in device.element.settings]
        words = list(device.element.values)
        own = [self._word(word, names) for word in (without_dc(words) if given else words)]
        return [*(["dc", given] if given else []), *own, *settings, *multiple]

    def _word(self, word: str, names: Mapping[str, str]) -> str:
        """A word of a source: a keyword, a number, a parameter, or a function with such."""
        lowered = word.lower()
        if match := re.fullmatch(r"(\w*)\s*\((.*)\)", word):
            inner = " ".join(self._word(piece, names) for piece in split(match[2]))
            name = {"sine": "sin"}.get(match[1].lower(), match[1].lower())
            return f"{name}({inner})" if not name or name in KEYWORDS else braced(substituted(arithmetic(word), names))
        if lowered in KEYWORDS or lowered == "sine":
            return "sin" if lowered == "sine" else lowered
        return word if is_number(word) and word[0] not in "'\"{" else braced(substituted(arithmetic(word), names))

    def _arithmetic(self, device: Device, here: list[str], names: Mapping[str, str], nets: Nets) -> str:
        """A B element, whatever the file wrote it as."""
        key, text = next((key, text) for key, text in device.element.settings.items()
                         if key in EXPRESSIONS[device.kind])
        unit = key if device.kind == "b" else {"e": "v", "g": "i"}[device.kind]
        for net in re.findall(r"(?i)\bv\s*\(([^()]*)\)", text):
            for item in net.split(","):
                nets(item.strip().lower())
        sources = {item.element.name.lower(): item.name for item in self.cell.scopes[device.scope]}
        name = device.name if device.kind == "b" else f"B{device.name}"
        written = behaviour(text, names, nets.names, sources)
        if "m" in device.sizes:
            written = f"({written})*{braced(self._size(device, 'm', names))}"
        return f"{name} {' '.join(here)} {unit}={written}"

    def _same(self, word: str, device: Device) -> str:
        """The name of ours for an element that another one names."""
        here = self.cell.scopes[device.scope]
        found = next((item.name for item in here if item.element.name.lower() == word.lower()), None)
        if found is None:
            raise Unmapped(word, f"is named by {device.name}, but is no element of {device.scope or 'the netlist'}")
        return found


def _wrapped(line: str) -> str:
    """A long line in pieces that + joins; those of B elements and transistors stay whole."""
    if len(line) <= WIDTH or line[0] in "bBmM":
        return line
    pieces, piece = [], ""
    for word in line.split(" "):
        if piece and len(piece) + len(word) > WIDTH:
            pieces, piece = [*pieces, piece], ""
        piece = f"{piece} {word}" if piece else word
    return "\n+ ".join([*pieces, piece])
