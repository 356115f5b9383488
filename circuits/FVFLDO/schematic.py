"""Draw the flipped-voltage-follower regulator: ``python circuits/FVFLDO/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from diodes import mirror_line, named_diode, stacked
from drawing import Sheet

SUPPLY, HIGH, PAIR, LOW = 13.4, 11.8, 6.6, 1.8
"""y of the rail, the PMOS row, the slow amplifier's pair and the NMOS row."""
BIAS = (0.0, 5.4, 11.0)
"""x of the bias branches."""
LEFT, RIGHT = 17.6, 22.8
"""x of the slow amplifier's sides."""
CONTROL, GATE, PASS, DIVIDER, LOAD = 31.0, 36.4, 43.6, 47.6, 56.2
"""x of the control transistor, the common gate, the pass device, the divider and the load current."""
OUT, DRIVE, SINK = 8.6, 9.4, 4.4
"""y of the output, of the wire to the pass device's gate, and of the node x."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.rail(-0.8, PASS + 0.8, SUPPLY, "vdd")
    bias(sheet)
    slow_amplifier(sheet)
    fast_loop(sheet)
    pass_device(sheet)
    divider(sheet)
    sheet.text((-1.4, -1.2), "W/L of every device; blue: parameters. Bulks: NMOS at ground, PMOS at vdd, Mc at its "
               "source. Nets of one name are connected. ref: ideal 1.2 V.", size=12)
    sheet.text((-1.4, -1.95), "The testbench opens the slow loop between out and sense and probes the fast one "
               "between g and gp.", size=12)
    return sheet


def bias(sheet: Sheet) -> None:
    """i_ref into Mb1; Mb2 feeds Mb3, whose copy Mb4 feeds the diode of the common gate."""
    reference, copy, low = (sheet.nmos((BIAS[0], LOW), "right", "Mb1", "w_bn/l_bn"),
                            sheet.nmos((BIAS[1], LOW), "left", "Mb2", "w_bn/l_bn"),
                            sheet.nmos((BIAS[2], LOW), "right", "Mb5", "w_bcn/l_bn"))
    upper, source = (sheet.pmos((BIAS[1], HIGH), "right", "Mb3", "w_bp/l_bp"),
                     sheet.pmos((BIAS[2], HIGH), "left", "Mb4", "w_bp/l_bp"))
    sheet.current_source((BIAS[0], SUPPLY), (BIAS[0], LOW + 1), "Ib", "i_ref", (BIAS[0] + 0.7, 7.4))
    sheet.dot((BIAS[0], SUPPLY))
    sheet.ground(reference.source)
    stacked(sheet, upper, copy, SUPPLY)
    stacked(sheet, source, low, SUPPLY)
    mirror_line(sheet, reference, copy, "vbn")
    mirror_line(sheet, upper, source, "vbp")
    named_diode(sheet, low, "vcn")


def slow_amplifier(sheet: Sheet) -> None:
    """Pair M4, M5 on the tail M3 and the mirror M6, M7; its output vc is compensated by c_c."""
    pair = [sheet.nmos((LEFT, PAIR), "left", "M4", "w_in/l_in"), sheet.nmos((RIGHT, PAIR), "right", "M5", "w_in/l_in")]
    mirror = [sheet.pmos((LEFT, HIGH), "right", "M6", "w_ld/l_ld"),
              sheet.pmos((RIGHT, HIGH), "left", "M7", "w_ld/l_ld")]
    middle = (LEFT + RIGHT) / 2
    tail = sheet.nmos((middle, LOW), "left", "M3", "w_tail/l_bn")
    sheet.wire(pair[0].source, (LEFT, 4.2), (RIGHT, 4.2), pair[1].source)
    sheet.wire((middle, 4.2), tail.drain)
    sheet.ground(tail.source)
    sheet.port(tail.gate, "vbn", "left")
    for driver, load, net, side in zip(pair, mirror, ("ref", "fb"), ("left", "right"), strict=True):
        sheet.port(driver.gate, net, side)
        sheet.wire(driver.drain, load.drain)
        sheet.wire(load.source, (load.source[0], SUPPLY))
        sheet.dot((load.source[0], SUPPLY))
    sheet.wire(mirror[0].gate, mirror[1].gate)
    sheet.wire((LEFT, 9.8), (middle, 9.8), (middle, HIGH))
    sheet.wire((RIGHT, OUT), (27.0, OUT), (27.0, PAIR), (CONTROL - 1.1, PAIR))
    sheet.text((RIGHT + 1.6, OUT + 0.3), "vc", "center", size=12)
    sheet.capacitor((27.0, PAIR), (27.0, 3.8), "Cc", "c_c", (27.5, 5.2))
    sheet.ground((27.0, 3.8))
    sheet.dot((middle, 4.2), (LEFT, 9.8), (middle, HIGH), (RIGHT, OUT), (27.0, PAIR))


def fast_loop(sheet: Sheet) -> None:
    """Mc from out to the node x, its sink M1, the common gate Mg and its current source M2."""
    control = sheet.pmos((CONTROL, PAIR), "left", "Mc", "w_c/l_c")
    sink = sheet.nmos((CONTROL, LOW), "left", "M1", "w_sink/l_bn")
    gate = sheet.nmos((GATE, PAIR), "left", "Mg", "w_g/l_g")
    source = sheet.pmos((GATE, HIGH), "left", "M2", "w_src/l_bp")
    sheet.wire(control.source, (CONTROL, OUT), (CONTROL + 0.8, OUT))
    sheet.port((CONTROL + 0.8, OUT), "out", "right")
    sheet.wire(control.drain, sink.drain)
    sheet.ground(sink.source)
    sheet.port(sink.gate, "vbn", "left")
    sheet.wire((CONTROL, SINK), (GATE, SINK), gate.source)
    sheet.text(((CONTROL + GATE) / 2, SINK + 0.3), "x", "center", size=12)
    sheet.port(gate.gate, "vcn", "left")
    sheet.port(source.gate, "vbp", "left")
    sheet.wire((GATE, SUPPLY), source.source)
    sheet.wire(source.drain, gate.drain)
    sheet.capacitor((GATE + 1.4, SINK), (GATE + 3.6, SINK), "Ca", "c_a", (GATE + 2.5, SINK - 1.0), "center")
    sheet.wire((GATE, SINK), (GATE + 1.4, SINK))
    sheet.wire((GATE + 3.6, SINK), (GATE + 4.2, SINK))
    sheet.port((GATE + 4.2, SINK), "out", "right")
    sheet.dot((GATE, SUPPLY), (CONTROL, SINK), (GATE, SINK), (GATE, DRIVE))


def pass_device(sheet: Sheet) -> None:
    """Mpass and the Miller capacitor from the output to its gate."""
    device = sheet.pmos((PASS, HIGH), "left", "Mpass", "m_pass x w_pass/l_pass")
    sheet.wire((PASS, SUPPLY), device.source)
    sheet.wire((GATE, DRIVE), (PASS - 2.2, DRIVE), (PASS - 2.2, HIGH), device.gate)
    sheet.text((GATE + 1.2, DRIVE + 0.3), "g", "center", size=12)
    sheet.text((PASS - 1.7, HIGH + 0.3), "gp", "center", size=12)
    sheet.wire(device.drain, (PASS, OUT - 1.2), (LOAD, OUT - 1.2))
    sheet.wire((PASS - 2.2, DRIVE), (PASS - 2.2, OUT - 1.2), (PASS - 1.9, OUT - 1.2))
    sheet.capacitor((PASS - 1.9, OUT - 1.2), (PASS, OUT - 1.2), "Cm", "c_m", (PASS - 0.95, OUT - 2.3), "center")
    sheet.port((LOAD, OUT - 1.2), "out", "right")
    sheet.dot((PASS, SUPPLY), (PASS - 2.2, DRIVE), (PASS, OUT - 1.2))


def divider(sheet: Sheet) -> None:
    """Divider with its feed-forward capacitor, load capacitance and load current."""
    top, tap = OUT - 1.2, 4.6
    sheet.resistor((DIVIDER, top), (DIVIDER, tap), "R1", "7 r_fb/11", (DIVIDER - 0.45, (top + tap) / 2), "right")
    sheet.resistor((DIVIDER, tap), (DIVIDER, 1.8), "R2", "4 r_fb/11", (DIVIDER - 0.45, 3.1), "right")
    sheet.capacitor((DIVIDER + 1.6, top), (DIVIDER + 1.6, tap), "Cff", "c_ff", (DIVIDER + 2.1, (top + tap) / 2))
    sheet.wire((DIVIDER, tap), (DIVIDER + 2.2, tap))
    sheet.port((DIVIDER + 2.2, tap), "fb", "right")
    sheet.capacitor((DIVIDER + 5.0, top), (DIVIDER + 5.0, tap), "Cload", "load", (DIVIDER + 4.55, 5.4), "right",
                    accent=False)
    sheet.current_source((LOAD, top), (LOAD, tap), "", "", (LOAD + 0.6, 6.0))
    sheet.text((LOAD + 0.6, 6.25), "Gload")
    sheet.text((LOAD + 0.6, 5.75), "0.1 to 10 mA")
    for x, y in ((DIVIDER, 1.8), (DIVIDER + 5.0, tap), (LOAD, tap)):
        sheet.ground((x, y))
    sheet.dot((DIVIDER, top), (DIVIDER, tap), (DIVIDER + 1.6, top), (DIVIDER + 1.6, tap), (DIVIDER + 5.0, top),
              (LOAD, top))


if __name__ == "__main__":
    draw().save(__file__)
