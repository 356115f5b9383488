"""A SPICE text as logical lines: comments of all dialects away, continued lines joined, ``.control`` set aside.

Comments begin with ``*`` or ``#`` (whole lines), ``//``, ``;`` or ``$`` after a blank (ngspice manual, section 2.1;
HSPICE; LTspice). Lines go on where the next one begins with ``+`` or where one ends with a backslash.
"""

import re
from dataclasses import dataclass, field

from sizing_app.circuit.deck_rules import LONGEST_LINE, RefusedNetlist

LARGEST_TEXT = 2_000_000
"""Characters of all files together."""
MOST_FILE_LINES = 50_000
"""Lines of one file, model libraries among them."""
LONGEST_LOGICAL = 100_000
"""Characters of a line with those that continue it."""
_COMMENT = re.compile(r"(?:^|(?<=\s))\$(?![({])|;|//")
_EXECUTED = re.compile(r"`|\$\(")
_READ = re.compile(r"\bfile\s*=", re.IGNORECASE)
_SPECTRE = re.compile(r"simulator\s+lang|parameters\s|subckt\s|ends\b|include\s+\"|ahdl_include", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A logical line: where it begins, and its text in single blanks."""

    file: str
    number: int
    text: str

    @property
    def place(self) -> str:
        """Where this is, for people; the file is named where it is not the only one."""
        return f"{self.file} line {self.number}" if self.file else f"line {self.number}"


NOWHERE = Line("", 0, "")
"""Of a remark about the whole."""


@dataclass(frozen=True)
class Remark:
    """A sentence about a line: a note of what was done with it, or a problem with what to do about it."""

    line: Line
    word: str
    """What in the line is meant."""
    text: str

    def __str__(self) -> str:
        said = f"{self.word[:60]!r} {self.text}" if self.word else self.text
        return f"{self.line.place}: {said}" if self.line.number else said


@dataclass
class Lines:
    """What a file holds, in order."""

    logical: list[Line] = field(default_factory=list)
    control: list[Line] = field(default_factory=list)
    """Lines of ``.control`` blocks, as data."""
    pins: dict[str, str] = field(default_factory=dict)
    """Net to in, out or inout, of the comments in which xschem and CDL tell directions."""
    notes: list[Remark] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)


def read_lines(text: str, file: str = "") -> Lines:
    """The logical lines of a text. Raises RefusedNetlist where it is beyond all bounds."""
    physical = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(physical) > MOST_FILE_LINES:
        raise RefusedNetlist(f"{file or 'the text'} has {len(physical):,} lines, at most {MOST_FILE_LINES:,}")
    found, block, open_end, pragma = Lines(), False, False, False
    for number, raw in enumerate(physical, 1):
        line = Line(file, number, " ".join(raw.translate(_LETTERS).split()))
        if len(raw) > LONGEST_LINE:
            found.problems.append(Remark(line, "", f"{len(raw):,} characters, at most {LONGEST_LINE:,}: break it "
                                                   "with +"))
            continue
        if block or line.text.lower().startswith(".control"):
            block = _control(line, found)
            continue
        pragma = line.text.startswith("*.") or pragma and line.text[:1] in ("+", "")
        if pragma and line.text[:1] == "+":
            continue  # of a comment such as *.GLOBAL, which CDL continues
        stripped = _without_comment(line, found)
        if stripped:
            open_end = _append(Line(file, number, stripped), found, open_end)
    _check(found)
    return found


_LETTERS = str.maketrans({"\u00b5": "u", "\u03bc": "u", "\u00a0": " ", "\u2126": "", "\u03a9": "", "\0": " "})
"""Micro sign and Greek mu, the blank of web pages, ohm signs."""


def is_spectre(line: Line) -> bool:
    """Whether a line is of Spectre's own language: ``subckt`` and ``ends`` without dots."""
    return bool(_SPECTRE.match(line.text))


def _control(line: Line, found: Lines) -> bool:
    """Keep a line of a ``.control`` block as data; whether the block goes on."""
    word = line.text.lower().split()[0] if line.text else ""
    if word == ".control":
        found.notes.append(Remark(line, ".control", "runs commands and is not executed; its analyses and measurements "
                                                    "are taken over as data"))
    elif word != ".endc" and word[:1] not in ("", "*", "#"):
        found.control.append(line)
    return word != ".endc"


def _without_comment(line: Line, found: Lines) -> str:
    text = line.text
    if text[:1] in ("*", "#") or text.startswith("//"):
        _look_into(line, found)
        return ""
    quoted = re.split(r"('[^']*'|\"[^\"]*\")", text)
    for place, piece in enumerate(quoted):
        if place % 2 == 0 and (match := _COMMENT.search(piece)):
            return ("".join(quoted[:place]) + piece[:match.start()]).strip()
    return text


def _look_into(line: Line, found: Lines) -> None:
    """Comments that mean something: commands in disguise, and the directions of pins."""
    text = line.text.lower()
    if text.startswith("*#"):
        found.notes.append(Remark(line, line.text[:40], "would be a command to ngspice; no comment is executed here"))
    if match := re.match(r"\*\.(ipin|opin|iopin) (\S+)", text):
        found.pins[match[2]] = {"ipin": "in", "opin": "out", "iopin": "inout"}[match[1]]
    elif text.startswith("*.pininfo"):
        kinds = {"i": "in", "o": "out", "b": "inout"}
        found.pins |= {net: kinds[kind] for net, kind in re.findall(r"(?<!\S)(\S+):([iob])\b", text)}


def _append(line: Line, found: Lines, open_end: bool) -> bool:
    """Add a line, or join it to the one before; whether it is open at its end."""
    lines, text = found.logical, line.text.removeprefix("+").rstrip("\\").strip()
    if (line.text[0] == "+" or open_end) and lines:
        first = lines[-1]
        if len(first.text) + len(text) < LONGEST_LOGICAL:
            lines[-1] = Line(line.file, first.number, f"{first.text} {text}".strip())
        else:
            _too_long(first, found)
    elif text:
        lines.append(Line(line.file, line.number, text))
    return line.text.endswith("\\")


def _too_long(line: Line, found: Lines) -> None:
    problem = Remark(line, line.text.split()[0], f"has more than {LONGEST_LOGICAL:,} characters with the lines that "
                                                 "continue it: make it several elements")
    if found.problems[-1:] != [problem]:
        found.problems.append(problem)


def _check(found: Lines) -> None:
    """What ngspice would execute while it reads, or read from disk."""
    for line in found.logical:
        if match := _EXECUTED.search(line.text):
            found.problems.append(Remark(line, match[0], "runs a command in ngspice: remove it"))
        if match := _READ.search(line.text):
            found.problems.append(Remark(line, match[0], "reads a file: write the numbers themselves"))
    for line in found.control:
        if match := _EXECUTED.search(line.text):
            found.notes.append(Remark(line, match[0], "runs a command in ngspice; it is not executed"))
