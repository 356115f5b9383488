"""An OpenAI-compatible server that writes at a steady pace, as a model on a GPU does, and stamps what it writes.

Every word of a reply is ``MARK@SECONDS``: the number of the session, read from the target of its gain, and the time of
writing. So a watcher can tell how old a word is, and whether it belongs to the session that is watched.
"""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sizing_app.domain import Circuit
from sizing_app.policy.designs import random_design

NAME = "paced"
WORDS = 60
"""Words of a reply."""
TARGET = re.compile(r"gain >= (\d+)")


class PacedModel(ThreadingHTTPServer):
    """``pace``: words a second in every reply, however many are written at once."""

    daemon_threads = True

    def __init__(self, circuit: Circuit, pace: float):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.circuit, self.pace = circuit, pace
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def reply(self, prompt: str):
        """The pieces of a reply: an analysis, then a call of the simulator with a random design."""
        mark = TARGET.findall(prompt)[-1]
        yield "<Analyze>"
        for _ in range(WORDS):
            time.sleep(1 / self.pace)
            yield f"{mark}@{time.time():.3f} "
        design = random_design(self.circuit, int(time.time() * 1e6) % 2**31)
        call = json.dumps({"name": "simulate", "arguments": design})
        yield f"</Analyze><tool_call>{call}</tool_call>"


class _Handler(BaseHTTPRequestHandler):
    server: PacedModel

    def do_GET(self):
        self._head("application/json")
        self.wfile.write(json.dumps({"object": "list", "data": [
            {"id": NAME, "object": "model", "created": 0, "owned_by": "bench"}]}).encode())

    def do_POST(self):
        prompt = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._head("text/event-stream")
        try:
            for piece in self.server.reply(prompt):
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
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": NAME,
                 "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": reason}]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_):
        pass
