"""Element lines: which words are nets, which the model, which values; by the first letter (ngspice manual, part 3)."""

import re
from dataclasses import replace
from itertools import takewhile

from sizing_app.spice.arithmetic import is_number
from sizing_app.spice.deck import Element
from sizing_app.spice.lines import Line
from sizing_app.spice.words import settings_of, split

REFUSED = {"a": "A elements can read files and are not supported",
           "n": "N elements need Verilog-A models, which this ngspice cannot load",
           "o": "lossy lines (O) are not supported", "t": "transmission lines (T) are not supported",
           "u": "U elements are not supported", "w": "current-controlled switches (W) are not supported",
           "y": "lossy lines (Y) are not supported", "p": "coupled lines (P) are not supported"}
EXPRESSIONS = {"e": ("value", "vol"), "g": ("value", "cur"), "b": ("v", "i")}
"""Settings of sources that hold arithmetic over voltages and currents."""
_TERMINALS = {"r": 2, "c": 2, "l": 2, "v": 2, "i": 2, "d": 2, "m": 4, "j": 3, "z": 3, "s": 4, "b": 2, "f": 2, "h": 2}
_OFF = {"m": 5, "d": 3, "q": 4, "j": 4, "z": 4}
"""Words before those among which ``off`` may stand."""
SECOND = "ic2"
"""Our name for the second number of ``ic=0.6,5``, which ngspice reads as two settings."""
_ELEMENT = re.compile(r"[A-Za-z][^\s=()]*")


class WrongElement(ValueError):
    """A line is no element that can be read; says what to do. ``word`` is the word that is meant."""

    def __init__(self, word: str, text: str):
        super().__init__(text)
        self.word = word


def read_element(line: Line, models: frozenset[str] = frozenset()) -> Element:
    """The element of a line; ``models`` are the names of known bipolar models. Raises WrongElement."""
    words = split(line.text)
    name, kind = words[0], words[0][0].lower()
    if kind in REFUSED:
        raise WrongElement(name, f"is not supported: {REFUSED[kind]}")
    if not _ELEMENT.fullmatch(name):
        raise WrongElement(name, "is no element and no dot command: remove the line, or begin it with * if it is a "
                                 "comment")
    if kind == "b":
        return _behavioural(line, words)
    rest = {**dict.fromkeys("vi", _source_words), **dict.fromkeys("qjz", _starting_words)}.get(kind, list)(words[1:])
    plain, settings = settings_of(rest)
    plain = [word for word in _unpacked(plain, kind) if word.lower() != "params:"]
    if kind in _OFF and "off" in map(str.lower, plain[_OFF[kind]:]):
        plain = [word for at, word in enumerate(plain) if at < _OFF[kind] or word.lower() != "off"]
        settings = {**settings, "off": "1"}
    if kind == "z":
        kind, name = "j", f"j{name}"
    return _READERS.get(kind, _plain)(Element(name, kind, (), "", tuple(plain), settings, line), models)


def _source_words(words: list[str]) -> list[str]:
    """Words of a V or I line, ``dc=1.8`` and ``ac=1`` as two each where they stand: what follows belongs to them."""
    return [piece for word in words
            for piece in (word.split("=", 1) if re.match(r"(?i)(dc|ac)=.", word) else [word])]


def _starting_words(words: list[str]) -> list[str]:
    """Words of a Q, J or Z line, the second number behind ``ic=`` as a setting. Raises WrongElement."""
    at = next((at for at, word in enumerate(words) if word.lower().startswith("ic=")), len(words))
    more = list(takewhile(lambda word: "=" not in word and word.lower() != "off", words[at + 1:]))
    if len(more) > 1:
        raise WrongElement(more[1], "is one word too many: ic= has two numbers at most, and an area stands before it")
    return [*words[:at + 1], *(f"{SECOND}={word}" for word in more), *words[at + 1 + len(more):]]


def _unpacked(plain: list[str], kind: str) -> list[str]:
    """Nets in parentheses, ``E1 (a 0) (c d) 10``, as plain words."""
    if kind in "vi" or not plain or plain[0][0] != "(":
        return plain
    return [piece for word in plain for piece in (split(word[1:-1]) if word[0] == "(" else [word])]


def _made(element: Element, nets: int, model: str = "", rest: tuple[str, ...] | None = None) -> Element:
    """The element with its first ``nets`` values as nets."""
    words = element.values
    if len(words) < nets:
        raise WrongElement(element.name, f"has {len(words)} nets, but needs {nets}")
    return Element(element.name, element.kind, tuple(word.lower() for word in words[:nets]), model.lower(),
                   words[nets:] if rest is None else rest, element.settings, element.line)


def _plain(element: Element, models: frozenset[str]) -> Element:
    return _made(element, _TERMINALS[element.kind])


