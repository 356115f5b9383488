"""Diode-connected transistors and the bias branches that are made of them, as several schematics draw them."""

from drawing import Sheet, Transistor


def tie(sheet: Sheet, diode: Transistor) -> tuple[float, float]:
    """Gate to drain on the gate's side; the corner at the drain's height, where other wires may begin."""
    outward = 0.5 if diode.gate[0] > diode.drain[0] else -0.5
    corner = (diode.gate[0] + outward, diode.drain[1])
    sheet.wire(diode.drain, corner, (corner[0], diode.gate[1]), diode.gate)
    sheet.dot(diode.drain)
    return corner


def named_diode(sheet: Sheet, diode: Transistor, net: str) -> None:
    """A tied diode whose net's name stands beside it."""
    corner = tie(sheet, diode)
    right = diode.gate[0] > diode.drain[0]
    end = corner[0] + (0.6 if right else -0.6)
    sheet.wire(corner, (end, corner[1]))
    sheet.dot(corner)
    sheet.port((end, corner[1]), net, "right" if right else "left")


def mirror_line(sheet: Sheet, diode: Transistor, copy: Transistor, net: str) -> None:
    """Ties a diode and runs the wire from its gate to the copy's, whose gate faces it."""
    corner = tie(sheet, diode)
    sheet.wire(diode.gate, copy.gate)
    sheet.dot((corner[0], diode.gate[1]))
    sheet.text(((corner[0] + copy.gate[0]) / 2, diode.gate[1] + 0.3), net, "center", size=12)


def stacked(sheet: Sheet, upper: Transistor, lower: Transistor, supply: float) -> None:
    """A PMOS from the rail at ``supply`` above an NMOS to ground, drain to drain."""
    sheet.wire((upper.source[0], supply), upper.source)
    sheet.wire(upper.drain, lower.drain)
    sheet.ground(lower.source)
    sheet.dot((upper.source[0], supply))
