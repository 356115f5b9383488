"""Draw the StrongARM comparator with SR latch: ``python circuits/ADCL/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawing import Sheet

LEFT, RIGHT, MIDDLE = 12.0, 18.0, 15.0
"""x of the two branches of the comparator and of its tail."""
SUPPLY, OUTPUT, INNER = 14.0, 9.2, 5.8
"""y of the supply rail, of the outputs and of the drains of the input pair."""
LOGIC_SUPPLY, LOGIC_GROUND = -2.0, -10.8
"""y of the rails of inverters and SR latch."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.rail(0.0, 30.0, SUPPLY, "vdd")
    comparator(sheet)
    reset(sheet)
    equalizer_and_neutralization(sheet)
    sheet.rail(0.0, 39.0, LOGIC_SUPPLY, "vdd")
    for x, source, middle, output, first in ((1.8, "om", "s1", "sn", 12), (11.4, "op", "r1", "rn", 16)):
        inverter(sheet, x, source, middle, first)
        inverter(sheet, x + 4.8, middle, output, first + 2)
    nand(sheet, 21.8, ("sn", "qb"), "q", "a1", 20)
    nand(sheet, 31.8, ("rn", "q"), "qb", "a2", 24)
    sheet.text((0.0, -12.6), "W/L of every device; blue: parameters. Nets of one name are connected. Bulks: NMOS at "
                             "ground, PMOS at vdd.", size=12)
    return sheet


def comparator(sheet: Sheet) -> None:
    """Clocked tail, input pair, and the latch between the inner nodes and the supply."""
    tail = sheet.nmos((MIDDLE, 1.4), "left", "Mt", "w_tail/l_tail")
    pair = [sheet.nmos((LEFT, 4.2), "left", "M1", "w_in/l_in"), sheet.nmos((RIGHT, 4.2), "right", "M2", "w_in/l_in")]
    low = [sheet.nmos((LEFT, 7.4), "right", "M3", "w_nl/l_lat"), sheet.nmos((RIGHT, 7.4), "left", "M4", "w_nl/l_lat")]
    high = [sheet.pmos((LEFT, 11.4), "right", "M5", "w_pl/l_lat"),
            sheet.pmos((RIGHT, 11.4), "left", "M6", "w_pl/l_lat")]
    for upper, lower, bottom in zip(high, low, pair, strict=True):
        sheet.wire((upper.source[0], SUPPLY), upper.source)
        sheet.wire(upper.drain, lower.drain)
        sheet.wire(lower.source, bottom.drain)
        sheet.wire(upper.gate, lower.gate)
        sheet.dot((upper.source[0], SUPPLY))
    for gate, drain, y in ((low[0].gate[0], RIGHT, OUTPUT + 0.5), (low[1].gate[0], LEFT, OUTPUT - 0.5)):
        sheet.wire((gate, y), (drain, y))
        sheet.dot((gate, y), (drain, y))
    sheet.wire(pair[0].source, (LEFT, 2.7), (RIGHT, 2.7), pair[1].source)
    sheet.wire((MIDDLE, 2.7), tail.drain)
    sheet.dot((MIDDLE, 2.7))
    sheet.text((MIDDLE + 0.2, 3.0), "tail", size=12)
    sheet.ground(tail.source)
    for device, name, side in ((tail, "clk", "left"), (pair[0], "ip", "left"), (pair[1], "im", "right")):
        sheet.port(device.gate, name, side)


def reset(sheet: Sheet) -> None:
    """PMOS from the supply to outputs and inner nodes, on while clk is low."""
    for column, branch, node, level, name, size, side in (
            (7.0, LEFT, "om", OUTPUT, "M7", "w_rsto/l_rst", "left"),
            (23.0, RIGHT, "op", OUTPUT, "M8", "w_rsto/l_rst", "right"),
            (1.6, LEFT, "xp", INNER, "M9", "w_rstx/l_rst", "left"),
            (28.4, RIGHT, "xm", INNER, "M10", "w_rstx/l_rst", "right")):
        device = sheet.pmos((column, 12.0), side, name, size)
        sheet.wire((column, SUPPLY), device.source)
        sheet.wire(device.drain, (column, level), (branch, level))
        sheet.dot((column, SUPPLY), (branch, level))
        sheet.port(device.gate, "clk", side)
        inside = 1 if side == "left" else -1
        sheet.text((column + 0.3 * inside, level + 0.3), node, "left" if side == "left" else "right", size=12)


