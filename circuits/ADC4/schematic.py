"""Draw the pipeline stage: ``python circuits/ADC4/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawing import Point, Sheet, Transistor

SUPPLY, QUEUE, FOLD = 12.0, 6.0, 8.7
"""Op-amp: y of the supply rail, of the second stage's input and output, and of the folding nodes."""
PLUS = ("p", {"input": "Man, Map", "feedback": "Mbn, Mbp", "dac": "Mdn, Mdp", "flip": "Mfn, Mfp", "sum": "Mgp"})
MINUS = ("m", {"input": "Mcn, Mcp", "feedback": "Men, Mep", "dac": "Mhn, Mhp", "flip": "Mkn, Mkp", "sum": "Mgm"})
"""Side and its switches, N and P of a transmission gate each."""


def draw() -> Sheet:
    sheet = Sheet()
    network(sheet, (0.0, 26.5))
    bias(sheet, (27.0, 22.0))
    amplifier(sheet)
    common_mode(sheet, 31.5)
    sheet.text((-5.0, -1.6), "W/L of every device, blue: parameters; transmission gates: W of the NMOS, the PMOS has "
               "2 W. Bulks: NMOS at ground, PMOS at vdd.", size=12)
    sheet.text((-5.0, -2.4), "M1, M2, M16, M17 and the NMOS of all switches have low threshold. p1, p2: clock phases, "
               "p1e ends early. hp = gp, hm = gm, cmi = cms: there the testbench probes the loops.", size=12)
    return sheet


def network(sheet: Sheet, at: Point) -> None:
    """Capacitors and switches of both sides around the op-amp, the negative one mirrored."""
    x, y = at
    for sign, (side, names) in ((1, PLUS), (-1, MINUS)):
        sample(sheet, at, sign, side, names)
        hold(sheet, at, sign, side, names)
    sheet.wire((x + 11, y + 2.4), (x + 14.4, y + 2.4), (x + 14.4, y - 2.4), (x + 11, y - 2.4), (x + 11, y + 2.4))
    sheet.text((x + 12.7, y), "op-amp", "center")
    for sign, mark, inverse in ((1, "+", "-"), (-1, "-", "+")):
        sheet.text((x + 11.3, y + 1.4 * sign), mark, "center")
        sheet.text((x + 14.1, y + 1.4 * sign), inverse, "center")
    sheet.switch((x + 16.2, y + 1.4), (x + 16.2, y - 1.4), "Mrn, Mrp (p1)", "w_rst/l_sw", (x + 17.0, y))
    sheet.dot((x + 16.2, y + 1.4), (x + 16.2, y - 1.4))


def sample(sheet: Sheet, at: Point, sign: int, side: str, names: dict[str, str]) -> None:
    """Input switches, sampling and feedback capacitor, DAC switch, and the switch that holds the summing node."""
    x, y = at
    upper, lower = y + 7.4 * sign, y + 4.0 * sign
    sheet.port((x, lower), f"i{side}", "left")
    sheet.wire((x, lower), (x + 1, lower), (x + 1, upper))
    sheet.dot((x + 1, lower))
    for row, role, node, capacitor in ((upper, "feedback", "f", "Cf"), (lower, "input", "s", "Cs")):
        sheet.switch((x + 1, row), (x + 4, row), f"{names[role]} (p1)", "w_swi/l_sw",
                     (x + 2.5, row + 1.2 * sign), "center")
        sheet.text((x + 4.6, row + 0.35), f"{node}{side}", "center", size=12)
        sheet.wire((x + 4, row), (x + 5.2, row))
        sheet.capacitor((x + 5.2, row), (x + 8, row), f"{capacitor}{side}", "c_s",
                        (x + 6.6, row + 1.1 * sign), "center")
    sheet.wire((x + 8, upper), (x + 8, lower))
    for column, role, phase, width in ((x + 4, "dac", "p2", "w_swd"), (x + 8, "sum", "p1e", "w_sws")):
        ends = sorted((lower, y + 1.6 * sign), reverse=True)
        sheet.switch((column, ends[0]), (column, ends[1]), f"{names[role]} ({phase})", f"{width}/l_sw",
                     (column - 0.4, y + 2.8 * sign), "right")
    sheet.port((x + 4, y + 1.6 * sign), f"d{side}", "right")
    sheet.port((x + 8, y + 1.6 * sign), "vc", "left")
    sheet.text((x + 8.5, lower + 0.35), f"g{side}", size=12)
    sheet.dot((x + 4, lower), (x + 8, lower))


