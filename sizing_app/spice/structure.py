"""What transistors of a cell do, told from how they are connected, subcircuits expanded: pairs, mirrors, cascodes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from sizing_app.circuit.deck_rules import DEEPEST, MOST_DEVICES
from sizing_app.spice.cell import Cell, Device, Terminals, is_global, is_ground

PAIR, TAIL, LOAD, MIRROR, CASCODE = "input pair", "tail current source", "mirror load", "current mirror", "cascode"
SECOND, INVERTER, CROSS, SWITCH, PASS = "second stage", "inverter", "cross-coupled pair", "switch", "pass device"
DIODE, SOURCE, COMPENSATION, NULLING = "diode", "current source", "compensation capacitor", "nulling resistor"


MOST_SHARED = 50
"""Transistors at the source of an input pair: a net with more is no tail."""


@dataclass(frozen=True)
class Placed(Terminals):
    """A device of the expanded cell; nets of ``top`` under their own names."""

    path: str
    device: Device
    nets: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Scope and name: equal for all copies of a device."""
        return self.device.scope, self.device.name

    @property
    def is_diode(self) -> bool:
        return self.gate == self.drain


def expanded(cell: Cell) -> tuple[Placed, ...]:
    """Every device but calls, as far as a circuit may be large; every device is below DEEPEST calls at most."""
    def visit(scope: str, path: str, nets: Mapping[str, str]) -> Iterable[Placed]:
        for device in cell.scopes.get(scope, ()):
            outer = tuple(_net(net, path, nets, cell) for net in device.nets)
            yield Placed(path, device, outer)
            if device.kind == "x" and path.count(".") <= DEEPEST:
                ports = cell.deck.subcircuits[device.model].ports
                yield from visit(device.model, f"{path}{device.name}.", dict(zip(ports, outer, strict=True)))

    items = islice(visit(cell.top, "", {}), MOST_DEVICES * (DEEPEST + 1))
    return tuple(islice((item for item in items if item.device.kind != "x"), MOST_DEVICES))


def _net(net: str, path: str, nets: Mapping[str, str], cell: Cell) -> str:
    if net in nets:
        return nets[net]
    if is_global(net, cell.deck):
        return "0" if is_ground(net) else net
    return f"{path}{net}"


