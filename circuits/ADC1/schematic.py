"""Draw the front end of ADC1: ``python circuits/ADC1/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from blocks import bootstrap, inverter, strongarm
from drawing import Sheet

SWITCH = {"MS": "w_sw/l_sw", "M1": "w_bch/l_dig", "M2": "w_bch/l_dig", "M3": "w_bp/l_dig", "M4": "w_bn/l_dig",
          "M5": "w_bn/l_dig", "M6": "w_bn/l_dig", "M7": "w_bp/l_dig", "M8": "w_bn/l_dig", "M9": "w_bn/l_dig"}
COMPARATOR = ("w_tail/l_lat", "w_in/l_in", "w_nl/l_lat", "w_pl/l_lat", "w_rsto/l_rst", "w_rstx/l_rst")
MIDDLE, LOWER = -15.4, -31.6
"""y of the lower ends of array and preamplifier, and of the comparator."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.text((-2.0, 12.0), "Sampling switch: one of two, in = ip and out = hp, in = im and out = hm", size=16)
    bootstrap(sheet, (0, 0), SWITCH, dummy=False)
    sheet.port((30, 6.2), "out", "right")
    inverter(sheet, (26.4, 8.8), ("M10", "M11"), ("2w_ib_n/l_dig", "2w_ib_p/l_dig"), ("track", "hold"))
    sheet.text((-2.0, MIDDLE + 11.6), "Capacitor array: what the MSB moves, and the rest", size=16)
    array(sheet, 0, ("M12", "M13"), "p")
    array(sheet, 8.8, ("M14", "M15"), "m")
    preamplifier(sheet)
    comparator(sheet)
    sheet.text((-2.0, LOWER - 1.6), "W/L of every device; blue: parameters. Bulks: NMOS at ground, PMOS at vdd, M2 and "
               "M3 at t. M10, M11: twice w_ib_n, w_ib_p; M16: a quarter of w_pat.", size=12)
    return sheet


def array(sheet: Sheet, x: float, names: tuple[str, str], side: str) -> None:
    """One side: a quarter of the array on its driver, the rest at ground."""
    inverter(sheet, (x, MIDDLE + 1.4), names, ("w_dn/l_dig", "w_dp/l_dig"), (f"t{side}", ""))
    sheet.wire((x + 1.0, MIDDLE + 2.6), (x + 3.2, MIDDLE + 2.6), (x + 3.2, MIDDLE + 6.2))
    sheet.text((x + 2.2, MIDDLE + 2.9), f"b{side}", "center", size=12)
    sheet.capacitor((x + 3.2, MIDDLE + 6.2), (x + 3.2, MIDDLE + 8.8), f"Cm{side}", "128 c_u", (x + 2.7, MIDDLE + 7.5),
                    "right")
    sheet.capacitor((x + 5.0, MIDDLE + 6.2), (x + 5.0, MIDDLE + 8.8), f"Cl{side}", "384 c_u", (x + 5.5, MIDDLE + 7.5))
    sheet.ground((x + 5.0, MIDDLE + 6.2))
    sheet.wire((x + 3.2, MIDDLE + 8.8), (x + 6.4, MIDDLE + 8.8))
    sheet.dot((x + 5.0, MIDDLE + 8.8))
    sheet.port((x + 6.4, MIDDLE + 8.8), f"h{side}", "right")


def preamplifier(sheet: Sheet) -> None:
    """Resistor-loaded pair M18, M19 on the tail M17, which mirrors four times the current of M16."""
    left, right, middle, rail = 22.6, 29.4, 26.0, MIDDLE + 10.4
    sheet.text((17.4, MIDDLE + 11.6), "Preamplifier", size=16)
    sheet.rail(17.0, 30.4, rail, "vdd")
    pair = [sheet.nmos((left, MIDDLE + 4.6), "left", "M18", "w_pa/l_pa"),
            sheet.nmos((right, MIDDLE + 4.6), "right", "M19", "w_pa/l_pa")]
    for x, name, driver, output in ((left, "Rlm", pair[0], "am"), (right, "Rlp", pair[1], "ap")):
        sheet.resistor((x, rail), (x, MIDDLE + 7.4), name, "r_pa", (x + 0.5, MIDDLE + 8.9))
        sheet.wire((x, MIDDLE + 7.4), driver.drain)
        sheet.dot((x, rail), (x, MIDDLE + 6.4))
        sheet.wire((x, MIDDLE + 6.4), (x + 1.0, MIDDLE + 6.4))
        sheet.port((x + 1.0, MIDDLE + 6.4), output, "right")
    sheet.port(pair[0].gate, "hp", "left")
    sheet.port(pair[1].gate, "hm", "right")
    tail = sheet.nmos((middle, MIDDLE + 1.2), "left", "M17", "w_pat/l_pat")
    sheet.wire(pair[0].source, (left, MIDDLE + 3.0), (right, MIDDLE + 3.0), pair[1].source)
    sheet.wire((middle, MIDDLE + 3.0), tail.drain)
    sheet.dot((middle, MIDDLE + 3.0), (18.4, rail), (18.4, MIDDLE + 2.6), (20.4, MIDDLE + 1.2))
    diode = sheet.nmos((18.4, MIDDLE + 1.2), "right", "M16", "w_pat/4 / l_pat")
    sheet.current_source((18.4, rail), (18.4, MIDDLE + 6.6), "Ib", "i_b", (19.2, MIDDLE + 8.6))
    sheet.wire((18.4, MIDDLE + 6.6), diode.drain)
    sheet.wire((18.4, MIDDLE + 2.6), (20.4, MIDDLE + 2.6), (20.4, MIDDLE + 1.2))
    sheet.wire(diode.gate, tail.gate)
    sheet.ground(diode.source)
    sheet.ground(tail.source)


def comparator(sheet: Sheet) -> None:
    """StrongARM with neutralization and output inverters."""
    sheet.text((-2.0, LOWER + 13.6), "StrongARM comparator and output inverters", size=16)
    strongarm(sheet, (0, LOWER), 20, COMPARATOR, ("ap", "am"))
    for x, name, gate, node in ((0.6, "M31", "ap", "xm"), (6.0, "M32", "am", "xp")):
        device = sheet.nmos((x, LOWER + 1.9), "left", name, "w_neu/l_in")
        sheet.port(device.gate, gate, "left")
        sheet.wire(device.drain, (x, LOWER + 3.2), (x + 3.0, LOWER + 3.2), (x + 3.0, LOWER + 0.6), (x, LOWER + 0.6),
                   device.source)
        sheet.text((x + 1.5, LOWER + 3.5), node, "center", size=12)
    sizes = ("w_ib_n/l_dig", "w_ib_p/l_dig")
    inverter(sheet, (31.0, LOWER + 7.6), ("M33", "M34"), sizes, ("om", "qp"))
    inverter(sheet, (31.0, LOWER + 1.4), ("M35", "M36"), sizes, ("op", "qm"))


if __name__ == "__main__":
    draw().save(__file__)