def hold(sheet: Sheet, at: Point, sign: int, side: str, names: dict[str, str]) -> None:
    """From the summing node into the op-amp, and back from its output through the feedback switch."""
    x, y = at
    lower, outer = y + 4.0 * sign, y + 10.6 * sign
    sheet.wire((x + 8, lower), (x + 9.8, lower), (x + 9.8, y + 1.4 * sign), (x + 11, y + 1.4 * sign))
    sheet.text((x + 10.4, y + 1.75 * sign), f"h{side}", "center", size=12)
    sheet.wire((x + 14.4, y + 1.4 * sign), (x + 20.4, y + 1.4 * sign))
    sheet.port((x + 20.4, y + 1.4 * sign), f"o{side}", "right")
    sheet.wire((x + 19.6, y + 1.4 * sign), (x + 19.6, outer), (x + 12.6, outer))
    sheet.switch((x + 12.6, outer), (x + 9.6, outer), f"{names['flip']} (p2)", "w_swf/l_sw",
                 (x + 11.1, outer + 1.2 * sign), "center")
    sheet.wire((x + 9.6, outer), (x + 4.0, outer), (x + 4.0, y + 7.4 * sign))
    sheet.dot((x + 19.6, y + 1.4 * sign), (x + 4.0, y + 7.4 * sign))


def amplifier(sheet: Sheet) -> None:
    """Folded-cascode first stage in the middle, common-source stages outside, compensated between."""
    sheet.rail(-3.4, 31.2, SUPPLY, "vdd")
    left, right = branch(sheet, 6.4, "right", 0), branch(sheet, 21.4, "left", 1)
    sheet.wire(left.gate, right.gate)
    sheet.text((13.9, 10.95), "ncm", "center", size=12)
    pair = [sheet.nmos((11.4, 4.2), "left", "M1", "w_in/l_in"), sheet.nmos((16.4, 4.2), "right", "M2", "w_in/l_in")]
    sheet.port(pair[0].gate, "hp", "left")
    sheet.port(pair[1].gate, "hm", "right")
    sheet.wire(pair[0].source, (11.4, 2.8), (16.4, 2.8), pair[1].source)
    sheet.wire(pair[0].drain, (11.4, FOLD), (6.4, FOLD))
    sheet.wire(pair[1].drain, (16.4, FOLD), (21.4, FOLD))
    tail = sheet.nmos((13.9, 1.2), "left", "M0", "w_tail/l_n")
    sheet.wire((13.9, 2.8), tail.drain)
    sheet.port(tail.gate, "vbn", "left")
    sheet.ground(tail.source)
    sheet.dot((13.9, 2.8), (6.4, FOLD), (21.4, FOLD))
    output_stage(sheet, -2.4, 1, 0)
    output_stage(sheet, 30.2, -1, 1)


def branch(sheet: Sheet, x: float, gate: str, side: int) -> Transistor:
    """PMOS source, PMOS and NMOS cascode, NMOS source; returns the PMOS source."""
    top = sheet.pmos((x, 10.6), gate, f"M{3 + side}", "w_ps/l_p")
    upper = sheet.pmos((x, 7.4), gate, f"M{5 + side}", "w_pc/l_pc")
    lower = sheet.nmos((x, 4.2), gate, f"M{7 + side}", "w_nc/l_nc")
    foot = sheet.nmos((x, 1.2), gate, f"M{9 + side}", "w_ns/l_n")
    sheet.wire((x, SUPPLY), top.source)
    for above, below in ((top.drain, upper.source), (upper.drain, lower.drain), (lower.source, foot.drain)):
        sheet.wire(above, below)
    for device, net in ((upper, "vcp"), (lower, "vcn"), (foot, "vbn")):
        sheet.port(device.gate, net, gate)
    sheet.ground(foot.source)
    sheet.dot((x, SUPPLY), (x, QUEUE))
    return top


def output_stage(sheet: Sheet, x: float, inward: int, side: int) -> None:
    """Common source M11 or M12 with its load; Rz and Cc lead from the output to its gate and the first stage."""
    gate, away = ("right", "left") if inward > 0 else ("left", "right")
    load = sheet.pmos((x, 10.6), gate, f"M{13 + side}", "w_cl/l_p")
    driver = sheet.nmos((x, 1.2), gate, f"M{11 + side}", "w_cs/l_cs")
    sheet.wire((x, SUPPLY), load.source)
    sheet.wire(load.drain, driver.drain)
    sheet.port(load.gate, "vbp", gate)
    sheet.ground(driver.source)
    inner, node = x + 5.8 * inward, x + 8.8 * inward
    middle = x + 2.8 * inward
    sheet.capacitor((x, QUEUE), (middle, QUEUE), f"Cc{1 + side}", "c_c", (x + 1.5 * inward, QUEUE + 1.0), "center")
    sheet.resistor((middle, QUEUE), (inner, QUEUE), f"Rz{1 + side}", "r_z", (x + 4.3 * inward, QUEUE + 0.9), "center")
    sheet.wire((inner, QUEUE), (node, QUEUE))
    sheet.wire((inner, QUEUE), (inner, 1.2), driver.gate)
    sheet.text((x + 7.0 * inward, QUEUE + 0.35), f"q{1 + side}", "center", size=12)
    sheet.wire((x, QUEUE), (x - 1.2 * inward, QUEUE))
    sheet.port((x - 1.2 * inward, QUEUE), "om" if side == 0 else "op", away)
    sheet.dot((x, SUPPLY), (x, QUEUE), (inner, QUEUE))


