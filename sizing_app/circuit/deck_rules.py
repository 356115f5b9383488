"""What a deck may hold: nothing that ngspice could execute, and no more of it than a design of use has.

A line passes where it is known to be harmless. How large a deck is, is counted before ngspice loads it: a short text
can hold 10^9 devices or 10^15 time steps.
"""

import itertools
import math
import re
from collections.abc import Callable, Sequence

from sizing_app.circuit.definition import Analysis
from sizing_app.circuit.expressions import ExpressionError
from sizing_app.circuit.subcircuits import MAIN, called_at, scoped
from sizing_app.circuit.units import parse_si

DOT_COMMANDS = ("option", "options", "nodeset", "ic", "param", "subckt", "ends", "save", "temp")
OPTIONS = ("reltol", "abstol", "vntol", "chgtol", "gmin", "itl1", "itl2", "itl4", "itl6", "bypass", "method", "maxord",
           "trtol", "temp", "tnom", "keepopinfo", "noopiter", "rshunt", "cshunt")
"""Options that hold for one circuit and change neither what is written nor what later circuits give."""
MOST_LINES = 2000
LONGEST_LINE = 4000
"""Characters."""
MOST_DEVICES = 5_000
"""After all subcircuits are expanded; an empty one counts as a device, for each call takes time."""
DEEPEST = 8
"""Subcircuits within each other."""
MOST_POINTS = 20_000
"""Of one analysis."""
ELEMENTS = "rclkvigefhdmqjxsb"
MODEL_KINDS = ("nmos", "pmos", "npn", "pnp", "d", "r", "c", "l", "sw", "csw", "njf", "pjf")
"""Devices that a circuit may bring models for: none of them reads a file."""
ANALYSES = ("op", "ac", "tran", "noise", "dc")
NAME = re.compile(r"[\w().#@\[\]-]+", re.ASCII)
"""A vector or a source setting: v(out), i(vdd), @m1[gm], v-sweep."""
FORBIDDEN = re.compile(r"`|\bfile\b|\bshell\b|\bsystem\b|\bwrite\b|\bsource\b|;|\$\(", re.IGNORECASE)
BRACES = re.compile(r"\{([^{}]*)\}")
"""An expression of ours."""
DEEPEST_BRACKETS = 50
_COMMENT = re.compile(r"(?:^|[\s,])\$|//")
"""What begins a comment within a line."""
_BEHAVIOUR = re.compile(r"(?:b\w*\s+\S+\s+\S+\s+[vi]\s*=)[\w\s.,+\-*/^()<>=!&|?:{}]+", re.IGNORECASE | re.ASCII)
_SETTINGS = r"(?:\s+\w+=[-+\w.]+)*"
_CARD = re.compile(rf"\.model\s+[\w.]+\s+(?:{'|'.join(MODEL_KINDS)}){_SETTINGS}|\+{_SETTINGS}|\.lib\s+\w+|\.endl",
                   re.IGNORECASE | re.ASCII)


class RefusedNetlist(ValueError):
    """The netlist holds something that ngspice could execute or read from disk."""


def check_lines(text: str) -> None:
    """Raise RefusedNetlist unless every line is an element or a harmless dot command: only what is known may pass."""
    lines, command = text.splitlines(), ""
    if len(lines) > MOST_LINES:
        raise RefusedNetlist(f"{len(lines):,} lines, at most {MOST_LINES:,}")
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if len(stripped) > LONGEST_LINE:
            raise RefusedNetlist(f"line {number}: {len(stripped):,} characters, at most {LONGEST_LINE:,}")
        if not stripped or stripped[0] == "*":
            continue
        head = stripped.split()[0].lower()
        allowed = head[1:] in DOT_COMMANDS if head[0] == "." else head[0] in ELEMENTS + "+"
        if not allowed or FORBIDDEN.search(stripped):
            raise RefusedNetlist(f"line {number}: {stripped[:60]!r} is not allowed in a netlist: only elements "
                                 f"({', '.join(ELEMENTS)}) and .{', .'.join(DOT_COMMANDS)}")
        _check_whole(stripped, number)
        command = command if head[0] == "+" else head
        if command[0] == "b":
            _check_behaviour(stripped, number)
        if command in (".option", ".options"):
            _check_options(stripped[1:] if head[0] == "+" else stripped[len(head):], number)
        if re.search(r"[{}]", BRACES.sub("", stripped)):
            raise ExpressionError(f"line {number}: {stripped[:60]!r} has a brace without its partner")


def _check_whole(line: str, number: int) -> None:
    """ngspice reads a line to its end and no further, so that what was checked is what it reads."""
    if match := _COMMENT.search(line):
        raise RefusedNetlist(f"line {number}: {match[0].strip()!r} in {line[:60]!r} begins a comment in ngspice: write "
                             "comments in lines of their own, which begin with *")
    if line.endswith("\\"):
        raise RefusedNetlist(f"line {number}: {line[-60:]!r} ends with a backslash, which may join the next line: "
                             "begin that with +")


def _check_behaviour(line: str, number: int) -> None:
    """A B element is a voltage or a current by arithmetic; ngspice dies of expressions that are nested deeply."""
    depth = itertools.accumulate({"(": 1, ")": -1}.get(letter, 0) for letter in line)
    if not _BEHAVIOUR.fullmatch(line) or max(depth, default=0) > DEEPEST_BRACKETS:
        raise RefusedNetlist(f"line {number}: {line[:60]!r} is not allowed in a netlist: a B element is one line "
                             f"with v= or i= and arithmetic, at most {DEEPEST_BRACKETS} brackets within each other")


