"""A cell of a deck with every device known: what it is in our netlist, sizes in SI units beside the written ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.deck import Card, Deck, Element
from sizing_app.spice.lines import Remark


@dataclass(frozen=True)
class Quantity:
    """A size or value."""

    text: str
    """Arithmetic in SI units over the parameters of the scope."""
    written: str
    """As the file has it."""
    unit: str
    value: float
    """In the file's own design, where the device first stands."""

    @property
    def fixed(self) -> bool:
        """Whether it depends on no parameter."""
        return not any(letter.isalpha() and letter != "e" for letter in self.text)


class Terminals:
    """The nets of a transistor by their names: ``nets`` begins with drain, gate and source."""

    nets: tuple[str, ...]

    @property
    def drain(self) -> str:
        return self.nets[0]

    @property
    def gate(self) -> str:
        return self.nets[1]

    @property
    def source(self) -> str:
        return self.nets[2]


@dataclass(frozen=True)
class Device(Terminals):
    """One element of the netlist, mapped."""

    scope: str
    """The subcircuit that it stands in."""
    name: str
    """As in our netlist, unique in its scope."""
    kind: str
    """Letter of our netlist, small: m for a transistor, whatever the file wrote it as."""
    nets: tuple[str, ...]
    """In the file's words."""
    model: str
    """Alias of the process, name of an own card, subcircuit, or the source that F and H sense; empty without one."""
    polarity: str
    """n or p of a transistor."""
    sizes: Mapping[str, Quantity]
    """w, l, m ... of a transistor; ``value`` of a passive, a source of one number, a gain."""
    element: Element

    @property
    def is_transistor(self) -> bool:
        return self.kind == "m"

    @property
    def bulk(self) -> str:
        return self.nets[3]


@dataclass(frozen=True)
class Choices:
    """What a person says about a deck; what is left out is guessed."""

    top: str | None = None
    """The subcircuit; "" for what stands outside all."""
    process: str | None = None
    """For models that the file does not bring: a process of circuit/pdk.py, or "own" for uploaded cards alone."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Model in the file's words to a model of the process."""
    as_written: bool = False
    """No junction areas and fingers of ours."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values for parameters that the file uses and does not define, as a .param line would give them."""


@dataclass(frozen=True)
class Cell:
    """The cell ``top`` of a deck and all that it uses."""

    deck: Deck
    top: str
    process: str
    """A process of circuit/pdk.py, or "own"."""
    corner: str
    """The corner of the process that the file asked for."""
    as_written: bool
    scopes: Mapping[str, tuple[Device, ...]]
    """Subcircuit to its devices, inner ones first, ``top`` last."""
    aliases: Mapping[str, str]
    """Alias used in the netlist to model of the process."""
    cards: tuple[Card, ...]
    """The own cards that are used."""
    notes: tuple[Remark, ...]
    problems: tuple[Remark, ...]

    @property
    def devices(self) -> tuple[Device, ...]:
        return tuple(device for devices in self.scopes.values() for device in devices)

    @property
    def ports(self) -> tuple[str, ...]:
        """The nets that a testbench connects: of a subcircuit its ports and the global nets, else what sources and
        named nets tell (roles.py)."""
        if self.top == MAIN:
            return ()
        inside = {net for device in self.devices for net in device.nets}
        own = self.deck.subcircuits[self.top].ports
        return (*own, *(net for net in self.deck.globals if net in inside and net not in own and not is_ground(net)))


def is_ground(net: str) -> bool:
    """Whether a net is the ground of ngspice wherever it stands."""
    return net in ("0", "gnd", "gnd!")


def is_global(net: str, deck: Deck) -> bool:
    """Whether a net is one wherever it stands: of .global, ground, or named like ``vdd!``."""
    return net in deck.globals or is_ground(net) or net.endswith("!")
