"""Draw the three-stage amplifier: ``python circuits/NMC/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from diodes import mirror_line, named_diode, stacked
from drawing import Sheet

SUPPLY, HIGH, PAIR, LOW = 13.0, 11.4, 6.0, 1.8
"""y of the rail, the PMOS row, the input pair and the NMOS row."""
FIRST, INNER, OUTER = 9.0, 5.6, 9.0
"""y of the first stage's output, the second stage's output and the outer compensation capacitor."""
BIAS, LEFT, RIGHT = (0.0, 5.4), 11.8, 17.0
"""x of the bias branches and of the input pair."""
TAP, TURN, SECOND, JOINT, THIRD = 20.6, 23.0, 28.6, 33.4, 37.0
"""x of the second stage's gate line and branches, of the node z, and of the third stage."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.rail(-0.8, THIRD + 0.8, SUPPLY, "vdd")
    bias(sheet)
    first_stage(sheet)
    second_stage(sheet)
    third_stage(sheet)
    sheet.text((-0.8, -1.2), "W/L of every device; blue: parameters. Bulks: NMOS at ground, PMOS at vdd. Nets of one "
               "name are connected. g2 = o1: there the testbench probes the loops.", size=12)
    return sheet


def bias(sheet: Sheet) -> None:
    """i_ref into Mb1; Mb2 copies it into Mb3, which makes vbp."""
    reference, copy = (sheet.nmos((BIAS[0], LOW), "right", "Mb1", "w_bn/l_n"),
                       sheet.nmos((BIAS[1], LOW), "left", "Mb2", "w_bn/l_n"))
    upper = sheet.pmos((BIAS[1], HIGH), "right", "Mb3", "w_bp/l_p")
    sheet.current_source((BIAS[0], SUPPLY), (BIAS[0], LOW + 1), "Ib", "i_ref", (BIAS[0] + 0.7, 7.4))
    sheet.dot((BIAS[0], SUPPLY))
    sheet.ground(reference.source)
    mirror_line(sheet, reference, copy, "vbn")
    stacked(sheet, upper, copy, SUPPLY)
    named_diode(sheet, upper, "vbp")


def first_stage(sheet: Sheet) -> None:
    """Pair M1, M2 on the tail M0 and the mirror M3, M4; o1 is its output."""
    pair = [sheet.nmos((LEFT, PAIR), "left", "M1", "w_in/l_in"), sheet.nmos((RIGHT, PAIR), "right", "M2", "w_in/l_in")]
    mirror = [sheet.pmos((LEFT, HIGH), "right", "M3", "w_load/l_load"),
              sheet.pmos((RIGHT, HIGH), "left", "M4", "w_load/l_load")]
    middle = (LEFT + RIGHT) / 2
    tail = sheet.nmos((middle, LOW), "left", "M0", "w_tail/l_n")
    sheet.wire(pair[0].source, (LEFT, 3.8), (RIGHT, 3.8), pair[1].source)
    sheet.wire((middle, 3.8), tail.drain)
    sheet.ground(tail.source)
    sheet.port(tail.gate, "vbn", "left")
    for driver, load, net, side in zip(pair, mirror, ("inn", "inp"), ("left", "right"), strict=True):
        sheet.port(driver.gate, net, side)
        sheet.wire(driver.drain, load.drain)
        sheet.wire(load.source, (load.source[0], SUPPLY))
        sheet.dot((load.source[0], SUPPLY))
    sheet.wire(mirror[0].gate, mirror[1].gate)
    sheet.wire((LEFT, FIRST + 0.6), (middle, FIRST + 0.6), (middle, HIGH))
    sheet.dot((middle, 3.8), (LEFT, FIRST + 0.6), (middle, HIGH), (RIGHT, FIRST))
    sheet.wire((RIGHT, FIRST), (TAP, FIRST))
    sheet.text(((RIGHT + TAP) / 2, FIRST + 0.3), "o1", "center", size=12)


def second_stage(sheet: Sheet) -> None:
    """M5, turned around by the mirror M6, M7, on the current source M8; o2 is its output."""
    driver, source = (sheet.pmos((TURN, HIGH), "left", "M5", "w_g2/l_load"),
                      sheet.pmos((SECOND, HIGH), "left", "M8", "w_src2/l_p"))
    diode, copy = (sheet.nmos((TURN, LOW), "right", "M6", "w_m2/l_m2"),
                   sheet.nmos((SECOND, LOW), "left", "M7", "w_m2/l_m2"))
    sheet.wire((TAP, FIRST), (TAP, HIGH), driver.gate)
    sheet.text((TAP + 0.6, HIGH + 0.3), "g2", "center", size=12)
    sheet.port(source.gate, "vbp", "left")
    stacked(sheet, driver, diode, SUPPLY)
    stacked(sheet, source, copy, SUPPLY)
    mirror_line(sheet, diode, copy, "y2")
    sheet.wire((SECOND, INNER), (JOINT, INNER))
    sheet.text(((SECOND + JOINT) / 2, INNER + 0.3), "o2", "center", size=12)
    sheet.dot((TAP, FIRST), (SECOND, INNER))


def third_stage(sheet: Sheet) -> None:
    """M9 on the current source M10; c_m1, c_m2 and r_m meet in z."""
    source, driver = (sheet.pmos((THIRD, HIGH), "left", "M10", "w_src3/l_p"),
                      sheet.nmos((THIRD, LOW), "left", "M9", "w_g3/l_g3"))
    sheet.port(source.gate, "vbp", "left")
    stacked(sheet, source, driver, SUPPLY)
    sheet.wire((JOINT, INNER), (JOINT, LOW), driver.gate)
    sheet.wire((TAP, OUTER), (30.2, OUTER))
    sheet.capacitor((30.2, OUTER), (32.2, OUTER), "Cm1", "c_m1", (31.2, OUTER + 1.0), "center")
    sheet.wire((32.2, OUTER), (JOINT, OUTER))
    sheet.capacitor((JOINT, OUTER - 0.4), (JOINT, INNER + 0.6), "Cm2", "c_m2", (JOINT + 0.5, 7.4))
    sheet.wire((JOINT, OUTER), (JOINT, OUTER - 0.4))
    sheet.wire((JOINT, INNER + 0.6), (JOINT, INNER))
    sheet.resistor((JOINT, OUTER), (THIRD, OUTER), "Rm", "r_m", (JOINT + 1.9, OUTER + 0.9), "center")
    sheet.text((JOINT - 0.2, OUTER + 0.3), "z", "right", size=12)
    sheet.wire((THIRD, OUTER), (THIRD + 4.6, OUTER))
    sheet.port((THIRD + 4.6, OUTER), "out", "right")
    sheet.capacitor((THIRD + 2.6, OUTER), (THIRD + 2.6, 6.4), "Cload", "load", (THIRD + 3.1, 7.6), accent=False)
    sheet.ground((THIRD + 2.6, 6.4))
    sheet.dot((JOINT, OUTER), (JOINT, INNER), (THIRD, OUTER), (THIRD + 2.6, OUTER))


if __name__ == "__main__":
    draw().save(__file__)