def equalizer_and_neutralization(sheet: Sheet) -> None:
    """M11 between the outputs in reset; Mx1, Mx2, drain and source tied, from each input to the other inner node."""
    equalizer = sheet.pmos((34.8, 11.4), "left", "M11", "w_eq/l_rst")
    sheet.port(equalizer.gate, "clk", "left")
    for end, name in ((equalizer.source, "om"), (equalizer.drain, "op")):
        sheet.wire(end, (end[0] + 0.9, end[1]))
        sheet.port((end[0] + 0.9, end[1]), name, "right")
    for y, name, gate, node in ((7.6, "Mx1", "ip", "xm"), (4.2, "Mx2", "im", "xp")):
        device = sheet.nmos((34.8, y), "left", name, "w_neu/l_in")
        sheet.port(device.gate, gate, "left")
        sheet.wire(device.drain, (38.2, y + 1), (38.2, y - 1), device.source)
        sheet.dot((38.2, y))
        sheet.wire((38.2, y), (38.8, y))
        sheet.port((38.8, y), node, "right")


def inverter(sheet: Sheet, x: float, source: str, output: str, first: int) -> None:
    """An inverter at ``x``: NMOS M``first`` and the PMOS after it."""
    low = sheet.nmos((x, LOGIC_GROUND + 2.6), "left", f"M{first}", "w_nb/l_dig")
    high = sheet.pmos((x, LOGIC_SUPPLY - 2.6), "left", f"M{first + 1}", "w_pb/l_dig")
    middle = (LOGIC_SUPPLY + LOGIC_GROUND) / 2
    sheet.wire((x, LOGIC_SUPPLY), high.source)
    sheet.wire(high.drain, low.drain)
    sheet.wire(high.gate, low.gate)
    sheet.ground(low.source)
    sheet.dot((x, LOGIC_SUPPLY), (high.gate[0], middle), (x, middle))
    sheet.wire((high.gate[0], middle), (high.gate[0] - 0.4, middle))
    sheet.port((high.gate[0] - 0.4, middle), source, "left")
    sheet.wire((x, middle), (x + 0.6, middle))
    sheet.port((x + 0.6, middle), output, "right")


def nand(sheet: Sheet, x: float, inputs: tuple[str, str], output: str, inner: str, first: int) -> None:
    """A NAND gate: NMOS M``first`` on the next one, two PMOS side by side."""
    top = [sheet.pmos((x + place * 4.8, LOGIC_SUPPLY - 2.0), "left", f"M{first + 2 + place}", "w_pn/l_dig")
           for place in (0, 1)]
    upper = sheet.nmos((x, LOGIC_GROUND + 4.2), "left", f"M{first}", "w_nn/l_dig")
    lower = sheet.nmos((x, LOGIC_GROUND + 1.6), "left", f"M{first + 1}", "w_nn/l_dig")
    level = LOGIC_SUPPLY - 3.3
    sheet.wire(top[0].drain, upper.drain)
    sheet.wire(upper.source, lower.drain)
    sheet.wire(top[1].drain, (x + 4.8, level), (x, level))
    sheet.wire((x + 4.8, level), (x + 5.8, level))
    sheet.dot((x, level), (x + 4.8, level))
    sheet.port((x + 5.8, level), output, "right")
    sheet.text((x + 0.3, LOGIC_GROUND + 2.9), inner, size=12)
    for device, name in zip((*top, upper, lower), (*inputs, *inputs), strict=True):
        sheet.port(device.gate, name, "left")
    for device in top:
        sheet.wire((device.source[0], LOGIC_SUPPLY), device.source)
        sheet.dot((device.source[0], LOGIC_SUPPLY))
    sheet.ground(lower.source)


if __name__ == "__main__":
    draw().save(__file__)
