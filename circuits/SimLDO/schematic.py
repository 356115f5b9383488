"""Draw the low-dropout regulator: ``python circuits/SimLDO/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawing import Sheet

SUPPLY, GATE = 13.0, 6.9
"""y of the supply rail and of the wire to the pass device's gate."""
TURN, PLUS, MINUS, OUTPUT = 2.0, 7.5, 13.0, 18.5
"""x of the amplifier's branches: the one that turns the current around, M2, M1, and the output branch."""
LINE, SENSE, PASS, OUT = 26.4, 28.6, 34.4, 37.4
"""x of the gate line, the sense device, the pass device and the divider."""
ROWS = (11.7, 9.1, 4.6, 1.6)
"""y of the four transistors of a cascoded branch."""
BIAS_SUPPLY, BIAS_TOP, BIAS_LOW = -3.2, -4.5, -9.6
"""y of the bias network's rail, PMOS and NMOS devices."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.rail(-0.5, PASS + 0.7, SUPPLY, "vdd")
    input_stage(sheet)
    turning_branch(sheet)
    output_branch(sheet)
    adaptive_bias(sheet)
    pass_device(sheet)
    load(sheet)
    bias(sheet)
    sheet.text((23.0, -5.0), "W/L of every device; blue: parameters. Wires of one name are one net.")
    sheet.text((23.0, -5.8), "Bulks: NMOS at ground, PMOS at vdd. ref: ideal 1.2 V.")
    sheet.text((23.0, -6.6), "The testbench opens the loop between out and the top of the divider (R1, Cff).")
    return sheet


def input_stage(sheet: Sheet) -> None:
    """Pair M1, M2 on the diodes M3, M4; fixed tail M0 and adaptive tail Mam2."""
    diodes = [sheet.pmos((PLUS, ROWS[0]), "left", "M4", "w_dl/l_dl"),
              sheet.pmos((MINUS, ROWS[0]), "right", "M3", "w_dl/l_dl")]
    pair = [sheet.nmos((PLUS, 6.0), "left", "M2", "w_in/l_in"), sheet.nmos((MINUS, 6.0), "right", "M1", "w_in/l_in")]
    tails = [sheet.nmos((PLUS, ROWS[3]), "left", "M0", "w_tail/l_bn"),
             sheet.nmos((MINUS, ROWS[3]), "right", "Mam2", "w_am2/l_am")]
    for diode, driver, tail, side in zip(diodes, pair, tails, (-1, 1), strict=True):
        x = diode.drain[0]
        sheet.wire((x, SUPPLY), diode.source)
        sheet.wire(diode.drain, driver.drain)
        sheet.wire(driver.source, tail.drain)
        sheet.wire(diode.drain, (x + 1.8 * side, diode.drain[1]), (x + 1.8 * side, ROWS[0]))
        sheet.dot((x, SUPPLY), diode.drain, (x + 1.8 * side, ROWS[0]), (x, 3.8))
        sheet.ground(tail.source)
    sheet.wire((PLUS, 3.8), (MINUS, 3.8))
    sheet.text(((PLUS + MINUS) / 2, 4.1), "tail", "center", size=12)
    sheet.port(pair[0].gate, "ref", "left")
    sheet.port(pair[1].gate, "fb", "right")
    sheet.port(tails[0].gate, "vbn", "left")
    sheet.port(tails[1].gate, "sn", "right")


def turning_branch(sheet: Sheet) -> None:
    """M6, cascoded by M12, into the cascoded mirror M8, M10."""
    top, upper, lower, bottom = branch(sheet, TURN, "", ("M6", "M12", "M10", "M8"), ("right", "left", "left", "right"))
    sheet.wire(top.gate, (PLUS - 1.1, ROWS[0]))
    sheet.text((4.2, ROWS[0] + 0.3), "d2", "center", size=12)
    sheet.wire((TURN, GATE), (4.8, GATE), (4.8, ROWS[3]), bottom.gate)
    sheet.text((3.4, GATE + 0.3), "g2", "center", size=12)
    sheet.dot((TURN, GATE))
    sheet.port(upper.gate, "vcp", "left")
    sheet.port(lower.gate, "vcn", "left")


def output_branch(sheet: Sheet) -> None:
    """M5, M11, M9, M7: m_out units each; the compensation capacitors go to the cascodes' sources."""
    top, upper, lower, bottom = branch(sheet, OUTPUT, "m_out x ", ("M5", "M11", "M9", "M7"), ("left",) * 4)
    sheet.wire((MINUS + 1.1, ROWS[0]), top.gate)
    sheet.text((16.2, ROWS[0] + 0.3), "d1", "center", size=12)
    sheet.port(upper.gate, "vcp", "left")
    sheet.port(lower.gate, "vcn", "left")
    sheet.port(bottom.gate, "g2", "left")
    for name, value, node, y in (("Cap", "c_ap", "e1", 10.4), ("Ca", "c_a", "y1", 3.1)):
        sheet.wire((OUTPUT, y), (22.6, y))
        sheet.text((OUTPUT + 0.7, y + 0.3), node, "center", size=12)
        sheet.capacitor((22.6, y), (24.2, y), name, value, (23.4, y - 0.95), "center")
        sheet.port((24.2, y), "out", "right")
        sheet.dot((OUTPUT, y))
    sheet.wire((OUTPUT, GATE), (LINE, GATE))
    sheet.text((22.5, GATE + 0.3), "g", "center", size=12)
    sheet.dot((OUTPUT, GATE))


