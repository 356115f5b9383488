"""Draw the fully differential OTA: ``python circuits/FDOTA/schematic.py`` rewrites schematic.svg."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from diodes import mirror_line, named_diode, stacked, tie
from drawing import Sheet

SUPPLY, SOURCES, CASCODES, OUTPUT, FOLD = 16.0, 14.2, 11.4, 9.0, 4.9
"""y of the OTA's rail, its PMOS sources, PMOS cascodes, outputs and folding nodes."""
PAIR, BRANCH, PORT = 2.8, 9.4, 15.6
"""x, both sides of the centre, of the pair, the folded branches and the outputs."""
RAIL, HIGH, COMPARE, LOW = -1.4, -3.2, -7.6, -11.4
"""y of the rail, PMOS row, pairs and NMOS row of the bias network and the common-mode amplifier."""
BIAS = (-17.0, -11.8, -6.2, -0.6)
"""x of the four branches of the bias network."""
COLUMNS = (6.2, 12.4, 18.2, 24.4)
"""x of M12, M11, M13, M14."""


def draw() -> Sheet:
    sheet = Sheet()
    sheet.rail(-BRANCH - 0.8, BRANCH + 0.8, SUPPLY, "vdd")
    input_stage(sheet)
    for side in (-1, 1):
        folded_branch(sheet, side)
    bias(sheet)
    comparison(sheet)
    common_mode_loads(sheet)
    for row, line in enumerate(("W/L of every device; blue: parameters. Nets of one name are connected.",
                                "Bulks: NMOS at ground, PMOS at vdd. M1, M2, M11 to M14 have low threshold.",
                                "g1, g3: inp and vbn with threshold mismatches of 3 sigma. vcf = vcr: there the "
                                "testbench probes the common-mode loop.")):
        sheet.text((BIAS[0] - 1, -14.4 - 0.75 * row), line, size=12)
    return sheet


def input_stage(sheet: Sheet) -> None:
    """Pair M1, M2 under the tail M0; their drains go to the folding nodes."""
    tail = sheet.pmos((0, SOURCES), "left", "M0", "w_tail/l_p")
    sheet.wire((0, SUPPLY), tail.source)
    sheet.port(tail.gate, "vbp", "left")
    sheet.wire(tail.drain, (0, 11.4))
    sheet.wire((-PAIR, 10.6), (-PAIR, 11.4), (PAIR, 11.4), (PAIR, 10.6))
    sheet.dot((0, SUPPLY), (0, 11.4))
    for side, name, gate in ((-1, "M1", "g1"), (1, "M2", "inn")):
        device = sheet.pmos((PAIR * side, 9.6), _outward(side), name, "w_in/l_in")
        sheet.port(device.gate, gate, _outward(side))
        sheet.wire(device.drain, (PAIR * side, FOLD), (BRANCH * side, FOLD))
        sheet.dot((BRANCH * side, FOLD))
        sheet.text(((BRANCH - 1.6) * side, FOLD + 0.3), "x1" if side < 0 else "x2", "center", size=12)


def folded_branch(sheet: Sheet, side: int) -> None:
    """Current source, PMOS and NMOS cascodes, sink, and the load at the output."""
    x, outward = BRANCH * side, _outward(side)
    names = ("M9", "M7", "M5", "M3") if side < 0 else ("M10", "M8", "M6", "M4")
    devices = [sheet.pmos((x, SOURCES), outward, names[0], "w_psrc/l_p"),
               sheet.pmos((x, CASCODES), outward, names[1], "w_pcas/l_cas"),
               sheet.nmos((x, 6.6), outward, names[2], "w_ncas/l_cas"),
               sheet.nmos((x, 3.2), outward, names[3], "w_sink/l_n")]
    source, upper, lower, sink = devices
    sheet.wire((x, SUPPLY), source.source)
    sheet.wire(source.drain, upper.source)
    sheet.wire(upper.drain, lower.drain)
    sheet.wire(lower.source, sink.drain)
    sheet.ground(sink.source)
    for device, net in zip(devices, ("vcf", "vcp", "vcn", "g3" if side < 0 else "vbn"), strict=True):
        sheet.port(device.gate, net, outward)
    end, load = PORT * side, (PORT - 1.4) * side
    sheet.wire((x, OUTPUT), (end, OUTPUT))
    sheet.port((end, OUTPUT), "om" if side < 0 else "op", outward)
    sheet.capacitor((load, OUTPUT), (load, 6.4), "Clm" if side < 0 else "Clp", "load", (load + 0.5 * side, 7.6),
                    "right" if side < 0 else "left", accent=False)
    sheet.ground((load, 6.4))
    sheet.dot((x, SUPPLY), (x, OUTPUT), (load, OUTPUT))


