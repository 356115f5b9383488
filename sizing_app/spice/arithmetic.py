"""Expressions of SPICE as the arithmetic of circuit files (circuit/expressions.py), with names put in.

SPICE ignores case, writes ``^`` or ``**`` for powers, and lets units follow a number: ``10kohm`` is 10,000.
"""

import keyword
import re
from collections.abc import Mapping

from sizing_app.circuit.expressions import FUNCTIONS, LONGEST, ExpressionError, evaluate, names_in
from sizing_app.circuit.units import SUFFIXES
from sizing_app.spice.words import bare

_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d+)?([a-z]*)", re.IGNORECASE)
_TOKEN = re.compile(rf"(?P<number>{_NUMBER.pattern})|(?P<name>[a-z_]\w*)|(?P<sign>\*\*|==|[-+*/^(),])|(?P<blank>\s+)"
                    r"|(?P<wrong>.)", re.IGNORECASE)
NAME = re.compile(r"(?<![\w.])[a-z_]\w*")
"""Of a parameter or a function, in arithmetic of circuit files."""
_SUFFIXES = {**SUFFIXES, "mil": 25.4e-6, "a": 1e-18}
"""Those of circuit/units.py, and two that ngspice knows beside them (manual, section 2.1.4.3)."""
RANDOM = ("agauss", "gauss", "aunif", "unif", "limit", "rand", "random")


def number(text: str) -> float:
    """A number as SPICE reads it, whatever unit follows: ``1.5pF``, ``10Meg``, ``-3``. Raises ValueError."""
    match = re.fullmatch(r"([-+]?)" + _NUMBER.pattern, text.strip(), re.IGNORECASE)
    if not match:
        raise ValueError(f"{text[:60]!r} is not a number")
    return float(match[1] + match[2] + (match[3] or "")) * _scale(match[4])


def _scale(letters: str) -> float:
    """The size of a suffix with whatever unit behind it; letters that are no suffix count as a unit."""
    letters = letters.lower()
    return next((_SUFFIXES[letters[:length]] for length in (3, 1) if letters[:length] in _SUFFIXES), 1.0)


def is_number(text: str) -> bool:
    try:
        number(bare(text))
    except ValueError:
        return False
    return True


def arithmetic(text: str) -> str:
    """The text as arithmetic of circuit files, names in small letters. Raises ExpressionError."""
    text = bare(text)
    if len(text) > LONGEST:
        raise ExpressionError(f"has {len(text):,} characters, at most {LONGEST:,}")
    pieces = []
    before = None
    for match in _TOKEN.finditer(text):
        if before and (match["number"] or match["name"]):
            raise ExpressionError(f"has {match[0]!r} directly behind {before[0]!r}, which simulators read differently: "
                                  "put an operator between them, or write a number such as 4.7k")
        before = match if match["number"] or match["name"] else None
        if match["wrong"]:
            raise ExpressionError(f"has {match['wrong']!r}, which is not supported: only + - * / ** and "
                                  f"{', '.join(FUNCTIONS)}")
        called = text[match.end():].lstrip().startswith("(") and match[0].lower() in FUNCTIONS
        pieces.append(match[0].lower() if called else _piece(match))
    result = "".join(pieces)
    names_in(result)  # whether it is arithmetic at all
    return result


def _piece(match: re.Match) -> str:
    if match["number"]:
        value = number(match["number"])
        return f"{value:.15g}"
    if match["name"]:
        name = match["name"].lower()
        if name in RANDOM:
            raise ExpressionError(f"{name!r} is random, results would differ from run to run: write the nominal value "
                                  "and use Monte Carlo")
        return {"temper": "temperature"}.get(name, safe_name(name))
    return {"^": "**"}.get(match["sign"], match["sign"] or " ")


def safe_name(name: str) -> str:
    """A parameter's name in small letters, never a word of the expression language."""
    name = re.sub(r"\W", "_", name.lower())
    return f"{name}_" if keyword.iskeyword(name) or name in (*FUNCTIONS, "supply", "load", "temperature") else name


def substituted(text: str, values: Mapping[str, str]) -> str:
    """Arithmetic with names replaced by other arithmetic."""
    def put(match: re.Match) -> str:
        found = values.get(match[0])
        return match[0] if found is None else found if re.fullmatch(r"\w+|[\d.]+(e[+-]?\d+)?", found) else f"({found})"
    result = NAME.sub(put, text)
    if len(result) > LONGEST:
        raise ExpressionError(f"has {len(result):,} characters once parameters are put in, at most {LONGEST:,}")
    return result


def resolved(parameters: Mapping[str, str], outside: Mapping[str, str]) -> dict[str, str]:
    """Parameters that refer to each other and to ``outside``, in the terms of ``outside`` alone.

    Raises ExpressionError, naming the parameter, where they go round in a circle."""
    done: dict[str, str] = {}

    def one(name: str, above: tuple[str, ...]) -> str:
        if name in above:
            raise ExpressionError(f"parameter {name!r} refers to itself")
        if name not in done:
            inner = {}
            for other in names_in(parameters[name]):
                if other in parameters and (other != name or other not in outside):
                    inner[other] = one(other, (*above, name))
                elif other in outside:
                    inner[other] = outside[other]
            done[name] = substituted(parameters[name], inner)
        return done[name]

    return {name: one(name, ()) for name in parameters}


def constant(text: str, names: Mapping[str, float] | None = None) -> float | None:
    """The value of arithmetic, None where it depends on names that are not given. Raises ExpressionError."""
    names = names or {}
    return None if names_in(text) - set(names) else evaluate(text, names)