class Structure:
    """Roles of the devices of a cell; ``rails``, ``clocks``, ``outputs`` and ``inputs`` are nets (roles.py)."""

    def __init__(self, placed: tuple[Placed, ...], rails: frozenset[str], clocks: frozenset[str] = frozenset(),
                 outputs: frozenset[str] = frozenset(), inputs: frozenset[str] = frozenset()):
        self.placed, self.rails, self.clocks, self.outputs, self.inputs = placed, rails, clocks, outputs, inputs
        self.transistors = tuple(item for item in placed if item.device.is_transistor)
        self.at: dict[str, list[Placed]] = defaultdict(list)
        """Net to all devices there."""
        for item in placed:
            for net in dict.fromkeys(item.nets):
                self.at[net].append(item)
        self.at_drain: dict[str, list[Placed]] = defaultdict(list)
        self.at_gate: dict[str, list[Placed]] = defaultdict(list)
        self.at_source: dict[str, list[Placed]] = defaultdict(list)
        for item in self.transistors:
            self.at_drain[item.drain].append(item)
            self.at_gate[item.gate].append(item)
            self.at_source[item.source].append(item)
        self.pairs = self._pairs()
        self._pair_drains = {(item.drain, item.device.polarity) for pair in self.pairs for item in pair}
        self._widest = sorted((_width(item) for item in self.transistors), reverse=True)[:2]
        self.crossed = self._crossed()

    def roles(self) -> dict[tuple[str, str], str]:
        """(scope, name) of a device to what it does, the most telling first; devices without a role are left out."""
        found: dict[tuple[str, str], str] = {}
        sources = {(one.source, one.device.polarity) for one, _ in self.pairs}
        tails = {item.key for net, polarity in sources for item in self.at_drain[net]
                 if item.source != net and item.device.polarity == polarity}
        in_pairs = {item.key for pair in self.pairs for item in pair}
        crossed = {item.key for pair in self.crossed for item in pair}
        for item in self.transistors:
            role = (SWITCH if item.gate in self.clocks else PAIR if item.key in in_pairs else
                    CROSS if item.key in crossed else TAIL if item.key in tails else self._role(item))
            if role:
                found.setdefault(item.key, role)
        for item in self.placed:
            if item.device.kind in "rc" and (role := self._passive(item)):
                found.setdefault(item.key, role)
        return found

    def ring(self) -> int:
        """Stages of the shortest ring of inverters with an odd number, at least 3, of them; 0 without one."""
        follows: dict[str, set[str]] = defaultdict(set)
        for item in self.transistors:
            if not {item.gate, item.drain} & self.rails and not item.is_diode:
                follows[item.gate].add(item.drain)
        for length in range(3, 32, 2):
            if any(_comes_back(net, follows, length) for net in list(follows)):
                return length
        return 0

    def _role(self, item: Placed) -> str:
        mirrored = [other for other in self.at_gate[item.gate] if other.device.polarity == item.device.polarity
                    and other.source == item.source]
        loads_pair = (item.drain, {"n": "p", "p": "n"}.get(item.device.polarity)) in self._pair_drains
        if self._is_inverter(item):
            return INVERTER
        if len(mirrored) > 1 and item.source in self.rails and item.gate not in self.inputs:
            diode = any(other.is_diode or self._cascoded_diode(other) for other in mirrored)
            return (LOAD if loads_pair else MIRROR) if diode else SOURCE
        if item.source not in self.rails and any(other.device.polarity == item.device.polarity
                                                 for other in self.at_drain[item.source]):
            return CASCODE
        if item.is_diode:
            return DIODE
        if item.source in self.rails and self.at_drain[item.gate]:
            return PASS if self._is_pass(item) else SECOND if item.drain in self.outputs or self._drives(item) else ""
        return SOURCE if item.source in self.rails and loads_pair else ""

    def _pairs(self) -> list[tuple[Placed, Placed]]:
        """Same model and size, one source that is no rail, gates and drains apart."""
        found = []
        for net, items in self.at_source.items():
            if net in self.rails | self.inputs | self.clocks or len(items) > MOST_SHARED:
                continue
            for place, one in enumerate(items):
                found += [(one, two) for two in items[place + 1:]
                          if one.device.model == two.device.model and _same_size(one, two)
                          and one.gate != two.gate and one.drain != two.drain
                          and not {one.gate, two.gate} & {one.drain, two.drain}
                          and not {one.gate, two.gate} & self.rails]
        return found

    def _crossed(self) -> list[tuple[Placed, Placed]]:
        place = {id(item): number for number, item in enumerate(self.transistors)}
        return [(one, two) for one in self.transistors for two in self.at_drain[one.gate]
                if place[id(two)] > place[id(one)] and two.gate == one.drain
                and one.device.polarity == two.device.polarity]

    def _is_inverter(self, item: Placed) -> bool:
        return item.source in self.rails and item.drain not in self.rails and not item.is_diode and any(
            other.gate == item.gate and other.device.polarity != item.device.polarity and other.source in self.rails
            for other in self.at_drain[item.drain])

    def _cascoded_diode(self, item: Placed) -> bool:
        """Whether a device's gate is tied to the drain of the cascode on top of it."""
        return any(above.drain == item.gate for above in self.at_source[item.drain])

    def _is_pass(self, item: Placed) -> bool:
        """A common-source device to the output that is five times as wide as the widest other."""
        widths = self._widest
        return item.drain in self.outputs and item.device.polarity == "p" and _width(item) == widths[0] and \
            len(widths) > 1 and widths[0] >= 5 * widths[1]

    def _drives(self, item: Placed) -> bool:
        """Whether a device's drain meets one of the other polarity whose source is at a rail."""
        return any(other.device.polarity != item.device.polarity and other.source in self.rails
                   for other in self.at_drain[item.drain])

    def _passive(self, item: Placed) -> str:
        """Compensation: a capacitor between the output and another drain, directly or through a resistor alone."""
        if any(net in self.rails for net in item.nets):
            return ""
        if any(self._joins_series(net) for net in item.nets):
            return COMPENSATION if item.device.kind == "c" else NULLING
        ends = [bool(self.at_drain[net]) for net in item.nets]
        at_output = any(net in self.outputs for net in item.nets)
        return COMPENSATION if item.device.kind == "c" and all(ends) and at_output else ""

    def _joins_series(self, net: str) -> bool:
        """Whether a net joins one resistor and one capacitor alone, the resistor's other end at a drain."""
        here = self.at[net]
        return len(here) == 2 and sorted(item.device.kind for item in here) == ["c", "r"] and any(
            self.at_drain[other] for item in here if item.device.kind == "r" for other in item.nets)


def _same_size(one: Placed, two: Placed) -> bool:
    return all(one.device.sizes.get(key) is None or two.device.sizes.get(key) is None or
               abs(one.device.sizes[key].value - two.device.sizes[key].value) <=
               1e-6 * abs(one.device.sizes[key].value) for key in ("w", "l"))


def _width(item: Placed) -> float:
    """Of all parallel devices."""
    sizes = item.device.sizes
    return (sizes["w"].value if "w" in sizes else 0.0) * (sizes["m"].value if "m" in sizes else 1.0)


def _comes_back(start: str, follows: Mapping[str, set[str]], length: int) -> bool:
    """Whether some walk of ``length`` steps without repeats ends where it began."""
    paths = [(start,)]
    for step in range(length):
        paths = [(*path, net) for path in paths for net in follows.get(path[-1], ())
                 if (net not in path or (step == length - 1 and net == start))][:200]
    return any(path[-1] == start for path in paths)
