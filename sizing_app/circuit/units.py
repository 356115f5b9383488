"""Quantities: one reader and one writer for people and models, and the numbers of SPICE for what ngspice reads.

The code works in SI base units. People and models write ``60 MHz``, ``60meg``, ``30V/us``, ``16 nV/√Hz``, ``10kΩ`` or
``4.7u`` (``read_quantity``), and are shown ``60 MHz``, ``30 V/µs``, ``450 µW`` (``show_quantity``); what is shown is
read back as the same value. In netlists and their expressions, as in SPICE, a suffix ignores case and ``M`` is milli
(ngspice manual, section 2.1.4.3; ``parse_si``, ``format_si``). A person who writes ``M`` mostly means mega: it is mega
where the unit is Hz, Ohm or something per second, of which nobody writes milli with a capital, and refused elsewhere.
"""

import math
import re
from functools import lru_cache

SUFFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "meg": 1e6, "g": 1e9, "t": 1e12}
E24 = (10, 11, 12, 13, 15, 16, 18, 20, 22, 24, 27, 30, 33, 36, 39, 43, 47, 51, 56, 62, 68, 75, 82, 91)
ROUNDING = 1e-9
"""How far a mean of shares may be from all or none by rounding alone."""
LONGEST = 60
"""Characters of a quantity."""

_NUMBER = re.compile(r"([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)(.*)", re.IGNORECASE | re.DOTALL)
_LETTERS = str.maketrans({"\u00b5": "u", "\u03bc": "u", "\u03a9": "Ohm", "\u2126": "Ohm", "\u2212": "-",
                          "\u00ba": "\u00b0"})
"""Micro sign and Greek mu, Greek omega and ohm sign, minus, and the ordinal that some keyboards have for a degree."""
_BARE = ("deg", "c")
"""Units that take no suffix."""
_SPELLINGS = {"deg": ("\u00b0", "degree", "degrees"), "c": ("\u00b0c", "degc"), "ohm": ("ohms",), "": ("x",),
              "v/sqrthz": ("v/hz^0.5",)}
_NAMES = {spelling: name for name, spellings in _SPELLINGS.items() for spelling in spellings}
_PER_SECOND = {"/ms": 1e3, "/us": 1e6, "/ns": 1e9}
_SHOWN = {"deg": "\u00b0", "c": "\u00b0C", "ohm": "\u03a9", "v/sqrthz": "V/\u221aHz"}
_AS_THEY_ARE = ("", "db", "deg", "c", "%", "lsb")
"""Units that are shown without a suffix."""
_PREFIXES = {"u": "\u00b5", "meg": "M", "g": "G", "t": "T"}
_EXAMPLES = {"hz": "60MHz, 60meg or 32.8k", "ohm": "10kOhm or 1meg", "v/s": "30V/us or 30meg", "v/sqrthz": "16nV/rtHz",
             "v": "1.65 or 900mV", "f": "2pF or 100fF",
             "db": "75", "deg": "60", "c": "27", "%": "0.5", "": "8 or 1.5k"}


def read_quantity(text: str | int | float, unit: str = "") -> float:
    """Read what a person or a model wrote for a quantity in ``unit``, as a float in SI base units.

    The unit may be left out. Raises ValueError with a sentence, without its full stop, that says what to write.
    """
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return _finite(text, text)
    match = _NUMBER.fullmatch(str(text).translate(_LETTERS).strip()) if len(str(text)) <= LONGEST else None
    if match is None:
        raise ValueError(_expected(text, unit))
    number, rest = match.groups()
    tail = "".join(rest.split())
    if _name(unit) in SUFFIXES and tail.lower() == _name(unit):  # m and F are units and suffixes
        spelled = {_name(unit): 1.0} if rest[0].isspace() and tail == unit else {}
    else:
        spelled = _spellings(unit)
    for name, factor in sorted({**spelled, "": 1.0}.items(), key=lambda item: -len(item[0])):
        if _plain(tail).endswith(name):
            prefix = tail[:len(_plain(tail)) - len(name)]
            size = _size(prefix, tail[len(prefix):], text, number, unit)
            if size is not None:
                return _finite(float(number) * size * factor, text)
    raise ValueError(_expected(text, unit))


def show_quantity(value: float | None, unit: str = "", digits: int = 4) -> str:
    """Write a value in SI base units as people write it, with at most ``digits`` significant digits: ``60 MHz``,
    ``30 V/µs``, ``75 dB``, ``60°``. A count is written in full."""
    if value is None or not math.isfinite(value):
        return "-"
    value, plain = value + 0.0, _name(unit)  # + 0.0: no negative zero
    name = show_unit(unit)
    if plain == "" and value == round(value) and abs(value) < 1e9:
        return f"{value:.0f}"
    if plain in _AS_THEY_ARE:
        return f"{value:.{digits}g}" + (name if plain == "deg" or not name else f" {name}")
    if plain == "v/s" and abs(value) >= 1e3:
        scaled, name = (value / 1e9, "V/ns") if abs(value) >= 1e9 else (value / 1e6, "V/\u00b5s")
        return f"{_short(scaled, digits)} {name}"
    rounded = float(f"{value:.{digits - 1}e}")
    suffix, factor = _suffix(rounded)
    if abs(rounded) >= 1e15 or 0 < abs(rounded) < 1e-15 or (factor >= 1e6 and not _takes_mega(plain)):
        return f"{rounded:.{digits}g} {name}"
    return f"{_short(rounded / factor, digits)} {_PREFIXES.get(suffix, suffix)}{name}"


