"""Schematics in the usual analog style, drawn to SVG: what circuits/NAME/schematic.py needs and no more.

Coordinates are in schemdraw units, y upwards; a transistor is two units high, its channel at x, its centre at y.
"""

from dataclasses import dataclass
from pathlib import Path

Point = tuple[float, float]
INK = "#6b7a90"
"""A grey with enough contrast on white and on dark pages."""
ACCENT = "#3b7ddd"
"""Parameters, the quantities to be sized."""
GATE = 1.1
"""From the channel of a transistor to the end of its gate lead."""


@dataclass(frozen=True)
class Transistor:
    """Where the terminals of a drawn transistor are."""

    drain: Point
    gate: Point
    source: Point


class Sheet:
    """A drawing in progress."""

    def __init__(self):
        import schemdraw
        from schemdraw import elements
        schemdraw.use("svg")
        self._elements = elements
        self._drawing = schemdraw.Drawing(show=False)
        self._drawing.config(color=INK, lw=1.6, font="system-ui, sans-serif", margin=0.4)

    def nmos(self, at: Point, gate: str, name: str, size: str, fixed: bool = False) -> Transistor:
        """An NMOS transistor, drain up; ``gate`` is left or right, name and size stand on the other side."""
        return self._transistor(self._elements.AnalogNFet, at, gate, name, size, fixed)

    def pmos(self, at: Point, gate: str, name: str, size: str, fixed: bool = False) -> Transistor:
        """A PMOS transistor, source up."""
        return self._transistor(self._elements.AnalogPFet, at, gate, name, size, fixed)

    def wire(self, *points: Point) -> None:
        """Straight wires from point to point."""
        for start, end in zip(points, points[1:], strict=False):
            self._drawing.add(self._elements.Line().endpoints(start, end))

    def dot(self, *points: Point) -> None:
        """Connections."""
        for point in points:
            self._drawing.add(self._elements.Dot(radius=0.07).at(point))

    def port(self, at: Point, text: str, side: str, accent: bool = False) -> None:
        """A terminal, its name on its ``side``, left or right."""
        from schemdraw.segments import SegmentCircle
        outward = -1 if side == "left" else 1
        ring = self._elements.Element().at((at[0] + 0.08 * outward, at[1])).theta(0)
        ring.segments.append(SegmentCircle((0, 0), 0.08, fill="none"))
        self._drawing.add(ring)
        self.text((at[0] + 0.25 * outward, at[1]), text, "right" if side == "left" else "left", accent)

    def rail(self, start: float, end: float, y: float, name: str) -> None:
        """A supply rail from x = ``start`` to ``end``."""
        self._drawing.add(self._elements.Line(lw=2.6).endpoints((start, y), (end, y)))
        self.text((start - 0.2, y), name, "right")

    def ground(self, at: Point) -> None:
        self._drawing.add(self._elements.Ground().at(at))

    def resistor(self, start: Point, end: Point, name: str, value: str, label: Point, align: str = "left") -> None:
        self._two_terminal(self._elements.ResistorIEC(), start, end, name, value, label, align)

    def capacitor(self, start: Point, end: Point, name: str, value: str, label: Point, align: str = "left",
                  accent: bool = True) -> None:
        self._two_terminal(self._elements.Capacitor(), start, end, name, value, label, align, accent)

    def switch(self, start: Point, end: Point, name: str, value: str, label: Point, align: str = "left") -> None:
        """An open switch, for a clocked transistor or transmission gate."""
        self._two_terminal(self._elements.Switch(), start, end, name, value, label, align)

    def current_source(self, start: Point, end: Point, name: str, value: str, label: Point) -> None:
        """A current source; the current flows from ``start`` to ``end``."""
        self._two_terminal(self._elements.SourceI(), start, end, name, value, label, "left")

    def text(self, at: Point, text: str, align: str = "left", accent: bool = False, size: float = 14) -> None:
        from schemdraw.segments import SegmentText
        element = self._elements.Element().at(at).theta(0)
        element.segments.append(SegmentText((0, 0), text, align=(align, "center"), fontsize=size,
                                            color=ACCENT if accent else INK))
        self._drawing.add(element)

    def svg(self) -> str:
        """The drawing, transparent, as text that is the same for the same drawing."""
        text = self._drawing.get_imagedata("svg").decode()
        return text.replace('xml:lang="en" ', 'role="img" ') + "\n"

    def save(self, script: str) -> None:
        """Write schematic.svg beside ``script``, the file that draws."""
        Path(script).with_name("schematic.svg").write_text(self.svg())

    def _transistor(self, kind, at: Point, gate: str, name: str, size: str, fixed: bool) -> Transistor:
        (x, y), left = at, gate == "left"
        top = "drain" if kind is self._elements.AnalogNFet else "source"
        element = kind(offset_gate=False).scale(1.2).anchor(top).at((x, y + 1)).theta(0)
        self._drawing.add(element.reverse() if left else element)
        self._name_and_value((x + (0.25 if left else -0.25), y), name, size, "left" if left else "right", not fixed)
        drain, source = ((x, y + 1), (x, y - 1)) if top == "drain" else ((x, y - 1), (x, y + 1))
        return Transistor(drain, (x - GATE if left else x + GATE, y), source)

    def _two_terminal(self, element, start: Point, end: Point, name, value, label, align, accent=True) -> None:
        self._drawing.add(element.endpoints(start, end))
        self._name_and_value(label, name, value, align, accent)

    def _name_and_value(self, at: Point, name: str, value: str, align: str, accent: bool) -> None:
        self.text((at[0], at[1] + 0.24), name, align)
        self.text((at[0], at[1] - 0.24), value, align, accent)
