"""Races: several sessions of one task, followed together, and the verdict over them."""

import threading
from dataclasses import replace

import pytest

from sizing_app.errors import PolicyError, StoreError
from sizing_app.hub import Hub
from sizing_app.session.events import SessionStarted, TurnFinished, TurnStarted, fold
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore
from sizing_app.task.over import read_over
from sizing_app.task.turn import Measurement
from sizing_app.ui.library.comparison import members, session_list
from sizing_app.ui.parts.turns import Trace
from sizing_app.ui.race.race_html import lane_blocks, sentence, verdict_blocks
from sizing_app.ui.race.race_plot import figure
from sizing_app.ui.race.races import finish, read_race, same_task, states
from sizing_app.ui.services import Services, policy_titles
from tests.builders import END, GOOD, POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, a_task, write

SCRIPTS = {"fast": [write("at once", GOOD), END], "slow": [write("no", POOR), write("yes", GOOD), END],
           "never": [write("no", POOR)]}
TITLES = {"fast": "Fast one", "slow": "Slow one", "never": "Stubborn one"}


@pytest.fixture
def services(tmp_path):
    def make_policy(name):
        if name not in SCRIPTS:
            raise PolicyError(f"unknown policy {name!r}")
        return ScriptedPolicy(SCRIPTS[name], name)

    store, hub = SessionStore(f"sqlite:///{tmp_path}/sessions.db"), Hub()
    yield Services({"TOY": a_circuit()}, store, hub, QuadraticSimulator(0.01), make_policy, policy_titles(chat=False),
                   "TOY")
    hub.close()
    store.close()


def lanes_of(*names, task=None):
    return {name: fold(run_session(task or a_task(), ScriptedPolicy(SCRIPTS[name], name), QuadraticSimulator(0.001),
                                   threading.Event())) for name in names}


def test_a_race_is_ordinary_sessions_of_one_task(services):
    ids = services.start_race(a_task(budget=3), ["fast", "slow", "never"])
    *_, lanes = states(services, ids)
    assert list(lanes) == ids and same_task(lanes)
    assert [state.status for state in lanes.values()] == ["passed", "passed", "budget"]
    for session_id, state in lanes.items():
        assert fold(services.store.events(session_id)) == state
        assert services.store.summary(session_id).source == "race"
    *_, again = states(services, ids)
    assert again == lanes, "the store tells the same race as the hub"


def test_an_unknown_policy_starts_no_lane(services):
    with pytest.raises(PolicyError):
        services.start_race(a_task(), ["fast", "nobody"])
    assert services.store.count() == 0


def test_designs_and_seconds_up_to_the_first_design_that_meets_all_specs():
    lanes = lanes_of("fast", "slow", "never")
    fast, slow, never = (finish(state) for state in lanes.values())
    assert (fast.designs, slow.designs, never) == (1, 2, None)
    assert slow.seconds == pytest.approx(sum(turn.seconds for turn in lanes["slow"].history[:3]))
    failed = Measurement("timeout", {"gain": None, "power": None})

    class Hangs(QuadraticSimulator):
        def measure(self, circuit, parameters, conditions):
            return failed

    assert finish(fold(run_session(a_task(), ScriptedPolicy(SCRIPTS["fast"]), Hangs(), threading.Event()))) is None


def test_the_verdict_in_a_sentence():
    lanes = lanes_of("never", "slow", "fast")
    said = sentence(lanes, TITLES)
    assert said.startswith("All specs met: Fast one with 1 design, 2 simulations in ")
    assert "; Slow one with 2 designs, 3 simulations" in said
    assert said.endswith("Not met: Stubborn one.")
    assert sentence(lanes_of("never"), TITLES).startswith("Nobody met all specs; Stubborn one comes closest")
    assert "Simulating the initial design" in sentence({"a": fold([SessionStarted(a_task(), "fast")])}, TITLES)
    (block,) = verdict_blocks(lanes, TITLES)
    assert "?session=fast" in block["html"] and "different tasks" not in block["html"]
    mixed = lanes_of("fast") | lanes_of("slow", task=a_task(budget=9))
    assert "different tasks" in verdict_blocks(mixed, TITLES)[0]["html"]


def test_over_corners_a_design_takes_several_simulations():
    """The initial design and one more, each at 8 corners."""
    plain = a_task()
    task = replace(plain, plan=read_over(plain.circuit, plain.conditions, "corners"))
    lanes = lanes_of("fast", task=task)
    found = finish(lanes["fast"])
    assert (found.designs, found.simulations) == (1, 16) == (1, lanes["fast"].simulations)
    assert sentence(lanes, TITLES).startswith("All specs met: Fast one with 1 design, 16 simulations in ")
    shown, listed = verdict_blocks(lanes, TITLES)[0]["html"], session_list(members(list(lanes.items())))
    for table in (shown, listed):
        assert '<td class="num">1 of 5</td><td class="num">16</td>' in table
    assert "Designs used" in shown and ">Designs<" in listed


def test_lanes_and_plot_show_the_turn_under_way_and_who_is_first():
    lanes = lanes_of("fast", "never")
    running = fold([SessionStarted(a_task(), "slow"), TurnFinished(lanes["fast"].history[0]), TurnStarted(1)])
    drawn = figure({**lanes, "slow": running}, TITLES, "a,b,c")
    assert [line["name"] for line in drawn["data"]] == ["Fast one", "Stubborn one", "Slow one"]
    assert drawn["data"][0]["marker"]["symbol"] == ["circle", "star"]
    assert len({line["line"]["dash"] for line in drawn["data"]}) == 3
    keys = [block["key"] for block in lane_blocks(running, TITLES, 2, Trace(lane=True))]
    assert keys == ["lane", "turn-1", "turn-0"]
    fast = lane_blocks(lanes["fast"], TITLES, 0, Trace(lane=True))
    assert "data-event" not in "".join(block["html"] for block in fast)


@pytest.mark.parametrize("text", ["a", "a,b,c,d", "a,", "<script>,b", "a b,c", "x" * 17 + ",b"])
def test_what_is_no_race_is_said(text):
    with pytest.raises(ValueError, match="expected two or three session ids"):
        read_race(text)


def test_an_unknown_session_is_named(services):
    with pytest.raises(StoreError, match="no stored session 'b'"):
        list(states(services, read_race(f"{services.start_race(a_task(), ['fast'])[0]},b")))