def _two_terminals(element: Element, models: frozenset[str]) -> Element:
    """R, C and L: ``R1 a b 10k``, ``R1 a b r=10k``, ``R1 a b rmod w=1u l=10u``."""
    found = _made(element, 2)
    settings = dict(found.settings)
    value = next((settings.pop(key) for key in (found.kind, "value", "val") if key in settings), None)
    names = [word for word in found.values if not is_number(word) and word[0] not in "'\"{"]
    values = [*([value] if value is not None else []), *(word for word in found.values if word not in names)]
    expression = not values and len(names) == 1 and not settings
    model = "" if expression or not names else names[0]
    if not values and not expression and not ({"w", "l"} & set(settings) and model):
        raise WrongElement(element.name, "has no value: write one behind its nets, such as 10k")
    if "tc" in settings and len(values) > 1:
        raise WrongElement("tc", "is one number in ngspice: write tc1= and tc2= for two")
    if len(values) > 1 or len(names) > 1:
        raise WrongElement((values[1:] or names[1:])[0], "is one word too many: expected nets, value and settings")
    return Element(found.name, found.kind, found.nets, model.lower(), tuple(values or names * expression), settings,
                   found.line)


def _transistor(element: Element, models: frozenset[str]) -> Element:
    if len(element.values) < 5:
        raise WrongElement(element.name, f"has {len(element.values)} words before its sizes, but needs 5: drain, gate, "
                                         "source, bulk and model")
    if len(element.values) > 5:
        raise WrongElement(element.values[5], "is one word too many: expected drain, gate, source, bulk, model and "
                                              "settings such as w=1u l=0.5u")
    if "nfin" in element.settings:
        raise WrongElement("nfin", "belongs to a FinFET, whose models (BSIM-CMG) this ngspice cannot load")
    return _made(element, 4, element.values[4], ())


def _diode(element: Element, models: frozenset[str]) -> Element:
    return _with_model(element, 2)


def _switch(element: Element, models: frozenset[str]) -> Element:
    return _with_model(element, 4)


def _junction_fet(element: Element, models: frozenset[str]) -> Element:
    return _with_model(element, 3)


def _bipolar(element: Element, models: frozenset[str]) -> Element:
    """Three nets, or four with the substrate: the model is known, or the word before an area."""
    words = [word.lower() for word in element.values]
    known = next((place for place in (3, 4) if place < len(words) and words[place] in models), None)
    if known is None:
        known = 4 if len(words) > 4 and not is_number(words[4]) else 3
    return _with_model(element, known)


def _with_model(element: Element, nets: int) -> Element:
    if len(element.values) <= nets:
        raise WrongElement(element.name, f"has {len(element.values)} words, but needs {nets} nets and a model")
    return _made(element, nets, element.values[nets], element.values[nets + 1:])


def _call(element: Element, models: frozenset[str]) -> Element:
    words = [word for word in element.values if word != "/"]  # of CDL, before the subcircuit
    if not words:
        raise WrongElement(element.name, "names no subcircuit")
    return _made(replace(element, values=tuple(words)), len(words) - 1, words[-1], ())


def _controlled(element: Element, models: frozenset[str]) -> Element:
    """E and G: four nets and a gain, or arithmetic in ``value=``, ``vol=``, ``cur=``."""
    words = [word for word in element.values if word.lower() not in ("vcvs", "vccs")]
    odd = next((word for word in words[2:] if re.match(r"(poly|table|laplace|freq|opamp|pwl|and|or|nand|nor|delay)\b",
                                                       word, re.IGNORECASE)), None)
    if odd or {"table", "laplace", "freq"} & set(element.settings):
        raise WrongElement(odd or element.name, "is a form of controlled source that is not supported: write a gain, "
                                                "or value={arithmetic}")
    element = Element(element.name, element.kind, (), "", tuple(words), element.settings, element.line)
    if set(EXPRESSIONS[element.kind]) & set(element.settings):
        return _made(element, 2)
    rest = {key: text for key, text in element.settings.items() if key != "gain"}
    gain = [element.settings["gain"]] if "gain" in element.settings else []
    found = _made(element, 4)
    if len(found.values) + len(gain) != 1:
        raise WrongElement(element.name, "needs four nets and a gain")
    return Element(found.name, found.kind, found.nets, "", (*found.values, *gain), rest, found.line)


def _sensing(element: Element, models: frozenset[str]) -> Element:
    """F and H: two nets, the source whose current they sense, a gain."""
    words = tuple(word for word in element.values if word.lower() not in ("cccs", "ccvs"))
    if len(words) != 4:
        raise WrongElement(element.name, "needs two nets, a voltage source and a gain")
    found = Element(element.name, element.kind, (), "", words, element.settings, element.line)
    return _made(found, 2, words[2], words[3:])


def _coupling(element: Element, models: frozenset[str]) -> Element:
    """K: two inductors, which stand as values, and a factor."""
    if len(element.values) != 3:
        raise WrongElement(element.name, "needs two inductors and a factor")
    return element


def _behavioural(line: Line, words: list[str]) -> Element:
    """B: two nets, then ``v=`` or ``i=`` and arithmetic up to the end."""
    match = re.search(r"(?i)\b([vi])\s*=\s*(.+)$", line.text)
    nets = line.text[:match.start()].split()[1:] if match else []
    if not match or len(nets) != 2:
        raise WrongElement(words[0], "needs two nets and v= or i= with arithmetic")
    return Element(words[0], "b", tuple(net.lower() for net in nets), "", (), {match[1].lower(): match[2]}, line)


_READERS = {"r": _two_terminals, "c": _two_terminals, "l": _two_terminals, "m": _transistor, "d": _diode,
            "q": _bipolar, "j": _junction_fet, "s": _switch, "x": _call, "e": _controlled, "g": _controlled,
            "f": _sensing, "h": _sensing, "k": _coupling}
