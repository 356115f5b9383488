"""The task as a small checkpoint reads and writes it, in the same words for every circuit.

::

    <|task|> gf180mcu: amplifier n-input telescopic ss 125C 3.3V 2p gain>=75dB gbw>=60meg pm=60deg..88deg ...
    <|turn|>0{"w_in": "83%","l_in": "57%",...}<|result|> gain=63.5dB -16% gbw=52.3meg -12% pm=71deg +13% ...
    <|reply|><Analyze>...</Analyze><tool_call>{"name":"simulate","arguments":{"w_in": "83%",...}}</tool_call><|end|>

(one line, without the breaks); later versions tell more (versions.py). A parameter's value is its position in its
range, in percent on the parameter's own scale: so one vocabulary serves circuits that it was not made for, and what is
learnt about a width holds in every process. History is parameters and results of the former turns, never their
reasoning. Targets are rounded to the safe side, so that what meets the text meets the spec. A margin is the distance to
the bound in percent of the spec's scale, ``+`` where the spec is met, ``-`` where it is not.
"""

import re
from collections.abc import Sequence

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.prompt.evidence import evidence_text
from sizing_app.prompt.parser import ANALYZE, ANALYZE_END, CALL, CALL_END, DESIGN_END, FUNCTION
from sizing_app.prompt.values import (Grid, metric_grid, percent_bucket, position, snapped_text,
                                      value_text)
from sizing_app.prompt.versions import VERSIONS
from sizing_app.prompt.wording import wording
from sizing_app.task.definition import Task
from sizing_app.task.turn import History, Turn

PAD, TASK, TURN, RESULT, REPLY, END = "<|pad|>", "<|task|>", "<|turn|>", "<|result|>", "<|reply|>", "<|end|>"
SPECIAL_TOKENS = (PAD, TASK, TURN, RESULT, REPLY, END)
TAGS = (ANALYZE, ANALYZE_END, CALL, CALL_END, DESIGN_END)
CALL_HEAD = f'{{"name":"{FUNCTION}","arguments":'
SHOWN_TURNS = 4
"""Latest turns that a prompt shows besides the initial one: as many as in training, so that the context is enough."""
ANALYSIS_LIMIT = 600
"""Characters of an analysis that the grammar allows."""
ANALYSIS_CHARACTER = "[ -;=?-~]"
"""Printable ASCII without < and >."""
_PLAIN = str.maketrans({"\u00b5": "u", "\u03bc": "u", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
                        "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u00d7": "x"})
_NUMBERED = re.compile(r"\b[Tt](?:urn (?P<number>\d{1,4})|he start)\b")
_UNFINISHED = re.compile(r"(?:\b[Tt](?:urn|he) )?(?<!\w)\w*\Z")
"""The word at the end of a text in pieces, which may become the name of a turn."""


def shown(history: History) -> History:
    """The turns that a prompt shows: the initial one and the latest SHOWN_TURNS. Their place is the number they get.

    So a prompt of a long session is numbered as those of training are: 0, 1, 2, 3, 4 without a gap.
    """
    turns = tuple(turn for turn in history if turn.measurement is not None)
    return turns[:1] + turns[1:][-SHOWN_TURNS:]


def render(task: Task, history: History, version: str) -> str:
    """The prompt of the next turn in a version of versions.py; ends with ``<|reply|>``."""
    tells, words = VERSIONS[version], wording(task.circuit, version)
    task, turns = words.task(task), words.history(shown(history))
    text = _task_text(task) + (_ranges_text(task.circuit) if tells.ranges else "")
    for number, turn in enumerate(turns):
        text += _turn_text(task, turn, number)
        text += evidence_text(task.circuit, task.specs, turns[:number], turn) if tells.evidence else ""
    return text + REPLY


def numbers(history: History) -> tuple[int, ...]:
    """The session's numbers of the turns that a prompt shows, in their order."""
    return tuple(turn.index for turn in shown(history))


class TurnNumbers:
    """Turns what a reply calls a turn, its number in the prompt, into the session's number, while it is written.

    Fed any pieces of a text, it returns the same text in the end: ``Turn 4 misses`` becomes ``Turn 9 misses`` where the
    fifth turn of the prompt is the session's ninth, and ``The start misses`` becomes the same where that is the only
    turn of the prompt. A number that the prompt does not have stays as it is.
    """

    def __init__(self, numbers: Sequence[int]):
        """``numbers``: the session's, of the turns of the prompt."""
        self._numbers = tuple(numbers)
        self._same = self._numbers == tuple(range(len(self._numbers)))
        self._held = ""

    def feed(self, text: str) -> str:
        """As much of the text so far as cannot change any more."""
        if self._same:
            return text
        text = self._held + text
        cut = _UNFINISHED.search(text).start()
        self._held = text[cut:]
        return _NUMBERED.sub(self._renumbered, text[:cut])

    def finish(self) -> str:
        """The rest."""
        rest, self._held = _NUMBERED.sub(self._renumbered, self._held), ""
        return rest

    def _renumbered(self, match: re.Match) -> str:
        number = int(match["number"] or 0)
        new = self._numbers[number] if number < len(self._numbers) else number
        return match[0] if new == number else f"{match[0][0]}urn {new}"


def write_reply(circuit: Circuit, analysis: str, parameters: Parameters | None) -> str:
    """What the model should have answered; ``parameters`` None ends the session. Ends with ``<|end|>``."""
    action = DESIGN_END if parameters is None else CALL + call_text(circuit, parameters) + CALL_END
    return f"{opening(analysis)}{action}{END}"


