"""Parts of converters that several schematics share: inverter, bootstrapped switch, StrongARM comparator.

Each is drawn from a lower left corner ``at``; nets that leave a part are named rather than wired.
"""

from collections.abc import Mapping

from drawing import Point, Sheet, Transistor

UPPER = 12.2
"""y of the supply rail of a StrongARM comparator above its corner."""
TOP = 10.4
"""y of the supply rail of a bootstrapped switch above its corner."""


def inverter(sheet: Sheet, at: Point, names: tuple[str, str], sizes: tuple[str, str], ports: tuple[str, str]) -> None:
    """NMOS and PMOS between ground and its own rail; ``names`` and ``sizes`` are N, P, ``ports`` input, output.

    The output may stay without a name, for a wire from (x + 1, y + 1.2).
    """
    x, y = at
    low, high = (sheet.nmos((x, y), "left", names[0], sizes[0]), sheet.pmos((x, y + 2.4), "left", names[1], sizes[1]))
    sheet.wire(low.gate, high.gate)
    sheet.wire(high.drain, low.drain)
    middle = (x, y + 1.2)
    sheet.wire((x - 1.1, y + 1.2), (x - 1.5, y + 1.2))
    sheet.wire(middle, (x + 1.0, y + 1.2))
    sheet.dot(middle, (x - 1.1, y + 1.2))
    sheet.port((x - 1.5, y + 1.2), ports[0], "left")
    if ports[1]:
        sheet.port((x + 1.0, y + 1.2), ports[1], "right")
    sheet.ground(low.source)
    sheet.rail(x - 0.6, x + 0.6, y + 3.4, "vdd")


def bootstrap(sheet: Sheet, at: Point, sizes: Mapping[str, str], dummy: bool) -> None:
    """Abo-Gray bootstrapped switch MS with M1 to M9, c_b and, where ``dummy``, MD; ends at its output (x + 30)."""
    x, y = at
    _charge(sheet, x, y, sizes)
    _boost(sheet, x, y, sizes)
    switch = sheet.nmos((x + 22.0, y + 4.4), "left", "MS", sizes["MS"])
    sheet.wire((x + 12.6, y + 0.2), (x + 12.6, y - 1.1), (x + 22.0, y - 1.1), switch.source)
    sheet.wire((x + 22.0, y - 1.1), (x + 23.0, y - 1.1))
    sheet.port((x + 23.0, y - 1.1), "in", "right")
    sheet.wire((x + 12.6, y + 5.6), (x + 20.5, y + 5.6), (x + 20.5, y + 4.4), switch.gate)
    sheet.text((x + 19.4, y + 5.9), "g", "center", size=12)
    sheet.wire(switch.drain, (x + 22.0, y + 6.2), (x + 30, y + 6.2))
    sheet.dot((x + 22.0, y - 1.1))
    if dummy:
        device = sheet.nmos((x + 27.2, y + 4.4), "left", "MD", sizes["MD"])
        sheet.port(device.gate, "hold", "left")
        sheet.wire(device.drain, (x + 27.2, y + 6.2))
        sheet.wire(device.source, (x + 27.2, y + 3.0), (x + 30, y + 3.0), (x + 30, y + 6.2))
        sheet.dot((x + 27.2, y + 6.2), (x + 30, y + 6.2))


def _charge(sheet: Sheet, x: float, y: float, sizes: Mapping[str, str]) -> None:
    """c_b between M2, which charges its top plate t, and M1, which grounds its bottom plate b."""
    sheet.rail(x - 0.8, x + 5.4, y + TOP, "vdd")
    top = sheet.pmos((x, y + 8.9), "right", "M2", sizes["M2"])
    sheet.wire((x, y + TOP), top.source)
    sheet.wire(top.drain, (x, y + 6.6))
    sheet.port(top.gate, "g", "right")
    sheet.text((x + 0.3, y + 7.3), "t", size=12)
    sheet.capacitor((x, y + 6.6), (x, y + 3.6), "Cb", "c_b", (x - 0.6, y + 5.1), "right")
    bottom = sheet.nmos((x, y + 1.2), "left", "M1", sizes["M1"])
    sheet.wire((x, y + 3.6), bottom.drain)
    sheet.port(bottom.gate, "hold", "left")
    sheet.ground(bottom.source)
    sheet.dot((x, y + TOP), (x, y + 3.0))
    sheet.text((x + 0.3, y + 3.4), "b", size=12)
    sheet.wire((x, y + 3.0), (x + 12.6, y + 3.0), (x + 12.6, y + 2.2))
    linked = sheet.nmos((x + 12.6, y + 1.2), "left", "M4", sizes["M4"])
    sheet.port(linked.gate, "g", "left")


