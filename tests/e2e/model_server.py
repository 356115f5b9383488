"""An OpenAI-compatible model server that writes half a reply and then waits until the test lets it go on."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sizing_app.circuits import load_circuit

FIRST = "<Analyze>Longer cascodes raise the output resistance "
SECOND = "and with it the gain.</Analyze>"
HOLD = 300.0
"""Seconds after which a reply goes on by itself, so that nothing hangs for ever."""


class ModelServer(ThreadingHTTPServer):
    """Every reply calls the simulator with the middle of OTA's ranges; ``allow`` releases one waiting reply."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.permits = threading.Semaphore(0)
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
        self.permits.release()


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_GET(self):
        self._head("application/json")
        self.wfile.write(json.dumps({"object": "list", "data": [
            {"id": "scripted", "object": "model", "created": 0, "owned_by": "tests"}]}).encode())

    def do_POST(self):
        self.server.requests.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._head("text/event-stream")
        first, second = self.server.halves
        try:
            self._send(first)
            self.server.permits.acquire(timeout=HOLD)
            self._send(second, "stop")
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