def opening(analysis: str) -> str:
    """What a reply with this analysis begins with. Raises ValueError for a text that the grammar does not allow."""
    if not re.fullmatch(f"{ANALYSIS_CHARACTER}{{1,{ANALYSIS_LIMIT}}}", analysis):
        raise ValueError(f"an analysis is 1 to {ANALYSIS_LIMIT} ASCII characters without < and >, not {analysis!r}")
    return f"{ANALYZE}{analysis}{ANALYZE_END}"


def in_ascii(words: str) -> str:
    """A person's words as an analysis can have them: what word processors write becomes what a checkpoint reads."""
    return words.translate(_PLAIN)


def as_in_prompt(numbers: Sequence[int], analysis: str) -> str:
    """An analysis with the numbers that the prompt gives to the turns: the inverse of TurnNumbers."""
    def renumbered(match: re.Match) -> str:
        number = int(match["number"] or 0)
        if number not in numbers or numbers.index(number) == number:
            return match[0]
        new = numbers.index(number)
        return f"{match[0][0]}urn {new}" if new else f"{match[0][0]}he start"

    return _NUMBERED.sub(renumbered, analysis)


def call_text(circuit: Circuit, parameters: Parameters) -> str:
    """The JSON of a call, all parameters in the circuit's order."""
    return CALL_HEAD + _arguments_text(circuit, parameters) + "}"


def target_text(circuit: Circuit, spec: Spec) -> str:
    """``gain>=75dB``, ``power<=420u`` or ``pm=60deg..88deg``, rounded to the safe side."""
    metric, grid = circuit.metric(spec.metric), _grid_of(circuit, spec.metric)
    if grid is None:
        low, high = (None if bound is None else snapped_text(bound, metric.unit) for bound in (spec.low, spec.high))
    else:
        first = None if spec.low is None else grid.at_least(spec.low)
        last = None if spec.high is None else grid.at_most(spec.high)
        if first is not None and last is not None and first > last:
            first, last = grid.nearest(spec.low), grid.nearest(spec.high)
        low, high = (None if index is None else grid.texts[index] for index in (first, last))
    if spec.kind == "range":
        return f"{spec.metric}={low}..{high}"
    return f"{spec.metric}>={low}" if spec.kind == "lower" else f"{spec.metric}<={high}"


def result_text(circuit: Circuit, metric: str, value: float | None) -> str:
    """The nearest grid value of a result, or ``none`` where it could not be measured."""
    if value is None:
        return "none"
    grid = _grid_of(circuit, metric)
    return snapped_text(value, circuit.metric(metric).unit) if grid is None else grid.texts[grid.nearest(value)]


def margin_text(margin: float, met: bool) -> str:
    """``+5%`` or ``-12%``."""
    return f"{'+' if met else '-'}{percent_bucket(abs(margin) if met else -abs(margin))}%"


def _task_text(task: Task) -> str:
    targets = " ".join(target_text(task.circuit, spec) for spec in task.specs)
    return f"{TASK}{''.join(kind_tokens(task.circuit))} {_conditions_text(task.conditions)} {targets}"


def _ranges_text(circuit: Circuit) -> str:
    """`` w_in=2.2u..100u l_in=280n..2u``, the ends rounded to numbers that have a token."""
    return "".join(f" {parameter.name}={snapped_text(parameter.low, parameter.unit)}.."
                   f"{snapped_text(parameter.high, parameter.unit)}" for parameter in circuit.parameters)


def _conditions_text(conditions: Conditions) -> str:
    temperature, supply, load = condition_values(conditions)
    return f"{conditions.corner} {temperature} {supply} {load}"


def condition_values(conditions: Conditions) -> tuple[str, str, str]:
    """Temperature, supply and load."""
    return value_text(conditions.temperature, "C"), value_text(conditions.supply, "V"), value_text(conditions.load, "F")


def _turn_text(task: Task, turn: Turn, number: int) -> str:
    parameters = turn.proposal.parameters
    arguments = "" if parameters is None else _arguments_text(task.circuit, parameters)
    return f"{TURN}{number}{arguments}{RESULT}{_result_text(task, turn)}"


def _result_text(task: Task, turn: Turn) -> str:
    if not turn.measurement.ok or turn.score is None:
        return f" {turn.measurement.status}"
    parts = []
    for spec in turn.score.specs:
        margin = "" if spec.margin is None else f" {margin_text(spec.margin, spec.met)}"
        parts.append(f" {spec.metric}={result_text(task.circuit, spec.metric, spec.value)}{margin}")
    return "".join(parts)


def _arguments_text(circuit: Circuit, parameters: Parameters) -> str:
    """``{"w_in": "83%","l_in": "57%"}``"""
    return "{" + ",".join(f'"{parameter.name}": "{position(parameter, parameters[parameter.name])}%"'
                          for parameter in circuit.parameters) + "}"


def _grid_of(circuit: Circuit, metric: str) -> Grid | None:
    """Grid of a metric, from the circuit's default spec; None for a metric that has none."""
    spec = next((spec for spec in circuit.specs if spec.metric == metric), None)
    return None if spec is None else metric_grid(circuit.metric(metric), spec)


def kind_tokens(circuit: Circuit) -> list[str]:
    """`` sky130:``, `` amplifier``, `` n-input``: what a task begins with."""
    return [f" {circuit.process}:", *(f" {word}" for word in circuit.topology)]
