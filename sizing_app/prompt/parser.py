"""Reading a model's reply while it is being written. Nothing in it is trusted.

A reply is ``<Analyze>reasoning</Analyze>`` and then one action: a call
``<tool_call>{"name":"simulate","arguments":{"w_in":"4.7u",...}}</tool_call>`` with all parameters, or ``<Design End>``.
What happens to anything else:

- No <Analyze>, or one that is not closed: the action counts; the text before it is the reasoning.
- <tool_call> inside an open <Analyze>: the call counts.
- <Design End> inside an open <Analyze>: counts only if neither </Analyze> nor a call follows.
- A call and <Design End>, or two calls: the first one counts.
- A call that is not closed: counts if its JSON is complete.
- What general models write in place of the JSON, within the tags or in place of them:
  ``<function=simulate><parameter=w_in>4.7u</parameter>...</function>``, or a code fence around the JSON. Arguments as a
  text of JSON, "parameters" for "arguments", the call as {"function": {...}}.
- A value such as ``43%``: the grid value at this position of the parameter's range.
- An unknown parameter: ignored.
- A parameter missing, named twice, not a number, NaN, huge, out of its range or a count that is not whole; broken JSON;
  another function's name: no valid call, ``parameters`` is None. Values are never clipped, so that the trace shows what
  was asked for.
- Text after the action, and what goes beyond LIMIT characters: ignored.

Each of them is a sentence in ``Proposal.problems``. Whether the end comes too early is for the session to judge.
"""

import json
import re
from collections.abc import Mapping

from sizing_app.circuit.definition import Circuit, Parameter
from sizing_app.circuit.units import read_quantity
from sizing_app.prompt.values import at_position
from sizing_app.task.turn import Proposal

ANALYZE, ANALYZE_END = "<Analyze>", "</Analyze>"
CALL, CALL_END = "<tool_call>", "</tool_call>"
DESIGN_END = "<Design End>"
FUNCTION = "simulate"
LIMIT = 20_000
"""Characters of a reply that are read."""

