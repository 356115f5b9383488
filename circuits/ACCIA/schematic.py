"""Draw the instrumentation amplifier: ``python circuits/ACCIA/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawing import Point, Sheet, Transistor

SUPPLY, SOURCES, CASCODES, OUTPUT, SINKS, BOTTOM = 17.0, 14.2, 11.6, 9.2, 3.4, 0.6
"""y of the op-amp's rail, PMOS sources, PMOS cascodes, output nodes, NMOS sinks and of the resistors below them."""
PAIR, BRANCH, TAP, SECOND, PORT = 2.8, 8.4, 11.4, 15.6, 19.1
"""x, both sides of the centre, of the pair, the folded branches, the second stage's gate line and its devices."""
NETWORK = 25.2
"""y of the middle of the gain network."""
RAIL, HIGH, LOW, FLOOR = -2.6, -5.4, -11.8, -14.6
"""y of the rail, PMOS and NMOS rows of the bias network and the common-mode amplifier."""
BIAS = (-18.4, -12.9, -7.4, -1.9)
"""x of the four branches of the bias network."""
SENSE, PLUS, MINUS = 4.2, 12.4, 19.4
"""x of the common-mode sense network and of the pair behind it."""


def draw() -> Sheet:
    sheet = Sheet()
    gain_network(sheet)
    pseudo_resistors(sheet)
    notes(sheet)
    sheet.rail(-SECOND - 0.8, SECOND + 0.8, SUPPLY, "vdd")
    input_stage(sheet)
    for side in (-1, 1):
        folded_branch(sheet, side)
        second_stage(sheet, side)
    bias(sheet)
    common_mode_sense(sheet)
    common_mode_amplifier(sheet)
    return sheet


def gain_network(sheet: Sheet) -> None:
    """The op-amp as a triangle, input and feedback capacitors, pseudo-resistors as resistors."""
    left, tip = -10.0, -4.0
    sheet.wire((left, NETWORK + 3), (left, NETWORK - 3), (tip, NETWORK), (left, NETWORK + 3))
    for side, names in ((1, ("sp", "gp", "om", "1")), (-1, ("sm", "gm", "op", "2"))):
        source, gate, output, number = names
        y, outer, far = NETWORK + 1.4 * side, NETWORK + 4.0 * side, NETWORK + 5.8 * side
        sheet.port((-17.6, y), source, "left")
        sheet.wire((-17.6, y), (-16.4, y))
        sheet.capacitor((-16.4, y), (-14.2, y), f"Ci{number}", "c_in", (-15.3, y + 1.0 * side), "center")
        sheet.wire((-14.2, y), (left, y))
        sheet.text((-12.9, y - 0.35 * side), gate, "right", size=12)
        sheet.text((left + 0.4, y), "+" if side > 0 else "\N{MINUS SIGN}", "center")
        sheet.text((tip - 2.6, y - 0.55 * side), "\N{MINUS SIGN}" if side > 0 else "+", "center")
        sheet.wire((tip - 2.8, y), (-1.2, y))
        sheet.port((-1.2, y), output, "right")
        sheet.wire((-12.4, y), (-12.4, far), (-9.0, far))
        sheet.wire((-2.4, y), (-2.4, far), (-5.0, far))
        sheet.resistor((-9.0, far), (-5.0, far), f"PR{number}", "w_pr/l_pr", (-7.0, far + 0.95 * side), "center")
        sheet.wire((-12.4, outer), (-9.0, outer))
        sheet.wire((-5.0, outer), (-2.4, outer))
        sheet.capacitor((-9.0, outer), (-5.0, outer), f"Cf{number}", "c_f", (-5.6, outer - 0.75 * side), "center")
        sheet.dot((-12.4, y), (-12.4, outer), (-2.4, y), (-2.4, outer))


def pseudo_resistors(sheet: Sheet) -> None:
    """Each PR: two PMOS in series, source towards the op-amp's input, bulks at its output."""
    for x, number, names, ends in ((3.0, 1, ("Mr1", "Mr2"), ("gp", "om")), (8.6, 2, ("Mr3", "Mr4"), ("gm", "op"))):
        sheet.text((x + 0.4, NETWORK + 5.4), f"PR{number}", "left")
        upper, lower = (sheet.pmos((x, NETWORK + shift), "left", name, "w_pr/l_pr")
                        for shift, name in zip((1.6, -1.8), names, strict=True))
        sheet.wire((x, NETWORK + 3.8), upper.source)
        sheet.wire(upper.drain, lower.source)
        sheet.wire(lower.drain, (x, NETWORK - 4.0))
        sheet.port((x, NETWORK + 3.8), ends[0], "right")
        sheet.port((x, NETWORK - 4.0), ends[1], "right")
        sheet.port(upper.gate, "vgr", "left")
        sheet.port(lower.gate, "vgr", "left")


