"""A session as JSON Lines, one durable event a line, exact: what is read back is equal to what was written.

A file comes from anywhere. Its shape is checked by pydantic, its sense by session_check, before anything is stored.
Its size, its lines and so its turns are bounded.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config

from sizing_app.circuit.validation import Invalid, check_leaves, check_line
from sizing_app.session.check import WrongSession, check_session
from sizing_app.session.events import Event, Reason, SessionFinished, SessionStarted, TurnFinished
from sizing_app.task.definition import Task
from sizing_app.task.turn import Turn
from sizing_app.task.validation import MAX_BUDGET

FORMAT = "sizing-session/1"
MAX_BYTES = 25_000_000
MAX_LINES = MAX_BUDGET + 3
"""A turn of ten parameters and metrics takes 2.3 kB."""
STRICT = ConfigDict(strict=True, allow_inf_nan=False)
"""A text is no number and a truth value neither. The nouns inside of a line take it over."""


@with_config(STRICT)
@dataclass(frozen=True)
class StartLine:
    event: Literal["session_started"]
    format: Literal["sizing-session/1"]
    id: Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$")]
    """Where it was exported; an import gives another one."""
    policy: Annotated[str, Field(min_length=1, max_length=80)]
    task: Task


@with_config(STRICT)
@dataclass(frozen=True)
class TurnLine:
    event: Literal["turn_finished"]
    turn: Turn


@with_config(STRICT)
@dataclass(frozen=True)
class EndLine:
    event: Literal["session_finished"]
    reason: Reason
    message: str = ""


LINE = TypeAdapter(Annotated[StartLine | TurnLine | EndLine, Field(discriminator="event")])
PRIVATE = {"turn": {"proposal": {"tokens", "logprobs"}}}
"""For the trainer only."""


@dataclass(frozen=True)
class SessionFile:
    """What a file holds: the id that the session had, and its events."""

    id: str
    events: Sequence[Event]


def write_session(id: str, events: Sequence[Event]) -> str:
    """The durable events as lines of JSON, each ended by a newline; SI units."""
    lines = []
    for event in events:
        match event:
            case SessionStarted(task, policy):
                lines.append(StartLine("session_started", FORMAT, id, policy, task))
            case TurnFinished(turn):
                lines.append(TurnLine("turn_finished", turn))
            case SessionFinished(reason, message):
                lines.append(EndLine("session_finished", reason, message))
    return "".join(json.dumps(LINE.dump_python(line, mode="json", exclude=PRIVATE),
                              allow_nan=False) + "\n" for line in lines)


def read_session(content: bytes) -> SessionFile:
    """The session of a file. Raises WrongSession with a sentence that says in which line what is wrong."""
    if len(content) > MAX_BYTES:
        raise WrongSession(f"The file has {len(content) / 1e6:.1f} MB, at most {MAX_BYTES / 1e6:.0f} MB are read.")
    try:
        texts = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise WrongSession("The file is not text in UTF-8.") from error
    texts = [text for text in texts if text.strip()]
    if not 2 <= len(texts) <= MAX_LINES:
        raise WrongSession(f"The file has {len(texts)} lines, expected 2 to {MAX_LINES}: one event a line.")
    lines = [_line(number, text) for number, text in enumerate(texts, 1)]
    start, *turns, end = lines
    if not isinstance(start, StartLine):
        raise WrongSession("Line 1: expected the event session_started.")
    for number, line in enumerate(turns, 2):
        if not isinstance(line, TurnLine):
            raise WrongSession(f"Line {number}: expected the event turn_finished, found {line.event}.")
    if not isinstance(end, EndLine):
        raise WrongSession(f"Line {len(lines)}: expected the event session_finished: only a session that has ended "
                           "can be imported.")
    try:
        check_line(start.policy, "Line 1: policy")
        check_leaves(end.message, f"Line {len(lines)}: message")
    except Invalid as error:
        raise WrongSession(f"{error}.") from error
    check_session(start.task, tuple(line.turn for line in turns))
    return SessionFile(start.id, [SessionStarted(start.task, start.policy),
                                  *(TurnFinished(line.turn) for line in turns),
                                  SessionFinished(end.reason, end.message)])


def _line(number: int, text: str) -> StartLine | TurnLine | EndLine:
    try:
        return LINE.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part)[:60] for part in first["loc"][1:]) or "expected one JSON object, an event"
        raise WrongSession(f"Line {number}: {place}: {first['msg'][:300]}.") from error