_XML, _XML_END = f"<function={FUNCTION}>", "</function>"
_TAGS = (ANALYZE, ANALYZE_END, CALL, CALL_END, DESIGN_END, _XML, _XML_END)
_TAG = re.compile("|".join(map(re.escape, _TAGS)))
_LONGEST_TAG = max(map(len, _TAGS))
_ENDS = {CALL: CALL_END, _XML: _XML_END}
_XML_CALL = re.compile(r"<function=([^<>\s]{1,80})>(.*?)(?:</function>|\Z)", re.DOTALL)
_XML_PARAMETER = re.compile(r"<parameter=([^<>\s]{1,80})>([^<]*)</parameter>")
_FENCED = re.compile(r"```\w*+(.*?)```", re.DOTALL)
_PERCENT = re.compile(r"\s*(100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?)\s*%\s*")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class ReplyParser:
    """Feed it text in pieces of any size; any cutting of the same text gives the same Proposal."""

    def __init__(self, circuit: Circuit, limit: int = LIMIT):
        """``limit``: characters that are read."""
        self._circuit, self._limit = circuit, limit
        self._text = ""
        self._cut = False
        self._scanned = 0
        self._state = "start"  # start, analyze, after (the reasoning), call, done
        self._analyze: tuple[int, int | None] | None = None
        self._action: tuple[int, int | None] | None = None
        """Start of the call's content (or of <Design End>) and its end."""
        self._opened_by = CALL
        self._finished = False
        self._end_in_analyze: int | None = None
        self._after_action = 0
        self._notes: list[str] = []

    def feed(self, text: str) -> None:
        text = _UNSTORABLE.sub("\ufffd", text)
        room = self._limit - len(self._text)
        self._cut = self._cut or len(text) > room
        self._text += text[:room]
        for tag in _TAG.finditer(self._text, self._scanned):
            self._scanned = tag.end()
            self._see(tag.group(), tag.start(), tag.end())
        self._scanned = max(self._scanned, len(self._text) - _LONGEST_TAG + 1)

    @property
    def done(self) -> bool:
        """Nothing that follows can change what the reply means."""
        return self._state == "done" or len(self._text) >= self._limit

    @property
    def text(self) -> str:
        return self._text

    @property
    def reasoning(self) -> str:
        """The reasoning as far as it is written, without a half-written tag at its end."""
        if self._analyze is None:
            end = self._tag_start(self._action) if self._action else len(self._text)
            return _without_partial_tag(self._text[:end]).strip()
        start, end = self._analyze
        return _without_partial_tag(self._text[start : self._reasoning_end() if end is None else end]).strip()

    def finish(self) -> Proposal:
        """What the reply means. May be called at any time; the parser is not changed by it."""
        problems = [*self._reasoning_problems(), *self._notes]
        parameters, finished = None, self._finished
        if self._action is None:
            finished = self._end_in_analyze is not None
            if not finished and (fenced := self._fenced_call()):
                parameters, defects = read_call(fenced, self._circuit)
                problems += defects
            elif not finished:
                problems.append(f"The reply holds neither a call in {CALL} nor {DESIGN_END}.")
        elif not finished:
            start, end = self._action
            if end is None:
                problems.append(f"The call is not closed by {_ENDS[self._opened_by]}.")
            start -= 0 if self._opened_by == CALL else len(_XML)
            parameters, defects = read_call(self._text[start:end], self._circuit)
            problems += defects
        if self._state == "done" and not self._notes and _TAG.sub("", self._text[self._after_action :]).strip():
            problems.append("Text after the action was ignored.")
        if self._cut:
            problems.append(f"The reply is longer than {self._limit} characters; the rest was ignored.")
        return Proposal(parameters, self._text, self.reasoning, finished, tuple(dict.fromkeys(problems)))

    def _see(self, tag: str, start: int, end: int) -> None:
        """Advance the state over one complete tag."""
        if self._state == "done":
            self._note_second_action(tag)
        elif self._state == "call":
            if tag == _ENDS[self._opened_by]:
                self._action, self._state, self._after_action = (self._action[0], start), "done", end
        elif tag in _ENDS:
            self._action, self._state, self._opened_by = (end, None), "call", tag
        elif tag == DESIGN_END and self._state == "analyze":
            self._end_in_analyze = start if self._end_in_analyze is None else self._end_in_analyze
        elif tag == DESIGN_END:
            self._action, self._finished, self._state, self._after_action = (start, end), True, "done", end
        elif tag == ANALYZE and self._state == "start":
            self._analyze, self._state = (end, None), "analyze"
        elif tag == ANALYZE_END and self._state == "analyze":
            self._analyze, self._state, self._end_in_analyze = (self._analyze[0], start), "after", None

    def _note_second_action(self, tag: str) -> None:
        first = DESIGN_END if self._finished else "the call"
        if tag in _ENDS:
            self._notes.append(f"A second action, a call after {first}, was ignored.")
        elif tag == DESIGN_END:
            self._notes.append(f"A second action, {DESIGN_END} after {first}, was ignored.")

    def _reasoning_problems(self) -> list[str]:
        if self._analyze is None:
            return [f"The reply has no {ANALYZE} part."]
        return [] if self._analyze[1] is not None else [f"The {ANALYZE} part is not closed."]

    def _reasoning_end(self) -> int:
        """Where an unclosed <Analyze> ends: at the action, or at the end of the text."""
        if self._action is not None:
            return self._tag_start(self._action)
        return len(self._text) if self._end_in_analyze is None else self._end_in_analyze

    def _tag_start(self, action: tuple[int, int | None]) -> int:
        return action[0] if self._finished else action[0] - len(self._opened_by)

    def _fenced_call(self) -> str | None:
        """The first code block after the reasoning that is a call, where there are no tags."""
        start = self._analyze[1] if self._analyze and self._analyze[1] is not None else 0
        blocks = (block.group(1).strip() for block in _FENCED.finditer(self._text, start))
        return next((block for block in blocks if block.startswith("{") and f'"{FUNCTION}"' in block), None)


def parse_reply(text: str, circuit: Circuit) -> Proposal:
    """The whole reply at once."""
    parser = ReplyParser(circuit)
    parser.feed(text)
    return parser.finish()


