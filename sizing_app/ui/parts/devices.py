"""The transistors of a design at their operating point, and what analyses of one point gave, as tables."""

from collections.abc import Sequence

from markupsafe import Markup

from sizing_app.simulator.device_table import COLUMNS, NOTE, device_cells
from sizing_app.simulator.inspection import REGIONS, Device, OperatingPoint

MARKS = {"saturation": "met", "triode": "nearly", "subthreshold": "plain", "off": "plain"}
"""Region to the class of its mark."""


def device_table(point: OperatingPoint) -> Markup:
    titles = Markup("").join(Markup('<th scope="col" class="{}">{} <span class="unit">{}</span></th>').format(
        "num" if unit else "", title, unit) for title, unit in COLUMNS)
    return Markup(
        '<div class="scroll" tabindex="0"><table class="devices"><caption class="sr-only">Operating point of every '
        'transistor</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
        '<p class="quiet note">{} {} {}</p>').format(
            titles, Markup("").join(map(_row, point.devices)), point.place,
            REGIONS.replace("<=", "\u2264").replace(">=", "\u2265"), NOTE)


def value_table(rows: Sequence[tuple[str, str, str]]) -> Markup:
    """Analysis, vector, value."""
    if not rows:
        return Markup("")
    body = Markup("").join(Markup('<tr><th scope="row">{}</th><td><code>{}</code></td><td class="num">{}</td></tr>')
                           .format(*row) for row in rows)
    return Markup(
        '<section class="single-values"><h4>Analyses at one point</h4><div class="scroll"><table><thead><tr>'
        '<th scope="col">Analysis</th><th scope="col">Vector</th><th scope="col" class="num">Value</th></tr></thead>'
        "<tbody>{}</tbody></table></div></section>").format(body)


def _row(device: Device) -> Markup:
    name, *cells, region = device_cells(device)
    numbers = Markup("").join(Markup('<td class="{}">{}</td>').format("num" if unit else "", cell)
                              for cell, (_, unit) in zip(cells, COLUMNS[1:], strict=False))
    return Markup('<tr><th scope="row">{}</th>{}<td><span class="verdict {}">{}</span></td></tr>').format(
        name, numbers, MARKS[device.region], region)
