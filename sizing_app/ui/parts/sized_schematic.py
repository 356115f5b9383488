"""A circuit's own drawing with the values of a design in place of the names of parameters, and the current and region
of every transistor at its name.

Drawings come from circuits/drawing.py, or are made in its way: a device's name is a text, what sizes it the next one.
"""

import html
import re
from collections.abc import Iterable

from sizing_app.circuit.definition import Circuit, Conditions, Parameters
from sizing_app.circuit.netlist import values_of
from sizing_app.circuit.units import show_quantity
from sizing_app.simulator.inspection import Device

COLORS = {"saturation": "#16753f", "triode": "#9a6200", "subthreshold": "#7a35b0", "off": "#6b7a90"}
"""Of the name of a device, by its region; the word stands beside it wherever it is not saturation."""
LONGEST = 32
"""Characters of an expression; longer texts are notes."""
_TEXT = re.compile(r'(<text\b[^>]*>)(<tspan\b[^>]*>)([^<]*)(?=</tspan>)')
_PLACE = re.compile(r'\bx="([^"]*)".*?text-anchor="(\w+)"')


def sized(svg: str, circuit: Circuit, parameters: Parameters, conditions: Conditions,
          devices: Iterable[Device] = ()) -> str:
    """The drawing as SVG text; what it does not name is left as it is."""
    shown = _Values(circuit, parameters, conditions)
    points = {device.name.lower(): device for device in devices}
    former = ""

    def replaced(match: re.Match) -> str:
        nonlocal former
        head, span, text = match.groups()
        place = _PLACE.search(head)
        beside = place is not None and place.groups() == former
        former = place.groups() if place is not None else ""
        device = points.get(html.unescape(text).strip().lower())
        if device is not None:
            return f"{_coloured(head, device)}{span}{text}{_point(device)}"
        return f"{head}{span}{html.escape(shown.text(html.unescape(text), beside), quote=False)}"

    return _TEXT.sub(replaced, svg)


class _Values:
    """Expressions of parameters to the values of a design."""

    def __init__(self, circuit: Circuit, parameters: Parameters, conditions: Conditions):
        units = {parameter.name: parameter.unit for parameter in circuit.parameters} | {"load": "F"}
        values = values_of(parameters, conditions)
        self._shown = {name: show_quantity(values[name], unit, 3) for name, unit in units.items() if name in values}
        self._bare = {name: text.removesuffix(units[name]).replace(" ", "") if units[name] else text
                      for name, text in self._shown.items()}
        names = sorted(self._shown.keys() - {"load"}, key=len, reverse=True)
        self._name = re.compile(rf"(?:(?<![\w.])(\d+)\s?)?(?<![A-Za-z_])({'|'.join(map(re.escape, names))})\b")

    def text(self, text: str, beside: bool) -> str:
        """``w_in/l_in`` as 82\u00b5/1.3\u00b5, ``r_z`` as 2.4 k\u03a9; ``beside`` says that it stands with a device's
        name, else a parameter keeps its own name, as at a gate that it drives. Sentences stay."""
        if len(text) > LONGEST:
            return text
        if text.strip() in self._shown:
            value = self._shown[text.strip()]
            return value if beside else f"{text} {value}"
        return self._name.sub(self._replaced, text)

    def _replaced(self, match: re.Match) -> str:
        """A factor before a name is told apart by a dot: 2\u00b74.7\u00b5."""
        factor, name = match.groups()
        return f"{factor}\u00b7{self._bare[name]}" if factor else self._bare[name]


def _coloured(head: str, device: Device) -> str:
    return re.sub(r'fill="[^"]*"', f'fill="{COLORS[device.region]}" font-weight="700"', head, count=1)


def _point(device: Device) -> str:
    """Current, and the region where it is not the usual one."""
    current = show_quantity(device.current, "A", 2) if device.current >= 1e-15 else "0 A"
    region = "" if device.region == "saturation" else f", {device.region}"
    return f'<tspan font-size="12" font-weight="400"> {current}{region}</tspan>'
