"""The parameters that are proposed for a cell: .param lines first, then matched sizes, passives and bias sources."""

import re
from collections.abc import Iterator
from itertools import combinations

from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.arithmetic import constant, safe_name
from sizing_app.spice.cell import Cell, Device, Quantity
from sizing_app.spice.groups import Group, Proposal
from sizing_app.spice.ranges import model_limits, proposed
from sizing_app.spice.roles import structure_of
from sizing_app.spice.scopes import of_top
from sizing_app.spice.structure import INVERTER, PAIR, Structure
from sizing_app.spice.usage import Member, Usage

SHORT = {"input pair": "in", "tail current source": "tail", "mirror load": "load", "current mirror": "mir",
         "cascode": "cas", "second stage": "out", "inverter": "inv", "cross-coupled pair": "cross", "switch": "sw",
         "pass device": "pass", "diode": "dio", "current source": "src"}
"""Role to the word in a parameter's name."""
WORDS = {"w": "width", "l": "length", "m": "number in parallel"}
PARASITIC, MANY = 50e-15, 20
"""An extracted netlist has more than MANY capacitors below PARASITIC (F)."""
ORDER = {"w": 0, "l": 1, "m": 2, "value": 3}


def propose(cell: Cell, ports: dict[str, str]) -> Proposal:
    """Groups of a cell's sizes; ``ports`` are the roles of roles.port_roles."""
    return _Proposing(cell, ports).proposal()


def parasitics(cell: Cell) -> tuple[Device, ...]:
    """The capacitors of an extracted netlist: many, small, without a model. They stay fixed, and follow no width."""
    small = tuple(device for device in cell.devices if device.kind == "c" and not device.model
                  and "value" in device.sizes and device.sizes["value"].value < PARASITIC)
    return small if len(small) > MANY else ()


