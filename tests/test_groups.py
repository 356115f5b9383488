"""Groups of turns from one history: sampled as they come, normalized as in training, stored one by one."""

import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sizing_app.errors import PolicyError, StoreError
from sizing_app.hub import Hub
from sizing_app.session.events import StorageFailed, StorageRestored, TurnFinished, fold
from sizing_app.session.groups import GroupFinished, GroupStarted, GroupState, Sampled, fold_group
from sizing_app.session.loop import run_group, run_session, sample_turns
from sizing_app.session.turn import initial_turn
from sizing_app.store import SessionStore, record, record_group
from sizing_app.task.definition import Plan
from sizing_app.task.turn import Proposal
from sizing_app.train.config import RLConfig
from sizing_app.session.forks import ForkError
from sizing_app.ui.forks.forks import Forks
from sizing_app.ui.forks.group_html import group_head, proposals
from sizing_app.ui.forks.group_plot import HEAT, figure
from sizing_app.ui.services import Services, policy_titles
from tests.builders import END, GOOD, POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, a_task, write

SCRIPT = [write("a", POOR), write("b", POOR), END]


class Seeded:
    """Proposes another design for every seed; waits for ``permits`` if there are any."""

    name = "seeded"

    def __init__(self, permits: threading.Semaphore | None = None, breaks: int | None = None):
        self.permits, self.breaks, self.seeds = permits, breaks, []

    def propose(self, task, history, stop):
        self.seeds.append(task.seed)
        while self.permits and not self.permits.acquire(timeout=0.01):
            if stop.is_set():
                yield Proposal(None)
                return
        number = task.seed // 1_000_003
        if number == self.breaks:
            raise PolicyError("The model server is down.")
        yield Proposal({"w": (10 + 4 * number) * 1e-6, "m": 10.0}, f"number {number}", f"number {number}")


@pytest.fixture
def services(tmp_path):
    store, hub = SessionStore(f"sqlite:///{tmp_path}/sessions.db"), Hub()
    policies = {"seeded": Seeded(), "scripted": ScriptedPolicy(SCRIPT)}

    def make_policy(name, temperature=None):
        make_policy.temperature = temperature
        return policies[name]

    yield Services({"TOY": a_circuit()}, store, hub, QuadraticSimulator(), make_policy, policy_titles(chat=False),
                   "TOY")
    hub.close()
    store.close()


def a_start():
    task = a_task()
    return task, (initial_turn(task, QuadraticSimulator()),)


def group_of(*parameters, history=None, task=None):
    """A complete group of these proposals."""
    task = task or a_task()
    history = history or (initial_turn(task, QuadraticSimulator()),)
    turns = [next(event.turn for event in run_session(task, ScriptedPolicy([write("p", each)] * 9),
                                                      QuadraticSimulator(), threading.Event(), history)
                  if isinstance(event, TurnFinished) and event.turn.index == history[-1].index + 1)
             for each in parameters]
    return fold_group([GroupStarted(task, history, "p", len(turns)), *map(Sampled, range(len(turns)), turns),
                       GroupFinished("complete")])


def a_stored_session(services: Services) -> str:
    session_id = services.store.create(a_task(), "scripted")
    session = run_session(a_task(), ScriptedPolicy(SCRIPT), QuadraticSimulator(), threading.Event())
    list(record(services.store, session_id, session))
    return session_id


def test_turns_come_one_by_one_with_seeds_of_their_own():
    task, history = a_start()
    permits = threading.Semaphore(0)
    policy = Seeded(permits)
    turns = sample_turns(task, history, policy, QuadraticSimulator(), 4, threading.Event())
    found = {}
    for _ in range(4):
        permits.release()
        number, turn = next(turns)
        found[number] = turn
    assert next(turns, None) is None and len(set(policy.seeds)) == 4
    assert {number: turn.proposal.reasoning for number, turn in found.items()} == {
        number: f"number {number}" for number in range(4)}
    assert {turn.index for turn in found.values()} == {1}


def test_stop_keeps_what_came_and_drops_the_rest():
    task, history = a_start()
    permits, stop = threading.Semaphore(2), threading.Event()
    state = GroupState()
    for event in run_group(task, history, Seeded(permits), QuadraticSimulator(), 5, stop):
        state = fold_group([event], state)
        if len(state.members) == 2:
            stop.set()
    assert (state.status, len(state.members), state.size) == ("stopped", 2, 5)


class Stopping(QuadraticSimulator):
    """Counts simulations; while the first one runs, people stop all that runs in the hub."""

    def __init__(self, hub: Hub):
        super().__init__()
        self.hub, self.count = hub, 0

    def measure(self, circuit, parameters, conditions):
        self.count += 1
        for id in self.hub.running():
            self.hub.stop(id)
        return super().measure(circuit, parameters, conditions)


