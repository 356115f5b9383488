"""The chunks of a streamed reply, or the one message of a server that does not stream, to what the model wrote.

Servers differ in where they put it: text in ``text``, ``content`` or a list of parts; thoughts in ``content``,
``reasoning_content``, ``reasoning`` or a part; a call in the text or in ``tool_calls``, which becomes the text form
that the parser reads.
"""

import json
from collections.abc import Iterator

from sizing_app.policy.thoughts import ThoughtSplitter
from sizing_app.prompt.parser import CALL, CALL_END
from sizing_app.task.turn import Delta


class ReplyReader:
    """Feed it every chunk as parsed JSON, then ``finish`` it; each gives the Deltas that follow from it."""

    def __init__(self):
        self.tokens: list[int] = []
        self.logprobs: list[float] = []
        self.reason: str | None = None
        """Why the model stopped writing, as the server names it."""
        self._splitter = ThoughtSplitter()
        self._call: tuple | None = None
        self._thought = self._arguments = False

    @property
    def thought(self) -> bool:
        """There were thoughts."""
        return self._thought or self._splitter.seen

    def feed(self, chunk: dict) -> Iterator[Delta]:
        choice = next(_objects(chunk.get("choices")), {})
        message = next((choice[name] for name in ("delta", "message") if isinstance(choice.get(name), dict)), {})
        if isinstance(choice.get("finish_reason"), str):
            self.reason = choice["finish_reason"]
        self._read_tokens(choice)
        thoughts = next((message[name] for name in ("reasoning_content", "reasoning") if message.get(name)), "")
        if isinstance(thoughts, str) and thoughts:
            self._thought = True
            yield Delta(thoughts, "thought")
        for kind, text in _parts(choice.get("text") or message.get("content")):
            if kind == "thought":
                self._thought = True
                yield Delta(text, "thought")
            else:
                yield from self._splitter.feed(text)
        calls = [*_objects(message.get("tool_calls"))]
        if isinstance(message.get("function_call"), dict):  # the field's former name
            calls.append({"function": message["function_call"]})
        for place, call in enumerate(calls):
            yield from self._read_call(call, place)

    def finish(self) -> Iterator[Delta]:
        yield from self._splitter.finish()
        yield from self._close_call()

    def _read_call(self, call: dict, place: int) -> Iterator[Delta]:
        function = call.get("function") if isinstance(call.get("function"), dict) else call
        index, id = call.get("index", place), call.get("id")
        if self._call is None or index != self._call[0] or (id and self._call[1] and id != self._call[1]):
            yield from self._splitter.finish()
            yield from self._close_call()
            self._call, self._arguments = (index, id), False
            yield Delta(f'{CALL}{{"name":{json.dumps(function.get("name"))},"arguments":')
        arguments = function.get("arguments")
        if arguments:
            self._arguments = True
            yield Delta(arguments if isinstance(arguments, str) else json.dumps(arguments))

    def _close_call(self) -> Iterator[Delta]:
        if self._call is not None:
            self._call = None
            yield Delta(("" if self._arguments else "{}") + "}" + CALL_END)

    def _read_tokens(self, choice: dict) -> None:
        """New token ids with the model's log-probabilities (before temperature and grammar), where the server tells."""
        details = choice.get("logprobs")
        if not isinstance(details, dict) or "text" not in choice:
            return
        pairs = [*zip(choice.get("token_ids") or (), details.get("token_logprobs") or (), strict=False)]  # vLLM
        pairs += [(entry["id"], entry["logprob"]) for entry in details.get("content") or ()]  # llama.cpp
        self.tokens += [token for token, _ in pairs]
        self.logprobs += [logprob for _, logprob in pairs]


def _parts(content: object) -> Iterator[tuple[str, str]]:
    """Kind and text of a content, which is a string or a list of parts."""
    if isinstance(content, str) and content:
        yield "reply", content
    for part in _objects(content):
        thinking = part.get("thinking") or part.get("reasoning")
        if part.get("type") in ("thinking", "reasoning") or thinking:
            yield "thought", "".join(text for _, text in _parts(thinking or part.get("text")))
        else:
            yield from _parts(part.get("text"))


def _objects(value: object) -> Iterator[dict]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
