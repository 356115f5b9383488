"""Reads an analysis in the words of ``prompt/analysis.py`` and checks each claim against what was measured.

A claim is one fact: a spec that is missed by so much, the number of specs met, a parameter that is raised, a metric
that is expected to fall. What is said of the design that follows is checked against that design and its simulation, so
an expectation is true if it came true. A sentence that the closed language does not have cannot be checked.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.units import read_quantity
from sizing_app.pools.targets import DesignGrid, metric_row
from sizing_app.prompt.analysis import DOWN, MOVE, UP, end_text, move_text, verb
from sizing_app.prompt.values import PERCENT_BUCKETS, percent_bucket
from sizing_app.task.definition import Task
from sizing_app.task.reward import reached
from sizing_app.task.turn import Claim, History, Proposal, Turn

_END = re.compile(r"(?:The start|Turn (?P<turn>\d{1,4})) meets all (?P<count>\d{1,4}) specs")
_VERDICT = re.compile(r"Turn (?P<turn>\d{1,4}) (?P<verdict>is worse|gives no result)")
_STATE = re.compile(r"(?:The start|Turn (?P<turn>\d{1,4})) misses (?P<items>.+), "
                    r"(?P<met>\d{1,4}) of (?P<count>\d{1,4}) specs (?:is|are) met")
_EXPECT = re.compile(r"I expect (?P<items>.+)")
_INTERVALS = re.compile(r"With 90% I expect (?P<items>.+)")
_MOVE = re.compile(r"(?:From turn (?P<turn>\d{1,4}) )?I (?P<items>(?:raise|cut|lengthen|shorten|only trim) .+)")
_BASE = re.compile(r"From turn (\d{1,4}) |Turn (\d{1,4}) misses |(The start) misses ")
_SEPARATOR = re.compile(r", | and ")


def truth(task: Task, history: History, turn: Turn) -> float:
    """Share of the claims of a turn's analysis that are true, in [0, 1].

    Who claims less than the language would here (see ``move_text``) is measured against that number.
    """
    said = claims(task, history, turn)
    return sum(claim.true is True for claim in said) / max(len(said), _due(task, history, turn), 1)


def claims(task: Task, history: History, turn: Turn) -> list[Claim]:
    """What the analysis of ``turn`` says, in its order; a claim that is repeated is false the second time."""
    reader, said = _Reader(task, history, turn), []
    for sentence in _sentences(turn.proposal.reasoning):
        for claim in reader.read(sentence):
            repeated = any(claim.text == former.text for former in said)
            said.append(replace(claim, true=claim.true and not repeated))
    return said


def in_reach(task: Task, history: History, turn: Turn, move: Claim) -> bool:
    """Whether the range of a parameter leaves room for what a claim says of it: a wrong plan soon asks for more than
    a range holds."""
    base, (doing, _, name) = _Reader(task, history, turn).base, move.text.rpartition(" ")
    before = base.proposal.parameters if base else None
    if doing not in (*UP, *DOWN) or name not in (before or {}):
        return True
    place = task.circuit.parameter(name).to_unit(before[name])
    return (1 - place if doing in UP else place) >= MOVE


def contradictions(task: Task, history: History, proposal: Proposal) -> tuple[str, ...]:
    """What an analysis says of its own call and the call does not do, each a sentence: an error of form.

    A parameter is said to grow and to shrink; or to do one of them, and the call leaves it or does the other.
    """
    reader = _Reader(task, history, Turn(history[-1].index + 1, proposal, None, None))
    changes, said = reader.changes(), {}
    for sentence in _sentences(proposal.reasoning):
        if match := _MOVE.fullmatch(sentence):
            for doing, name in _moves_in(match["items"]):
                if doing in (*UP, *DOWN):
                    said.setdefault(name, []).append(doing)
    found = []
    for name, doings in said.items():
        wanted = {doing in UP for doing in doings}
        change = changes.get(name)
        if len(wanted) > 1:
            found.append(f"The analysis contradicts itself: {' and '.join(dict.fromkeys(doings))} {name}.")
        elif change is not None and (change > 0) - (change < 0) != (1 if wanted == {True} else -1):
            does = "leaves it" if change == 0 else "raises it" if change > 0 else "cuts it"
            found.append(f"The analysis contradicts the call: {doings[0]} {name}, which {does}.")
    return tuple(found)


def unread(circuit: Circuit, words: str) -> list[str]:
    """The sentences of a plan that the closed language does not have, or that name no parameter or metric of the
    circuit: a checkpoint has no words for them."""
    known = {item.name for item in (*circuit.parameters, *circuit.metrics)}
    return [sentence for sentence in _sentences(words) if not _is_read(sentence, known)]


def _is_read(sentence: str, known: Collection[str]) -> bool:
    if match := _MOVE.fullmatch(sentence):
        return all(name in known for _, name in _moves_in(match["items"].replace("only trim ", "")))
    match = _STATE.fullmatch(sentence) or _EXPECT.fullmatch(sentence) or _INTERVALS.fullmatch(sentence)
    if match:
        return all(item.partition(" ")[0] in known for item in _SEPARATOR.split(match["items"]))
    return bool(_END.fullmatch(sentence) or _VERDICT.fullmatch(sentence))


def _sentences(reasoning: str) -> list[str]:
    return [sentence for sentence in reasoning.strip().removesuffix(".").split(". ") if sentence]


def _moves_in(items: str) -> Iterator[tuple[str, str]]:
    """(verb, parameter) of ``raise w_in and i_b, shorten l_cas``."""
    doing = ""
    for item in _SEPARATOR.split(items):
        *words, name = item.split(" ")
        doing = " ".join(words) or doing
        yield doing, name


def _due(task: Task, history: History, turn: Turn) -> int:
    """How many claims a complete analysis of this turn makes."""
    if reached(history):
        text = end_text(history)
    elif turn.proposal.parameters is None:
        return 0
    else:
        text = move_text(task, history, DesignGrid(task.circuit).index(turn.proposal.parameters),
                         metric_row(task.circuit, turn.measurement))
    reader = _Reader(task, history, turn)
    return sum(1 for sentence in text.removesuffix(".").split(". ") for _ in reader.read(sentence))


class _Reader:
    """One analysis: what it is about, and the turn that it starts from."""

    def __init__(self, task: Task, history: History, turn: Turn):
        self.task, self.history, self.turn = task, history, turn
        named = _BASE.search(turn.proposal.reasoning)
        self.base = self._former(next(filter(None, named.groups()))) if named else history[-1]

    def read(self, sentence: str) -> Iterator[Claim]:
        for pattern, claims_of in ((_END, self._end), (_VERDICT, self._verdict), (_STATE, self._state),
                                   (_EXPECT, self._effects), (_INTERVALS, self._intervals),
                                   (_MOVE, self._moves)):
            if match := pattern.fullmatch(sentence):
                yield from claims_of(**match.groupdict())
                return
        yield Claim(sentence, None)

    def _former(self, number: str | None) -> Turn | None:
        """The turn of the history with a number; the first one is also called the start."""
        index = int(number) if number and number.isdigit() else 0
        return next((turn for turn in self.history if turn.index == index), None)

    def _end(self, turn: str | None, count: str) -> Iterator[Claim]:
        former = self._former(turn)
        yield Claim(f"{f'turn {turn}' if turn else 'the start'} meets all {count} specs",
                    bool(former and former.score and former.score.passed) and int(count) == len(self.task.specs))

    def _verdict(self, turn: str, verdict: str) -> Iterator[Claim]:
        former = self._former(turn)
        simulated = bool(former and former.measurement and former.measurement.ok)
        worse = simulated and former.reward < max(item.reward for item in self.history)
        yield Claim(f"turn {turn} {verdict}", worse if verdict == "is worse" else former is not None and not simulated)

    def _state(self, turn: str | None, items: str, met: str, count: str) -> Iterator[Claim]:
        former = self._former(turn)
        parts = former.score.specs if former and former.score else ()
        shortfalls = {part.metric: "" if part.margin is None else f" by {percent_bucket(part.margin)}%"
                      for part in parts if not part.met}
        for item in _SEPARATOR.split(items):
            name, _, size = item.partition(" by ")
            more = " or more" if size == f"{PERCENT_BUCKETS[-1]}%" else ""
            yield Claim(f"misses {item}{more}", shortfalls.get(name) == (f" by {size}" if size else ""))
        yield Claim(f"{met} of {count} met", (int(met), int(count)) == (sum(part.met for part in parts), len(parts)))

    def _moves(self, turn: str | None, items: str) -> Iterator[Claim]:
        changes = self.changes()
        if items.startswith("only trim "):
            largest = max(changes.values(), key=abs, default=1.0)
            yield Claim(items, abs(largest) < MOVE and changes.get(items.removeprefix("only trim ")) == largest, "move")
            return
        for doing, name in _moves_in(items):
            change = changes.get(name, 0.0)
            right = change != 0 and doing == verb(self.task.circuit.parameter(name), change > 0)
            yield Claim(f"{doing} {name}", right, "move")

    def _effects(self, items: str) -> Iterator[Claim]:
        names = []
        for item in _SEPARATOR.split(items):
            name, _, direction = item.partition(" ")
            names.append(name)
            if direction:
                yield from (Claim(f"{name} {direction}", self._went(name, direction), "expectation") for name in names)
                names = []
        yield from (Claim(name, False, "expectation") for name in names)

    def _intervals(self, items: str) -> Iterator[Claim]:
        for item in items.split(", "):
            name, _, ends = item.partition(" ")
            yield Claim(item, self._holds(name, *ends.partition(" to ")[::2]), "expectation")

    def _holds(self, metric: str, low: str, high: str) -> bool | None:
        """Whether the simulation of this turn shows a metric in an interval; None where it cannot be read."""
        try:
            unit = self.task.circuit.metric(metric).unit
            low, high = read_quantity(low, unit), read_quantity(high, unit)
        except (KeyError, ValueError):
            return None
        measurement = self.turn.measurement
        value = measurement.metrics.get(metric) if measurement and measurement.ok else None
        return value is not None and low <= value <= high

    def changes(self) -> dict[str, float]:
        """Parameter to its change from the base turn, in the unit cube; nothing where there is no design."""
        before = self.base.proposal.parameters if self.base else None
        after = self.turn.proposal.parameters
        if before is None or after is None:
            return {}
        units = {item.name: item.to_unit(after[item.name]) - item.to_unit(before[item.name])
                 for item in self.task.circuit.parameters}
        return {name: change if abs(change) > 1e-6 else 0.0 for name, change in units.items()}

    def _went(self, metric: str, direction: str) -> bool:
        """Whether a metric moved so from the base turn to this one."""
        before, after = (turn.measurement.metrics.get(metric) if turn and turn.measurement and turn.measurement.ok
                         else None for turn in (self.base, self.turn))
        if before is None or after is None:
            return False
        return after > before if direction == "up" else direction == "down" and after < before
