"""Parts of a page in pieces, each serialized once and numbered by the update that changed it last.

A watcher who has seen update 7 needs the pieces with higher numbers, however many updates there were since: nothing is
queued for a slow one. A piece is JSON for assets/stream.js: the value of a part, or, where a part is made of blocks
(render.block), one of its blocks or the order of their keys. Of a run of keys such as turn-9, turn-8, ... only the
first and the last are sent.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Parts = Mapping[str, object]
"""Name of a part to its value: a list of blocks, or anything else that is JSON."""


@dataclass(frozen=True)
class Piece:
    number: int
    content: object
    text: bytes


@dataclass(frozen=True)
class Board:
    """What is shown after ``number`` updates."""

    number: int = 0
    pieces: Mapping[tuple[str, str], Piece] = field(default_factory=dict)
    """By part, and key of the block; the part's own value or the order of its blocks has an empty key."""

    def showing(self, parts: Parts) -> "Board":
        """The board after one more update; ``parts`` are all parts."""
        number, pieces = self.number + 1, {}
        for part, key, kind, content in _pieces(parts):
            former = self.pieces.get((part, key))
            if former is None or former.content != content:
                former = Piece(number, content, _serialized(part, key, kind, content))
            pieces[part, key] = former
        return Board(number, pieces)

    def since(self, number: int) -> bytes:
        """What changed after update ``number``, as a JSON list; nothing if it would be empty."""
        changed = [piece.text for piece in self.pieces.values() if piece.number > number]
        return b"[" + b",".join(changed) + b"]" if changed else b""


def _pieces(parts: Parts) -> Iterator[tuple[str, str, str, object]]:
    """Part, key, kind and content of every piece."""
    for part, value in parts.items():
        if not isinstance(value, list):
            yield part, "", "value", value
            continue
        yield part, "", "keys", [block["key"] for block in value]
        for block in value:
            yield part, block["key"], "html", block["html"]


def _runs(keys: list[str]) -> list[str | list]:
    """The keys, those that count down one by one as [stem, first, last]."""
    found: list[str | list] = []
    for key in keys:
        stem, dash, number = key.rpartition("-")
        last = found[-1] if found else None
        if not dash or not number.isdecimal() or str(int(number)) != number:
            found.append(key)
        elif isinstance(last, list) and last[0] == stem and last[2] == int(number) + 1:
            last[2] = int(number)
        else:
            found.append([stem, int(number), int(number)])
    return found


def _serialized(part: str, key: str, kind: str, content: object) -> bytes:
    content = _runs(content) if kind == "keys" else content
    return json.dumps({"part": part, "key": key, kind: content}, ensure_ascii=False, allow_nan=False).encode()
