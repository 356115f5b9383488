"""A deck of one's own as testbench: its sources as they are, analyses and ``.meas`` lines as data.

Nothing is executed: of a ``.control`` block the analyses, ``meas`` and ``alter`` lines are taken over, plotting and
writing are dropped with a note, everything else is refused with its line.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from sizing_app.circuit.deck_rules import ANALYSES, BRACES, RefusedNetlist, check_analysis
from sizing_app.circuit.definition import Analysis, Measure, Metric
from sizing_app.circuit.expressions import ExpressionError, evaluate, names_in
from sizing_app.circuit.meas import Meas, MeasError, read_meas
from sizing_app.circuit.sweeps import scale_of
from sizing_app.circuit.units import parse_si
from sizing_app.circuit.validation import NAME
from sizing_app.testbenches.bench import Bench, BenchError, Better

DROPPED = ("plot", "print", "write", "wrdata", "unset", "echo", "display", "hardcopy", "gnuplot", "asciiplot",
           "setplot", "destroy", "save", "listing", "show", "showmod", "status", "rusage", "run", "quit", "exit",
           "remcirc", "settype", "linearize", "setscale", "probe", "four", "width", "control", "endc", "end",
           "backanno", "title")
"""Commands and cards without influence on what is measured: dropped with a note."""
TELLING_SETS = ("temp", "units", "nobreak", "sourcepath")
"""What ``set`` may change of results."""
UNITS = {"vdb": "dB", "db": "dB", "vp": "rad", "angle": "rad", "phase": "deg"}
SWEEP_UNITS = {"time": "s", "frequency": "Hz", "v-sweep": "V", "i-sweep": "A", "res-sweep": "Ohm", "temp-sweep": "C"}
_WITH_UNIT = re.compile(r"(?<![\w.])([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?(?:meg|[tgkmunpf])?)(?:s|hz|v|a)(?!\w)")
_WORDS = re.compile(r"\{[^{}]*\}|[vi]\w*\s*\([^()]*\)|@\w+\[\w+\]|(?<![\w.])[a-z_]\w*(?!\w*\s*\()", re.IGNORECASE)
"""Names in arithmetic; vectors and what is in braces as one, functions not."""


@dataclass
class _Taken:
    """What was taken over so far."""

    names: Mapping[str, str]
    analyses: list[Analysis] = field(default_factory=list)
    cards: set[str] = field(default_factory=set)
    """The analyses that are cards, not commands."""
    alter: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[int, str, int | None]] = field(default_factory=list)
    """Measures: number, text, and for a command how many analyses came before it."""
    metrics: list[Metric] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def bench_of_deck(sources: Iterable[str], commands: Iterable[tuple[int, str]], names: Mapping[str, str] | None = None,
                  better: Mapping[str, Better] | None = None) -> Bench:
    """A Bench of testbench lines that passed the reader, and of numbered lines: analyses, measures, commands.

    ``commands`` are logical lines in their order, cards with their dot, lines of a .control block without. ``names``
    are parameters of the deck, in small letters, to what they are in braces here: ``{"vdd": "supply"}``. A metric is
    called as its measure is; ``better`` says whether more of it is better, near is said of the others. Raises
    BenchError with all problems, one a line.
    """
    taken = _Taken(names or {})
    problems = [*_each(((number, text.strip()) for number, text in commands), lambda number, text:
                       _take(taken, number, text)),
                *_each(taken.lines, lambda number, text, before: _add_measure(taken, text, before))]
    if not problems and not taken.metrics:
        problems = ["there is no .meas line: add one, or a metric as an expression"]
    if problems:
        raise BenchError("\n".join(problems))
    used = {measure.arguments["analysis"] for measure in taken.measures}
    notes = [f"{item.command!r} was left out: no .meas line reads it" for item in taken.analyses
             if item.name not in used]
    directions = {metric.name: (better or {}).get(metric.name, "near") for metric in taken.metrics}
    return Bench("\n".join(sources) + "\n", _needed(taken.analyses, used), tuple(taken.metrics), tuple(taken.measures),
                 directions, (*taken.notes, *notes))


def _each(lines: Iterable[tuple], take: Callable) -> list[str]:
    """The problems of lines, each with its number."""
    problems = []
    for line in lines:
        try:
            take(*line)
        except (BenchError, MeasError, RefusedNetlist, ExpressionError) as error:
            problems.append(f"line {line[0]}: {error}")
    return problems


def _needed(analyses: list[Analysis], used: set[str]) -> tuple[Analysis, ...]:
    """Those that are read; alterations of the others are made by the next one."""
    kept, alter = [], {}
    for analysis in analyses:
        alter |= analysis.alter
        if analysis.name in used:
            kept.append(replace(analysis, alter=alter))
            alter = {}
    return tuple(kept)


def _take(taken: _Taken, number: int, text: str) -> None:
    words = text.lower().split()
    word = words[0].removeprefix(".") if words else ""
    if not word or word[0] in "*#":
        return
    if word in ANALYSES:
        analysis = _add_analysis(taken, " ".join(words).removeprefix("."))
        taken.cards |= {analysis.name} if text.startswith(".") else set()
    elif word in ("meas", "measure"):
        taken.lines.append((number, text, None if text.startswith(".") else len(taken.analyses)))
    elif word == "alter":
        _add_alteration(taken, text)
    elif word in DROPPED or _changes_nothing(taken, words):
        taken.notes.append(f"{text[:60]!r} was dropped: it changes no measure")
    else:
        raise BenchError(f"{text[:60]!r} is not taken over: only analyses ({', '.join(ANALYSES)}), meas and alter are")


def _changes_nothing(taken: _Taken, words: list[str]) -> bool:
    """``set`` of something that no result depends on, ``reset`` where nothing was altered."""
    if words[0] == "set":
        return len(words) > 1 and words[1].partition("=")[0] not in TELLING_SETS
    return words[0] == "reset" and not (taken.alter or any(item.alter for item in taken.analyses))


def _add_analysis(taken: _Taken, command: str) -> Analysis:
    """Numbers with units as SPICE allows them become plain ones: ``10us``, ``1megHz``; so does arithmetic."""
    command = re.sub(r"\{([^{}]*)\}|'([^']*)'", lambda match: _number(match[1] or match[2] or "", taken.names), command)
    command = _WITH_UNIT.sub(r"\1", command)
    kind = command.split()[0]
    count = sum(item.command.split()[0] == kind for item in taken.analyses)
    name = kind if not count else f"{kind}{count + 1}"
    scale = scale_of(command)
    analysis = Analysis(name, command, dict(taken.alter), (scale,) if scale else ())
    check_analysis(analysis)
    taken.alter.clear()
    taken.analyses.append(analysis)
    return analysis


def _number(text: str, names: Mapping[str, str]) -> str:
    ours = _ours(text, names)
    if free := sorted(names_in(ours)):
        raise BenchError(f"{text[:60]!r}: {free[0]!r} varies or is unknown, and an analysis needs numbers: lock it")
    return f"{evaluate(ours, {}):.12g}"


def _add_measure(taken: _Taken, text: str, before: int | None) -> None:
    """A card is read from the last analysis of its kind that is a card, a command from the last one before it."""
    line = with_braces(text if text.startswith(".") else f".{text}", taken.names)
    card = read_meas(BRACES.sub("(1)", line))
    of_kind = [item for item in taken.analyses[:before] if item.command.split()[0] == card.kind]
    if not of_kind:
        raise BenchError(f".meas {card.name}: there is no {card.kind} analysis" + (" before it" if before else ""))
    earlier = [metric.name for metric in taken.metrics]
    if card.name in earlier or not NAME.fullmatch(card.name):
        raise BenchError(f".meas {card.name[:60]}: expected a name of its own, of letters, digits and _")
    if unknown := sorted(card.metrics - set(earlier)):
        raise BenchError(f".meas {card.name}: {unknown[0]!r} is no parameter and no measure above it")
    cards = [item for item in of_kind if item.name in taken.cards] if before is None else []
    analysis = (cards or of_kind)[-1]
    saved = dict.fromkeys((*analysis.save, *sorted(card.vectors)))
    taken.analyses[taken.analyses.index(analysis)] = replace(analysis, save=tuple(saved))
    taken.metrics.append(Metric(card.name, card.name, unit_of(card, analysis.command), line[:400]))
    taken.measures.append(Measure(card.name, "meas", {"analysis": analysis.name, "line": line}))


def with_braces(line: str, names: Mapping[str, str]) -> str:
    """Parameters of the deck become ours, in braces, in quotes and as a word after =: ``val='vdd/2'``, ``val=vth``.
    What is in quotes and of parameters alone is in braces then, in the rest every parameter is: ``'v(a)*{vth}'``."""
    def quoted(match: re.Match) -> str:
        try:
            found = {name.lower() for name in names_in(match[2])}
        except ExpressionError:
            found = set()
        if found and found <= set(names):
            return f"{{{_ours(match[2], names)}}}"
        return match[1] + _WORDS.sub(lambda word: _braced(word[0], names), match[2]) + match[1]

    line = BRACES.sub(lambda match: f"{{{_ours(match[1], names)}}}", line)
    line = re.sub(r"""(['"])(.*?)\1""", quoted, line)
    return re.sub(r"(?<==)\s*([A-Za-z_]\w*)(?=[\s,]|$)", lambda match: _braced(match[1], names), line)


def _ours(text: str, names: Mapping[str, str]) -> str:
    """Arithmetic with our terms for the parameters of the deck."""
    return _WORDS.sub(lambda word: f"({names[word[0].lower()]})" if word[0].lower() in names else word[0], text)


def _braced(word: str, names: Mapping[str, str]) -> str:
    return f"{{({names[word.lower()]})}}" if word.lower() in names else word


def _add_alteration(taken: _Taken, text: str) -> None:
    """``alter v1 dc = 2``, ``alter v1 2``, ``alter @v1[acmag] = 1``."""
    match = re.fullmatch(r"alter\s+@?(\w+)(?:\s+|\[)?(\w+)?\]?\s*=?\s*([-+\w.]+)", text.strip().removeprefix("."),
                         re.IGNORECASE)
    if not match:
        raise BenchError(f"{text[:60]!r}: only 'alter SOURCE dc = NUMBER' and the like are taken over")
    source, what, value = match.groups()
    try:
        parse_si(value)
    except ValueError:
        raise BenchError(f"{text[:60]!r}: expected a number, found {value[:60]!r}") from None
    taken.alter[f"{source.lower()} {what.lower()}" if what else source.lower()] = value.lower()


def unit_of(card: Meas, command: str) -> str:
    """The unit that a measure most likely has: to be shown, and changed where it is wrong."""
    swept = SWEEP_UNITS.get(scale_of(command) or "", "")
    if card.function in ("delay", "when", "max_at", "min_at"):
        return swept
    if card.function == "param" or card.value is None:
        return ""
    text = card.value.text
    for word, unit in UNITS.items():
        if text.startswith(f"{word}("):
            return unit
    letters = {vector[0] for vector in card.value.vectors.values()}
    plain = re.fullmatch(r"[-+]?vector0_(-vector1_)?|(mag|abs|real|imag)vector.*", re.sub(r"[()\s]", "", text))
    unit = {"v": "V", "i": "A"}.get(letters.pop(), "") if len(letters) == 1 and plain else ""
    if card.function == "integ":
        return {("A", "s"): "C", ("V", "s"): "Vs"}.get((unit, swept), "")
    if card.function == "deriv":
        return f"{unit}/s" if unit and swept == "s" else ""
    return unit
