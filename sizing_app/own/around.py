"""What a ready testbench takes over from the text around a subcircuit, and what it takes the place of, line by line."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from sizing_app.circuit.subcircuits import MAIN
from sizing_app.circuit.units import show_quantity
from sizing_app.own.draft import Draft
from sizing_app.own.loose import DRIVEN
from sizing_app.spice.cell import Cell, is_ground
from sizing_app.spice.deck import Element
from sizing_app.spice.lines import Line, Remark
from sizing_app.spice.roles import BIAS_CURRENT, BIAS_VOLTAGE, GROUND, OUTPUTS, SUPPLY
from sizing_app.spice.surround import Surroundings

SETTINGS = {"in+": "common_mode", "in-": "common_mode", "reference": "reference_voltage"}
"""Role of a port to the setting that its voltage is."""
_TEMPERATURES = (re.compile(r"(?i)\.opt\w*\s.*?(\btemp\s*=\s*\S+)"), re.compile(r"(?i)(\.temp)\b"))
"""What sets the temperature; ngspice takes a .temp line before an option, and the last of several."""


@dataclass(frozen=True)
class Around:
    """Nothing, where the text says nothing."""

    supply: float | None = None
    load: float | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    """Bias port, in the file's words, to its current or voltage."""
    taken: tuple[Remark, ...] = ()
    """Lines that count, and for what."""
    notes: tuple[Remark, ...] = ()
    """Lines that do not, and why."""


def around(cell: Cell, ports: Mapping[str, str], draft: Draft, settings: tuple[str, ...]) -> Around:
    """``ports`` are final roles, ``settings`` the names of those that the testbench has. Choices of the draft come
    before what the text says."""
    taken, notes = _of_the_whole(cell, draft)
    if cell.top == MAIN:
        return Around(taken=tuple(taken), notes=tuple(notes))
    return _Reading(cell, ports, draft, settings).around(taken, notes)


def _of_the_whole(cell: Cell, draft: Draft) -> tuple[list[Remark], list[Remark]]:
    """Lines that say how the text is simulated: (taken, not taken)."""
    deck = cell.deck
    notes = [Remark(line, line.text.split()[0], "is an analysis: the testbench has its own") for line in deck.analyses]
    notes += [Remark(line, "", "is a measurement of the text's own testbench: add the line as a metric to keep it")
              for line in deck.measures]
    notes += [Remark(line, line.text.split()[0], "is left out: the testbench has its own initial values")
              for line in deck.initial]
    notes += [Remark(line, "", f"{word} is left out: the testbench has its own options")
              for line in deck.general for word in _options(line, deck.options)]
    temperatures = [Remark(line, match[1], "is the nominal temperature") for pattern in _TEMPERATURES
                    for line in deck.general if (match := pattern.match(line.text))]
    last = [] if draft.temperatures else temperatures[-1:]
    notes += [replace(remark, text="is replaced: another temperature is chosen") for remark in temperatures
              if remark not in last]
    return last, notes


def _options(line: Line, kept: Mapping[str, str]) -> list[str]:
    """Names of options of a line that would be kept if the text were its own testbench."""
    words = (word.partition("=")[0].lower() for word in line.text.split()[1:])
    return [word for word in words if word in kept] if line.text.lower().startswith(".opt") else []


