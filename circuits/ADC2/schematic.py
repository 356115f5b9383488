"""Draw the front end of ADC2: ``python circuits/ADC2/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from blocks import bootstrap, inverter, strongarm
from drawing import Sheet

SWITCH = {"MS": "w_sw/l_sw", "MD": "w_dum/l_sw", "M1": "w_bch/l_dig", "M2": "w_bch/l_dig", "M3": "w_bp/l_dig",
          "M4": "w_bn/l_dig", "M5": "w_bn/l_dig", "M6": "w_bn/l_dig", "M7": "w_bp/l_dig", "M8": "w_bn/l_dig",
          "M9": "w_bn/l_dig"}
COMPARATOR = ("w_tail/l_tail", "w_in/l_in", "w_nl/l_lat", "w_pl/l_lat", "w_rsto/l_rst", "w_rstx/l_rst")
LOWER = -16.6
"""y of the comparator's lower end."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.text((-2.0, 12.0), "Track-and-hold: one of two, in = ip and out = hp, in = im and out = hm", size=16)
    bootstrap(sheet, (0, 0), SWITCH, dummy=True)
    sheet.wire((30, 6.2), (33, 6.2))
    sheet.capacitor((32, 6.2), (32, 3.6), "Cs", "c_s", (32.5, 4.9))
    sheet.dot((32, 6.2))
    sheet.ground((32, 3.6))
    sheet.port((33, 6.2), "out", "right")
    comparator(sheet)
    clock(sheet)
    sheet.text((-2.0, LOWER - 1.6), "W/L of every device; blue: parameters. Bulks: NMOS at ground, PMOS at vdd, M2 and "
               "M3 at t.", size=12)
    return sheet


def comparator(sheet: Sheet) -> None:
    """StrongARM with equalizer and output inverters."""
    sheet.text((-2.0, LOWER + 13.6), "StrongARM comparator and output inverters", size=16)
    strongarm(sheet, (0, LOWER), 12, COMPARATOR, ("hp", "hm"))
    equalizer = sheet.pmos((0, LOWER + 2.2), "right", "M23", "w_eq/l_rst")
    sheet.port(equalizer.gate, "clk", "right")
    sheet.text((0, LOWER + 3.5), "op", "center", size=12)
    sheet.text((0, LOWER + 0.9), "om", "center", size=12)
    sizes = ("w_ib_n/l_dig", "w_ib_p/l_dig")
    inverter(sheet, (31.0, LOWER + 7.6), ("M24", "M25"), sizes, ("om", "qp"))
    inverter(sheet, (31.0, LOWER + 1.4), ("M26", "M27"), sizes, ("op", "qm"))


def clock(sheet: Sheet) -> None:
    """The inverter that makes hold from track."""
    inverter(sheet, (25.4, 8.8), ("M10", "M11"), ("w_ck_n/l_dig", "w_ck_p/l_dig"), ("track", "hold"))


if __name__ == "__main__":
    draw().save(__file__)
