"""What a SPICE file holds, as values: elements with their places, subcircuits, parameters, models; tests set aside."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.lines import Line, Remark


@dataclass(frozen=True)
class Element:
    """A line of the netlist. Nets and models in small letters; everything else as written."""

    name: str
    kind: str
    """Its first letter, small."""
    nets: tuple[str, ...]
    model: str
    """Model or subcircuit; empty where it needs none. The source that F and H elements sense."""
    values: tuple[str, ...]
    """Words that are neither nets nor model nor settings: ``10k``, ``dc 1.8``, ``pulse(0 1 ...)``."""
    settings: Mapping[str, str]
    line: Line


@dataclass(frozen=True)
class Subcircuit:
    """A subcircuit, or the main circuit (name MAIN, no ports)."""

    name: str
    ports: tuple[str, ...]
    elements: tuple[Element, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Parameters of its header with their defaults: arithmetic."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """``.param`` lines inside it: arithmetic."""
    line: Line | None = None


@dataclass(frozen=True)
class Card:
    """A ``.model`` line. Values are arithmetic."""

    name: str
    kind: str
    settings: Mapping[str, str]
    scope: str
    """The subcircuit that it stands in."""
    line: Line


@dataclass(frozen=True)
class Deck:
    """A SPICE file and what it includes."""

    title: str
    subcircuits: Mapping[str, Subcircuit]
    """By name, MAIN among them, in order."""
    parameters: Mapping[str, str]
    """``.param`` lines outside subcircuits: arithmetic."""
    cards: tuple[Card, ...] = ()
    """Of the nominal corner."""
    corners: Mapping[str, tuple[tuple[Card, ...], Mapping[str, str]]] = field(default_factory=dict)
    """Corner to its cards and parameters, nominal first, where uploaded libraries have sections for them."""
    processes: Mapping[str, str] = field(default_factory=dict)
    """Installed processes that libraries were recognised as, to the corner in the library's words."""
    globals: tuple[str, ...] = ()
    analyses: tuple[Line, ...] = ()
    """``.op .ac .dc .tran .noise`` without the dot, and those of ``.control``."""
    measures: tuple[Line, ...] = ()
    """``.meas`` lines, dot and ``meas`` away."""
    control: tuple[Line, ...] = ()
    """All lines of ``.control`` blocks."""
    initial: tuple[Line, ...] = ()
    """``.ic`` and ``.nodeset`` lines."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The options that are kept."""
    general: tuple[Line, ...] = ()
    """``.temp`` and ``.option`` lines."""
    temperature: float | None = None
    """Of ``.temp``, else of ``.option temp``, in degrees Celsius."""
    scale: float = 1.0
    """``.option scale``."""
    pins: Mapping[str, str] = field(default_factory=dict)
    """Net to in, out or inout, as comments tell."""
    notes: tuple[Remark, ...] = ()
    problems: tuple[Remark, ...] = ()
    missing: tuple[Remark, ...] = ()
    """Files that lines ask for and nobody uploaded: a problem where something that is used is not defined."""
    digest: str = ""
    """SHA-256 of the text."""
    unread: Mapping[str, Remark] = field(default_factory=dict)
    """Parameters whose value cannot be read, with the reason: a problem only where one is used."""

    @property
    def main(self) -> Subcircuit:
        return self.subcircuits[MAIN]

    @property
    def top(self) -> str:
        """The cell that this is most likely about: the largest that no other subcircuit uses; MAIN without one, and
        where it has more devices of its own."""
        used = {element.model for cell in self.subcircuits.values() if cell.name != MAIN for element in cell.elements
                if element.kind == "x"}
        sizes: dict[str, int] = {}
        free = [name for name in self.subcircuits if name != MAIN and name not in used and self._size(name, sizes) > 0]
        largest = max(free, key=lambda name: sizes[name], default=MAIN)
        own = sum(element.kind in "mqjdrcl" for element in self.main.elements)
        return MAIN if largest != MAIN and own > sizes[largest] else largest

    def _size(self, name: str, known: dict[str, int]) -> int:
        if name not in known:
            known[name] = 0  # a circle counts nothing; it is refused elsewhere
            known[name] = sum(self._size(element.model, known) if self.calls(element) else 1
                              for element in self.subcircuits[name].elements)
        return known[name]

    def why_unknown(self, name: str) -> str:
        """Why a parameter has no value, and what to do."""
        found = self.unread.get(name)
        return f"is a parameter whose value cannot be read: {found.text} ({found.line.place})" if found else \
            "is a parameter that nothing defines: add a .param line for it"

    def calls(self, element: Element) -> bool:
        """Whether an element is a subcircuit of this deck."""
        return element.kind == "x" and element.model in self.subcircuits

    def within(self, top: str) -> Iterator[Subcircuit]:
        """The cell ``top`` and all that it uses, each once, inner ones first."""
        done: dict[str, None] = {}

        def visit(name: str, above: tuple[str, ...]) -> Iterator[Subcircuit]:
            if name in done or name in above or name not in self.subcircuits:
                return
            for element in self.subcircuits[name].elements:
                if element.kind == "x":
                    yield from visit(element.model, (*above, name))
            done[name] = None
            yield self.subcircuits[name]

        yield from visit(top, ())