class _Proposing:
    def __init__(self, cell: Cell, ports: dict[str, str]):
        self.cell = cell
        self.structure: Structure = structure_of(cell, ports)
        self.roles = self.structure.roles()
        self.pairs = {frozenset({one.key, two.key}) for one, two in self.structure.pairs}
        self.usage = Usage(cell)
        self.fixed = {(device.scope, device.name) for device in parasitics(cell)}
        self.names: set[str] = set()

    def proposal(self) -> Proposal:
        sized = [(device, quantity) for device in self.cell.devices for quantity in device.sizes
                 if self._is_offered(device, quantity)]
        groups = [*self._of_parameters(), *self._of_devices(sized)]
        every = [(device, quantity) for device in self.cell.devices for quantity in device.sizes if device.kind != "x"]
        values = {_member(device, quantity): device.sizes[quantity].value for device, quantity in every}
        units = {_member(device, quantity): device.sizes[quantity].unit for device, quantity in every}
        for group in groups:
            values |= {member: group.value for member in group.members if member not in values}
            units |= {member: group.unit for member in group.members if member not in units}
        return Proposal(tuple(groups), values, units)

    # ---- parameters of the file

    def _of_parameters(self) -> Iterator[Group]:
        calls: dict[tuple, list[Member]] = {}
        for member in self.usage.uses:
            if not member.device:
                yield self._of_parameter([member], "parameter of the file")
                continue
            call = next(device for device in self.cell.scopes[member.scope] if device.name == member.device)
            key = (member.scope, call.model, member.quantity, call.sizes[member.quantity].value)
            calls.setdefault(key, []).append(member)
        for members in calls.values():
            yield self._of_parameter(members, "same subcircuit and size" if members[1:] else "given to a subcircuit")

    def _of_parameter(self, members: list[Member], reason: str) -> Group:
        """A group of a parameter; in SI units where all that it decides are multiples of it in one unit."""
        use = self.usage.uses[members[0]]
        sizes = use.sizes
        uses = tuple(dict.fromkeys(_member(device, quantity) for device, quantity in sizes))
        kinds = {_kind(device, quantity, factor) for (device, quantity), factor in zip(sizes, use.factors, strict=True)}
        unit, factor, quantity = next(iter(kinds)) if len(kinds) == 1 else ("", 1.0, "")
        if len(kinds) > 1 and len({kind[:2] for kind in kinds}) == 1:
            unit, factor, quantity = (*next(iter(kinds))[:2], "l")
        value = self._value(members[0]) * factor
        of_the_bench = all(device.kind == "v" and device.scope == MAIN for device, _ in sizes)
        of_transistors = [device for device, _ in sizes if device.is_transistor]
        shown = ", ".join(dict.fromkeys(device.name for device, _ in sizes))
        what = WORDS.get(quantity, "value")
        parts = dict.fromkeys(self.roles.get((device.scope, device.name)) for device, _ in sizes)
        part = next(iter(parts)) if len(parts) == 1 else None
        role = f"{part or ''} {what} of {shown} ({members[0].quantity})".strip()
        return self._group(self._name(members[0].quantity), tuple(members), "param", unit, value,
                           of_transistors[:1], quantity, role, reason, factor, of_the_bench, uses)

    def _value(self, member: Member) -> float:
        """What a parameter of the file, or a call, gives: in the file's own number."""
        if member.device:
            call = next(device for device in self.cell.scopes[member.scope] if device.name == member.device)
            return call.sizes[member.quantity].value
        scope = self.cell.deck.subcircuits.get(member.scope)
        given = of_top(self.cell.deck, self.cell.top, {}) if member.scope == self.cell.top else {}
        sources = (self.cell.deck.parameters,) if member.scope == MAIN else (given, scope.arguments, scope.parameters)
        return next(value for texts in sources if member.quantity in texts
                    and (value := constant(texts[member.quantity])) is not None)

    # ---- sizes of devices

    def _is_offered(self, device: Device, quantity: str) -> bool:
        size = device.sizes[quantity]
        if not size.fixed or (device.scope, device.name) in self.fixed or size.value == 0:
            return False
        if device.kind == "m":
            return quantity in ("w", "l") or quantity == "m" and size.value > 1
        if device.kind in "rcl":
            return quantity == "value" and size.value > 0
        return device.kind in "vi" and quantity == "value" and (device.kind == "i" or device.scope != MAIN)

    def _of_devices(self, sized: list[tuple[Device, str]]) -> Iterator[Group]:
        parent = list(range(len(sized)))
        why: dict[int, str] = {}

        def find(place: int) -> int:
            while parent[place] != place:
                place = parent[place]
            return place

        alike: dict[tuple, list[int]] = {}
        for place, (device, quantity) in enumerate(sized):
            key = (device.scope, device.kind, device.model, quantity, f"{device.sizes[quantity].value:.9g}")
            alike.setdefault(key, []).append(place)
        for places in alike.values():
            for one, two in combinations(places, 2):
                if find(one) != find(two) and (reason := self._match(sized[one][0], sized[two][0], sized[one][1])):
                    why[find(one)] = why.get(find(one)) or why.get(find(two)) or reason
                    parent[find(two)] = find(one)
        together: dict[int, list[tuple[Device, str]]] = {}
        for place, item in enumerate(sized):
            together.setdefault(find(place), []).append(item)
        ordered = sorted(together.items(), key=lambda item: (item[0], ORDER[item[1][0][1]]))
        for root, items in ordered:
            yield self._of_sizes(items, why.get(root, "alone"))

    def _match(self, one: Device, two: Device, quantity: str) -> str:
        """Why equal sizes of devices of one model are one; empty where they are not. Lengths of a mirror are one
        whatever its widths."""
        if one.kind in "rcl":
            return "same value"
        if one.kind != "m" or quantity != "l" and not _equal(one.sizes.get("l"), two.sizes.get("l")):
            return ""
        return self._reason(one, two)

    def _reason(self, one: Device, two: Device) -> str:
        """Why two transistors of one model are matched."""
        rails = self.structure.rails
        roles = {self.roles.get((device.scope, device.name)) for device in (one, two)}
        if one.gate == two.drain and two.gate == one.drain:
            return "cross-coupled"
        if frozenset({(one.scope, one.name), (two.scope, two.name)}) in self.pairs:
            return "pair"
        if one.gate == two.gate and one.gate not in rails:
            return "mirror" if one.source == two.source else "common gate"
        if len(roles) == 1 and not {None, PAIR} & roles and (INVERTER in roles or one.source == two.source):
            return f"same role: {roles.pop()}"
        return ""

    def _of_sizes(self, items: list[tuple[Device, str]], reason: str) -> Group:
        device, quantity = items[0]
        size = device.sizes[quantity]
        shown = ", ".join(item.name for item, _ in items)
        part = self.roles.get((device.scope, device.name))
        if device.kind == "m":
            short = SHORT.get(part) or device.name.lower()
            name = self._name(f"{quantity}_{short}", device.polarity if part else "")
            what = f"{part or 'device'} {WORDS[quantity]}"
        else:
            name = self._name(device.name.lower())
            what = part or {"r": "resistor", "c": "capacitor", "l": "inductor", "v": "bias voltage",
                            "i": "bias current"}[device.kind]
        role = f"{what} ({shown})" if not device.scope or device.scope == self.cell.top else \
            f"{what} in {device.scope} ({shown})"
        return self._group(name, tuple(_member(*item) for item in items), quantity, size.unit, size.value,
                           [item for item, _ in items] if device.kind == "m" else [], quantity, role, reason,
                           locked=quantity == "m")

    def _group(self, name: str, members: tuple[Member, ...], quantity: str, unit: str, value: float,
               transistors: list[Device], kind: str, role: str, reason: str, factor: float = 1.0, locked: bool = False,
               uses: tuple[Member, ...] = ()) -> Group:
        limits = [model_limits(self.cell.process, self.cell.corner, self.cell.aliases.get(device.model, ""))
                  for device in transistors[:1]]
        widths, lengths = limits[0] if limits else ((0.0, float("inf")), (0.0, float("inf")))
        low, high, scale, step = proposed(kind, unit, value, self.cell.process, widths, lengths)
        if value < 0:
            low, high, scale, step = min(5 * value, 0.2 * value), 0.2 * value, "linear", None
        return Group(name, members, quantity, unit, value, low, high, scale, step, role[:200], reason, factor,
                     locked or value == 0, uses)

    def _name(self, stem: str, polarity: str = "") -> str:
        """A name not used before: w_in, w_mirp, w_mirp_2."""
        stem = re.sub(r"\W", "_", stem.lower(), flags=re.ASCII)
        stem = safe_name(stem if stem[:1].isalpha() or stem[:1] == "_" else f"p_{stem}")
        name = stem if stem not in self.names else f"{stem}{polarity}"
        number = 2
        while name in self.names:
            name, number = f"{stem}{polarity}_{number}", number + 1
        self.names.add(name)
        return name


def _member(device: Device, quantity: str) -> Member:
    return Member(device.scope, device.name, quantity)


def _equal(one: Quantity | None, two: Quantity | None) -> bool:
    if one is None or two is None:
        return one is two
    return abs(one.value - two.value) <= 1e-9 * abs(one.value)


def _kind(device: Device, quantity: str, factor: float | None) -> tuple[str, float, str]:
    """(unit, factor, w l or m) of a parameter that decides a size; without a unit where it is only part of it."""
    if factor is None:
        return "", 1.0, "m" if quantity == "m" else ""
    return device.sizes[quantity].unit, factor, quantity if quantity in ("w", "l", "m") else ""