class _Reading:
    def __init__(self, cell: Cell, ports: Mapping[str, str], draft: Draft, settings: tuple[str, ...]):
        self.cell, self.ports, self.draft, self.settings = cell, ports, draft, settings
        self.text = Surroundings(cell)
        self.taken: dict[Line, str] = {}
        """Line to what it is taken for."""
        self.replaced: dict[Line, str] = {}
        """Line that would be taken to what was chosen in its place."""

    def around(self, taken: list[Remark], notes: list[Remark]) -> Around:
        supply, load = self._supply(), self._load()
        values = {port: text for port, role in self.ports.items() for text in self._bias(port, role)}
        taken += [Remark(item.line, item.name, f"is taken over: {self.taken[item.line]}") for item in self.text.elements
                  if item.line in self.taken]
        notes += [Remark(item.line, item.name, self._why_not(item)) for item in self.text.elements
                  if item.line not in self.taken]
        notes += self._other_subcircuits()
        return Around(supply, load, values, tuple(taken), tuple(notes))

    # ---- what is taken

    def _supply(self) -> float | None:
        """The largest voltage between a supply and ground."""
        held = self.text.voltages
        found = {net: held[net] - self._ground() for net in self._nets(SUPPLY) if net in held}
        supply = _rounded(max(found.values(), default=0.0))
        rails = {net for net, volt in found.items() if _rounded(volt) == supply} | {*self._nets(GROUND)}
        for item in self.text.elements:
            if item.kind == "v" and supply > 0 and rails.intersection(item.nets) and all(
                    net in rails or is_ground(net) for net in item.nets):
                self._take(item, f"the supply is {show_quantity(supply, 'V')}", "supply" if self.draft.supplies else "")
        return supply if supply > 0 else None

    def _load(self) -> float | None:
        """The largest of what capacitors from the outputs to ground come to."""
        grounds = {net for net, volt in self.text.voltages.items() if volt in (0.0, self._ground())}
        grounds |= {*self._nets(GROUND)}
        found: dict[str, float] = {}
        for item in self.text.elements:
            for net in self._nets(*OUTPUTS):
                value = self.text.size(item) if item.kind == "c" and self._other_end(item, net) in grounds else None
                if value is not None and value > 0:
                    found[net] = found.get(net, 0.0) + value
                    self._take(item, f"{show_quantity(value, 'F')} of load", "load" if self.draft.loads else "")
        return _rounded(max(found.values(), default=0.0)) or None

    def _bias(self, port: str, role: str) -> Iterator[str]:
        """The value of a bias port, if the text has one."""
        net, chosen = self.text.at[port], f"value of {port}" if port in self.draft.values else ""
        if role == BIAS_VOLTAGE and net in self.text.voltages:
            volt = self.text.voltages[net] - self._ground()
            for item in self.text.elements:
                if item.kind == "v" and net in item.nets:
                    self._take(item, f"{show_quantity(volt, 'V')} at {port}", chosen)
            yield f"{volt:.9g}"
        elif role == BIAS_CURRENT:
            found = [(item, value if item.nets[1] == net else -value) for item in self.text.elements
                     if item.kind == "i" and self._other_end(item, net) in {*self.text.voltages, *self._nets(GROUND)}
                     and (value := self.text.size(item)) is not None]
            for item, value in found:
                way = "into" if value >= 0 else "out of"
                self._take(item, f"{show_quantity(abs(value), 'A')} {way} {port}", chosen)
            if found:
                yield f"{sum(value for _, value in found):.9g}"

    def _take(self, item: Element, said: str, chosen: str) -> None:
        if chosen:
            self.replaced[item.line] = f"is replaced: another {chosen} is chosen"
        else:
            self.taken[item.line] = f"{self.taken[item.line]}, {said}" if item.line in self.taken else said

    # ---- what is not

    def _why_not(self, item: Element) -> str:
        top = self.cell.top
        if item.line in self.replaced:
            return self.replaced[item.line]
        if item is self.text.call:
            return f"calls {top}, around which the ready testbench stands in place of the text's own"
        at = {port: role for port, role in self.ports.items() if self.text.at[port] in item.nets and role != GROUND}
        driven = next((port for port, role in at.items() if role in DRIVEN and item.kind in "vi"), "")
        if driven:
            return f"is replaced: the testbench drives {driven}{self._told_by(driven)}"
        if at:
            port = next((port for port, role in at.items() if role != SUPPLY), next(iter(at)))
            return f"is left out: at {port} the testbench has parts of its own (put what belongs to it into {top})"
        return f"is left out: it stands outside {top}"

    def _told_by(self, port: str) -> str:
        """The setting that keeps a voltage."""
        setting, volt = SETTINGS.get(self.ports[port]), self.text.voltages.get(self.text.at[port])
        if setting not in self.settings or setting in self.draft.settings or volt in (None, self._ground()):
            return ""
        return f" (to keep its {show_quantity(volt - self._ground(), 'V')} say {setting} in the settings)"

    def _other_subcircuits(self) -> Iterator[Remark]:
        used = {cell.name for cell in self.cell.deck.within(self.cell.top)}
        main = self.draft.main or next(iter(self.draft.files))
        return (Remark(cell.line, cell.name, f"is left out: it is not part of {self.cell.top}")
                for cell in self.cell.deck.subcircuits.values()
                if cell.line and cell.name not in used and cell.line.file in ("", main))

    # ---- nets

    def _nets(self, *roles: str) -> list[str]:
        return [self.text.at[port] for port, role in self.ports.items() if role in roles]

    def _ground(self) -> float:
        """Voltage of the circuit's ground in the text."""
        return next(chain((self.text.voltages[net] for net in self._nets(GROUND) if net in self.text.voltages), [0.0]))

    @staticmethod
    def _other_end(item: Element, net: str) -> str:
        """Of an element of two terminals with one at a net; empty for any other."""
        return next((other for other in item.nets if other != net), "") if net in item.nets else ""


def _rounded(value: float) -> float:
    return float(f"{value:.9g}")
