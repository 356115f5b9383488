"""A circuit's own drawing with the values of a design in place of the names of parameters, and the current and region
of every transistor below its sizes.

Drawings come from circuits/drawing.py, or are made in its way: a device's name is a text, what sizes it the next one.
"""

import html
import re
from collections.abc import Iterable

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.netlist import values_of
from sizing_app.circuit.units import show_quantity
from sizing_app.simulator.inspection import Device

COLORS = {"saturation": "#16753f", "triode": "#9a6200", "subthreshold": "#7a35b0", "off": "#6b7a90"}
"""Of the name of a device, by its region."""
SHORT = {"triode": "tri", "subthreshold": "sub", "off": "off"}
"""What stands below the sizes wherever it is not saturation; the whole word is the title."""
LONGEST = 32
"""Characters of an expression; longer texts are notes."""
_TEXT = re.compile(r'(<text\b[^>]*>)(<tspan\b[^>]*>)([^<]*)(?=</tspan>)')
_PLACE = re.compile(r'\bx="([^"]*)".*?text-anchor="(\w+)"')


def sized(svg: str, circuit: Circuit, parameters: Parameters, conditions: Conditions,
          devices: Iterable[Device] = ()) -> str:
    """The drawing as SVG text; what it does not name is left as it is."""
    shown = _Values(circuit, parameters, conditions)
    points = {device.name.lower(): device for device in devices}
    texts = [(match, _place(match[1])) for match in _TEXT.finditer(svg)]
    pieces, end, device = [], 0, None
    for number, (match, place) in enumerate(texts):
        head, span, text = match.groups()
        beside = number > 0 and place == texts[number - 1][1]
        below = _below(device, place) if device is not None and beside else ""
        device = points.get(html.unescape(text).strip().lower())
        if device is not None:
            sized_next = number + 1 < len(texts) and texts[number + 1][1] == place
            words = text if sized_next else f"{text} {_point(device)}"
            pieces += [svg[end:match.start()], _coloured(head, device), _title(device), span, words]
        else:
            value = html.escape(shown.text(html.unescape(text), beside), quote=False)
            pieces += [svg[end:match.start()], head, span, value, below]
        end = match.end()
    return "".join([*pieces, svg[end:]])


def _place(head: str) -> tuple[str, ...] | None:
    """Where a text stands from left to right: what sizes a device stands like its name."""
    found = _PLACE.search(head)
    return found and found.groups()


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


def _title(device: Device) -> str:
    return f"<title>{device.name.upper()}: {_current(device)}, {device.region}</title>"


def _below(device: Device, place: tuple[str, ...]) -> str:
    """The operating point on a line of its own: beside the names of a pair, which stand opposite each other, is no
    room for both."""
    return f'</tspan><tspan x="{place[0]}" dy="14" font-size="12" fill="{COLORS[device.region]}">{_point(device)}'


def _point(device: Device) -> str:
    """Current, and in short the region where it is not the usual one."""
    return _current(device) + ("" if device.region == "saturation" else f" {SHORT[device.region]}")


def _current(device: Device) -> str:
    return show_quantity(device.current, "A", 2) if device.current >= 1e-15 else "0 A"