def branch(sheet: Sheet, x: float, units: str, names, gates) -> list:
    """PMOS mirror and cascode, NMOS cascode and mirror, from the supply to ground; ``units`` precedes their sizes."""
    makers = (sheet.pmos, sheet.pmos, sheet.nmos, sheet.nmos)
    sizes = ("w_mp/l_dl", "w_cp/l_cp", "w_cn/l_cn", "w_mn/l_mn")
    devices = [make((x, y), gate, name, units + size)
               for make, y, gate, name, size in zip(makers, ROWS, gates, names, sizes, strict=True)]
    sheet.wire((x, SUPPLY), devices[0].source)
    sheet.wire(devices[0].drain, devices[1].source)
    sheet.wire(devices[1].drain, devices[2].drain)
    sheet.wire(devices[2].source, devices[3].drain)
    sheet.ground(devices[3].source)
    sheet.dot((x, SUPPLY))
    return devices


def adaptive_bias(sheet: Sheet) -> None:
    """Msns, a small copy of the pass device, and the diode Mam1, which Mam2 copies into the tail."""
    sense = sheet.pmos((SENSE, ROWS[0]), "left", "Msns", "w_sns/l_pass")
    diode = sheet.nmos((SENSE, ROWS[3]), "right", "Mam1", "w_am1/l_am")
    sheet.wire((SENSE, SUPPLY), sense.source)
    sheet.wire(sense.drain, diode.drain)
    sheet.wire((LINE, GATE), (LINE, ROWS[0]), sense.gate)
    sheet.wire(diode.drain, (SENSE + 1.8, 2.6), (SENSE + 1.8, ROWS[3]), diode.gate)
    sheet.dot((SENSE, SUPPLY), (LINE, GATE), diode.drain, (SENSE + 1.8, 2.6))
    sheet.port((SENSE + 1.8, 2.6), "sn", "right")
    sheet.ground(diode.source)


def pass_device(sheet: Sheet) -> None:
    """Mpass, and the Miller capacitor from the output to its gate."""
    device = sheet.pmos((PASS, ROWS[0]), "left", "Mpass", "m_pass x w_pass/l_pass")
    sheet.wire((PASS, SUPPLY), device.source)
    sheet.wire((LINE, 8.9), (PASS - 1.9, 8.9), (PASS - 1.9, ROWS[0]), device.gate)
    sheet.wire(device.drain, (PASS, GATE))
    sheet.wire((LINE, GATE), (29.6, GATE))
    sheet.resistor((29.6, GATE), (31.8, GATE), "Rm", "r_m", (30.7, GATE - 0.9), "center")
    sheet.capacitor((31.8, GATE), (PASS, GATE), "Cm", "c_m", (33.1, GATE - 0.9), "center")
    sheet.dot((PASS, SUPPLY), (LINE, 8.9), (PASS, GATE))


