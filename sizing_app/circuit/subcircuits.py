"""Which lines of a netlist belong to which subcircuit, and which subcircuit a call names."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from sizing_app.circuit.expressions import ExpressionError

MAIN = ""
"""What stands outside all subcircuits."""


def logical_lines(lines: Iterable[str]) -> list[str]:
    """Continued lines joined, settings without blanks around their ``=``. ``lines`` are stripped."""
    joined: list[str] = []
    for line in lines:
        if line.startswith("+") and joined:
            joined[-1] += " " + line[1:]
        elif line.strip("+ "):
            joined.append(line)
    return [re.sub(r"(?<!\s)\s*=\s*", "=", line) for line in joined]


def called_at(words: Sequence[str]) -> int:
    """The place of the subcircuit in the words of an X line: its last word before the parameters."""
    return sum(1 for _ in itertools.takewhile(lambda word: "=" not in word and word.lower() != "params:", words[1:]))


def scoped(lines: Iterable[str]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """(the subcircuits that it stands in, from MAIN on, in small letters; words) of every logical line, ``.subckt``
    lines among those of their own subcircuit; ``.ends`` is left out. Raises ExpressionError."""
    scopes: tuple[str, ...] = (MAIN,)
    for line in logical_lines(lines):
        words = line.split()
        command = words[0].lower()
        if command == ".ends":
            scopes = scopes[:-1] or (MAIN,)
            continue
        if command == ".subckt":
            if len(words) < 2:
                raise ExpressionError("a .subckt line has no name")
            scopes = (*scopes, words[1].lower())
        yield scopes, words