def notes(sheet: Sheet) -> None:
    lines = ("vgr = supply/2 - v_pr", "k1 = m_tail/2 + m_ps", "k2 = m_cmt/2")
    for row, line in enumerate(lines):
        sheet.text((12.6, NETWORK + 4.2 - 0.8 * row), line, accent=True)
    lines = ("W/L of every device; blue: parameters.", "n x w/l: n equal devices in parallel.",
             "Nets of one name are connected.", "Bulks: NMOS at ground, PMOS at vdd,", "M1 and M2 at their sources,",
             "pseudo-resistors at om and op.", "M3's gate: vcs and a threshold", "mismatch of 3 sigma.")
    for row, line in enumerate(lines):
        sheet.text((12.6, NETWORK + 1.4 - 0.75 * row), line)


def degenerated(sheet: Sheet, source: Point, end: Point, name: str, value: str, align: str) -> None:
    """A resistor between a source and a rail or ground, its name beside it."""
    sheet.resistor(source, end, name, value,
                   (end[0] + (0.5 if align == "left" else -0.5), (source[1] + end[1]) / 2), align)


def input_stage(sheet: Sheet) -> None:
    """Tail M0, its cascode M0c and the pair M1, M2."""
    tail = sheet.pmos((0, SOURCES), "left", "M0", "m_tail x w_bp/l_bp")
    cascode = sheet.pmos((0, CASCODES), "left", "M0c", "w_tc/l_pc")
    degenerated(sheet, tail.source, (0, SUPPLY), "R0", "r_p/m_tail", "left")
    sheet.wire(tail.drain, cascode.source)
    sheet.port(tail.gate, "vbp", "left")
    sheet.port(cascode.gate, "vcp", "left")
    sheet.wire(cascode.drain, (0, 9.7))
    sheet.wire((-PAIR, 9.1), (-PAIR, 9.7), (PAIR, 9.7), (PAIR, 9.1))
    sheet.dot((0, SUPPLY), (0, 9.7))
    for side, name, gate in ((-1, "M1", "gp"), (1, "M2", "gm")):
        device = sheet.pmos((PAIR * side, 8.1), _outward(side), name, "w_in/l_in")
        sheet.port(device.gate, gate, _outward(side))
        sheet.wire(device.drain, (PAIR * side, 5.2), (BRANCH * side, 5.2))
        sheet.dot((BRANCH * side, 5.2))
        sheet.text(((BRANCH - 1.5) * side, 4.85), "x1" if side < 0 else "x2", "center", size=12)


def folded_branch(sheet: Sheet, side: int) -> None:
    """Current source, PMOS and NMOS cascodes, sink; left (-1) M9, M7, M5, M3."""
    x, outward, inward = BRANCH * side, _outward(side), _outward(-side)
    names = ("M9", "M7", "M5", "M3") if side < 0 else ("M10", "M8", "M6", "M4")
    source = sheet.pmos((x, SOURCES), outward, names[0], "m_ps x w_bp/l_bp")
    upper = sheet.pmos((x, CASCODES), outward, names[1], "w_pc/l_pc")
    lower = sheet.nmos((x, 6.8), outward, names[2], "w_nc/l_nc")
    sink = sheet.nmos((x, SINKS), outward, names[3], "k1 x w_ns/l_ns")
    align = "left" if inward == "right" else "right"
    degenerated(sheet, source.source, (x, SUPPLY), f"R{names[0][1:]}", "r_p/m_ps", align)
    degenerated(sheet, sink.source, (x, BOTTOM), f"R{names[3][1:]}", "r_s/k1", align)
    sheet.ground((x, BOTTOM))
    sheet.wire(source.drain, upper.source)
    sheet.wire(upper.drain, lower.drain)
    sheet.wire(lower.source, sink.drain)
    for device, net in ((source, "vbp"), (upper, "vcp"), (lower, "vcn"), (sink, "vcs")):
        sheet.port(device.gate, net, outward)
    sheet.dot((x, SUPPLY))