def load(sheet: Sheet) -> None:
    """Divider with its feed-forward capacitor, output capacitance and load current."""
    sheet.wire((PASS, GATE), (46.2, GATE))
    sheet.port((46.2, GATE), "out", "right")
    sheet.resistor((OUT, GATE), (OUT, 4.2), "R1", "r_fb/3", (OUT - 0.45, 5.55), "right")
    sheet.resistor((OUT, 4.2), (OUT, 1.5), "R2", "2 r_fb/3", (OUT - 0.45, 2.85), "right")
    sheet.capacitor((OUT + 1.8, GATE), (OUT + 1.8, 4.2), "Cff", "c_ff", (OUT + 2.3, 5.55))
    sheet.wire((OUT - 0.8, 4.2), (OUT + 1.8, 4.2))
    sheet.port((OUT - 0.8, 4.2), "fb", "left")
    sheet.capacitor((42.0, GATE), (42.0, 4.2), "Cload", "load", (42.5, 5.3), accent=False)
    sheet.current_source((45.0, GATE), (45.0, 4.2), "", "", (45.6, 5.55))
    sheet.text((45.6, 5.79), "Gload")
    sheet.text((45.6, 5.31), "0.5 to 20 mA")
    for x, y in ((OUT, 1.5), (42.0, 4.2), (45.0, 4.2)):
        sheet.ground((x, y))
    sheet.dot((OUT, GATE), (OUT, 4.2), (OUT + 1.8, GATE), (42.0, GATE), (45.0, GATE))


def bias(sheet: Sheet) -> None:
    """i_ref into Mbn1, its copies, and the diodes that hold the cascodes' gates."""
    columns = (2.0, 7.0, 12.8, 18.6)
    sheet.rail(1.5, 19.3, BIAS_SUPPLY, "vdd")
    low = [sheet.nmos((columns[0], BIAS_LOW), "right", "Mbn1", "w_bn/l_bn"),
           sheet.nmos((columns[1], BIAS_LOW), "left", "Mbn2", "w_bn2/l_bn"),
           sheet.nmos((columns[2], BIAS_LOW), "right", "Mbcn", "w_bcn/l_bcn"),
           sheet.nmos((columns[3], BIAS_LOW), "left", "Mbn3", "w_bn3/l_bn")]
    top = [sheet.pmos((columns[1], BIAS_TOP), "right", "Mbp1", "w_bp/l_bp"),
           sheet.pmos((columns[2], BIAS_TOP), "left", "Mbp2", "w_bp/l_bp"),
           sheet.pmos((columns[3], BIAS_TOP), "right", "Mbcp", "w_bcp/l_bcp")]
    sheet.current_source((columns[0], BIAS_SUPPLY), (columns[0], BIAS_LOW + 1.6), "Iref", "i_ref",
                         (columns[0] + 0.7, -5.6))
    sheet.wire((columns[0], BIAS_LOW + 1.6), low[0].drain)
    for upper, lower in zip(top, low[1:], strict=True):
        sheet.wire((upper.source[0], BIAS_SUPPLY), upper.source)
        sheet.wire(upper.drain, lower.drain)
    for x in columns:
        sheet.dot((x, BIAS_SUPPLY))
    for diode in (low[0], top[0], low[2], top[2]):
        corner = (diode.gate[0] + 0.5, diode.drain[1])
        sheet.wire(diode.drain, corner, (corner[0], diode.gate[1]), diode.gate)
        sheet.dot(diode.drain)
    for device in low:
        sheet.ground(device.source)
    sheet.wire(low[0].gate, low[1].gate)
    sheet.text((4.8, BIAS_LOW + 0.3), "vbn", "center", size=12)
    sheet.wire(top[0].gate, top[1].gate)
    sheet.text((10.2, BIAS_TOP + 0.3), "vbp", "center", size=12)
    sheet.dot((low[0].gate[0] + 0.5, BIAS_LOW), (top[0].gate[0] + 0.5, BIAS_TOP))
    for diode, name in ((low[2], "vcn"), (top[2], "vcp")):
        sheet.port((diode.gate[0] + 0.5, diode.drain[1]), name, "right")
        sheet.dot((diode.gate[0] + 0.5, diode.drain[1]))
    sheet.port(low[3].gate, "vbn", "left")


if __name__ == "__main__":
    draw().save(__file__)
