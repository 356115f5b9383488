"""Streams: drawn once for all who watch, small for those who keep up, never queued for those who do not."""

import asyncio
import json
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise

import pytest

from sizing_app.ui.live.board import Board
from sizing_app.ui.live.broadcast import Broadcasts, DrawingFailed


def block(key: str, html: str) -> dict:
    return {"key": key, "html": html}


def shown(updates: list[bytes]) -> dict:
    """What a browser shows after some updates: as assets/stream.js."""
    parts: dict[str, dict] = {}
    for update in filter(None, updates):
        for piece in json.loads(update):
            part = parts.setdefault(piece["part"], {"blocks": {}})
            if piece["key"]:
                part["blocks"][piece["key"]] = piece["html"]
            else:
                part |= piece
    return {name: part["value"] if "value" in part else [block(key, part["blocks"][key]) for key in keys(part["keys"])]
            for name, part in parts.items()}


def keys(sent: list) -> list[str]:
    runs = ([run] if isinstance(run, str) else [f"{run[0]}-{number}" for number in range(run[1], run[2] - 1, -1)]
            for run in sent)
    return [key for run in runs for key in run]


STATES = [
    {"plot": {"y": []}, "turns": [block("turn-0", "<p>start</p>")]},
    {"plot": {"y": []}, "turns": [block("turn-1", "wri"), block("turn-0", "<p>start</p>")]},
    {"plot": {"y": [0.5]}, "turns": [block("turn-1", "written\nall \u2026"), block("turn-0", "<p>start</p>")]},
    {"plot": {"y": [0.5]}, "turns": [block("turn-0", "<p>start</p>")]}]


@pytest.mark.parametrize("start", range(4))
def test_from_any_update_on_a_watcher_comes_to_what_is_shown(start):
    boards = list(accumulate(STATES, Board.showing, initial=Board()))[1 + start:]
    updates = [boards[0].since(0), *(now.since(former.number) for former, now in pairwise(boards))]
    assert shown(updates) == STATES[3]
    assert shown([boards[0].since(0), boards[-1].since(boards[0].number)]) == STATES[3], "those between left out"


def test_the_order_of_a_thousand_turns_is_sent_in_few_words():
    order = ["head", *(f"turn-{number}" for number in range(1000, -1, -1)), "turn-x", "a-07", "b-3", "b-5", "b-4", "9"]
    (piece,) = (piece for piece in json.loads(Board().showing({"turns": [block(key, "") for key in order]}).since(0))
                if not piece["key"])
    assert keys(piece["keys"]) == order and len(json.dumps(piece)) < 250


def test_only_what_changed_is_sent_and_serialized():
    first = Board().showing(STATES[1])
    second = first.showing(STATES[2])
    assert [piece["key"] for piece in json.loads(second.since(first.number))] == ["", "turn-1"]
    assert second.pieces["turns", "turn-0"] is first.pieces["turns", "turn-0"]
    assert second.showing(STATES[2]).since(second.number) == b""


def in_a_loop_of_its_own(play: Coroutine) -> None:
    """In a thread of its own too: a browser test in the same process leaves its loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, play).result()


class Drawing:
    """What is drawn, state by state, as a test says."""

    def __init__(self, end: Exception | None = None):
        self.begun, self.finished, self.end, self.go_on = [], threading.Event(), end, threading.Semaphore(0)

    def __call__(self, id: str):
        self.begun.append(id)
        try:
            for number in range(1000):
                yield {"text": [block("text", f"{id} {number}")]}
                assert self.go_on.acquire(timeout=10)
                if self.end is not None:
                    raise self.end
        finally:
            self.finished.set()


def text(update: bytes) -> str:
    return json.loads(update)[-1]["html"]


def test_one_thread_draws_for_all_and_ends_with_the_last_of_them():
    async def play():
        draw = Drawing()
        broadcasts = Broadcasts(draw)
        one, other = broadcasts.watch("a"), broadcasts.watch("a")
        assert text(await anext(one)) == text(await anext(other)) == "a 0" and draw.begun == ["a"]
        draw.go_on.release()
        assert text(await anext(one)) == text(await anext(other)) == "a 1"
        await one.aclose()
        draw.go_on.release()
        assert text(await anext(other)) == "a 2" and not draw.finished.is_set()
        await other.aclose()
        draw.go_on.release()
        assert await asyncio.to_thread(draw.finished.wait, 10)
        again = broadcasts.watch("a")
        assert text(await anext(again)) == "a 0" and draw.begun == ["a", "a"]
        await again.aclose()
        draw.go_on.release()

    in_a_loop_of_its_own(play())


def test_a_slow_watcher_gets_the_newest_and_is_told_when_there_is_no_news():
    async def play():
        draw = Drawing()
        broadcasts = Broadcasts(draw, quiet=0.1)
        slow, fast = broadcasts.watch("a"), broadcasts.watch("a")
        await anext(slow)
        for number in range(50):
            while not (update := await anext(fast)):
                pass
            assert text(update) == f"a {number}"
            draw.go_on.release()
        while text(await anext(fast)) != "a 50":
            pass
        assert text(await anext(slow)) == "a 50"
        assert await anext(slow) == b""
        await slow.aclose()
        await fast.aclose()
        draw.go_on.release()

    in_a_loop_of_its_own(play())


def test_watchers_of_different_things_see_nothing_of_each_other():
    async def watch(broadcasts, id):
        updates = broadcasts.watch(id)
        seen = [text(await anext(updates)) for _ in range(5)]
        await updates.aclose()
        return seen

    async def play():
        def draw(id):
            for number in range(100):
                time.sleep(0.01)
                yield {"text": [block("text", f"{id}{number}")]}

        broadcasts = Broadcasts(draw)
        for id, seen in zip("abab", await asyncio.gather(*(watch(broadcasts, id) for id in "abab")), strict=True):
            assert all(word[0] == id for word in seen)

    in_a_loop_of_its_own(play())


def test_what_cannot_be_drawn_ends_with_an_error_and_is_tried_again_by_the_next():
    async def play():
        draw = Drawing(end=RuntimeError("broken"))
        broadcasts = Broadcasts(draw)
        watcher = broadcasts.watch("a")
        await anext(watcher)
        draw.go_on.release()
        with pytest.raises(DrawingFailed):
            await anext(watcher)
        again = broadcasts.watch("a")
        assert text(await anext(again)) == "a 0"
        await again.aclose()
        draw.go_on.release()

    in_a_loop_of_its_own(play())
