"""The devices of a circuit as a table, for circuits without a drawing: what each is, its nets, its size."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from markupsafe import Markup

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.netlist import Template, values_of
from sizing_app.circuit.units import parse_si, show_quantity

NETS = {"m": 4, "e": 4, "g": 4, "s": 4, "q": 3, "j": 3}
"""Letter of a device to its number of nets; two for every other one but calls of subcircuits."""
UNITS = {"w": "m", "l": "m", "r": "Ohm", "c": "F", "v": "V", "i": "A", "m": ""}
SINGLE = {"r": "Ohm", "c": "F", "l": "H", "v": "V", "i": "A"}
"""Letter of a device that is one value to the value's unit."""
BRACES = re.compile(r"\{([^{}]*)\}")


class Line(NamedTuple):
    """A device as its line says it."""

    name: str
    nets: tuple[str, ...]
    model: str
    sizes: tuple[str, ...]
    """``w={w_in}``, or a value alone."""


def netlist_table(circuit: Circuit, parameters: Parameters | None = None,
                  conditions: Conditions | None = None) -> Markup:
    """With the names of the parameters, or with the values of a design."""
    text = circuit.netlist if parameters is None else Template.parse(circuit.netlist).fill(
        values_of(parameters, conditions or circuit.conditions.nominal))
    return Markup(
        '<div class="scroll" tabindex="0"><table class="devices"><caption class="sr-only">Devices of {}</caption>'
        '<thead><tr><th scope="col">Device</th><th scope="col">Model</th><th scope="col">Nets</th>'
        '<th scope="col">Size</th></tr></thead><tbody>{}</tbody></table></div>').format(
            circuit.name, Markup("").join(_rows(text)))


def lines_of(text: str) -> Iterator[Line | str]:
    """The devices of a netlist, and the name of each subcircuit before its own; empty where the subcircuit ends."""
    for words in map(str.split, text.replace("\n+", " ").splitlines()):
        if not words or words[0][0] == "*":
            continue
        if words[0].lower() in (".subckt", ".ends"):
            yield words[1] if words[0].lower() == ".subckt" else ""
        elif words[0][0] != ".":
            yield _line(*words)


def _line(name: str, *words: str) -> Line:
    letter = name[0].lower()
    plain = next((place for place, word in enumerate(words) if "=" in word), len(words))
    count = plain - 1 if letter == "x" else NETS.get(letter, 2)
    model = "" if letter in SINGLE else " ".join(words[count:plain])
    return Line(name, words[:count], model, words[count:] if letter in SINGLE else words[plain:])


def _rows(text: str) -> Iterable[Markup]:
    inside = False
    for line in lines_of(text):
        if isinstance(line, Line):
            sizes = Markup(", ").join(_size(line.name[0].lower(), word) for word in line.sizes)
            yield Markup('<tr><th scope="row">{}</th><td>{}</td><td><code>{}</code></td><td>{}</td></tr>').format(
                line.name, line.model, " ".join(line.nets), sizes)
        elif line or inside:
            inside = bool(line)
            yield Markup('<tr><th scope="rowgroup" colspan="4" class="quiet">{}</th></tr>').format(
                f"Subcircuit {line}" if line else "The circuit itself")


def _size(letter: str, word: str) -> Markup:
    """A parameter by its name, a number with its unit, anything else as it is."""
    key, _, value = word.rpartition("=")
    unit = UNITS.get(key.lower()) if key else SINGLE.get(letter)
    begin = Markup("{} ").format(key) if key else Markup("")
    if named := BRACES.fullmatch(value):
        return begin + Markup("<code>{}</code>").format(named[1])
    try:
        return begin + show_quantity(parse_si(value), unit or "")
    except ValueError:
        return begin + value