def test_a_stop_ends_the_measuring_at_many_points(services):
    task, points = a_task(), a_circuit().conditions.all()
    task = replace(task, plan=Plan((task.conditions, *(point for point in points if point != task.conditions))))
    session_id = services.store.create(task, "scripted")
    list(record(services.store, session_id, run_session(task, ScriptedPolicy([END]), QuadraticSimulator(),
                                                        threading.Event())))
    assert len(task.points) == 16
    services = replace(services, simulator=Stopping(services.hub))
    *_, state = services.states(services.start(task, "scripted"))
    assert (state.status, state.history, services.simulator.count) == ("stopped", (), 1)

    services = replace(services, simulator=Stopping(services.hub))
    forks = Forks(services)
    *_, group = forks.states(forks.sample(session_id, 0, "seeded", 2))
    assert (group.status, group.message, group.members) == ("stopped", "", ())
    assert services.simulator.count <= 2


def test_one_that_fails_does_not_lose_the_others():
    task, history = a_start()
    state = fold_group(run_group(task, history, Seeded(breaks=1), QuadraticSimulator(), 4, threading.Event()))
    assert (state.status, state.message) == ("failed", "The model server is down.")
    assert [member.number for member in state.members] == [0, 2, 3]


def test_mean_spread_and_advantages_are_those_of_training():
    state = group_of(GOOD, POOR, {"w": 20e-6, "m": 10.0}, GOOD)
    rewards = np.array([1.1, state.members[1].turn.reward, state.members[2].turn.reward, 1.1])
    assert state.rewards == pytest.approx(rewards)
    assert (state.mean, state.spread) == pytest.approx((rewards.mean(), rewards.std()))
    assert state.advantages == pytest.approx((rewards - rewards.mean()) / rewards.std())
    assert state.teaches and not state.alike
    late = group_of(GOOD, POOR, history=(*state.history, state.members[0].turn))
    assert late.rewards == pytest.approx([0.9, -0.2]), "all specs were met, and the session was not ended"


def test_equal_proposals_are_said_to_be_equal():
    same, level = group_of(POOR, POOR, POOR), group_of({"w": 99e-6, "m": 20.0}, {"w": 98e-6, "m": 20.0})
    assert same.alike and same.advantages == [0, 0, 0]
    assert "All proposals are the same" in group_head(same)[0]["html"]
    assert not level.alike and not level.teaches
    assert "training would drop the group" in group_head(level)[0]["html"]


def test_the_page_of_a_group():
    state = group_of(GOOD, POOR)
    html = [block["html"] for block in proposals(state)]
    assert "advantage <b>+1.00</b>" in html[0] and "advantage <b>\u22121.00</b>" in html[1]
    drawn = figure(state, "g1")
    before, good, poor, scale = drawn["data"]
    assert good["x"] == ["w", "m"] and good["y"] == pytest.approx([0.5, 9 / 19], abs=1e-4)
    assert (good["line"]["color"], poor["line"]["color"]) == (HEAT[-1], HEAT[0])
    assert "before" in before["name"] and scale["marker"]["showscale"]
    assert drawn["layout"]["uirevision"] == "g1" and figure(GroupState(), "")["data"] == []


def test_what_was_stored_of_a_group_comes_back_equal(services):
    session_id, forks = a_stored_session(services), Forks(services)
    group_id = forks.sample(session_id, 1, "seeded", 5)
    *_, state = forks.states(group_id)
    assert (state.status, len(state.members), len(state.history)) == ("complete", 5, 2)
    assert forks.stored(group_id) == state
    assert [id for _, id in forks.choices(session_id)] == [group_id]


def test_a_proposal_is_continued_as_a_child_and_the_tree_can_be_walked(services):
    session_id, forks = a_stored_session(services), Forks(services)
    group_id = forks.sample(session_id, 1, "seeded", 3)
    *_, group = forks.states(group_id)
    assert services.make_policy.temperature == RLConfig.temperature, "a group is spread as in training"
    child = forks.go_on(group_id, 2, 4)
    assert services.make_policy.temperature is None
    *_, state = services.states(child)
    assert state.history[:2] == group.history and state.history[2] == group.members[2].turn
    assert state.task.budget == 6 and len(state.history) == 7
    assert (services.store.summary(child).parent, services.store.summary(child).parent_turn) == (session_id, 1)

    line, children = forks.family(session_id)
    assert [step.id for step in line] == [session_id] and [step.id for step in children] == [child]
    assert [step.id for step in forks.family(child)[0]] == [session_id, child]


