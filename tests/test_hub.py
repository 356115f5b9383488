"""Sessions in threads: any number of readers, from any point, none of which can hold a session up."""

import threading
import time

import pytest

from sizing_app.hub import Hub, watch
from sizing_app.session.events import (SessionFinished, SessionStarted, StorageFailed, TurnFinished, TurnStarted, Wrote,
                                       fold)
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore, StoreError, record
from tests.builders import END, GOOD, POOR, QuadraticSimulator, ScriptedPolicy, a_task, write

SCRIPT = [write("the power is much too high", POOR), write("a narrower pair meets it", GOOD), END]
DURABLE = (SessionStarted, TurnFinished, SessionFinished)


@pytest.fixture
def hub():
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def store(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    yield store
    store.close()


class Gate:
    """Lets a policy write piece by piece, as the test says."""

    def __init__(self):
        self.pieces = threading.Semaphore(0)
        self.stop = threading.Event()

    def __call__(self, stop):
        while not self.pieces.acquire(timeout=0.01):
            if stop.is_set():
                return

    def session(self, script=SCRIPT, budget=5):
        return run_session(a_task(budget=budget), ScriptedPolicy(script, between=self), QuadraticSimulator(), self.stop)

    def open(self, pieces=1000):
        self.pieces.release(pieces)


def flat(batches):
    return [event for _, events in batches for event in events]


def read_until(reader, wanted):
    """Read batches until the state fits; returns the events so far."""
    events = []
    for _, batch in reader:
        events += batch
        if wanted(fold(events)):
            return events
    raise AssertionError("the session ended before")


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_readers_that_join_at_any_time_see_the_same_session(hub):
    gate = Gate()
    hub.start("a", gate.session(), gate.stop)
    early = hub.follow("a")
    gate.open(3)
    events = read_until(early, lambda state: state.current and len(state.current.text) == 12)
    joined = fold(next(hub.follow("a"))[1])
    assert joined == fold(events), "who joins in mid-turn gets the text so far"
    assert hub.running() == ["a"]
    gate.open()
    events += flat(early)
    late = flat(hub.follow("a"))
    assert fold(late) == fold(events) and fold(late).status == "passed"
    assert [event for event in events if isinstance(event, DURABLE)] == late, "text of finished turns is forgotten"
    assert hub.running() == []


def test_following_from_a_number_leaves_no_gap_and_no_duplicate(hub):
    gate = Gate()
    hub.start("a", gate.session(), gate.stop)
    gate.open()
    batches = list(hub.follow("a"))
    whole = [event for event in flat(batches) if isinstance(event, DURABLE)]
    assert batches[-1][0] == len(whole) == 6
    for after in range(7):
        assert flat(hub.follow("a", after)) == whole[after:]


def test_a_reader_that_reconnects_in_mid_turn_ends_with_the_same_state(hub):
    gate = Gate()
    hub.start("a", gate.session(), gate.stop)
    gate.open(9)
    first = hub.follow("a")
    events, number = [], 0
    while not (state := fold(events)).current or state.current.index != 2:
        number, batch = next(first)
        events += batch
    first.close()
    gate.open()
    events += flat(hub.follow("a", number))
    assert fold(events) == fold(flat(hub.follow("a")))
    assert len([event for event in events if isinstance(event, DURABLE)]) == 6


def test_a_slow_reader_blocks_nobody_and_gets_text_in_one_piece(hub):
    gate = Gate()
    hub.start("a", gate.session([write("x" * 40_000, POOR)], budget=1), gate.stop)
    slow = hub.follow("a")
    next(slow)
    gate.open(9_000)

    def live():
        return [event for event in next(hub.follow("a"))[1] if isinstance(event, Wrote)]

    wait_for(lambda: live() and len(live()[0].text) == 36_000)
    assert len(live()) == 1
    gate.open(9_000)
    wait_for(lambda: not hub.running())
    rest = flat(slow)
    assert len(rest) < 10 and fold(rest).status == "budget"


def test_batches_are_at_most_five_a_second(hub):
    gate = Gate()
    hub.start("a", gate.session([write("word " * 400, POOR)], budget=1), gate.stop)
    feeding = threading.Event()

    def feed():
        while not feeding.wait(0.002):
            gate.open(1)

    threading.Thread(target=feed, daemon=True).start()
    started = time.monotonic()
    batches = list(hub.follow("a"))
    elapsed = time.monotonic() - started
    feeding.set()
    assert len(batches) <= elapsed / 0.2 + 2


def test_100_readers_of_one_session(hub):
    gate, results = Gate(), []
    hub.start("a", gate.session(), gate.stop)
    readers = [threading.Thread(target=lambda: results.append(fold(flat(hub.follow("a"))))) for _ in range(100)]
    for reader in readers:
        reader.start()
    gate.open()
    for reader in readers:
        reader.join(30)
    assert len(results) == 100 and len({tuple(state.rewards) for state in results}) == 1


def test_stop_ends_one_session_and_not_the_other(hub):
    gates = {name: Gate() for name in "ab"}
    for name, gate in gates.items():
        hub.start(name, gate.session(), gate.stop)
    assert hub.stop("a") and not hub.stop("nobody")
    assert fold(flat(hub.follow("a"))).status == "stopped"
    assert hub.running() == ["b"] and not hub.stop("a")
    gates["b"].open()
    assert fold(flat(hub.follow("b"))).status == "passed"


def test_silence_gives_empty_batches_and_close_ends_everything(hub):
    gate = Gate()
    hub.start("a", gate.session(), gate.stop)
    reader = hub.follow("a", timeout=0.01)
    wait_for(lambda: next(reader)[1] == [])
    with pytest.raises(ValueError, match="started already"):
        hub.start("a", [], gate.stop)
    hub.close()
    assert hub.running() == [] and fold(flat(hub.follow("a"))).status == "stopped"


def test_events_that_break_off_are_a_failed_session(hub):
    def broken():
        yield SessionStarted(a_task(), "broken")
        yield TurnStarted(1)
        raise OSError("no space left")

    hub.start("a", broken(), threading.Event())
    state = fold(flat(hub.follow("a")))
    assert state.status == "failed" and "(OSError)" in state.message and state.current is None


def test_an_ended_session_is_forgotten_by_the_hub_and_followed_from_the_store(store):
    hub = Hub(grace=0.0)
    gate = Gate()
    id = store.create(a_task(), "scripted")
    hub.start(id, record(store, id, gate.session()), gate.stop)
    live = watch(hub, store, id)
    number, events = next(live)
    gate.open()
    events += flat(live)
    wait_for(lambda: not hub.running())
    gate.open()
    hub.start("next", gate.session(), gate.stop)
    with pytest.raises(KeyError):
        hub.follow(id)
    whole = store.events(id)
    assert [event for event in events if isinstance(event, DURABLE)] == whole
    for after in range(len(whole) + 1):
        assert flat(watch(hub, store, id, after)) == whole[after:], "numbers are the same in hub and store"
    with pytest.raises(StoreError, match="no stored session"):
        next(watch(hub, store, "nobody"))
    hub.close()


def test_a_session_of_another_process_is_followed_turn_by_turn(hub, store):
    id = store.create(a_task(), "scripted")
    session = record(store, id, run_session(a_task(), ScriptedPolicy(SCRIPT), QuadraticSimulator(), threading.Event()))
    reader = watch(hub, store, id, poll=0.01)
    events = next(reader)[1]
    for event in session:
        if isinstance(event, TurnFinished) and event.turn.index == 1:
            batch = next(batch for _, batch in reader if batch)
            assert batch[-1] == event
            events += batch
    events += flat(reader)
    assert events == store.events(id)


def test_heartbeats_keep_own_sessions_and_those_of_the_dead_are_marked(store, monkeypatch):
    monkeypatch.setattr("sizing_app.store.recording.BEAT_EVERY", 0.02)
    dead = store.create(a_task(), "scripted")
    hub = Hub(store, look=0.02, stale_after=1.0)
    gate = Gate()
    id = store.create(a_task(), "scripted")
    hub.start(id, record(store, id, gate.session()), gate.stop)
    wait_for(lambda: store.summary(dead).status == "interrupted")
    beats = store.summary(id).heartbeat
    wait_for(lambda: store.summary(id).heartbeat > beats)
    assert store.summary(id).status == "running"
    gate.open()
    assert fold(flat(hub.follow(id))).status == "passed"
    hub.close()


def test_a_reader_learns_that_a_session_is_not_stored(hub, store, monkeypatch):
    monkeypatch.setattr("sizing_app.store.recording.PAUSE", 0.01)

    class Broken:
        def append(self, id, event):
            raise StoreError("The disk is full.", transient=True)

    gate = Gate()
    hub.start("a", record(Broken(), "a", gate.session()), gate.stop)
    gate.open()
    events = flat(hub.follow("a"))
    state = fold(events)
    assert [type(event) for event in events].count(StorageFailed) == 1
    assert state.passed and state.storage_problem == "The disk is full."