def bias(sheet: Sheet) -> None:
    """i_ref into Mb1, its copies, and the diodes that hold the gates of sources and cascodes."""
    sheet.rail(BIAS[0] - 0.6, BIAS[3] + 0.6, RAIL, "vdd")
    first, second, third, fourth = BIAS
    reference, copy, low, sink = (sheet.nmos((first, LOW), "right", "Mb1", "w_bn/l_n"),
                                  sheet.nmos((second, LOW), "left", "Mb2", "w_bn/l_n"),
                                  sheet.nmos((third, LOW), "right", "Mb7", "w_bcn/l_n"),
                                  sheet.nmos((fourth, LOW), "left", "Mb4", "w_bn/l_n"))
    upper, source, high = (sheet.pmos((second, HIGH), "right", "Mb3", "w_bp/l_p"),
                           sheet.pmos((third, HIGH), "left", "Mb6", "w_bp/l_p"),
                           sheet.pmos((fourth, HIGH), "right", "Mb5", "w_bcp/l_p"))
    sheet.current_source((first, RAIL), (first, LOW + 1), "Ib", "i_ref", (first + 0.7, (RAIL + LOW) / 2))
    sheet.dot((first, RAIL))
    sheet.ground(reference.source)
    for pair in ((upper, copy), (source, low), (high, sink)):
        stacked(sheet, *pair, RAIL)
    mirror_line(sheet, reference, copy, "vbn")
    mirror_line(sheet, upper, source, "vbp")
    named_diode(sheet, low, "vcn")
    named_diode(sheet, high, "vcp")
    sheet.port(sink.gate, "vbn", "left")


def comparison(sheet: Sheet) -> None:
    """The pairs M11, M12 and M13, M14, which compare each output with vcm, on the tails M15 and M16."""
    nets = (("M12", "op", "left"), ("M11", "vcm", "right"), ("M13", "vcm", "left"), ("M14", "om", "right"))
    pairs = [sheet.nmos((x, COMPARE), side, name, "w_cmi/l_cmi")
             for x, (name, _, side) in zip(COLUMNS, nets, strict=True)]
    for device, (_, net, side) in zip(pairs, nets, strict=True):
        sheet.port(device.gate, net, side)
    for left, right, name in ((0, 1, "M15"), (2, 3, "M16")):
        middle = (COLUMNS[left] + COLUMNS[right]) / 2
        tail = sheet.nmos((middle, LOW), "left", name, "w_cmt/l_n")
        sheet.wire(pairs[left].source, (COLUMNS[left], LOW + 2), (COLUMNS[right], LOW + 2), pairs[right].source)
        sheet.wire((middle, LOW + 2), tail.drain)
        sheet.dot((middle, LOW + 2))
        sheet.port(tail.gate, "vbn", "left")
        sheet.ground(tail.source)


def common_mode_loads(sheet: Sheet) -> None:
    """M17 carries the currents of the vcm sides, M18 those of the outputs' sides."""
    middle, top = (COLUMNS[1] + COLUMNS[2]) / 2, COMPARE + 1
    sheet.rail(COLUMNS[0] - 0.6, middle + 0.6, RAIL, "vdd")
    other, load = (sheet.pmos((COLUMNS[0], HIGH), "left", "M18", "w_cml/l_p"),
                   sheet.pmos((middle, HIGH), "right", "M17", "w_cml/l_p"))
    for diode in (other, load):
        sheet.wire((diode.source[0], RAIL), diode.source)
        sheet.dot((diode.source[0], RAIL))
    tie(sheet, other)
    named_diode(sheet, load, "vcr")
    sheet.wire(other.drain, (COLUMNS[0], top))
    sheet.wire((COLUMNS[0], top + 1.4), (COLUMNS[3], top + 1.4), (COLUMNS[3], top))
    sheet.wire((COLUMNS[1], top), (COLUMNS[1], top + 0.6), (COLUMNS[2], top + 0.6), (COLUMNS[2], top))
    sheet.wire(load.drain, (middle, top + 0.6))
    sheet.text((COLUMNS[2] + 2.4, top + 1.7), "vcs", "center", size=12)
    sheet.dot((COLUMNS[0], top + 1.4), (middle, top + 0.6))


def _outward(side: int) -> str:
    return "left" if side < 0 else "right"


if __name__ == "__main__":
    draw().save(__file__)