def second_stage(sheet: Sheet, side: int) -> None:
    """Common source M11 (left) on the current source M13, c_c and r_z around it, the load."""
    outward, inward = _outward(side), _outward(-side)
    tap, x, end = TAP * side, SECOND * side, PORT * side
    number, output = ("1", "op") if side < 0 else ("2", "om")
    names = ("M13", "M11") if side < 0 else ("M14", "M12")
    source = sheet.pmos((x, SOURCES), inward, names[0], "m_cl x w_bp/l_bp")
    driver = sheet.nmos((x, SINKS), inward, names[1], "w_cs/l_cs")
    degenerated(sheet, source.source, (x, SUPPLY), f"R{names[0][1:]}", "r_p/m_cl", "right" if side < 0 else "left")
    sheet.port(source.gate, "vbp", inward)
    sheet.wire(source.drain, driver.drain)
    sheet.wire(driver.source, (x, BOTTOM))
    sheet.ground((x, BOTTOM))
    sheet.wire((BRANCH * side, OUTPUT), (tap, OUTPUT), (tap, SINKS), driver.gate)
    sheet.text(((BRANCH + 1.4) * side, OUTPUT + 0.35), f"o{number}", "center", size=12)
    middle = tap + 1.9 * side
    sheet.resistor((tap, OUTPUT), (middle, OUTPUT), f"Rz{number}", "r_z", (tap + 1.0 * side, OUTPUT - 0.95), "center")
    sheet.capacitor((middle, OUTPUT), (x, OUTPUT), f"Cc{number}", "c_c", (tap + 3.0 * side, OUTPUT - 0.95), "center")
    sheet.wire((x, OUTPUT), (end, OUTPUT))
    sheet.port((end, OUTPUT), output, outward)
    load = x + 1.8 * side
    sheet.capacitor((load, OUTPUT), (load, 6.6), f"Cl{number}", "load", (load + 0.5 * side, 7.9),
                    "right" if side < 0 else "left", accent=False)
    sheet.ground((load, 6.6))
    sheet.dot((x, SUPPLY), (BRANCH * side, OUTPUT), (tap, OUTPUT), (x, OUTPUT), (load, OUTPUT))


def bias(sheet: Sheet) -> None:
    """i_ref into Mb1, its copies, and the diodes that hold the gates of sources and cascodes."""
    sheet.rail(BIAS[0] - 0.5, BIAS[3] + 0.5, RAIL, "vdd")
    first, second, third, fourth = BIAS
    reference = sheet.nmos((first, LOW), "right", "Mb1", "w_bn/l_bn")
    copies = [sheet.nmos((second, LOW), "left", "Mb2", "w_bn/l_bn"),
              sheet.nmos((fourth, LOW), "left", "Mb3", "w_bn/l_bn")]
    low = sheet.nmos((third, LOW), "right", "Mb6", "w_bcn/l_bcn")
    units = [sheet.pmos((second, HIGH), "right", "Mb4", "w_bp/l_bp"),
             sheet.pmos((third, HIGH), "left", "Mb5", "w_bp/l_bp"),
             sheet.pmos((fourth, HIGH), "right", "Mb7", "w_bcp/l_bcp")]
    sheet.current_source((first, RAIL), (first, LOW + 1.4), "Ib", "i_ref", (first + 0.7, (RAIL + LOW) / 2))
    sheet.wire((first, LOW + 1.4), reference.drain)
    for unit, sink, name, align in ((units[0], copies[0], "Rb4", "right"), (units[1], low, "Rb5", "left"),
                                    (units[2], copies[1], "Rb7", "right")):
        degenerated(sheet, unit.source, (unit.source[0], RAIL), name, "r_p", align)
        sheet.wire(unit.drain, sink.drain)
    degenerated(sheet, low.source, (third, FLOOR), "Rb6", "r_s", "right")
    for device in (reference, *copies):
        sheet.ground(device.source)
    sheet.ground((third, FLOOR))
    for diode in (reference, units[0], low, units[2]):
        tie(sheet, diode)
    sheet.wire((reference.gate[0], LOW), copies[0].gate)
    sheet.wire(units[0].gate, units[1].gate)
    sheet.text(((first + second) / 2, LOW + 0.35), "vbn", "center", size=12)
    sheet.text(((second + third) / 2, HIGH + 0.35), "vbp", "center", size=12)
    for device, net in ((low, "vcn"), (units[2], "vcp")):
        corner = (device.gate[0] + 0.5, device.drain[1])
        sheet.wire(corner, (corner[0] + 0.5, corner[1]))
        sheet.port((corner[0] + 0.5, corner[1]), net, "right")
    sheet.port(copies[1].gate, "vbn", "left")
    sheet.dot(*((x, RAIL) for x in BIAS))


