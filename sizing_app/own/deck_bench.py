"""The testbench that a text has itself: its sources, initial values and options as they are, analyses and measures."""

import re
from collections.abc import Iterator, Mapping

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.circuit.units import parse_si
from sizing_app.spice.arithmetic import resolved
from sizing_app.spice.deck import Deck
from sizing_app.spice.groups import Proposal
from sizing_app.spice.lines import Line
from sizing_app.spice.usage import Member
from sizing_app.spice.values import Values
from sizing_app.spice.write import Written
from sizing_app.testbenches.bench import Bench, Better
from sizing_app.testbenches.own_deck import DROPPED, bench_of_deck

STEADY = ".option keepopinfo"


def has_own_bench(deck: Deck) -> bool:
    """Whether a text can be simulated and measured as it stands."""
    return bool(deck.analyses and deck.measures and any(item.kind in "vi" for item in deck.main.elements))


def bench_from(deck: Deck, written: Written, proposal: Proposal, supply_nodes: tuple[str, ...], nominal: Conditions,
               better: Mapping[str, Better]) -> Bench:
    """``written`` is of the whole text. A source of the nominal supply voltage at one of ``supply_nodes`` becomes the
    condition of that name. Raises BenchError, ExpressionError."""
    sources = [_with_supply(line, supply_nodes, nominal.supply) for line in written.sources.splitlines()]
    initial = [_renamed(line.text, written.nets) for line in deck.initial]
    options = " ".join(f"{name}={text}" if text else name for name, text in deck.options.items())
    lines = [*sources, *initial, f"{STEADY} {options}".strip()]
    return bench_of_deck(lines, _commands(deck, written.nets), _names(deck, proposal), better)


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


def _with_supply(line: str, nodes: tuple[str, ...], supply: float) -> str:
    words = line.split()
    if len(words) == 5 and words[0][0] in "vV" and {words[1], words[2]} == {"0", *(set(words[1:3]) & set(nodes))} \
            and words[3] == "dc" and _is(words[4], supply):
        return " ".join([*words[:4], "{supply}"])
    return line


def _is(word: str, value: float) -> bool:
    try:
        return abs(parse_si(word) - value) <= 1e-9 * abs(value)
    except ValueError:
        return False