def check_models(text: str) -> None:
    """Raise RefusedNetlist unless a text is .model cards of known kinds with numbers alone, as ``models.sp`` holds."""
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise RefusedNetlist(f"{len(lines):,} lines of models, at most {MOST_LINES:,}")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise RefusedNetlist(f"line {number}: {len(line):,} characters, at most {LONGEST_LINE:,}")
        if line.strip() and line[0] != "*" and not _CARD.fullmatch(line.strip()):
            raise RefusedNetlist(f"line {number}: {line.strip()[:60]!r} is not allowed among models: only .model NAME "
                                 f"KIND with name=number, kinds {', '.join(MODEL_KINDS)}, and .lib NAME to .endl")


def _check_options(text: str, number: int) -> None:
    for setting in re.sub(r"(?<!\s)\s*=\s*", "=", text).split():
        name = setting.partition("=")[0].lower()
        if name not in OPTIONS:
            raise RefusedNetlist(f"line {number}: option {name[:60]!r} is not allowed, it may change others' results: "
                                 f"only {', '.join(OPTIONS)}")


def check_command(command: str) -> None:
    """Raise RefusedNetlist unless ``command`` is one plain analysis."""
    words = command.split()
    if not words or words[0] not in ANALYSES or len(command) > 500 or \
            not re.fullmatch(r"[\w .+\-()]+", command, re.ASCII):
        raise RefusedNetlist(f"{command!r} is not an analysis: one of {', '.join(ANALYSES)} with numbers and names")


def check_analysis(analysis: Analysis) -> None:
    """Raise RefusedNetlist unless an analysis runs, alters and saves, and nothing else."""
    check_command(analysis.command)
    _check_points(analysis.command)
    for vector in analysis.save:
        if not NAME.fullmatch(vector):
            raise RefusedNetlist(f"{vector!r} is not the name of a vector, such as v(out)")
    for target, value in analysis.alter.items():
        if not re.fullmatch(r"\w+( \w+)?", target) or not re.fullmatch(r"[\w.+\-]+", str(value)):
            raise RefusedNetlist(f"alter {target!r} = {value!r} is not a source setting and a number, such as "
                                 "'vdd acmag' = '1'")


def check_size(lines: Sequence[str]) -> None:
    """Raise RefusedNetlist where the devices of a netlist, subcircuits expanded, are too many or nested too deeply,
    ExpressionError where a subcircuit has no name.

    ``lines`` are stripped and without comments; a line that begins with + belongs to the one before.
    """
    if not any(line[0] in "xX" for line in lines):
        return  # no more devices than lines, which check_lines counts
    bodies: dict[str, list[str | None]] = {MAIN: []}
    for scopes, words in scoped(lines):
        found = bodies.setdefault(scopes[-1], [])
        if words[0][0] != ".":
            found.append(words[called_at(words)].lower() if words[0][0] in "xX" else None)
    devices = _count(MAIN, bodies, (), {})
    if devices > MOST_DEVICES:
        raise RefusedNetlist(f"the netlist expands to {_number(devices)} devices, at most {MOST_DEVICES:,}")


def _check_points(command: str) -> None:
    """Raise RefusedNetlist where an analysis has too many points, or where they cannot be counted: ngspice reads more
    than is read here, such as 1ns."""
    kind, *words = command.lower().split()
    try:
        points = _POINTS[kind](words)
    except (KeyError, ValueError, IndexError, ArithmeticError):
        points = math.nan
    if not points >= 0:
        raise RefusedNetlist(f"{command!r}: its points cannot be counted: write all its numbers, in the order of "
                             "ngspice's manual and without units, such as tran 10n 1u or ac dec 10 1 1meg")
    if not points <= MOST_POINTS:
        raise RefusedNetlist(f"{command!r} has {_number(points)} points, at most {MOST_POINTS:,}")


def _count(name: str, bodies: dict[str, list[str | None]], above: tuple[str, ...], known: dict[str, int]) -> int:
    """Devices of a subcircuit, 1 of an empty one; ``known`` are those counted before."""
    if name in above:
        raise RefusedNetlist(f"the subcircuit {name!r} holds itself")
    if len(above) > DEEPEST:
        raise RefusedNetlist(f"subcircuits are nested more than {DEEPEST} deep")
    if name not in known:
        inner = (_count(called, bodies, (*above, name), known) if called in bodies else 1 for called in bodies[name])
        known[name] = max(1, sum(inner))
    return known[name]


def _transient(words: list[str]) -> float:
    """tran STEP STOP [START [LARGEST]]"""
    numbers = [parse_si(word) for word in words if word != "uic"]
    return numbers[1] / min(number for number in (numbers[0], *numbers[3:4]) if number)


def _frequencies(words: list[str]) -> float:
    """dec|oct|lin NUMBER START STOP"""
    scale, number, start, stop = words[0], *map(parse_si, words[1:4])
    return number if scale == "lin" else number * {"dec": math.log10, "oct": math.log2}[scale](stop / start)


def _sweep(words: list[str]) -> float:
    """SOURCE START STOP STEP, once or twice"""
    start, stop, step = map(parse_si, words[1:4])
    return (abs((stop - start) / step) + 1) * (_sweep(words[4:]) if len(words) > 4 else 1)


def _noise(words: list[str]) -> float:
    """OUTPUT SOURCE dec|oct|lin NUMBER START STOP"""
    scales = (at for at, word in enumerate(words) if word in ("dec", "oct", "lin"))
    return _frequencies(words[next(scales, len(words)):])


_POINTS: dict[str, Callable[[list[str]], float]] = {
    "op": lambda words: 1.0, "tran": _transient, "ac": _frequencies, "noise": _noise, "dc": _sweep}


def _number(count: float) -> str:
    return f"{count:,.0f}" if count < 1e7 else f"{count:.0e}".replace("e+0", "e").replace("e+", "e")
