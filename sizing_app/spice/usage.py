"""Which parameters of a deck decide which sizes of a cell: through calls and through each other."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sizing_app.circuit.expressions import names_in
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.arithmetic import arithmetic, safe_name
from sizing_app.spice.cell import Cell, Device
from sizing_app.spice.scopes import of_top


@dataclass(frozen=True, order=True)
class Member:
    """Something that has a value of its own in the file: a size of a device, what a call gives to a subcircuit, or a
    parameter (``device`` empty)."""

    scope: str
    device: str
    quantity: str

    def show(self) -> str:
        return self.quantity if not self.device else f"{self.device} {self.quantity}"


@dataclass
class Use:
    """What a parameter decides."""

    sizes: list[tuple[Device, str]] = field(default_factory=list)


class Usage:
    """``uses`` has every parameter and argument of a call that decides a size; ``texts`` their own arithmetic."""

    def __init__(self, cell: Cell):
        self.cell = cell
        self.uses: dict[Member, Use] = defaultdict(Use)
        self._seen: set[tuple] = set()
        outside = self._roots(MAIN, cell.deck.parameters, {})
        given = {name: self._of_top(name, outside) for name in of_top(cell.deck, cell.top, {})}
        self._scope(cell.top, given, outside)

    def _of_top(self, name: str, outside: Mapping[str, frozenset[Member]]) -> frozenset[Member]:
        """What the testbench gives to the top cell: the parameters that it names, the top cell's own one for plain
        numbers."""
        names = names_in(of_top(self.cell.deck, self.cell.top, {})[name])
        return _union(names, outside) if names else frozenset({Member(self.cell.top, "", name)})

    def _roots(self, scope: str, texts: Mapping[str, str], outside: Mapping[str, frozenset[Member]],
               ) -> dict[str, frozenset[Member]]:
        """Name to the members that decide it; one of plain numbers decides itself, nothing one of temperature."""
        done: dict[str, frozenset[Member]] = {}

        def one(name: str) -> frozenset[Member]:
            if name not in done:
                done[name] = frozenset()  # a circle is refused elsewhere
                names = names_in(texts[name])
                inner = frozenset().union(*(one(other) if other in texts and other != name
                                            else outside.get(other, frozenset()) for other in names))
                done[name] = inner if names else frozenset({Member(scope, "", name)})
            return done[name]

        return {name: one(name) for name in texts}

    def _scope(self, scope: str, given: Mapping[str, frozenset[Member]],
               outside: Mapping[str, frozenset[Member]]) -> None:
        key = (scope, frozenset(given.items()))
        if key in self._seen:
            return
        self._seen.add(key)
        cell = self.cell.deck.subcircuits[scope]
        defaults = {name: text for name, text in cell.arguments.items() if name not in given}
        arguments = {**given, **self._roots(scope, defaults, {**outside, **given})}
        inside = {**outside, **arguments}
        if scope != MAIN:
            inside |= self._roots(scope, cell.parameters, inside)
        for device in self.cell.scopes.get(scope, ()):
            for quantity, size in device.sizes.items():
                if device.kind != "x":
                    for member in _union(names_in(size.text), inside):
                        self.uses[member].sizes.append((device, quantity))
            if device.kind == "x":
                self._scope(device.model, self._given(device, inside), outside)

    def _given(self, call: Device, inside: Mapping[str, frozenset[Member]]) -> dict[str, frozenset[Member]]:
        arguments = self.cell.deck.subcircuits[call.model].arguments
        found = {}
        for key, text in call.element.settings.items():
            if (name := safe_name(key)) in arguments:
                names = names_in(arithmetic(text))
                found[name] = _union(names, inside) if names else frozenset({Member(call.scope, call.name, key)})
        return found


def _union(names: set[str], known: Mapping[str, frozenset[Member]]) -> frozenset[Member]:
    return frozenset().union(*(known.get(name, frozenset()) for name in names))