def show_share(share: float) -> str:
    """A share, from 0 to 1, in percent: 100.0% and 0.0% are all and none, never all but one of many."""
    return f"{share:.1%}" if share in (0.0, 1.0) else f"{min(max(share, 0.001), 0.999):.1%}"


def show_percent(share: float) -> str:
    """The same in whole percents: 99% is all but a few, 1% hardly any."""
    exact = min(abs(share), abs(share - 1)) < ROUNDING
    return f"{share if exact else min(max(share, 0.01), 0.99):.0%}"


def show_unit(unit: str) -> str:
    """A unit as people write it: V/√Hz, Ω, °."""
    return _SHOWN.get(_name(unit), unit)


def parse_si(text: str) -> float:
    """Read a number of a netlist or an expression as SPICE does: ``4.7u``, ``10MEG``, ``1e-6``; ``M`` is milli.

    Raises ValueError.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None or match.group(2).lower() not in ("", *SUFFIXES):
        raise ValueError(f"{text[:LONGEST]!r} is not a number with an SI suffix (such as 4.7u or 10meg)")
    return _finite(float(match.group(1)) * SUFFIXES.get(match.group(2).lower(), 1.0), text)


def format_si(value: float | None, digits: int = 3) -> str:
    """Write ``value`` as SPICE does, with the nearest suffix and at most ``digits`` significant digits: ``4.7u``,
    ``10meg``, ``1.65``."""
    if value is None or not math.isfinite(value):
        return "-"
    rounded = float(f"{value:.{digits - 1}e}")
    suffix, factor = _suffix(rounded)
    scaled = f"{rounded / factor:.{digits}g}"
    if "e" in scaled:
        scaled = f"{rounded / factor:.0f}"
    return f"{scaled}{suffix}"


@lru_cache(maxsize=4096)
def preferred_values(low: float, high: float) -> tuple[float, ...]:
    """The E24 series (IEC 60063) between ``low`` and ``high``, both ends inclusive."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    series = (float(f"{mantissa}e{decade - 1}") for decade in range(first, last + 1) for mantissa in E24)
    return tuple(value for value in series if low * (1 - 1e-9) <= value <= high * (1 + 1e-9))


def _suffix(rounded: float) -> tuple[str, float]:
    """The suffix that a number is written with, and its size."""
    suffix, factor = "", 1.0
    for name, size in SUFFIXES.items():
        if abs(rounded) >= size * 0.9999999 and rounded != 0:
            suffix, factor = name, size
    if 1.0 <= abs(rounded) < 1e3 or rounded == 0:
        return "", 1.0
    return (suffix, factor) if suffix else ("f", 1e-15)


def _short(value: float, digits: int) -> str:
    """At most ``digits`` significant digits, without an exponent where the whole part is longer."""
    text = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e+" in text else text


def _name(unit: str) -> str:
    """One name for all spellings of a field's unit."""
    return _NAMES.get(_plain(unit), _plain(unit))


def _plain(text: str) -> str:
    """A text without the differences of case, roots and brackets: V/√(Hz), V/rtHz and V/sqrt(Hz) are one."""
    text = re.sub(r"[()]", "", text.translate(_LETTERS).lower())
    return re.sub("\u221a|(?<!sq)rt(?=hz)", "sqrt", text)


def _spellings(unit: str) -> dict[str, float]:
    """How a unit may be spelled, with the size of each: V/s, V/us."""
    plain = _name(unit)
    found = dict.fromkeys((plain, *_SPELLINGS.get(plain, ())), 1.0)
    if plain.endswith("/s"):
        found.update({plain.removesuffix("/s") + per: size for per, size in _PER_SECOND.items()})
    return found


def _takes_mega(plain: str) -> bool:
    return plain in ("hz", "ohm") or plain.endswith("/s")


def _size(prefix: str, spelled: str, text: object, number: str, unit: str) -> float | None:
    """The size of what stands between number and unit; None where that is no suffix. Raises ValueError where it may
    mean either of two."""
    plain, mega = _name(unit), _takes_mega(_name(unit))
    if "M" in spelled and "M" not in unit:
        return None
    if prefix == "":
        return 1.0
    if plain in _BARE or (prefix != "M" and prefix.lower() not in SUFFIXES) or prefix == "F":
        return None
    if prefix == "m" and mega and spelled[:1].islower():
        raise ValueError(f"{text!r} may mean milli or mega: write {show_quantity(float(number) * 1e6, unit)} or "
                         f"{number}meg for mega, {number}m for milli")
    if prefix != "M":
        return SUFFIXES[prefix.lower()]
    if not mega:
        raise ValueError(f"{text!r}: M may mean milli or mega: write {number}m for milli, {number}meg for mega")
    return 1e6


def _expected(text: object, unit: str) -> str:
    shown = str(text) if len(str(text)) <= LONGEST else f"{str(text)[:LONGEST]}..."
    example = _EXAMPLES.get(_name(unit), f"4.7u{unit}")
    point = ", with a decimal point" if isinstance(text, str) and "," in text else ""
    return f"{shown!r} is not a number with an SI suffix: write it such as {example}{point}"


def _finite(value: float, text: object) -> float:
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise ValueError(f"{str(text)[:LONGEST]!r} is not a finite number")
    return result
