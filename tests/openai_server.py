"""The HTTP of an OpenAI-compatible server; what it writes is a subclass's business."""

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class OpenAIServer(ThreadingHTTPServer, ABC):
    """Serves one model, ``name``, on a free port until ``shutdown``."""

    daemon_threads = True
    name = ""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    @abstractmethod
    def reply(self, request: str) -> Iterator[str]:
        """The pieces of a streamed reply to a request, which is JSON."""


class _Handler(BaseHTTPRequestHandler):
    server: OpenAIServer

    def do_GET(self):
        self._head("application/json")
        self.wfile.write(json.dumps({"object": "list", "data": [
            {"id": self.server.name, "object": "model", "created": 0, "owned_by": "tests"}]}).encode())

    def do_POST(self):
        request = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._head("text/event-stream")
        try:
            for piece in self.server.reply(request):
                self._send(piece)
            self._send("", "stop")
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass  # the session was stopped

    def _head(self, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.end_headers()

    def _send(self, text: str, reason: str | None = None) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": self.server.name,
                 "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": reason}]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_):
        pass
