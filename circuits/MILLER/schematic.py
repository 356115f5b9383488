"""Draw the two-stage Miller op-amp: ``python circuits/MILLER/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawing import Sheet

BIAS, LEFT, RIGHT, MIDDLE, OUT = 0.5, 5.0, 10.4, 7.7, 16.4
"""x of the bias branch, the two branches of the pair, the tail and the second stage."""
SUPPLY, OUTPUT = 10.4, 6.4
"""y of the supply rail and of the output."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.rail(-0.5, 17.4, SUPPLY, "vdd")
    first_stage(sheet)
    second_stage(sheet)
    bias(sheet)
    sheet.text((-0.5, -1.2), "W/L of every device; blue: parameters. Bulks: NMOS at ground, PMOS at vdd.", size=12)
    return sheet


def first_stage(sheet: Sheet) -> None:
    """Pair M1, M2 on the mirror M3, M4, its diode on the side of the inverting input."""
    mirror = [sheet.pmos((LEFT, 8.9), "right", "M3", "w_load/l_load"),
              sheet.pmos((RIGHT, 8.9), "left", "M4", "w_load/l_load")]
    pair = [sheet.nmos((LEFT, 4.4), "left", "M1", "w_in/l_in"),
            sheet.nmos((RIGHT, 4.4), "right", "M2", "w_in/l_in")]
    for load, driver in zip(mirror, pair, strict=True):
        sheet.wire((load.source[0], SUPPLY), load.source)
        sheet.wire(load.drain, driver.drain)
        sheet.dot((load.source[0], SUPPLY))
    sheet.wire(mirror[0].gate, mirror[1].gate)
    sheet.wire((MIDDLE - 0.9, 8.9), (MIDDLE - 0.9, 7.3), (LEFT, 7.3))
    sheet.dot((MIDDLE - 0.9, 8.9), (LEFT, 7.3))
    sheet.port(pair[0].gate, "inn", "left")
    sheet.port(pair[1].gate, "inp", "right")
    tail = sheet.nmos((MIDDLE, 1.2), "left", "M5", "w_tail/l_bias")
    sheet.wire(pair[0].source, (LEFT, 2.8), (RIGHT, 2.8), pair[1].source)
    sheet.wire((MIDDLE, 2.8), tail.drain)
    sheet.dot((MIDDLE, 2.8))
    sheet.ground(tail.source)


def second_stage(sheet: Sheet) -> None:
    """Common source M6 on the sink M7, compensated by c_c through r_z."""
    driver = sheet.pmos((OUT, 7.9), "left", "M6", "w_cs/l_cs")
    sink = sheet.nmos((OUT, 1.2), "left", "M7", "w_sink/l_bias")
    sheet.wire((OUT, SUPPLY), driver.source)
    sheet.wire(driver.drain, sink.drain)
    sheet.ground(sink.source)
    sheet.port(sink.gate, "vbn", "left")
    sheet.wire((RIGHT, OUTPUT), (12.0, OUTPUT))
    sheet.wire((12.0, OUTPUT), (12.0, 7.9), driver.gate)
    sheet.text((11.2, OUTPUT + 0.35), "o1", "center", size=12)
    sheet.resistor((12.0, OUTPUT), (14.2, OUTPUT), "Rz", "r_z", (13.1, OUTPUT - 0.85), "center")
    sheet.capacitor((14.2, OUTPUT), (OUT, OUTPUT), "Cc", "c_c", (15.2, OUTPUT - 0.85), "center")
    sheet.dot((OUT, SUPPLY), (OUT, OUTPUT), (RIGHT, OUTPUT), (12.0, OUTPUT), (17.8, OUTPUT))
    sheet.wire((OUT, OUTPUT), (18.7, OUTPUT))
    sheet.port((18.7, OUTPUT), "out", "right")
    sheet.capacitor((17.8, OUTPUT), (17.8, 4.0), "CL", "load", (18.25, 5.2), accent=False)
    sheet.ground((17.8, 4.0))


def bias(sheet: Sheet) -> None:
    """r_b sets the current of the diode Mb; its gate voltage vbn drives the tail and the sink."""
    diode = sheet.nmos((BIAS, 1.2), "right", "Mb", "w_bias/l_bias")
    sheet.resistor((BIAS, SUPPLY), (BIAS, 2.7), "Rb", "r_b", (BIAS + 0.5, 6.55))
    sheet.wire((BIAS, 2.7), diode.drain)
    sheet.wire((BIAS, 2.7), (2.2, 2.7), (2.2, 1.2))
    sheet.wire(diode.gate, (MIDDLE - 1.1, 1.2))
    sheet.text((3.4, 1.5), "vbn", "center", size=12)
    sheet.dot((BIAS, SUPPLY), (BIAS, 2.7), (2.2, 1.2))
    sheet.ground(diode.source)


if __name__ == "__main__":
    draw().save(__file__)
