"""A front on the page of a session and by the API: run with progress and stop, shown, taken away as a table."""

import csv
import io
import time
from dataclasses import replace

import pytest

from sizing_app.circuit.definition import Measure, Spec
from sizing_app.evaluate.front import SOURCE
from sizing_app.hub import Hub
from sizing_app.policy import make_policy
from sizing_app.session.events import SessionFinished, TurnFinished
from sizing_app.session.turn import initial_turn
from sizing_app.store import SessionStore
from sizing_app.ui.exchange.export import NoSuchFile, session_file
from sizing_app.ui.exchange.front_api import FrontApi
from sizing_app.ui.services import Services, policy_titles
from sizing_app.ui.session.session_stream import session_stream
from sizing_app.ui.signoff.asked import CannotCheck, design_of
from sizing_app.ui.signoff.asked_front import FrontWishes, ask_front, read_front, usual_pair
from sizing_app.ui.signoff.front_panel import front_figure
from tests.builders import GOOD, QuadraticSimulator, a_circuit, a_task

SPECS = (Spec("gain", low=20.0, scale=20.0), Spec("power", high=2e-6))
TOY = replace(a_circuit(), specs=SPECS, process="gf180mcu", netlist="R1 a 0 1k", testbench="R2 a 0 1k")
TOY = replace(TOY, measures=tuple(Measure(metric.name, "any", {}) for metric in TOY.metrics))
TASK = replace(a_task(TOY), initial=GOOD)
WISHES = FrontWishes("power", "gain", 2, 12, "20n", "80 nW")


class Slow(QuadraticSimulator):
    delay = 0.0

    def measure(self, circuit, parameters, conditions):
        time.sleep(self.delay)
        return super().measure(circuit, parameters, conditions)


@pytest.fixture
def services(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    yield Services({"TOY": TOY}, store, Hub(), Slow(), make_policy, policy_titles(chat=False), "TOY")
    store.close()


def designed(services: Services, task=TASK) -> str:
    session_id = services.store.create(task, "random")
    services.store.append(session_id, TurnFinished(initial_turn(task, services.simulator)))
    services.store.append(session_id, SessionFinished("passed"))
    return session_id


def html(blocks: list[dict]) -> str:
    return "".join(block["html"] for block in blocks)


def test_the_page_shows_a_front_whose_points_are_stored_turns(services):
    session_id = designed(services)
    with pytest.raises(NoSuchFile, match="no front of this session"):
        session_file(services, session_id, "front")
    state = services.state(session_id)
    assert ask_front(services, state, WISHES) == ask_front(services, state, WISHES), "who asks again shares it"
    *_, shown = session_stream(services, session_id)
    front = services.checks.result(design_of(state), "front")
    assert [item.bound for item in front.sessions] == [80e-9, 20e-9] and front.points
    assert "Power against Gain: 2 of 2 bounds" in html(shown["front"])
    assert "simulations in" in html(shown["checks"])
    for point in front.points:
        assert f"?review={point.session}&amp;turn={point.turn}" in html(shown["front"])
        turn = services.state(point.session).history[point.turn]
        assert turn.measurement.metrics["power"] == point.swept
        assert services.store.summary(point.session).source == SOURCE
    (figure,) = shown["trade"]["figures"]
    assert figure["data"][0]["x"] == [point.swept for point in front.points] and len(figure["data"][1]["x"]) == 2
    rows = list(csv.DictReader(io.StringIO(session_file(services, session_id, "front").text)))
    assert [float(row["gain"]) for row in rows] == [point.against for point in front.points]


@pytest.mark.parametrize("changes", [{"specs": (replace(SPECS[0], low=59.9), SPECS[1])}, {"seed": 7},
                                     {"limits": {"w": (5e-6, 50e-6)}}])
def test_a_front_is_of_the_task_of_its_session(services, changes):
    """Two sessions with the same best design: what one asked for is not shown on the page of the other, which runs a
    front of its own."""
    first, second = designed(services), designed(services, replace(TASK, **changes))
    one = ask_front(services, services.state(first), WISHES)
    *_, shown = session_stream(services, second)
    assert shown["front"] == shown["checks"] == [] and shown["trade"] == {"figures": []}
    with pytest.raises(NoSuchFile, match="no front of this session"):
        session_file(services, second, "front")
    assert ask_front(services, services.state(second), WISHES) != one
    *_, shown = session_stream(services, second)
    assert "2 of 2 bounds" in html(shown["front"]) and session_file(services, second, "front").text
    sweep = services.checks.result(design_of(services.state(second)), "front").sweep
    assert all(getattr(sweep.base, name) == value for name, value in changes.items())
    *_, shown = session_stream(services, first)
    assert shown["front"] == []


def test_a_front_can_be_stopped_and_goes_on_where_it_was(services):
    state = services.state(designed(services))
    services.simulator.delay = 0.03
    ask_front(services, state, replace(WISHES, points=5))
    for checks in services.checks.follow(design_of(state)):
        if checks["front"].result is not None and checks["front"].result.sessions:
            services.checks.stop(design_of(state), "front")
    stopped = checks["front"]
    assert stopped.status == "stopped" and 1 <= len(stopped.result.sessions) < 5
    assert services.store.count(source=SOURCE, status="stopped") <= 1 and front_figure(stopped.result)["figures"]
    services.simulator.delay = 0.0
    ask_front(services, state, replace(WISHES, points=5))
    *_, last = services.checks.follow(design_of(state))
    count = len(stopped.result.sessions)
    assert last["front"].status == "done" and len(last["front"].result.sessions) == 5
    assert last["front"].result.sessions[:count] == stopped.result.sessions


@pytest.mark.parametrize("changes, said", [
    ({"points": 1}, "Points: expected a whole number from 2 to 20"), ({"designs": "many"}, "Designs of each: expected"),
    ({"low": "", "high": "1n"}, "both ends"), ({"low": "x"}, "From, to"), ({"against": "power"}, "two different"),
    ({"metric": "speed", "low": "", "high": ""}, "two different metrics")])
def test_what_cannot_be_swept_is_refused_with_a_sentence(changes, said):
    with pytest.raises(CannotCheck, match=said):
        read_front(TASK, replace(WISHES, **changes))


def test_what_is_swept_unless_somebody_says_otherwise():
    assert usual_pair(TASK) == ("gain", "power")
    assert usual_pair(replace(TASK, specs=SPECS[1:])) == ("power", "gain")
    assert usual_pair(replace(TASK, specs=(Spec("gain", 20.0, 60.0, 20.0),))) is None


def test_the_api_streams_the_front_after_each_bound(services):
    states = list(FrontApi(services).front("TOY", "power", "gain", 2, 12, "20n", "80n", initial=GOOD))
    assert [len(item["sessions"]) for item in states] == [0, 1, 2]
    assert states[-1]["front"] and states[-1]["goal"] == "maximize gain"
    assert states[-1]["front"][0]["session_id"] in {item["session_id"] for item in states[-1]["sessions"]}
    assert services.checks.running() == []
