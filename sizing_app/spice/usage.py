"""Which parameters of a deck decide which sizes of a cell: through calls and through each other."""

import ast
import math
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
    factors: list[float | None] = field(default_factory=list)
    """What the parameter is multiplied by to be in the unit of each size, None where the size is no multiple of it."""


Roots = frozenset[tuple[Member, float | None]]
"""The members that decide a name, each with its factor as Use has it."""


class Usage:
    """``uses`` has every parameter and argument of a call that decides a size; ``texts`` their own arithmetic."""

    def __init__(self, cell: Cell):
        self.cell = cell
        self.uses: dict[Member, Use] = defaultdict(Use)
        self._seen: set[tuple] = set()
        outside = self._roots(MAIN, cell.deck.parameters, {})
        given = {name: self._of_top(name, outside) for name in of_top(cell.deck, cell.top, {})}
        self._scope(cell.top, given, outside)

    def _of_top(self, name: str, outside: Mapping[str, Roots]) -> Roots:
        """What the testbench gives to the top cell: the parameters that it names, the top cell's own one for plain
        numbers."""
        return _roots_of(of_top(self.cell.deck, self.cell.top, {})[name], outside, Member(self.cell.top, "", name))

    def _roots(self, scope: str, texts: Mapping[str, str], outside: Mapping[str, Roots]) -> dict[str, Roots]:
        """Name to the members that decide it; one of plain numbers decides itself, nothing one of temperature."""
        done: dict[str, Roots] = {}

        def one(name: str) -> Roots:
            if name not in done:
                done[name] = frozenset()  # a circle is refused elsewhere
                inner = {other: one(other) for other in names_in(texts[name]) if other in texts and other != name}
                done[name] = _roots_of(texts[name], {**outside, **inner}, Member(scope, "", name))
            return done[name]

        return {name: one(name) for name in texts}

    def _scope(self, scope: str, given: Mapping[str, Roots], outside: Mapping[str, Roots]) -> None:
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
                    for member, factor in _union(size.text, inside):
                        self.uses[member].sizes.append((device, quantity))
                        self.uses[member].factors.append(factor)
            if device.kind == "x":
                self._scope(device.model, self._given(device, inside), outside)

    def _given(self, call: Device, inside: Mapping[str, Roots]) -> dict[str, Roots]:
        arguments = self.cell.deck.subcircuits[call.model].arguments
        found = {}
        for key, text in call.element.settings.items():
            if (name := safe_name(key)) in arguments:
                found[name] = _roots_of(arithmetic(text), inside, Member(call.scope, call.name, key))
        return found


def _roots_of(text: str, known: Mapping[str, Roots], own: Member) -> Roots:
    """The roots of arithmetic; of plain numbers its own member."""
    return _union(text, known) if names_in(text) else frozenset({(own, 1.0)})


def _union(text: str, known: Mapping[str, Roots]) -> Roots:
    factor = unit_factor(text)
    found = {pair for name in names_in(text) for pair in known.get(name, ())}
    return frozenset((member, None if factor is None or inner is None else float(f"{factor * inner:.9g}"))
                     for member, inner in found)


def unit_factor(text: str) -> float | None:
    """What the one name in a product is multiplied by to have its unit: 1e-6 of ``(2*w)*1e-06``, where 2 only counts;
    None of other arithmetic."""
    return _factor(ast.parse(text.strip(), mode="eval").body)


def _factor(node: ast.AST) -> float | None:
    match node:
        case ast.Name():
            return 1.0
        case ast.BinOp(ast.Constant(number), ast.Mult(), inner) | ast.BinOp(inner, ast.Mult(), ast.Constant(number)):
            own = _prefix(number)
        case ast.BinOp(inner, ast.Div(), ast.Constant(number)) if number:
            own = _prefix(1 / number)
        case _:
            return None
    found = _factor(inner)
    return None if own is None or found is None else own * found


def _prefix(number: float) -> float | None:
    """A power of thousand, such as of micrometres; 1 for a number of parts; None for others."""
    if 0.01 <= abs(number) <= 100:
        return 1.0
    power = 3 * round(math.log10(abs(number)) / 3) if number else 0
    return 10.0 ** power if math.isclose(number, 10.0 ** power, rel_tol=1e-9) else None
