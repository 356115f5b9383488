"""A thinking model's thoughts, split off from what it replies: they are shown and kept, never read for a call."""

import re
from collections.abc import Iterator

from sizing_app.task.turn import Delta

THOUGHTS_LIMIT = 100_000
"""Characters of a turn's thoughts that are kept."""

_OPENING = ("<think>", "<thinking>", "<seed:think>", "[think]")
_CLOSING = ("</think>", "</thinking>", "</seed:think>", "[/think]")
_TAG = re.compile("|".join(re.escape(tag) for tag in (*_OPENING, *_CLOSING)), re.IGNORECASE)
_LONGEST = max(map(len, _CLOSING))


def split_thoughts(text: str) -> tuple[str, str]:
    """Thoughts and reply of a whole text, as a ThoughtSplitter tells them apart."""
    splitter, found = ThoughtSplitter(), {"thought": "", "reply": ""}
    for delta in (*splitter.feed(text), *splitter.finish()):
        if delta.kind == "again":
            found["reply"] = ""
        else:
            found[delta.kind] += delta.text
    return found["thought"], found["reply"]


class ThoughtSplitter:
    """Feed it the content in pieces of any size: ``<think>...</think>`` is thought, also where it is never closed.

    Some servers put the opening tag into the prompt. So what comes before a closing tag without an opening one was
    thought all along: a Delta of kind "again" withdraws it, and it comes once more as thought.
    """

    def __init__(self):
        self._pending, self._inside = "", False
        self._reply: list[str] = []
        self.seen = False
        """There were thoughts."""

    def feed(self, text: str) -> Iterator[Delta]:
        text, self._pending = self._pending + text, ""
        place = 0
        for tag in _TAG.finditer(text):
            yield from self._write(text[place : tag.start()])
            place = tag.end()
            yield from self._turn(closing=tag.group().lower() in _CLOSING)
        end = _half_tag(text, place)
        self._pending = text[end:]
        yield from self._write(text[place:end])

    def finish(self) -> Iterator[Delta]:
        """The beginning of a tag that no further text completed."""
        text, self._pending = self._pending, ""
        yield from self._write(text)

    def _turn(self, closing: bool) -> Iterator[Delta]:
        if closing and not self._inside and self._reply:
            written = "".join(self._reply)
            self._reply.clear()
            yield Delta("", "again")
            yield Delta(written, "thought")
        self._inside, self.seen = not closing, True

    def _write(self, text: str) -> Iterator[Delta]:
        if text and not self._inside:
            self._reply.append(text)
        if text:
            yield Delta(text, "thought" if self._inside else "reply")


def _half_tag(text: str, start: int) -> int:
    """Where a tag begins that the end of ``text`` cuts; its length if there is none."""
    for place in range(max(start, len(text) - _LONGEST + 1), len(text)):
        if any(tag.startswith(text[place:].lower()) for tag in (*_OPENING, *_CLOSING)):
            return place
    return len(text)
