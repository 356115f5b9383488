"""Subcircuits of which several stand in parallel: ``X1 a b cell m=4``.

ngspice 39 hands the ``m`` of a call to what the subcircuit holds in place of the ``m`` that stands there, fingers of
transistors and calls among it. Here they are multiplied instead, along the path of calls, and ngspice is told devices.
"""

from collections.abc import Iterator, Sequence

from sizing_app.circuit.expressions import ExpressionError
from sizing_app.circuit.subcircuits import MAIN, called_at, logical_lines, scoped
from sizing_app.circuit.units import parse_si

_TIMES = "rcldqjmgi"
"""Elements of which ``m`` stand in parallel."""
_ONCE = "vefkx"
"""Elements that stay as they are: voltages and couplings, currents that follow a sum; calls are followed."""


def multiplies(lines: Sequence[str]) -> bool:
    """Whether some call of a subcircuit has an ``m``."""
    return any(line[0] in "xX" and _setting(line.split()) for line in logical_lines(lines))


def with_own_subcircuits(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(path, line) of a netlist in which each subcircuit call has a definition of its own, so that its devices may
    differ, and no ``m``, by which they are multiplied; the path is that of the call, empty at the top. Raises
    ExpressionError."""
    bodies, headers = {MAIN: []}, {}
    for (*_, scope), words in scoped(lines):
        if words[0].lower() == ".subckt":
            headers[scope], bodies[scope] = words, []
        else:
            bodies[scope].append(words)
    yield from _expanded(MAIN, "", 1, bodies, headers)


def whole_number(name: str, text: str) -> int:
    """How many equal devices or subcircuits stand in parallel, their ``m``. Raises ExpressionError."""
    try:
        count = parse_si(text)
    except ValueError:
        count = 0.0
    if count < 1 or abs(count - round(count)) > 1e-6:
        raise ExpressionError(f"{name}: expected m, a number of devices, to be whole and at least 1, found m={text}")
    return round(count)


def _expanded(scope: str, path: str, times: int, bodies, headers) -> Iterator[tuple[str, str]]:
    """``times``: how many of the subcircuit stand in parallel."""
    for words in bodies[scope]:
        at = called_at(words)
        inner = words[at].lower()
        if words[0][0] in "xX" and inner in bodies:
            below = f"{path}{words[0].lower()}."
            own = f"{inner}__{below[:-1].replace('.', '_')}"
            place = _setting(words)
            if place and _setting(headers[inner]):
                raise ExpressionError(f"{words[0]}: m of a call, where the subcircuit {inner} has a parameter m")
            more = whole_number(words[0], words[place].partition("=")[2]) if place else 1
            settings = [word for number, word in enumerate(words) if number > at and number != place]
            yield path, " ".join([*words[:at], own, *(settings if settings[-1:] != ["params:"] else ())])
            yield below, " ".join([".subckt", own, *headers[inner][2:]])
            yield from _expanded(inner, below, times * more, bodies, headers)
            yield below, ".ends"
        else:
            yield path, " ".join(_in_parallel(words, times))


def _in_parallel(words: list[str], times: int) -> list[str]:
    """An element of which there are ``times`` as many."""
    kind = words[0][0].lower()
    if times == 1 or kind in _ONCE or kind == ".":
        return words
    if kind not in _TIMES:
        raise ExpressionError(f"{words[0]}: {kind.upper()} elements cannot be multiplied by the m of a subcircuit call")
    place = _setting(words)
    if not place:
        return [*words, f"m={times}"]
    return [*words[:place], f"m={times * parse_si(words[place].partition('=')[2]):.9g}", *words[place + 1:]]


def _setting(words: Sequence[str]) -> int:
    """The place of ``m=`` in a line, 0 where it has none."""
    return next((place for place, word in enumerate(words) if word.lower().startswith("m=")), 0)
