"""Draw the telescopic-cascode OTA: ``python circuits/OTA/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawing import Sheet

LEFT, RIGHT, MIDDLE, BIAS = 5.0, 11.0, 8.0, 0.5
"""x of the two branches of the pair, of the tail and of the bias diode."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.rail(-0.5, 12.1, 12.0, "vdd")
    mirror = [sheet.pmos((LEFT, 10.7), "right", "M7", "w_pmir/l_pmir"),
              sheet.pmos((RIGHT, 10.7), "left", "M8", "w_pmir/l_pmir")]
    high = [sheet.pmos((LEFT, 8.1), "left", "M5", "w_pcas/l_cas"),
            sheet.pmos((RIGHT, 8.1), "right", "M6", "w_pcas/l_cas")]
    low = [sheet.nmos((LEFT, 4.9), "left", "M3", "w_ncas/l_cas"),
           sheet.nmos((RIGHT, 4.9), "right", "M4", "w_ncas/l_cas")]
    pair = [sheet.nmos((LEFT, 2.3), "left", "M1", "w_in/l_in"),
            sheet.nmos((RIGHT, 2.3), "right", "M2", "w_in/l_in")]
    for top, upper, lower, bottom in zip(mirror, high, low, pair, strict=True):
        sheet.wire((top.source[0], 12.0), top.source)
        sheet.wire(top.drain, upper.source)
        sheet.wire(upper.drain, lower.drain)
        sheet.wire(lower.source, bottom.drain)
        sheet.dot((top.source[0], 12.0))
    _mirror_gates(sheet, mirror)
    for devices, name in ((high, "v_bp"), (low, "v_bn")):
        sheet.port(devices[0].gate, name, "left", accent=True)
        sheet.port(devices[1].gate, name, "right", accent=True)
    sheet.port(pair[0].gate, "inp", "left")
    sheet.port(pair[1].gate, "inn", "right")
    _bias_and_tail(sheet, pair)
    _output(sheet)
    sheet.text((-0.5, -3.0), "W/L of every device; blue: parameters. v_bn, v_bp: ideal sources.", size=12)
    sheet.text((-0.5, -3.5), "Bulks: NMOS at ground, PMOS at vdd.", size=12)
    return sheet


def _mirror_gates(sheet: Sheet, mirror) -> None:
    """Both gates at the drain of M5: the cascoded, high-swing mirror."""
    sheet.wire(mirror[0].gate, mirror[1].gate)
    sheet.wire((MIDDLE, 10.7), (MIDDLE, 6.5), (LEFT, 6.5))
    sheet.dot((MIDDLE, 10.7), (LEFT, 6.5))


def _bias_and_tail(sheet: Sheet, pair) -> None:
    diode = sheet.nmos((BIAS, -0.8), "right", "Mb", "5u/1u", fixed=True)
    tail = sheet.nmos((MIDDLE, -0.8), "left", "M0", "20u/1u", fixed=True)
    sheet.wire(pair[0].source, (LEFT, 0.7), (RIGHT, 0.7), pair[1].source)
    sheet.wire((MIDDLE, 0.7), tail.drain)
    sheet.dot((MIDDLE, 0.7), (BIAS, 12.0), (BIAS, 0.6), (2.2, -0.8))
    sheet.current_source((BIAS, 12.0), (BIAS, 0.6), "Ib", "i_b", (BIAS + 0.7, 6.3))
    sheet.wire((BIAS, 0.6), diode.drain)
    sheet.wire((BIAS, 0.6), (2.2, 0.6), (2.2, -0.8))
    sheet.wire(diode.gate, tail.gate)
    sheet.ground(diode.source)
    sheet.ground(tail.source)


def _output(sheet: Sheet) -> None:
    sheet.wire((RIGHT, 6.5), (15.2, 6.5))
    sheet.dot((RIGHT, 6.5), (14.3, 6.5))
    sheet.port((15.2, 6.5), "out", "right")
    sheet.capacitor((14.3, 6.5), (14.3, 4.1), "CL", "load", (14.75, 5.3), accent=False)
    sheet.ground((14.3, 4.1))


if __name__ == "__main__":
    draw().save(__file__)