def tie(sheet: Sheet, diode: Transistor) -> None:
    """Gate to drain."""
    outward = 0.5 if diode.gate[0] > diode.drain[0] else -0.5
    corner = (diode.gate[0] + outward, diode.drain[1])
    sheet.wire(diode.drain, corner, (corner[0], diode.gate[1]), diode.gate)
    sheet.dot(diode.drain, corner, (corner[0], diode.gate[1]))


def common_mode_sense(sheet: Sheet) -> None:
    """The mean of op and om, on the gate of M16."""
    middle = HIGH - 3.0
    for side, output, number in ((1, "op", "1"), (-1, "om", "2")):
        end = middle + 3.2 * side
        sheet.wire((SENSE, middle), (SENSE, middle + 0.4 * side))
        sheet.resistor((SENSE, middle + 0.4 * side), (SENSE, end), f"Rcm{number}", "r_cm",
                       (SENSE - 0.5, middle + 1.8 * side), "right")
        sheet.capacitor((SENSE + 1.6, middle + 0.4 * side), (SENSE + 1.6, end), f"Ccm{number}", "c_cm",
                        (SENSE + 2.1, middle + 1.8 * side))
        sheet.wire((SENSE + 1.6, middle), (SENSE + 1.6, middle + 0.4 * side))
        sheet.wire((SENSE - 0.8, end), (SENSE + 1.6, end))
        sheet.port((SENSE - 0.8, end), output, "left")
        sheet.dot((SENSE, end))
    sheet.wire((SENSE, middle), (PLUS - 1.1, middle))
    sheet.text((PLUS - 2.2, middle + 0.35), "vs", "center", size=12)
    sheet.dot((SENSE, middle), (SENSE + 1.6, middle))


def common_mode_amplifier(sheet: Sheet) -> None:
    """M16 against M17 at vcm, on the diodes M18 and M19; vcs drives the sinks of the first stage."""
    middle, level = (PLUS + MINUS) / 2, HIGH - 3.0
    sheet.rail(middle - 0.8, middle + 0.8, RAIL, "vdd")
    tail = sheet.pmos((middle, HIGH), "left", "M15", "m_cmt x w_bp/l_bp")
    degenerated(sheet, tail.source, (middle, RAIL), "R15", "r_p/m_cmt", "left")
    sheet.port(tail.gate, "vbp", "left")
    pair = [sheet.pmos((PLUS, level), "left", "M16", "w_cmi/l_cmi"),
            sheet.pmos((MINUS, level), "right", "M17", "w_cmi/l_cmi")]
    diodes = [sheet.nmos((PLUS, LOW), "left", "M18", "k2 x w_ns/l_ns"),
              sheet.nmos((MINUS, LOW), "right", "M19", "k2 x w_ns/l_ns")]
    sheet.wire(pair[0].source, (PLUS, HIGH - 1.5), (MINUS, HIGH - 1.5), pair[1].source)
    sheet.wire(tail.drain, (middle, HIGH - 1.5))
    for driver, diode, align in zip(pair, diodes, ("left", "right"), strict=True):
        x = diode.source[0]
        sheet.wire(driver.drain, diode.drain)
        degenerated(sheet, diode.source, (x, FLOOR), "R18" if align == "left" else "R19", "r_s/k2", align)
        sheet.ground((x, FLOOR))
        tie(sheet, diode)
    sheet.port(pair[1].gate, "vcm", "right")
    knee = diodes[0].drain[1]
    sheet.wire((PLUS, knee), (PLUS + 1.0, knee))
    sheet.port((PLUS + 1.0, knee), "vcs", "right")
    sheet.wire((PLUS - 1.6, knee), (PLUS - 2.8, knee))
    sheet.capacitor((PLUS - 2.8, knee), (PLUS - 2.8, knee - 2.4), "Cs", "c_ccm", (PLUS - 3.3, knee - 1.5), "right")
    sheet.ground((PLUS - 2.8, knee - 2.4))
    sheet.dot((middle, RAIL), (middle, HIGH - 1.5))


def _outward(side: int) -> str:
    return "left" if side < 0 else "right"


if __name__ == "__main__":
    draw().save(__file__)