def _boost(sheet: Sheet, x: float, y: float, sizes: Mapping[str, str]) -> None:
    """M3 puts the top plate on the gate g, M7 to M9 drive it, M5 and M6 ground g in hold."""
    off = sheet.pmos((x + 4.6, y + 8.9), "left", "M7", sizes["M7"])
    sheet.wire((x + 4.6, y + TOP), off.source)
    sheet.port(off.gate, "track", "left")
    start, keep = (sheet.nmos((x + 4.6, y + 4.6), "left", "M8", sizes["M8"]),
                   sheet.nmos((x + 9.2, y + 4.6), "left", "M9", sizes["M9"]))
    sheet.port(start.gate, "track", "left")
    sheet.port(keep.gate, "g", "left")
    sheet.wire(off.drain, start.drain)
    sheet.wire((x + 4.6, y + 6.6), (x + 11.5, y + 6.6))
    sheet.wire((x + 9.2, y + 6.6), keep.drain)
    sheet.text((x + 10.4, y + 6.9), "x", "center", size=12)
    sheet.wire(start.source, (x + 4.6, y + 3.0))
    sheet.wire(keep.source, (x + 9.2, y + 3.0))
    sheet.dot((x + 4.6, y + TOP), (x + 4.6, y + 6.6), (x + 9.2, y + 6.6), (x + 4.6, y + 3.0), (x + 9.2, y + 3.0))
    on = sheet.pmos((x + 12.6, y + 6.6), "left", "M3", sizes["M3"])
    sheet.wire(on.source, (x + 12.6, y + 8.2))
    sheet.text((x + 12.6, y + 8.5), "t", "center", size=12)
    shield, ground = (sheet.nmos((x + 17.6, y + 4.4), "left", "M5", sizes["M5"]),
                      sheet.nmos((x + 17.6, y + 1.2), "left", "M6", sizes["M6"]))
    sheet.wire((x + 17.6, y + 5.6), shield.drain)
    sheet.dot((x + 17.6, y + 5.6))
    sheet.wire(shield.source, ground.drain)
    sheet.port(shield.gate, "vdd", "left")
    sheet.port(ground.gate, "hold", "left")
    sheet.ground(ground.source)


def strongarm(sheet: Sheet, at: Point, first: int, sizes: tuple[str, ...], inputs: tuple[str, str]) -> None:
    """StrongARM comparator of eleven transistors from M``first`` on, 26 wide, 12 high.

    ``sizes``: tail, pair, latch NMOS, latch PMOS, output precharge, inner precharge.
    """
    x, y = at
    tail, pair, nmos, pmos, outer, inner = sizes
    sheet.rail(x - 0.8, x + 26.8, y + UPPER, "vdd")
    foot = sheet.nmos((x + 13, y + 1.2), "left", f"M{first}", tail)
    sheet.port(foot.gate, "clk", "left")
    sheet.ground(foot.source)
    left, right = x + 10, x + 16
    pairs = [(sheet.nmos((left, y + 4.2), "left", f"M{first + 1}", pair),
              sheet.nmos((right, y + 4.2), "right", f"M{first + 2}", pair)),
             (sheet.nmos((left, y + 7.0), "right", f"M{first + 3}", nmos),
              sheet.nmos((right, y + 7.0), "left", f"M{first + 4}", nmos)),
             (sheet.pmos((left, y + 10.6), "right", f"M{first + 5}", pmos),
              sheet.pmos((right, y + 10.6), "left", f"M{first + 6}", pmos))]
    sheet.wire(pairs[0][0].source, (left, y + 2.7), (right, y + 2.7), pairs[0][1].source)
    sheet.wire((x + 13, y + 2.7), foot.drain)
    sheet.dot((x + 13, y + 2.7))
    sheet.port(pairs[0][0].gate, inputs[0], "left")
    sheet.port(pairs[0][1].gate, inputs[1], "right")
    for side in (0, 1):
        _branch(sheet, [row[side] for row in pairs], y)
    _cross_couple(sheet, pairs, y)
    names = [f"M{first + index}" for index in (7, 8, 9, 10)]
    _precharge(sheet, (x + 5, left), y, names[0], outer, 9.3, "om")
    _precharge(sheet, (x + 21, right), y, names[1], outer, 9.3, "op")
    _precharge(sheet, (x, left), y, names[2], inner, 5.6, "xp")
    _precharge(sheet, (x + 26, right), y, names[3], inner, 5.6, "xm")


def _branch(sheet: Sheet, devices: list[Transistor], y: float) -> None:
    driver, nmos, pmos = devices
    sheet.wire(driver.drain, nmos.source)
    sheet.wire(nmos.drain, pmos.drain)
    sheet.wire(pmos.source, (pmos.source[0], y + UPPER))
    sheet.dot((pmos.source[0], y + UPPER))


def _cross_couple(sheet: Sheet, pairs: list[tuple[Transistor, Transistor]], y: float) -> None:
    """The gates of each side to the output of the other."""
    for side, height in ((0, y + 8.5), (1, y + 9.0)):
        gate = pairs[1][side].gate[0]
        sheet.wire(pairs[1][side].gate, pairs[2][side].gate)
        sheet.wire((gate, height), (pairs[1][1 - side].drain[0], height))
        sheet.dot((gate, height), (pairs[1][1 - side].drain[0], height))


def _precharge(sheet: Sheet, columns: tuple[float, float], y: float, name: str, size: str, height: float,
               net: str) -> None:
    """A PMOS in the first column, its drain on the net of the second column at ``height``."""
    outwards = columns[0] < columns[1]
    device = sheet.pmos((columns[0], y + 10.9), "left" if outwards else "right", name, size)
    sheet.port(device.gate, "clk", "left" if outwards else "right")
    sheet.wire(device.source, (columns[0], y + UPPER))
    sheet.wire(device.drain, (columns[0], y + height), (columns[1], y + height))
    sheet.dot((columns[0], y + UPPER), (columns[1], y + height))
    sheet.text((columns[1] + (-1.6 if outwards else 1.6), y + height + 0.3), net, "center", size=12)
