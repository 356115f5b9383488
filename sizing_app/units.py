"""Numbers with SI suffixes, as SPICE and circuit designers write them (ngspice manual, section 2.1.4.3).

The code works in SI base units; people and the language model read and write ``4.7u`` or ``10meg``.
As in SPICE the suffix ignores case, so ``M`` is milli and mega is ``meg``; a unit may follow (``2.4V``, ``60MHz`` is
60 milli-hertz in SPICE and is therefore refused as ambiguous).
"""

import math
import re

SUFFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "meg": 1e6, "g": 1e9, "t": 1e12}
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*([a-zA-Zµ%/°√]*)\s*$", re.IGNORECASE)
E24 = (10, 11, 12, 13, 15, 16, 18, 20, 22, 24, 27, 30, 33, 36, 39, 43, 47, 51, 56, 62, 68, 75, 82, 91)


def parse_si(text: str | int | float, unit: str = "") -> float:
    """Read ``4.7u``, ``10meg``, ``2.4V`` or ``1e-6`` as a float in SI base units.

    ``unit`` is the unit that may follow the suffix. Raises ValueError with a message fit for a person.
    """
    if isinstance(text, bool):
        raise ValueError(f"{text!r} is not a number")
    if isinstance(text, (int, float)):
        return _finite(float(text), text)
    match = _NUMBER.match(str(text))
    if not match:
        raise ValueError(f"{text!r} is not a number with an SI suffix (such as 4.7u or 10meg)")
    number, tail = float(match.group(1)), match.group(2).replace("µ", "u")
    if unit and tail.lower() == unit.lower() and unit not in ("m", "F"):
        return _finite(number, text)
    if unit and len(tail) > len(unit) and tail.lower().endswith(unit.lower()):
        if unit == "Hz" and tail[0] == "M" and len(tail) == 3:
            raise ValueError(f"{text!r} is ambiguous: write {match.group(1)}meg for mega, {match.group(1)}m for milli")
        tail = tail[: -len(unit)]
    if tail and tail.lower() not in SUFFIXES:
        expected = f"a suffix of {', '.join(SUFFIXES)}" + (f" or the unit {unit}" if unit else "")
        raise ValueError(f"{text!r}: unknown suffix {tail!r}, expected {expected}")
    return _finite(number * SUFFIXES.get(tail.lower(), 1.0), text)


def format_si(value: float, digits: int = 3, unit: str = "") -> str:
    """Write ``value`` with the nearest SI suffix and at most ``digits`` significant digits: ``4.7u``, ``1.65``.

    With ``unit``, it follows after a space (``4.7 um``); plain units (dB, deg, %) take no suffix.
    """
    if value is None or not math.isfinite(value):
        return "-"
    if unit in ("dB", "deg", "%", "C"):
        return f"{value:.{digits}g} {unit}"
    rounded = float(f"{value:.{digits - 1}e}")
    suffix, factor = "", 1.0
    for name, size in SUFFIXES.items():
        if abs(rounded) >= size * 0.9999999 and rounded != 0:
            suffix, factor = name, size
    if 1.0 <= abs(rounded) < 1e3 or rounded == 0:
        suffix, factor = "", 1.0
    elif suffix == "" and rounded != 0:
        suffix, factor = "f", 1e-15
    scaled = f"{rounded / factor:.{digits}g}"
    if "e" in scaled:
        scaled = f"{rounded / factor:.0f}"
    return f"{scaled} {suffix}{unit}" if unit else f"{scaled}{suffix}"


def preferred_values(low: float, high: float) -> list[float]:
    """The E24 series (IEC 60063) between ``low`` and ``high``, both ends inclusive."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    series = (float(f"{mantissa}e{decade - 1}") for decade in range(first, last + 1) for mantissa in E24)
    return [value for value in series if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


def _finite(value: float, text) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    return value
