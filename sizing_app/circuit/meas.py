"""``.meas`` lines as data: read into a typed structure, computed by us (simulator/metrics/expression.py).

The forms of the ngspice manual, section 11.4 (.MEAS): TRIG ... TARG, WHEN, FIND ... WHEN or AT, DERIV, AVG, MAX, MIN,
MAX_AT, MIN_AT, PP, RMS, INTEG and PARAM. A line is never given to ngspice, whose command line would run what it holds.
Wherever ngspice takes a vector or a number, an expression of circuit/signals.py may stand: ``par('v(a)-v(b)')``,
``'0.9*vmax'`` of an earlier measure.
"""

import functools
import re
from dataclasses import dataclass

from sizing_app.circuit.expressions import ExpressionError
from sizing_app.circuit.signals import Formula, read_formula

LONGEST = 2000
"""Characters of a line."""
KINDS = ("tran", "ac", "dc", "noise", "op")
FUNCTIONS = {"trig": "delay", "targ": "delay", "delay": "delay", "when": "when", "find": "find", "deriv": "deriv",
             "derivative": "deriv", "avg": "avg", "average": "avg", "mean": "avg", "max": "max", "min": "min",
             "max_at": "max_at", "min_at": "min_at", "pp": "pp", "rms": "rms", "integ": "integ", "integral": "integ",
             "param": "param"}
"""Word of a line to what is computed."""
EDGES = ("rise", "fall", "cross")
INSTEAD = {"err": "avg or rms of par('v(a)-v(b)')", "err1": "rms of par('(v(a)-v(b))/v(b)')", "err2": "avg or max",
           "err3": "avg or max", "lstb": "the measures loop_gain and phase_margin of an op-amp testbench",
           "derivate": "deriv", "goal": "a spec", "weight": "a spec", "four": "the measures thd and sfdr",
           "gain_margin": "an expression, gain_margin(v(out)/v(in))",
           "phase_margin": "an expression, phase_margin(v(out)/v(in))",
           "bw": "an expression, bandwidth(v(out))", "bandwidth": "an expression, bandwidth(v(out))"}
"""What people write that .meas of ngspice does not know, and what does the same here."""
_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|\{[^}]*\}|\((?:[^()]|\([^()]*\))*\)|[^\s,'"{(])+""")
_NUMBER = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?(?:meg|[tgkmunpf])?)(?:s|sec|hz|v|a|ohm|f)?")


class MeasError(ValueError):
    """A .meas line cannot be read: the sentence names the word and what to write instead."""


@dataclass(frozen=True)
class Event:
    """A place on the sweep: ``at``, or where ``left`` passes ``right`` for the ``count``-th time, -1 for the last."""

    at: Formula | None = None
    left: Formula | None = None
    right: Formula | None = None
    edge: str = "cross"
    count: int = 1
    window: tuple[Formula | None, Formula | None] = (None, None)

    @property
    def formulas(self) -> list[Formula]:
        return [item for item in (self.at, self.left, self.right, *self.window) if item is not None]


@dataclass(frozen=True)
class Meas:
    """One line: ``function`` is a value of FUNCTIONS, ``value`` what it looks at, ``start`` to ``event`` a delay."""

    kind: str
    name: str
    function: str
    value: Formula | None = None
    event: Event | None = None
    start: Event | None = None
    window: tuple[Formula | None, Formula | None] = (None, None)

    @property
    def formulas(self) -> list[Formula]:
        events = [formula for event in (self.start, self.event) if event for formula in event.formulas]
        return [*events, *(item for item in (self.value, *self.window) if item is not None)]

    @property
    def vectors(self) -> set[str]:
        return set().union(*(formula.vectors.values() for formula in self.formulas))

    @property
    def metrics(self) -> set[str]:
        return set().union(*(formula.metrics for formula in self.formulas))


@functools.lru_cache(maxsize=256)
def read_meas(line: str) -> Meas:
    """Read one logical line, continuations joined, without braces. Raises MeasError."""
    if len(line) > LONGEST:
        raise MeasError(f"{line[:60]!r}... has {len(line):,} characters, at most {LONGEST:,}")
    words = _words(line)
    if not words or words[0] not in (".meas", ".measure", "meas", "measure"):
        raise MeasError(f"{line[:60]!r} is not a .meas line")
    words = words[1:] if len(words) > 1 and words[1] in KINDS else ["tran", *words[1:]]
    if len(words) < 3:
        raise MeasError(f"{line[:60]!r}: expected .meas tran|ac|dc|noise NAME FUNCTION ...")
    kind, name, head, rest = words[0], words[1], *_head(words[2:])
    if head not in FUNCTIONS:
        instead = f"write {INSTEAD[head]}" if head in INSTEAD else f"only {', '.join(dict.fromkeys(FUNCTIONS))} are"
        raise MeasError(f".meas {name}: {head!r} is not supported, {instead}")
    function = FUNCTIONS[head]
    try:
        return _READERS.get(function, _whole)(kind, name, function, rest)
    except (ExpressionError, MeasError) as error:
        raise MeasError(f".meas {name}: {error}") from None


def _head(words: list[str]) -> tuple[str, list[str]]:
    """The function, and the rest: ``param=x`` is one word."""
    head, equals, value = words[0].partition("=")
    return head, [value, *words[1:]] if equals else words[1:]


