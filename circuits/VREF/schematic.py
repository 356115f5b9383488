"""Draw the voltage reference: ``python circuits/VREF/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from diodes import mirror_line, named_diode, stacked, tie
from drawing import Sheet

SUPPLY, HIGH, PAIR, LOW = 12.6, 11.0, 6.8, 1.8
"""y of the rail, the PMOS row, the amplifier's pair and the NMOS row."""
START, KICK, DRIVE, LEFT, RIGHT = 0.0, 4.2, 10.4, 16.2, 21.4
"""x of the start-up branch, its transistor, the driver, and the amplifier's two sides."""
FALLING, RISING, OUT = 29.4, 37.0, 44.6
"""x of the branches of a, b and ref."""
NODE = 7.4
"""y of the nodes a, b and ref."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.rail(-0.8, OUT + 0.8, SUPPLY, "vdd")
    start_up(sheet)
    driver(sheet)
    amplifier(sheet)
    diode_branches(sheet)
    output(sheet)
    sheet.text((-2.0, -1.2), "W/L of every device; blue: parameters. m_d x: equal devices in parallel. Bulks: NMOS at "
               "ground, PMOS at vdd. Nets of one name are connected. x = xg: there the testbench probes the loop.",
               size=12)
    return sheet


def start_up(sheet: Sheet) -> None:
    """M15 lifts x until ref is up and M14, stronger than M13, turns it off."""
    load = sheet.pmos((START, HIGH), "left", "M13", "0.5u/l_su")
    off = sheet.nmos((START, LOW), "left", "M14", "5u/l_m")
    stacked(sheet, load, off, SUPPLY)
    sheet.wire(load.gate, (START - 1.5, HIGH), (START - 1.5, HIGH - 1.2))
    sheet.ground((START - 1.5, HIGH - 1.2))
    sheet.port(off.gate, "ref", "left")
    kick = sheet.nmos((KICK, PAIR), "left", "M15", "w_su/l_m")
    sheet.wire((START, PAIR), kick.gate)
    sheet.text((START + 1.5, PAIR + 0.3), "st", "center", size=12)
    sheet.wire(kick.drain, (KICK, SUPPLY))
    sheet.wire(kick.source, (KICK, 4.6), (KICK + 0.8, 4.6))
    sheet.port((KICK + 0.8, 4.6), "x", "right")
    sheet.dot((START, PAIR), (KICK, SUPPLY))


def driver(sheet: Sheet) -> None:
    """M11 sets the current of M12, which every PMOS copies."""
    diode = sheet.pmos((DRIVE, HIGH), "right", "M12", "w_p/l_p")
    low = sheet.nmos((DRIVE, LOW), "left", "M11", "w_dr/l_m")
    stacked(sheet, diode, low, SUPPLY)
    named_diode(sheet, diode, "vg")
    sheet.port(low.gate, "xg", "left")


def amplifier(sheet: Sheet) -> None:
    """Pair M7, M8 under the tail M6, mirror M9, M10, compensation at its output x."""
    middle = (LEFT + RIGHT) / 2
    tail = sheet.pmos((middle, HIGH), "left", "M6", "w_t/l_p")
    sheet.wire((middle, SUPPLY), tail.source)
    sheet.port(tail.gate, "vg", "left")
    pair = [sheet.pmos((LEFT, PAIR), "left", "M7", "w_in/l_in"), sheet.pmos((RIGHT, PAIR), "right", "M8", "w_in/l_in")]
    mirror = [sheet.nmos((LEFT, LOW), "right", "M9", "w_m/l_m"), sheet.nmos((RIGHT, LOW), "left", "M10", "w_m/l_m")]
    sheet.wire(pair[0].source, (LEFT, 9.0), (RIGHT, 9.0), pair[1].source)
    sheet.wire(tail.drain, (middle, 9.0))
    for device, sink, net, side in zip(pair, mirror, ("a", "b"), ("left", "right"), strict=True):
        sheet.port(device.gate, net, side)
        sheet.wire(device.drain, sink.drain)
        sheet.ground(sink.source)
    mirror_line(sheet, mirror[0], mirror[1], "y")
    sheet.wire((RIGHT, 4.6), (RIGHT + 4.6, 4.6))
    sheet.port((RIGHT + 4.6, 4.6), "x", "right")
    sheet.capacitor((RIGHT + 3.4, 4.6), (RIGHT + 3.4, 2.2), "Cc", "c_c", (RIGHT + 3.9, 3.4))
    sheet.ground((RIGHT + 3.4, 2.2))
    sheet.dot((middle, SUPPLY), (middle, 9.0), (RIGHT, 4.6), (RIGHT + 3.4, 4.6))


def diode_branches(sheet: Sheet) -> None:
    """M1 at a; r_p and m_d diodes at b; a resistor r_c beside each."""
    for x, name, size, source, net, beside in ((FALLING, "M1", "w_d/l_d", "M3", "a", "R1"),
                                               (RISING, "M2", "m_d x w_d/l_d", "M4", "b", "R2")):
        upper = sheet.pmos((x, HIGH), "left", source, "w_p/l_p")
        diode = sheet.nmos((x, LOW), "left", name, size)
        sheet.wire((x, SUPPLY), upper.source)
        sheet.port(upper.gate, "vg", "left")
        sheet.wire(upper.drain, (x, NODE))
        tie(sheet, diode)
        sheet.ground(diode.source)
        sheet.wire((x - 0.8, NODE), (x + 3.4, NODE))
        sheet.port((x - 0.8, NODE), net, "left")
        sheet.resistor((x + 3.4, NODE), (x + 3.4, 4.4), beside, "r_c", (x + 3.9, (NODE + 4.4) / 2))
        sheet.ground((x + 3.4, 4.4))
        sheet.dot((x, SUPPLY), (x, NODE))
    sheet.wire((FALLING, NODE), (FALLING, LOW + 1))
    sheet.resistor((RISING, NODE), (RISING, 4.2), "R0", "r_p", (RISING + 0.5, (NODE + 4.2) / 2))
    sheet.wire((RISING, 4.2), (RISING, LOW + 1))
    sheet.text((RISING + 0.3, 3.6), "e", size=12)


def output(sheet: Sheet) -> None:
    """M5 into r_o, and the load capacitance."""
    source = sheet.pmos((OUT, HIGH), "left", "M5", "w_p/l_p")
    sheet.wire((OUT, SUPPLY), source.source)
    sheet.port(source.gate, "vg", "left")
    sheet.wire(source.drain, (OUT, NODE))
    sheet.resistor((OUT, NODE), (OUT, 4.0), "R3", "r_o", (OUT + 0.5, (NODE + 4.0) / 2))
    sheet.wire((OUT, NODE), (OUT + 4.6, NODE))
    sheet.port((OUT + 4.6, NODE), "ref", "right")
    sheet.capacitor((OUT + 2.8, NODE), (OUT + 2.8, 4.6), "Cload", "load", (OUT + 3.3, 6.0), accent=False)
    for end in ((OUT, 4.0), (OUT + 2.8, 4.6)):
        sheet.ground(end)
    sheet.dot((OUT, SUPPLY), (OUT, NODE), (OUT + 2.8, NODE))


if __name__ == "__main__":
    draw().save(__file__)
