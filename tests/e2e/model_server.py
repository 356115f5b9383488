"""An OpenAI-compatible model server that writes half a reply and then waits until the test lets it go on.

A session that was stopped leaves its reply waiting here, where it would take the next permit: drain between tests.
"""

import json
import threading
import time
from collections.abc import Iterator

from sizing_app.circuit.folder import load_circuit
from tests.openai_server import OpenAIServer

THOUGHTS = "Nine words of thoughts that are no reply: <Design End>"
FIRST = "<Analyze>Longer cascodes raise the output resistance "
SECOND = "and with it the gain.</Analyze>"
END = "and that is all.</Analyze><Design End>"
HOLD = 300.0
"""Seconds after which a reply goes on by itself, so that nothing hangs for ever."""
QUIET, LONGEST = 0.3, 10.0
"""Seconds without a waiting reply after which all is drained, and after which draining gives up."""


class ModelServer(OpenAIServer):
    """Every reply calls the simulator with the middle of OTA's ranges; ``allow`` releases one waiting reply."""

    name = "scripted"

    def __init__(self):
        self._changed, self._permits, self._waiting, self._draining = threading.Condition(), 0, 0, False
        self.requests: list[str] = []
        """What it was asked, as JSON."""
        middle = {parameter.name: parameter.from_unit(0.5) for parameter in load_circuit("OTA").parameters}
        call = json.dumps({"name": "simulate", "arguments": middle})
        self.halves = (f"<think>{THOUGHTS}</think>{FIRST}", f"{SECOND}<tool_call>{call}</tool_call>")
        super().__init__()

    def reply(self, request: str) -> Iterator[str]:
        self.requests.append(request)
        yield self.halves[0]
        yield self.second_half()

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
