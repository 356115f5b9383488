"""A model's reply while it is written: in the words of the session, and as far as it can be read."""

from collections.abc import Sequence
from dataclasses import replace

from sizing_app.circuit.definition import Circuit
from sizing_app.policy.chunks import ReplyReader
from sizing_app.policy.thoughts import THOUGHTS_LIMIT
from sizing_app.prompt import compact
from sizing_app.prompt.parser import ANALYZE, ReplyParser
from sizing_app.prompt.wording import NamesWritten, Wording
from sizing_app.task.turn import Delta, Proposal


class Written:
    """What a checkpoint writes, in the names of the circuit and the numbers of the session."""

    def __init__(self, words: Wording, numbers: Sequence[int]):
        """``numbers``: the session's, of the turns that the prompt shows."""
        self._names, self._numbers = NamesWritten(words), compact.TurnNumbers(numbers)

    def read(self, delta: Delta) -> Delta:
        """As much of a reply as cannot change any more; other pieces as they are."""
        return replace(delta, text=self._numbers.feed(self._names.feed(delta.text))) if delta.kind == "reply" else delta

    def finish(self) -> str:
        """The rest."""
        return self._numbers.feed(self._names.finish()) + self._numbers.finish()


class Draft:
    """A reply as far as it is written."""

    def __init__(self, circuit: Circuit, limit: int):
        self._circuit, self._limit = circuit, limit
        self._parser, self._thoughts, self._written = ReplyParser(circuit, limit), "", 0

    def add(self, delta: Delta) -> None:
        if delta.kind == "again":
            self._parser, self._written = ReplyParser(self._circuit, self._limit), 0
        elif delta.kind == "thought":
            self._thoughts += delta.text[: THOUGHTS_LIMIT - len(self._thoughts)]
        elif delta.kind == "reply":
            self._parser.feed(delta.text)
            self._written += len(delta.text)

    def settled(self, no_thoughts_follow: bool) -> bool:
        """Whether nothing that follows can change what the reply means. One without a tag of its own at its beginning
        may turn out to be thoughts."""
        begun = self._parser.text.lstrip().startswith(ANALYZE)
        return (self._parser.done and (no_thoughts_follow or begun)) or self._written > self._limit + THOUGHTS_LIMIT

    @property
    def empty(self) -> bool:
        return not self._parser.text.strip() and not self._thoughts.strip()

    @property
    def acts(self) -> bool:
        """It holds a whole action."""
        return self._parser.done

    def proposal(self, reader: ReplyReader) -> Proposal:
        proposal, problems = self._parser.finish(), []
        if reader.reason == "length" and not self._parser.done:
            problems.append("The server cut the reply at its length limit.")
        if reader.reason == "content_filter":
            problems.append("The server's content filter cut the reply.")
        if len(self._thoughts) >= THOUGHTS_LIMIT:
            problems.append(f"The thoughts are longer than {THOUGHTS_LIMIT} characters; the rest was not kept.")
        return replace(proposal, problems=(*proposal.problems, *problems), thoughts=self._thoughts.strip(),
                       tokens=tuple(reader.tokens), logprobs=tuple(reader.logprobs))
