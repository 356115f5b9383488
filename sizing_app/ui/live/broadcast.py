"""One thread draws what is watched; all who watch it, in the event loop of the server, send the same bytes."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterable

from sizing_app.ui.live.board import Board, Parts

log = logging.getLogger(__name__)
QUIET = 15.0
"""Seconds without news after which a watcher is told that there is none, so that proxies keep the connection."""


class DrawingFailed(Exception):
    """What is watched could not be drawn; the log says why."""


class Broadcasts:
    """Everything of one kind that is watched, by its id. To be used in one event loop."""

    def __init__(self, draw: Callable[[str], Iterable[Parts]], quiet: float = QUIET):
        """``draw`` gives all parts of the page for an id, again after every change; its iterator may block."""
        self._draw, self._quiet = draw, quiet
        self._watched: dict[str, _Broadcast] = {}

    async def watch(self, id: str) -> AsyncIterator[bytes]:
        """Pieces as a JSON list: all of them, then what changed, until the end. Empty after ``quiet`` seconds without
        news. Raises DrawingFailed."""
        broadcast = self._watched.get(id)
        if broadcast is None or broadcast.over:
            broadcast = self._watched[id] = _Broadcast(self._draw(id))
        broadcast.watchers += 1
        broadcast.start()
        try:
            async for pieces in broadcast.follow(self._quiet):
                yield pieces
        finally:
            broadcast.watchers -= 1
            if not broadcast.watchers and self._watched.get(id) is broadcast:
                del self._watched[id]


class _Broadcast:
    """One thing that is watched. Only ``_run`` and ``_tell`` are called outside the event loop."""

    def __init__(self, states: Iterable[Parts]):
        self._states, self._thread = states, None
        self.board, self.watchers = Board(), 0
        self.over = self.failed = False
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Begin to draw, unless that was done."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="broadcast", daemon=True)
            self._thread.start()

    async def follow(self, quiet: float) -> AsyncIterator[bytes]:
        seen = 0
        while True:
            board, news, over = self.board, self._news, self.over
            pieces, seen = board.since(seen), board.number
            if pieces:
                yield pieces
            if over and self.failed:
                raise DrawingFailed
            if over:
                return
            try:
                async with asyncio.timeout(quiet):
                    await news.wait()
            except TimeoutError:
                yield b""

    def _run(self) -> None:
        """Draw until the end, or until nobody watches."""
        board, failed = Board(), False
        try:
            for parts in self._states:
                if not self.watchers:
                    break
                board = board.showing(parts)
                self._tell(board)
        except Exception:
            log.exception("what is watched could not be drawn")
            failed = True
        self._tell(board, over=True, failed=failed)

    def _tell(self, board: Board, over: bool = False, failed: bool = False) -> None:
        try:
            self._loop.call_soon_threadsafe(self._take, board, over, failed)
        except RuntimeError:
            log.debug("the server has stopped")

    def _take(self, board: Board, over: bool, failed: bool) -> None:
        """The newest board; everyone is woken."""
        self.board, self.over, self.failed = board, over, failed
        self._news.set()
        self._news = asyncio.Event()
