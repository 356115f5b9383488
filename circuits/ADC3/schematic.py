"""Draw the sampler and double-tail comparator: ``python circuits/ADC3/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from blocks import inverter
from drawing import Sheet, Transistor

HELD, DRIVEN = 2.2, -2.2
"""y of the held node and of the input above the middle of a sampler."""
FOOT, SUPPLY = -24.4, -13.6
"""y of the comparator's grounds and of its supply rail."""
INNER = FOOT + 6.0
"""y of the first stage's outputs."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.text((0.0, 4.4), "Samplers: transmission gates with dummy switches", size=16)
    for y, source, held, capacitor, first in ((0.0, "ip", "hp", "Csp", 1), (-7.0, "im", "hm", "Csm", 3)):
        sampler(sheet, y, (source, held), capacitor, first)
    sheet.text((37.2, 4.4), "Clock and output inverters", size=16)
    clock, output = ("w_ckn/l_dig", "w_ckp/l_dig"), ("w_on/l_dig", "w_op/l_dig")
    for at, names, sizes, ports in (((39.5, -1.2), ("Mk1", "Mk2"), clock, ("cks", "cksb")),
                                    ((39.5, -8.2), ("Mk3", "Mk4"), clock, ("clk", "clkb")),
                                    ((46.2, -1.2), ("M11", "M12"), output, ("op", "qm")),
                                    ((46.2, -8.2), ("M13", "M14"), output, ("om", "qp"))):
        inverter(sheet, at, names, sizes, ports)
    sheet.text((0.0, SUPPLY + 1.2), "Comparator, first stage", size=16)
    sheet.text((21.0, SUPPLY + 1.2), "Comparator, second stage", size=16)
    first_stage(sheet)
    second_stage(sheet)
    sheet.text((0.0, FOOT - 2.4), "W/L of every device; blue: parameters. Nets of one name are connected. Bulks: NMOS "
               "at ground, PMOS at vdd. Ms1, Ms3, Md1, Md3 are low-threshold devices.", size=12)
    return sheet


def sampler(sheet: Sheet, y: float, nets: tuple[str, str], capacitor: str, first: int) -> None:
    """A transmission gate of Ms``first`` and the next, two dummies, drain and source tied, and the capacitor."""
    x = 2.6
    low, high = (sheet.nmos((x, y), "left", f"Ms{first}", "w_swn/l_sw"),
                 sheet.pmos((x + 6.0, y), "left", f"Ms{first + 1}", "w_swp/l_sw"))
    sheet.port(low.gate, "cks", "left")
    sheet.port(high.gate, "cksb", "left")
    for device in (low, high):
        bottom, top = sorted((device.drain, device.source), key=lambda end: end[1])
        sheet.wire(top, (top[0], y + HELD))
        sheet.wire(bottom, (bottom[0], y + DRIVEN))
    sheet.wire((x - 1.4, y + DRIVEN), (x + 6.0, y + DRIVEN))
    sheet.port((x - 1.4, y + DRIVEN), nets[0], "left")
    sheet.wire((x, y + HELD), (x + 31.4, y + HELD))
    sheet.port((x + 31.4, y + HELD), nets[1], "right")
    sheet.dot((x, y + DRIVEN), (x + 6.0, y + HELD))
    dummy(sheet, sheet.nmos((x + 12.4, y), "left", f"Md{first}", "k_dum w_swn/l_sw"), y, "cksb")
    dummy(sheet, sheet.pmos((x + 21.0, y), "left", f"Md{first + 1}", "k_dum w_swp/l_sw"), y, "cks")
    sheet.capacitor((x + 28.6, y + HELD), (x + 28.6, y - 0.4), capacitor, "c_s", (x + 29.2, y + 0.9))
    sheet.dot((x + 28.6, y + HELD))
    sheet.ground((x + 28.6, y - 0.4))


def dummy(sheet: Sheet, device: Transistor, y: float, gate: str) -> None:
    """Both ends of a transistor to the held node."""
    x, around = device.drain[0], device.drain[0] + 5.2
    sheet.port(device.gate, gate, "left")
    sheet.wire((x, y + 1), (x, y + HELD))
    sheet.wire((x, y - 1), (x, y - 1.6), (around, y - 1.6), (around, y + HELD))
    sheet.dot((x, y + HELD), (around, y + HELD))


def first_stage(sheet: Sheet) -> None:
    """Clocked tail, input pair, precharge, and a capacitor at each output."""
    left, right, middle = 6.0, 13.0, 9.5
    sheet.rail(1.0, 18.0, SUPPLY, "vdd")
    tail = sheet.nmos((middle, FOOT + 1.0), "left", "Mt1", "w_t1/l_t1")
    sheet.port(tail.gate, "clk", "left")
    sheet.ground(tail.source)
    sheet.wire(tail.drain, (middle, FOOT + 2.6))
    sheet.wire((left, FOOT + 3.0), (left, FOOT + 2.6), (right, FOOT + 2.6), (right, FOOT + 3.0))
    sheet.dot((middle, FOOT + 2.6))
    sheet.text((middle + 0.2, FOOT + 2.9), "tail", size=12)
    for x, side, held, names, at, output, end in ((left, "left", "hp", ("M1", "M3"), "Cfp", "fp", 1.6),
                                                  (right, "right", "hm", ("M2", "M4"), "Cfm", "fm", 17.4)):
        driver = sheet.nmos((x, FOOT + 4.0), side, names[0], "w_in/l_in")
        fill = sheet.pmos((x, FOOT + 8.6), side, names[1], "w_pre/l_pre")
        sheet.port(driver.gate, held, side)
        sheet.port(fill.gate, "clk", side)
        sheet.wire(driver.drain, fill.drain)
        sheet.wire(fill.source, (x, SUPPLY))
        sheet.wire((x, INNER), (end, INNER), (end, INNER - 0.4))
        sheet.dot((x, INNER), (x, SUPPLY))
        outwards = -1 if side == "left" else 1
        sheet.text((x + 1.2 * outwards, INNER + 0.3), output, "center", size=12)
        sheet.capacitor((end, INNER - 0.4), (end, INNER - 3.0), at, "c_f", (end + 0.6 * outwards, INNER - 1.7),
                        "right" if side == "left" else "left")
        sheet.ground((end, INNER - 3.0))


def second_stage(sheet: Sheet) -> None:
    """PMOS tail, cross-coupled latch, and NMOS that hold its outputs at ground until the first stage falls."""
    left, right, middle, level = 30.4, 36.6, 33.5, FOOT + 4.0
    sheet.rail(24.0, 43.0, SUPPLY, "vdd")
    tail = sheet.pmos((middle, SUPPLY - 1.4), "left", "Mt2", "w_t2/l_t2")
    sheet.port(tail.gate, "clkb", "left")
    sheet.wire((middle, SUPPLY), tail.source)
    sheet.wire(tail.drain, (middle, SUPPLY - 3.0))
    sheet.wire((left, SUPPLY - 3.4), (left, SUPPLY - 3.0), (right, SUPPLY - 3.0), (right, SUPPLY - 3.4))
    sheet.dot((middle, SUPPLY), (middle, SUPPLY - 3.0))
    sheet.text((middle + 0.2, SUPPLY - 2.7), "head", size=12)
    for x, other, inside, column, names, net, gate, height in (
            (left, right, "right", 23.2, ("M5", "M7", "M9"), "op", "fp", level + 0.5),
            (right, left, "left", 43.8, ("M6", "M8", "M10"), "om", "fm", level + 1.1)):
        outside = "left" if inside == "right" else "right"
        low = sheet.nmos((x, FOOT + 1.6), inside, names[1], "w_ln/l_lat")
        high = sheet.pmos((x, SUPPLY - 4.4), inside, names[2], "w_lp/l_lat")
        hold = sheet.nmos((column, FOOT + 1.6), outside, names[0], "w_cpl/l_cpl")
        sheet.port(hold.gate, gate, outside)
        sheet.wire(low.drain, high.drain)
        sheet.wire(low.gate, high.gate)
        sheet.wire((low.gate[0], height), (other, height))
        sheet.wire(hold.drain, (column, level - 0.2), (x, level - 0.2))
        sheet.dot((low.gate[0], height), (other, height), (x, level - 0.2))
        sheet.text((x + (-1.0 if inside == "right" else 1.0), level + 0.1), net, "center", size=12)
        sheet.ground(low.source)
        sheet.ground(hold.source)


if __name__ == "__main__":
    draw().save(__file__)
