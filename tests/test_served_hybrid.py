"""A served model that hands over to the search, and is told what the surfaces say of the parameters."""

import json
import threading
from dataclasses import replace

import pytest

from sizing_app.errors import PolicyError
from sizing_app.policy import can_push, can_recall, can_size, make_policy
from sizing_app.policy.evolution import MODEL_TURNS
from sizing_app.policy.response_surface import ResponseSurface
from sizing_app.policy.settings import PolicySettings
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.task.goal import read_goal
from sizing_app.ui.services import policy_titles
from tests.builders import POOR, QuadraticSimulator, a_circuit, a_task
from tests.openai_server import OpenAIServer

NAME = "chat+response-surface"
TASK = replace(a_task(budget=MODEL_TURNS + 3), initial=POOR)


class Caller(OpenAIServer):
    """Calls the simulator with another width each time, none of which meets the gain; keeps what it was asked."""

    name = "general"

    def __init__(self):
        super().__init__()
        self.asked: list[str] = []

    def reply(self, request: str):
        self.asked.append(json.loads(request)["messages"][-1]["content"])
        width = 60 + 4 * len(self.asked)
        yield (f'<Analyze>I change w.</Analyze><tool_call>{{"name":"simulate","arguments":{{"w":"{width}u","m":"9"}}}}'
               "</tool_call>")


@pytest.fixture
def server():
    server = Caller()
    yield server
    server.shutdown()


def test_the_model_is_shown_the_effects_then_the_search_goes_on(server):
    policy = make_policy(NAME, PolicySettings(server.url, "general"))
    history = fold(run_session(TASK, policy, QuadraticSimulator(), threading.Event())).history
    assert policy.name == NAME and len(server.asked) == MODEL_TURNS < len(history) - 1
    assert ["I change w" in turn.proposal.text for turn in history[1:]] == (
        [True] * MODEL_TURNS + [False] * (len(history) - 1 - MODEL_TURNS))
    told = ["Response surfaces fitted to" in text for text in server.asked]
    assert told == [False, False, False, True, True], "from four designs on"
    last = server.asked[-1]
    assert "\n- power: " in last and last.index("Result:") < last.index("Response surfaces")


def test_the_table_has_each_metric_with_its_strongest_parameters():
    """gain = 60 - 2 (w / 10 um - 1)^2 does not know m, and the power is 0.01 w m."""
    task = replace(TASK, budget=16, goal=read_goal("maximize gain"))
    history = fold(run_session(task, ResponseSurface(), QuadraticSimulator(), threading.Event())).history
    text = ResponseSurface().effects(TASK, history[:12])
    lines = dict(line.removeprefix("- ").split(": ", 1) for line in text.splitlines()[1:])
    assert text.startswith("Response surfaces fitted to 12 simulated designs say what +10%")
    assert lines["gain"].startswith("w (") and "dB" in lines["gain"]
    assert "m (+" in lines["power"] and "w (+" in lines["power"]
    assert ResponseSurface().effects(TASK, history[:3]) == ""


def test_it_is_offered_with_a_server_alone():
    assert list(policy_titles(chat=True))[:2] == ["chat", NAME] and NAME not in policy_titles(chat=False)
    assert can_size(NAME, a_circuit()) and can_push(NAME) and can_recall(NAME)
    with pytest.raises(PolicyError, match="--base-url"):
        make_policy(NAME)