def read_call(text: str, circuit: Circuit) -> tuple[dict[str, float] | None, list[str]]:
    """The parameters that the text of a call asks for (None if it is not valid), and what is wrong with it."""
    pairs = _Pairs()
    try:
        call = _read_xml(text, pairs) or json.loads(_without_fence(text), object_pairs_hook=pairs, parse_int=float)
        if isinstance(call, dict) and isinstance(call.get("function"), dict):
            call = call["function"]
        arguments = call.get("arguments", call.get("parameters")) if isinstance(call, dict) else None
        if isinstance(arguments, str) and arguments.lstrip().startswith("{"):
            arguments = json.loads(arguments, object_pairs_hook=pairs, parse_int=float)
    except json.JSONDecodeError as error:
        return None, [f"The call is not valid JSON: {error.msg} at character {error.pos}."]
    except (RecursionError, ValueError):
        return None, ["The call is not valid JSON: it is nested too deeply."]
    if not isinstance(call, dict):
        return None, ["The call is not a JSON object."]
    if call.get("name") != FUNCTION:
        return None, [f'The call asks for {_quote(call.get("name"))}; the only function is "{FUNCTION}".']
    if not isinstance(arguments, dict):
        return None, ['The call has no object "arguments".']
    if pairs.repeated:
        return None, [f"The call names {_listed(pairs.repeated)} more than once."]
    return _read_arguments(arguments, circuit)


class _Pairs:
    """Names and values to a dict, with the names that came more than once."""

    def __init__(self):
        self.repeated: list[str] = []

    def __call__(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        result: dict[str, object] = {}
        for name, value in pairs:
            if name in result:
                self.repeated.append(name)
            result[name] = value
        return result


def _read_xml(text: str, pairs: _Pairs) -> dict[str, object] | None:
    """A call as ``<function=NAME><parameter=NAME>VALUE</parameter>...</function>``."""
    found = _XML_CALL.fullmatch(text.strip())
    if found is None:
        return None
    values = [(name, value.strip()) for name, value in _XML_PARAMETER.findall(found.group(2))]
    return {"name": found.group(1), "arguments": pairs(values)}


def _without_fence(text: str) -> str:
    """The content of a code block, where the text is one."""
    fenced = _FENCED.fullmatch(text.strip())
    return fenced.group(1).strip() if fenced else text


def _read_arguments(arguments: Mapping[str, object], circuit: Circuit) -> tuple[dict[str, float] | None, list[str]]:
    names = {parameter.name for parameter in circuit.parameters}
    values, problems, valid = {}, [], True
    if unknown := [name for name in arguments if name not in names]:
        problems.append(f"Unknown parameters were ignored: {_listed(unknown)}.")
    if missing := [name for name in names if name not in arguments]:
        problems.append(f"Parameters are missing: {_listed(sorted(missing))}.")
        valid = False
    for parameter in circuit.parameters:
        if parameter.name in arguments:
            value = _read_value(arguments[parameter.name], parameter)
            if isinstance(value, str):
                problems.append(value)
                valid = False
            else:
                values[parameter.name] = value
    return (values if valid else None), problems


def _read_value(value: object, parameter: Parameter) -> float | str:
    """The value in SI units, or a sentence that says what is wrong with it."""
    if isinstance(value, bool) or not isinstance(value, (str, float)) or len(str(value)) > 40:
        return f"{parameter.name} = {_quote(value)} is not a number."
    if isinstance(value, str) and (percent := _PERCENT.fullmatch(value)):
        return at_position(parameter, float(percent.group(1)))
    try:
        number = read_quantity(value, parameter.unit)
    except ValueError as error:
        return f"{parameter.name}: {error}."
    if problem := parameter.problem(number):
        return f"{parameter.name} = {_quote(value)} {problem}."
    return parameter.nearest(number)


def _quote(value: object) -> str:
    """A short printable form of anything that JSON can hold."""
    if isinstance(value, (dict, list)):
        return "a list" if isinstance(value, list) else "an object"
    text = ascii(value) if isinstance(value, str) else f"{value}"
    return text if len(text) <= 40 else text[:37] + "..."


def _listed(names: list[str]) -> str:
    shown = ", ".join(name if name.isidentifier() and name.isascii() and len(name) < 30 else _quote(name)
                      for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _without_partial_tag(text: str) -> str:
    """Drop a beginning of a tag from the end of ``text``."""
    opened = text.rfind("<", max(0, len(text) - _LONGEST_TAG))
    if opened >= 0 and any(tag.startswith(text[opened:]) for tag in _TAGS):
        return text[:opened]
    return text
