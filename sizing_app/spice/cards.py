"""``.model`` lines: name, kind, and values as arithmetic."""

import re

from sizing_app.circuit.expressions import ExpressionError
from sizing_app.spice.arithmetic import arithmetic
from sizing_app.spice.deck import Card
from sizing_app.spice.elements import WrongElement
from sizing_app.spice.lines import Line
from sizing_app.spice.words import bare, settings_of, split
from sizing_app.circuit.deck_rules import MODEL_KINDS

RATINGS = ("mfg", "vceo", "icrating", "iave", "vpk", "vds", "qg", "type", "ron", "vrev", "irms")
"""What LTspice tells people of a part; no simulator reads it in a card of a diode or transistor."""


def read_card(line: Line, scope: str) -> Card:
    """Raises WrongElement."""
    match = re.match(r"\.model\s+(\S+)\s+([A-Za-z]\w*)\s*(.*)$", line.text, re.IGNORECASE)
    if not match:
        raise WrongElement(".model", "needs a name and a kind, such as .model nch nmos level=1 vto=0.5")
    name, kind, rest = match[1].lower(), match[2].lower(), match[3].strip()
    if kind not in MODEL_KINDS:
        raise WrongElement(kind, f"is a kind of model that is not supported, only {', '.join(MODEL_KINDS)}")
    if rest.startswith("("):
        rest = rest[1:].removesuffix(")")
    plain, settings = settings_of(split(rest))
    if wrong := [word for word in plain if word not in "()"]:
        raise WrongElement(wrong[0], "is no setting of a model, write name=value")
    return Card(name, kind, {key: _value(key, text) for key, text in settings.items() if key not in RATINGS or
                             (key == "ron" and kind in ("sw", "csw"))}, scope, line)


def is_version(key: str, text: str) -> bool:
    """Whether a setting is a version, which is text: 3.2.4, 4.50."""
    return key == "version" and bool(re.fullmatch(r"[\d.]+", text))


def _value(key: str, text: str) -> str:
    if is_version(key, bare(text)):
        return bare(text)
    try:
        return arithmetic(text)
    except ExpressionError as error:
        raise WrongElement(key, f"of a model: {error}") from None
