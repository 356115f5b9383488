"""The drawing that OPAMP1 to OPAMP4 share: one topology in four processes, the amplifier above its bias network."""

from drawing import Sheet

PAIR = (0.0, 5.0)
"""x of M1 and M2."""
LEFT, RIGHT, MIDDLE = 9.5, 15.5, 12.5
"""x of the two cascoded branches and of the mirror's gate wire."""
TAP, OUT, LOAD = 19.0, 23.0, 24.6
"""x where the second stage taps the first one, of the second stage and of the load."""
SUPPLY, FOLD, HIGH, LOW = 14.0, 7.6, 12.6, 3.2
"""y of the supply rail, of the first stage's output, and of the rows of PMOS and NMOS current sources."""
BIAS_SUPPLY, BIAS_HIGH, BIAS_LOW = -0.4, -2.0, -7.0
"""y of the bias network's rail and of its rows of PMOS and NMOS transistors."""
BIAS = (1.0, 7.0, 13.0, 19.0)
"""x of its four branches."""


def draw_opamp(title: str, conditions: str) -> Sheet:
    """``title`` (process and supply) and ``conditions`` (common mode, load) stand above the drawing."""
    sheet = Sheet()
    sheet.text((-1.5, 15.6), title, size=17)
    sheet.text((-1.5, 14.9), conditions, size=12)
    sheet.rail(-1.3, OUT + 0.9, SUPPLY, "vdd")
    input_pair(sheet)
    cascodes(sheet)
    second_stage(sheet)
    sheet.rail(-0.2, BIAS[3] + 0.9, BIAS_SUPPLY, "vdd")
    bias_reference(sheet)
    cascode_bias(sheet)
    sheet.text((-1.5, -9.6), "W/L of every device; blue: parameters. Bulks: NMOS at ground, PMOS at vdd. "
               "Nets of the same name are connected.", size=12)
    return sheet


def input_pair(sheet: Sheet) -> None:
    """NMOS pair M1, M2 on the tail M0; its drains go to the folding nodes."""
    pair = [sheet.nmos((PAIR[0], 7.4), "left", "M1", "w_in/l_in"),
            sheet.nmos((PAIR[1], 7.4), "right", "M2", "w_in/l_in")]
    middle = sum(PAIR) / 2
    tail = sheet.nmos((middle, LOW), "left", "M0", "w_tail/l_n")
    sheet.wire(pair[0].source, (PAIR[0], 5.4), (PAIR[1], 5.4), pair[1].source)
    sheet.wire((middle, 5.4), tail.drain)
    sheet.wire(pair[0].drain, (PAIR[0], 11.3), (LEFT, 11.3))
    sheet.wire(pair[1].drain, (PAIR[1], 10.9), (RIGHT, 10.9))
    sheet.dot((middle, 5.4), (LEFT, 11.3), (RIGHT, 10.9))
    sheet.port(pair[0].gate, "inn", "left")
    sheet.port(pair[1].gate, "inp", "right")
    sheet.port(tail.gate, "vbn", "left")
    sheet.ground(tail.source)


def cascodes(sheet: Sheet) -> None:
    """Folding sources M3, M4, cascodes M5 to M8 and the mirror M9, M10, its gates at the drain of M7."""
    branches = [
        [sheet.pmos((LEFT, HIGH), "right", "M3", "w_psrc/l_p"),
         sheet.pmos((LEFT, 9.5), "left", "M5", "w_pcas/l_cas"),
         sheet.nmos((LEFT, 5.8), "left", "M7", "w_ncas/l_cas"),
         sheet.nmos((LEFT, LOW), "right", "M9", "w_nmir/l_n")],
        [sheet.pmos((RIGHT, HIGH), "left", "M4", "w_psrc/l_p"),
         sheet.pmos((RIGHT, 9.5), "right", "M6", "w_pcas/l_cas"),
         sheet.nmos((RIGHT, 5.8), "right", "M8", "w_ncas/l_cas"),
         sheet.nmos((RIGHT, LOW), "left", "M10", "w_nmir/l_n")]]
    for (source, upper, lower, mirror), side in zip(branches, ("left", "right"), strict=True):
        sheet.wire((source.source[0], SUPPLY), source.source)
        sheet.wire(source.drain, upper.source)
        sheet.wire(upper.drain, lower.drain)
        sheet.wire(lower.source, mirror.drain)
        sheet.dot((source.source[0], SUPPLY))
        sheet.port(upper.gate, "vcp", side)
        sheet.port(lower.gate, "vcn", side)
        sheet.ground(mirror.source)
    for row in (0, 3):
        sheet.wire(branches[0][row].gate, branches[1][row].gate)
    sheet.text((MIDDLE, HIGH + 0.3), "vbp", "center", size=12)
    sheet.wire((MIDDLE, LOW), (MIDDLE, FOLD), (LEFT, FOLD))
    sheet.dot((MIDDLE, LOW), (LEFT, FOLD))
    sheet.text((LEFT + 1.5, FOLD + 0.3), "o1", "center", size=12)


