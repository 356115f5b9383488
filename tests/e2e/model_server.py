"""An OpenAI-compatible model server that writes half a reply and then waits until the test lets it go on.

A session that was stopped leaves its reply waiting here, where it would take the next permit: drain between tests.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sizing_app.circuits import load_circuit

FIRST = "<Analyze>Longer cascodes raise the output resistance "
SECOND = "and with it the gain.</Analyze>"
END = "and that is all.</Analyze><Design End>"
HOLD = 300.0
"""Seconds after which a reply goes on by itself, so that nothing hangs for ever."""
QUIET, LONGEST = 0.3, 10.0
"""Seconds without a waiting reply after which all is drained, and after which draining gives up."""


class ModelServer(ThreadingHTTPServer):
    """Every reply calls the simulator with the middle of OTA's ranges; ``allow`` releases one waiting reply."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self._changed, self._permits, self._waiting, self._draining = threading.Condition(), 0, 0, False
        self.requests: list[str] = []
        """What it was asked, as JSON."""
        middle = {parameter.name: parameter.from_unit(0.5) for parameter in load_circuit("OTA").parameters}
        call = json.dumps({"name": "simulate", "arguments": middle})
        self.halves = (FIRST, f"{SECOND}<tool_call>{call}</tool_call>")
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def allow(self) -> None:
        with self._changed:
            self._permits += 1
            self._changed.notify_all()

    def second_half(self) -> str:
        """Wait for a permit; what the reply goes on with."""
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: self._permits or self._draining, HOLD)
            self._waiting -= 1
            if self._draining:
                return END
            self._permits = max(0, self._permits - 1)
            return self.halves[1]

    def drain(self) -> None:
        """End every session that waits here, and forget permits."""
        deadline, quiet = time.monotonic() + LONGEST, 0.0
        with self._changed:
            self._draining = True
            self._changed.notify_all()
        while quiet < QUIET and time.monotonic() < deadline:
            time.sleep(0.1)
            quiet = 0.0 if self._waiting else quiet + 0.1
        with self._changed:
            self._draining, self._permits = False, 0


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_GET(self):
        self._head("application/json")
        self.wfile.write(json.dumps({"object": "list", "data": [
            {"id": "scripted", "object": "model", "created": 0, "owned_by": "tests"}]}).encode())

    def do_POST(self):
        self.server.requests.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._head("text/event-stream")
        try:
            self._send(self.server.halves[0])
            self._send(self.server.second_half(), "stop")
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass  # the session was stopped

    def _head(self, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.end_headers()

    def _send(self, text: str, reason: str | None = None) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "scripted",
                 "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": reason}]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_):
        pass