def common_mode(sheet: Sheet, x: float) -> None:
    """Sense network and amplifier that compares the outputs' mean with vc."""
    x += 4.0
    sheet.rail(x + 7.0, x + 15.4, SUPPLY, "vdd")
    for top, bottom, row, side in ((9.0, QUEUE, 7.5, "p"), (QUEUE, 3.0, 4.5, "m")):
        sheet.resistor((x, top), (x, bottom), f"Rc{side}", "r_cm", (x - 0.5, row), "right")
        sheet.capacitor((x + 2, top), (x + 2, bottom), f"Cc{side}", "c_cm", (x + 2.6, row))
        end = top if side == "p" else bottom
        sheet.wire((x + 2, end), (x, end), (x - 1.2, end))
        sheet.port((x - 1.2, end), f"o{side}", "left")
        sheet.dot((x, end))
    sheet.wire((x, QUEUE), (x + 5.6, QUEUE), (x + 5.6, 4.2), (x + 7.3, 4.2))
    sheet.text((x + 4.4, QUEUE + 0.35), "cms", "center", size=12)
    sheet.dot((x, QUEUE), (x + 2, QUEUE))
    halves = []
    for at, gate, names, net in ((x + 8.4, "left", ("M16", "M18"), "ncm"), (x + 14.0, "right", ("M17", "M19"), "ncr")):
        driver = sheet.nmos((at, 4.2), gate, names[0], "w_cmi/l_cmi")
        facing = "right" if gate == "left" else "left"
        diode_pmos(sheet, (at, 9.6), facing, names[1], "k_cm w_ps/l_p", net)
        sheet.wire((at, 8.6), driver.drain)
        halves.append(driver)
    sheet.port(halves[1].gate, "vc", "right")
    sheet.wire(halves[0].source, (x + 8.4, 2.8), (x + 14.0, 2.8), halves[1].source)
    tail = sheet.nmos((x + 11.2, 1.2), "left", "M15", "k_cm (w_tail + 2 w_ns)/l_n")
    sheet.wire((x + 11.2, 2.8), tail.drain)
    sheet.port(tail.gate, "vbn", "left")
    sheet.ground(tail.source)
    sheet.dot((x + 11.2, 2.8))


def bias(sheet: Sheet, at: Point) -> None:
    """The reference current, its copies, and diodes for the gates of current sources and cascodes."""
    x, y = at
    sheet.rail(x - 0.8, x + 18.4, y + 9.0, "vdd")
    diode_nmos(sheet, (x, y + 1.2), "right", "Mb1", "w_bn/l_n", "vbn")
    sheet.current_source((x, y + 9.0), (x, y + 5.6), "Iref", "i_ref", (x + 0.7, y + 7.3))
    sheet.wire((x, y + 5.6), (x, y + 2.2))
    sheet.dot((x, y + 9.0))
    for column, copy, diode, size, net in ((x + 6.2, "Mb2", "Mb4", "w_bp/l_p", "vbp"),
                                           (x + 11.6, "Mb3", "Mb7", "w_bcp/l_bcp", "vcp")):
        device = sheet.nmos((column, y + 1.2), "left", copy, "w_bn/l_n")
        sheet.port(device.gate, "vbn", "left")
        sheet.ground(device.source)
        diode_pmos(sheet, (column, y + 6.6), "right", diode, size, net, y + 9.0)
        sheet.wire((column, y + 5.6), device.drain)
    column = x + 17.4
    device = sheet.pmos((column, y + 6.6), "left", "Mb5", "w_bp/l_p")
    sheet.port(device.gate, "vbp", "left")
    sheet.wire((column, y + 9.0), device.source)
    diode_nmos(sheet, (column, y + 1.2), "left", "Mb6", "w_bcn/l_bcn", "vcn")
    sheet.wire(device.drain, (column, y + 2.2))
    sheet.dot((column, y + 9.0))


def diode_nmos(sheet: Sheet, at: Point, gate: str, name: str, size: str, net: str) -> None:
    """A grounded NMOS diode whose gate net has a name."""
    device = sheet.nmos(at, gate, name, size)
    corner = (device.gate[0], at[1] + 1.9)
    sheet.wire(device.gate, corner, (at[0], corner[1]), device.drain)
    sheet.text((corner[0] + (0.3 if gate == "right" else -0.3), corner[1]), net, "left" if gate == "right" else "right",
               size=12)
    sheet.dot((at[0], corner[1]))
    sheet.ground(device.source)


def diode_pmos(sheet: Sheet, at: Point, gate: str, name: str, size: str, net: str, rail: float = SUPPLY) -> None:
    """A PMOS diode from the rail at y = ``rail`` whose gate net has a name."""
    device = sheet.pmos(at, gate, name, size)
    corner = (device.gate[0], at[1] - 1.9)
    sheet.wire(device.gate, corner, (at[0], corner[1]), device.drain)
    sheet.text((corner[0] + (0.3 if gate == "right" else -0.3), corner[1]), net, "left" if gate == "right" else "right",
               size=12)
    sheet.wire((at[0], rail), device.source)
    sheet.dot((at[0], corner[1]), (at[0], rail))


if __name__ == "__main__":
    draw().save(__file__)