def _words(line: str) -> list[str]:
    text = re.sub(r"(?<!\s)\s*=\s*", "=", line.strip().lower())
    text = re.sub(r"\bpar\s*\(", "par(", text)
    text = re.sub(r"\b(v[a-z]{0,2}|i)\s*\(\s*([^\s(),]+)\s*(?:,\s*([^\s(),]+)\s*)?\)",
                  lambda match: f"{match[1]}({match[2]}{',' + match[3] if match[3] else ''})", text)
    if re.sub(_WORD, "", text).strip(" ,\t"):
        raise MeasError(f"{line[:60]!r} has a quote, brace or bracket without its partner")
    return _WORD.findall(text)


def _formula(text: str) -> Formula:
    """A vector, a number with a unit, an expression in quotes or par()."""
    text = text.strip()
    if match := re.fullmatch(r"par\((.*)\)", text):
        text = match[1].strip()
    if text[:1] in "'\"" and text[-1:] == text[:1]:
        text = text[1:-1]
    number = _NUMBER.fullmatch(text)
    if not text:
        raise MeasError("a value is missing after '='")
    return read_formula(number[1] if number else text)


def _settings(words: list[str], *allowed: str) -> dict[str, str]:
    found = {}
    for word in words:
        key, equals, value = word.partition("=")
        if word == "last":
            key, value = "cross", "last"
        elif not equals or key not in allowed:
            raise MeasError(f"{word!r} is not expected here, only {', '.join(f'{key}=' for key in allowed)}")
        if key in found:
            raise MeasError(f"{key!r} is given twice")
        found[key] = value
    return found


def _window(found: dict[str, str]) -> tuple[Formula | None, Formula | None]:
    ends = [found.get("from", found.get("td")), found.get("to")]
    return tuple(None if end is None else _formula(end) for end in ends)


def _passing(left: str, right: str, words: list[str], extra: tuple[str, ...] = ()) -> Event:
    found = _settings(words, *EDGES, "td", "from", "to", *extra)
    edges = [edge for edge in EDGES if edge in found]
    if len(edges) > 1:
        raise MeasError(f"expected one of rise, fall and cross, found {edges[0]!r} and {edges[1]!r}")
    edge = edges[0] if edges else "cross"
    count = found.get(edge, "1")
    if count != "last" and not re.fullmatch(r"[1-9]\d{0,5}", count):
        raise MeasError(f"{edge}={count}: expected a number from 1 or last")
    return Event(left=_formula(left), right=_formula(right), edge=edge, count=-1 if count == "last" else int(count),
                 window=_window(found))


def _end(words: list[str], where: str) -> Event:
    """The part after TRIG or TARG: ``v(a) val=1 rise=1`` or ``at=1u``."""
    if not words:
        raise MeasError(f"expected a vector or at= after {where}")
    if words[0].startswith("at="):
        _settings(words[1:])
        return Event(at=_formula(words[0][3:]))
    left, equals, right = words[0].partition("=")
    found = [word for word in words[1:] if word.startswith("val=")]
    if not equals and len(found) != 1:
        raise MeasError(f"expected val= once after {where} {words[0]}")
    others = [word for word in words[1:] if not word.startswith("val=")]
    return _passing(left, right if equals else found[0][4:], others)


def _condition(words: list[str]) -> Event:
    """The part after WHEN: ``v(a)=1 rise=2`` or ``v(a)=v(b)``."""
    if not words or "=" not in words[0]:
        raise MeasError("expected vector=value after when")
    left, _, right = words[0].partition("=")
    return _passing(left, right, words[1:])


def _delay(kind: str, name: str, function: str, words: list[str]) -> Meas:
    if "targ" not in words:
        raise MeasError("expected targ after trig")
    at = words.index("targ")
    return Meas(kind, name, function, start=_end(words[:at], "trig"), event=_end(words[at + 1:], "targ"))


def _when(kind: str, name: str, function: str, words: list[str]) -> Meas:
    return Meas(kind, name, function, event=_condition(words))


def _found(kind: str, name: str, function: str, words: list[str]) -> Meas:
    if len(words) < 2:
        raise MeasError("expected a vector, and at= or when")
    if words[1] == "when":
        return Meas(kind, name, function, _formula(words[0]), _condition(words[2:]))
    if not words[1].startswith("at="):
        raise MeasError(f"expected at= or when, found {words[1]!r}")
    _settings(words[2:], "from", "to")
    return Meas(kind, name, function, _formula(words[0]), Event(at=_formula(words[1][3:])))


def _whole(kind: str, name: str, function: str, words: list[str]) -> Meas:
    if not words:
        raise MeasError(f"expected a vector after {function}")
    return Meas(kind, name, function, _formula(words[0]), window=_window(_settings(words[1:], "td", "from", "to")))


def _param(kind: str, name: str, function: str, words: list[str]) -> Meas:
    if len(words) != 1:
        raise MeasError("expected one expression, in quotes: param='a+b'")
    return Meas(kind, name, function, _formula(words[0]))


_READERS = {"delay": _delay, "when": _when, "find": _found, "deriv": _found, "param": _param}