def second_stage(sheet: Sheet) -> None:
    """Common source M11 on the current source M12, compensated by c_c through r_z."""
    source = sheet.pmos((OUT, HIGH), "left", "M12", "w_src2/l_p")
    driver = sheet.nmos((OUT, LOW), "left", "M11", "w_cs/l_cs")
    sheet.wire((OUT, SUPPLY), source.source)
    sheet.wire(source.drain, driver.drain)
    sheet.port(source.gate, "vbp", "left")
    sheet.ground(driver.source)
    sheet.wire((RIGHT, FOLD), (TAP, FOLD))
    sheet.wire((TAP, FOLD), (TAP, LOW), driver.gate)
    sheet.text((RIGHT + 1.5, FOLD + 0.3), "o2", "center", size=12)
    sheet.resistor((TAP, FOLD), (TAP + 2, FOLD), "Rz", "r_z", (TAP + 1, FOLD - 0.85), "center")
    sheet.capacitor((TAP + 2, FOLD), (OUT, FOLD), "Cc", "c_c", (TAP + 3, FOLD - 0.85), "center")
    sheet.wire((OUT, FOLD), (LOAD + 0.9, FOLD))
    sheet.port((LOAD + 0.9, FOLD), "out", "right")
    sheet.capacitor((LOAD, FOLD), (LOAD, FOLD - 2.4), "CL", "load", (LOAD + 0.45, FOLD - 1.2), accent=False)
    sheet.ground((LOAD, FOLD - 2.4))
    sheet.dot((OUT, SUPPLY), (RIGHT, FOLD), (TAP, FOLD), (OUT, FOLD), (LOAD, FOLD))


def bias_reference(sheet: Sheet) -> None:
    """r_b and Mb1 make vbn; Mb2 copies the current into Mb4, which makes vbp."""
    first, second = BIAS[:2]
    diode = sheet.nmos((first, BIAS_LOW), "right", "Mb1", "w_bn/l_n")
    copy = sheet.nmos((second, BIAS_LOW), "left", "Mb2", "w_bn/l_n")
    upper = sheet.pmos((second, BIAS_HIGH), "right", "Mb4", "(w_psrc/2)/l_p")
    knee = BIAS_LOW + 1.5
    sheet.resistor((first, BIAS_SUPPLY), (first, knee), "Rb", "r_b", (first + 0.5, (BIAS_SUPPLY + knee) / 2))
    sheet.wire((first, knee), diode.drain)
    sheet.wire((first, knee), (first + 1.7, knee), (first + 1.7, BIAS_LOW))
    sheet.wire(diode.gate, copy.gate)
    sheet.text((first + 3, BIAS_LOW + 0.3), "vbn", "center", size=12)
    sheet.wire((second, BIAS_SUPPLY), upper.source)
    sheet.wire(upper.drain, copy.drain)
    sheet.dot((first, BIAS_SUPPLY), (first, knee), (first + 1.7, BIAS_LOW), (second, BIAS_SUPPLY))
    _tie(sheet, upper, 1, BIAS_HIGH - 1.5)
    sheet.ground(diode.source)
    sheet.ground(copy.source)


def cascode_bias(sheet: Sheet) -> None:
    """Mb5 copies the current into Mb7, which makes vcn; Mb3 copies it into Mb6, which makes vcp."""
    third, fourth = BIAS[2:]
    source = sheet.pmos((third, BIAS_HIGH), "left", "Mb5", "(w_psrc/2)/l_p")
    low = sheet.nmos((third, BIAS_LOW), "right", "Mb7", "w_bcn/l_n")
    high = sheet.pmos((fourth, BIAS_HIGH), "left", "Mb6", "w_bcp/l_p")
    copy = sheet.nmos((fourth, BIAS_LOW), "left", "Mb3", "w_bn/l_n")
    sheet.wire((BIAS[1] + 1.1, BIAS_HIGH), source.gate)
    sheet.text(((BIAS[1] + third) / 2, BIAS_HIGH + 0.3), "vbp", "center", size=12)
    for upper, lower in ((source, low), (high, copy)):
        sheet.wire((upper.source[0], BIAS_SUPPLY), upper.source)
        sheet.wire(upper.drain, lower.drain)
        sheet.dot((upper.source[0], BIAS_SUPPLY))
        sheet.ground(lower.source)
    _tie(sheet, low, 1, BIAS_LOW + 1.5)
    _tie(sheet, high, -1, BIAS_HIGH - 1.5)
    sheet.text((third + 1.95, BIAS_LOW), "vcn", size=12)
    sheet.text((fourth - 1.95, BIAS_HIGH), "vcp", "right", size=12)
    sheet.port(copy.gate, "vbn", "left")


def _tie(sheet: Sheet, diode, side: int, knee: float) -> None:
    """Gate to drain at the height ``knee``, on the gate's side (1 right, -1 left)."""
    x, y = diode.drain[0], diode.gate[1]
    corner = x + 1.7 * side
    sheet.wire((x, knee), (corner, knee), (corner, y), diode.gate)
    sheet.dot((x, knee), (corner, y))
