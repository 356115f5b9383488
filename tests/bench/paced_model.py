"""An OpenAI-compatible server that writes at a steady pace, as a model on a GPU does, and stamps what it writes.

Every word of a reply is ``MARK@SECONDS``: the number of the session, read from the target of its gain, and the time of
writing. So a watcher can tell how old a word is, and whether it belongs to the session that is watched.
"""

import json
import re
import time
from collections.abc import Iterator

from sizing_app.circuit.definition import Circuit
from sizing_app.policy.designs import random_design
from tests.openai_server import OpenAIServer

WORDS = 60
"""Words of a reply."""
TARGET = re.compile(r"gain >= (\d+)")


class PacedModel(OpenAIServer):
    """``pace``: words a second in every reply, however many are written at once."""

    name = "paced"

    def __init__(self, circuit: Circuit, pace: float):
        self.circuit, self.pace = circuit, pace
        super().__init__()

    def reply(self, request: str) -> Iterator[str]:
        """An analysis, then a call of the simulator with a random design."""
        mark = TARGET.findall(request)[-1]
        yield "<Analyze>"
        for _ in range(WORDS):
            time.sleep(1 / self.pace)
            yield f"{mark}@{time.time():.3f} "
        design = random_design(self.circuit, int(time.time() * 1e6) % 2**31)
        call = json.dumps({"name": "simulate", "arguments": design})
        yield f"</Analyze><tool_call>{call}</tool_call>"
