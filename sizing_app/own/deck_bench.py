"""The testbench that a text has itself: its sources, initial values and options as they are, analyses and measures."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isclose

from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.arithmetic import resolved
from sizing_app.spice.cell import Cell
from sizing_app.spice.deck import Deck
from sizing_app.spice.groups import Proposal
from sizing_app.spice.lines import NOWHERE, Line, Remark
from sizing_app.spice.mapping import without_dc
from sizing_app.spice.surround import KEYWORD, Surroundings
from sizing_app.spice.usage import Member
from sizing_app.spice.values import Values
from sizing_app.spice.write import Written
from sizing_app.testbenches.bench import Bench, Better
from sizing_app.testbenches.own_deck import DROPPED, bench_of_deck, with_braces

STEADY = ".option keepopinfo"


def has_own_bench(deck: Deck) -> bool:
    """Whether a text can be simulated and measured as it stands."""
    return bool(deck.analyses and deck.measures and any(item.kind in "vi" for item in deck.main.elements))


@dataclass(frozen=True)
class Driven:
    """What drives the supply of a text that has its own testbench."""

    volts: float | None = None
    """What the text gives the supply."""
    dc: Mapping[str, str] = field(default_factory=dict)
    """Sources that follow the supply, with their DC value in terms of it."""
    notes: tuple[Remark, ...] = ()


def driven_supply(cell: Cell, roles: Mapping[str, str]) -> Driven:
    """The sources of the main circuit that hold the largest supply follow the condition; notes say what does not."""
    found = Surroundings(cell).supplies(roles)
    if not found:
        return Driven(notes=(Remark(NOWHERE, "", "no DC source between a supply net and ground: all sources keep their "
                                                 "voltages, so one supply alone is offered"),))
    volts = max(abs(value) for _, value in found)
    names = {device.element.line: device.name for device in cell.scopes[MAIN]}
    dc, notes = {}, []
    for item, value in found:
        if not isclose(abs(value), volts, rel_tol=1e-9):
            notes.append(Remark(item.line, item.name, "keeps its voltage: the supply condition is the largest supply"))
            continue
        dc[names[item.line]] = "{supply}" if value > 0 else "{-supply}"
        if any(KEYWORD.fullmatch(word) and word.lower() != "ac" for word in without_dc(list(item.values))):
            notes.append(Remark(item.line, item.name, "follows the supply but for its waveform, which keeps its own "
                                                      "voltages"))
    return Driven(round(volts, 6), dc, tuple(notes))


def bench_from(deck: Deck, written: Written, proposal: Proposal, better: Mapping[str, Better]) -> Bench:
    """``written`` is of the whole text. Raises BenchError, ExpressionError."""
    names = _names(deck, proposal)
    initial = [with_braces(_renamed(line.text, written.nets), names) for line in deck.initial]
    options = " ".join(f"{name}={text}" if text else name for name, text in deck.options.items())
    lines = [*written.sources.splitlines(), *initial, f"{STEADY} {options}".strip()]
    return bench_of_deck(lines, _commands(deck, written.nets), names, better)


def _commands(deck: Deck, nets: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Cards with their dot, then lines of .control blocks without; the reader has told of those that are dropped."""
    places = {(line.file, line.number) for line in deck.control}

    def cards(lines: tuple[Line, ...], word: str) -> Iterator[tuple[int, str]]:
        return ((line.number, f"{word}{_renamed(line.text, nets)}") for line in lines
                if (line.file, line.number) not in places)

    yield from cards(deck.analyses, ".")
    yield from cards(deck.measures, ".meas ")
    yield from ((line.number, _renamed(line.text, nets)) for line in deck.control
                if line.text.lower().split()[0] not in DROPPED)


def _names(deck: Deck, proposal: Proposal) -> dict[str, str]:
    """Parameters of the text to what they are in braces."""
    values = Values(proposal)
    ours = {name: values.text(Member(MAIN, "", name)) for name in deck.parameters}
    fixed = {name: text for name, text in ours.items() if text is not None}
    return {**resolved({name: text for name, text in deck.parameters.items() if name not in fixed}, fixed), **fixed}


def _renamed(text: str, nets: Mapping[str, str]) -> str:
    """Nets in ``v(...)``, ``vdb(...)`` and the like by our names."""
    def put(match: re.Match) -> str:
        return f"{match[1]}({','.join(nets.get(net.strip().lower(), net.strip()) for net in match[2].split(','))})"
    return re.sub(r"(?i)(?<![\w.@])(v(?:db|m|p|r|i)?)\s*\(([^()]*)\)", put, text)