@pytest.mark.parametrize("position, size, words", [
    (3, 8, "from 0 to 2"), (-1, 8, "from 0 to 2"), (None, 8, "from 0 to 2"), (0.5, 8, "from 0 to 2"),
    (1, 1, "from 2 to 16"), (1, 17, "from 2 to 16")])
def test_wrong_numbers_are_explained_and_nothing_is_stored(services, position, size, words):
    session_id = a_stored_session(services)
    with pytest.raises(ForkError, match=words):
        Forks(services).sample(session_id, position, "seeded", size)
    assert not services.store.groups.of(session_id)


def test_what_cannot_be_continued_is_explained(services):
    session_id, forks = a_stored_session(services), Forks(services)
    group_id = forks.sample(session_id, 2, "scripted", 2)
    *_, state = forks.states(group_id)
    assert all(member.turn.proposal.finished for member in state.members)
    for number, further, words in ((0, 3, "ends the session"), (9, 3, "Proposal 10 is not stored")):
        with pytest.raises(ForkError, match=words):
            forks.go_on(group_id, number, further)
    with pytest.raises(StoreError, match="no stored group 'gnobody'"):
        list(forks.states("gnobody"))


def test_a_store_that_refuses_loses_nothing(services):
    session_id = a_stored_session(services)
    group_id = services.store.groups.create(session_id, 0, "seeded", 3)

    class Stumbles:
        fails = 2

        def append(self, id, event):
            self.fails -= isinstance(event, Sampled)
            if self.fails >= 0 and isinstance(event, Sampled):
                raise StoreError("The disk is full.", transient=True)
            services.store.groups.append(id, event)

    task, history = a_start()
    events = list(record_group(Stumbles(), group_id,
                               run_group(task, history, Seeded(), QuadraticSimulator(), 3, threading.Event())))
    kinds = [type(event) for event in events]
    assert kinds.count(StorageFailed) == kinds.count(StorageRestored) == 1
    assert len(services.store.groups.members(group_id)) == 3


def test_the_end_of_a_group_is_tried_again(services, monkeypatch):
    monkeypatch.setattr("sizing_app.store.recording.PAUSE", 0.01)
    group_id = services.store.groups.create(a_stored_session(services), 0, "seeded", 2)

    class Stumbles:
        fails = 3

        def append(self, id, event):
            if isinstance(event, GroupFinished) and self.fails:
                self.fails -= 1
                raise StoreError("The disk is full.", transient=True)
            services.store.groups.append(id, event)

    task, history = a_start()
    *_, last = record_group(Stumbles(), group_id,
                            run_group(task, history, Seeded(), QuadraticSimulator(), 2, threading.Event()))
    assert last == StorageRestored() and services.store.groups.summary(group_id).status == "complete"


KILLED = """
import sys, threading

from sizing_app.session.loop import run_group
from sizing_app.session.turn import initial_turn
from sizing_app.store import SessionStore, record_group
from tests.builders import QuadraticSimulator, a_task
from tests.test_groups import Seeded

store, task = SessionStore(sys.argv[1]), a_task()
permits = threading.Semaphore(3)
history = (initial_turn(task, QuadraticSimulator()),)
events = run_group(task, history, Seeded(permits), QuadraticSimulator(), 8, threading.Event())
for event in record_group(store.groups, sys.argv[2], events):
    print(getattr(event, "number", ""), flush=True)
"""


def test_a_killed_process_keeps_every_proposal_that_it_showed(services, tmp_path):
    session_id = a_stored_session(services)
    group_id = services.store.groups.create(session_id, 0, "seeded", 8)
    url, root = f"sqlite:///{tmp_path}/sessions.db", Path(__file__).parent.parent
    with subprocess.Popen([sys.executable, "-c", KILLED, url, group_id], cwd=root, stdout=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout.readline() == "\n"
        shown = {int(process.stdout.readline()) for _ in range(3)}
        process.send_signal(signal.SIGKILL)
    state = Forks(services).stored(group_id)
    assert {member.number for member in state.members} == shown
    assert (state.status, state.size) == ("interrupted", 8)


def test_a_group_can_be_sampled_while_its_session_runs(services):
    task = replace(a_task(budget=1), seed=3)
    gate = threading.Event()
    policy = ScriptedPolicy([write("a", POOR)], between=lambda stop: gate.wait(10))
    stop = threading.Event()
    session_id = services.store.create(task, "scripted")
    services.hub.start(session_id, record(services.store, session_id, run_session(
        task, policy, services.simulator, stop)), stop)
    deadline = time.monotonic() + 10
    while not fold(services.store.events(session_id)).history:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    forks = Forks(services)
    *_, state = forks.states(forks.sample(session_id, 0, "seeded", 2))
    assert len(state.members) == 2 and services.store.summary(session_id).status == "running"
    gate.set()
