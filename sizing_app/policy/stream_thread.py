"""A reply that is read in a thread of its own, so that a stop is seen while the server is silent."""

import queue
import threading
from collections.abc import Callable, Iterator

from sizing_app.policy.http_stream import Connection
from sizing_app.task.protocols import StopSignal
from sizing_app.task.turn import Delta


class StreamThread:
    """``open_stream`` gets the thread, of which it uses ``connection``, ``pause`` and ``notify``."""

    def __init__(self, open_stream: Callable[["StreamThread"], Iterator[dict]]):
        self.connection = Connection()
        self._open_stream = open_stream
        self._items: queue.SimpleQueue = queue.SimpleQueue()
        self._closed = threading.Event()
        threading.Thread(target=self._read, name="model stream", daemon=True).start()

    def items(self, stop: StopSignal) -> Iterator[dict | Delta]:
        """Chunks and notices, until the stream ends or ``stop`` is set. Raises what the stream raised."""
        while not stop.is_set():
            try:
                item = self._items.get(timeout=0.05)
            except queue.Empty:
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item

    def notify(self, text: str) -> None:
        """Tell who waits for the reply why nothing is written."""
        self._items.put(Delta(text, "notice"))

    def pause(self, seconds: float) -> bool:
        """Wait; true if the reply is no longer wanted."""
        return self._closed.wait(seconds)

    def close(self) -> None:
        """End the request at once: the server sees its connection closed and stops generating."""
        self._closed.set()
        self.connection.close()

    def _read(self) -> None:
        try:
            for chunk in self._open_stream(self):
                if self._closed.is_set():
                    return
                self._items.put(chunk)
            self._items.put(None)
        except Exception as error:
            self._items.put(error)
