"""The store keeps every finished turn, whatever happens to the process, the circuit or the database."""

import math
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from sizing_app.domain import Measurement, Proposal, Turn
from sizing_app.session import (
    SessionFinished,
    SessionStarted,
    StorageFailed,
    StorageRestored,
    TurnFinished,
    fold,
    run_session,
)
from sizing_app.store import SessionStore, StoreError, record
from sizing_app.store.tables import Base
from tests.builders import END, GOOD, POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, a_task, write

SCRIPT = [write("the power is too high", POOR), write("a narrower gm_in pair meets it", GOOD), END]


@pytest.fixture
def store(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/new folder/sessions.db", timeout=0.2)
    yield store
    store.close()


def database(store: SessionStore) -> str:
    return store._engine.url.database


def run(store, script=SCRIPT, task=None, policy="scripted", **columns):
    """Run and store a session; returns its id and its events."""
    task = task or a_task()
    id = store.create(task, policy, **columns)
    session = run_session(task, ScriptedPolicy(script, policy), QuadraticSimulator(), threading.Event())
    return id, list(record(store, id, session))


def test_what_was_stored_comes_back_equal(store):
    id, events = run(store, source="standard")
    kept = [event for event in events if isinstance(event, (SessionStarted, TurnFinished, SessionFinished))]
    assert store.events(id) == kept
    row = store.summary(id)
    assert (row.circuit, row.policy, row.source, row.status) == ("TOY", "scripted", "standard", "passed")
    assert (row.turns, row.best_reward, row.passed, row.budget) == (2, 1.0, True, 5)
    assert id.isalnum() and len(id) <= 12


def test_a_session_replays_after_its_circuit_changed(store):
    old = a_circuit()
    new = replace(old, netlist="* another netlist", specs=old.specs[:1])
    first, second = run(store, task=a_task(old))[0], run(store, task=a_task(new))[0]
    third = run(store, task=a_task(replace(old, folder="/elsewhere")))[0]
    assert [store.events(id)[0].task.circuit for id in (first, second, third)] == [old, new, old]
    with sqlite3.connect(database(store)) as raw:
        assert raw.execute("SELECT count(*) FROM circuits").fetchone() == (2,)


def test_the_list_filters_searches_sorts_and_pages(store):
    passed, _ = run(store, policy="tl-grpo")
    failed, _ = run(store, [write("widen the 100% input", POOR)], a_task(budget=1), policy="random")
    other, _ = run(store, task=a_task(a_circuit("OTA")), policy="random", parent=passed)

    def ids(**filters):
        rows = store.list(sort="created", descending=False, **filters)
        assert store.count(**filters) == len(rows)
        return [row.id for row in rows]

    assert ids() == [passed, failed, other]
    assert ids(circuit="TOY") == [passed, failed] and ids(policy="random") == [failed, other]
    assert ids(passed=True, circuit="TOY") == [passed] and ids(status="budget") == [failed]
    assert ids(search="narrow GM_IN") == [passed, other] and ids(search="widen") == [failed]
    assert ids(search=passed[:8]) == [passed] and ids(search='"; DROP') == [] and ids(search="100% -") == [failed]
    assert ids(search="narrow", policy="random") == [other]
    assert [row.id for row in store.list(sort="best_reward", limit=1, offset=2)] == [failed]
    assert store.list(sort="created")[0].parent == passed
    assert store.choices("circuit") == ["OTA", "TOY"]
    for call in (lambda: store.list(sort="task"), lambda: store.count(colour="red"), lambda: store.choices("id")):
        with pytest.raises(ValueError, match="is not one of"):
            call()


def test_only_sessions_without_a_heartbeat_become_interrupted(store):
    task = a_task()
    dead, alive, done = store.create(task, "a"), store.create(task, "a"), run(store)[0]
    with sqlite3.connect(database(store)) as raw:
        raw.execute("UPDATE sessions SET heartbeat = heartbeat - 100")
    store.heartbeat(alive, done)
    assert store.mark_interrupted() == 1 and store.mark_interrupted() == 0
    assert [store.summary(id).status for id in (dead, alive, done)] == ["interrupted", "running", "passed"]
    assert fold(store.events(dead)).message and fold(store.events(alive)).running
    store.append(dead, TurnFinished(Turn(0, Proposal({}), None, None)))
    assert fold(store.events(dead)).running, "it was only silent for long"


KILLED = """
import sys, threading
from sizing_app.session import run_session
from sizing_app.store import SessionStore, record
from tests.builders import POOR, QuadraticSimulator, ScriptedPolicy, a_task, write

store, task = SessionStore(sys.argv[1]), a_task(budget=1000)
id = store.create(task, "scripted")
print(id, flush=True)
policy, simulator = ScriptedPolicy([write("again", POOR)]), QuadraticSimulator(delay=0.05)
for event in record(store, id, run_session(task, policy, simulator, threading.Event())):
    pass
"""


def test_a_killed_process_loses_at_most_the_turn_in_flight(tmp_path):
    url = f"sqlite:///{tmp_path}/sessions.db"
    root = Path(__file__).parent.parent
    with subprocess.Popen([sys.executable, "-c", KILLED, url], cwd=root, stdout=subprocess.PIPE, text=True) as process:
        id = process.stdout.readline().strip()
        store = SessionStore(url)
        while len(store.events(id)) < 5:
            time.sleep(0.02)
        seen = store.events(id)
        process.send_signal(signal.SIGKILL)
    stored = fold(store.events(id))
    assert stored.running and [turn.index for turn in stored.history] == list(range(len(stored.history)))
    assert store.events(id)[:len(seen)] == seen
    time.sleep(0.01)
    assert store.mark_interrupted(stale_after=0.0) == 1
    stored = fold(store.events(id))
    assert stored.status == "interrupted"

    task = replace(stored.task, budget=len(stored.history) + 1)
    policy, simulator = ScriptedPolicy([write("b", GOOD)]), QuadraticSimulator()
    rest = run_session(task, policy, simulator, threading.Event(), stored.history)
    child = store.create(task, "scripted", parent=id)
    continued = fold(record(store, child, rest))
    assert continued.history[:len(stored.history)] == stored.history and continued.passed
    assert fold(store.events(child)) == continued


def test_a_lock_is_waited_for(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db", timeout=20)
    other = sqlite3.connect(database(store), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.execute, ["COMMIT"]).start()
    assert store.count() == 0, "readers do not wait"
    id, events = run(store)
    assert not any(isinstance(event, StorageFailed) for event in events)
    assert fold(store.events(id)) == fold(events)


def test_a_locked_database_is_said_and_nothing_is_lost(store):
    other = sqlite3.connect(database(store), isolation_level=None)
    task, id = a_task(), store.create(a_task(), "scripted")
    policy = ScriptedPolicy([write("a", POOR), write("b", POOR), write("c", GOOD), END])
    events = []
    for event in record(store, id, run_session(task, policy, QuadraticSimulator(), threading.Event())):
        events.append(event)
        finished = event.turn.index if isinstance(event, TurnFinished) else None
        if finished == 0:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="locked by another program, still after 0.2 s of waiting"):
                store.create(task, "scripted")
        elif finished == 2:
            assert fold(events).storage_problem and len(store.events(id)) == 2
            other.execute("COMMIT")
    assert [type(event) for event in events if isinstance(event, (StorageFailed, StorageRestored))] == [
        StorageFailed, StorageRestored]
    state = fold(events)
    assert state.storage_problem == "" and state.passed
    assert fold(store.events(id)) == state


def test_two_threads_of_50_sessions(store):
    ids, patient = [], SessionStore(f"sqlite:///{database(store)}", timeout=60)

    def many():
        ids.extend(run(patient)[0] for _ in range(50))

    threads = [threading.Thread(target=many) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 100 == patient.count(status="passed", passed=True)
    assert all(len(patient.events(id)) == 6 for id in ids)
    patient.close()


def test_a_reader_that_leaves_marks_its_session_as_interrupted(store):
    id = store.create(a_task(), "scripted")
    events = record(store, id, run_session(a_task(), ScriptedPolicy(SCRIPT), QuadraticSimulator(), threading.Event()))
    while not isinstance(next(events), TurnFinished):
        pass
    events.close()
    assert store.summary(id).status == "interrupted" and len(fold(store.events(id)).history) == 1


def test_numbers_that_are_not_finite_never_reach_the_database(store):
    task = a_task()

    class Noisy:
        def evaluate(self, circuit, parameters, conditions):
            return Measurement("ok", {"gain": math.nan, "power": math.inf})

    id = store.create(task, "scripted")
    state = fold(record(store, id, run_session(task, ScriptedPolicy(SCRIPT), Noisy(), threading.Event())))
    assert fold(store.events(id)) == state and state.history[0].measurement.metrics == {"gain": None, "power": None}
    with pytest.raises(StoreError, match="not JSON compliant"):
        store.append(id, TurnFinished(Turn(9, Proposal({"w": math.nan}), None, None)))
    with sqlite3.connect(database(store)) as raw:
        assert raw.execute("SELECT min(json_valid(content)) FROM turns").fetchone() == (1,)


@pytest.mark.parametrize("url, message", [
    ("sessions", "is not a database URL"), ("sqlite://", "lost with its connection"),
    ("sqlite:////proc/nowhere/x.db", "cannot be opened"), ("postgres9://user:secret@host/x", "cannot be opened")])
def test_an_unusable_url_is_explained(url, message):
    with pytest.raises(StoreError, match=message) as caught:
        SessionStore(url)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_and_an_unknown_session_are_explained(store, tmp_path):
    (tmp_path / "text.db").write_text("not a database, but long enough to look like one" * 40)
    with pytest.raises(StoreError, match="file is not a database"):
        SessionStore(f"sqlite:///{tmp_path}/text.db")
    for call in (store.events, store.summary, lambda id: store.append(id, SessionFinished("ended"))):
        with pytest.raises(StoreError, match="There is no stored session 'nobody'"):
            call("nobody")
    id, events = run(store)
    with pytest.raises(StoreError, match="refused an entry that it has already"):
        store.append(id, next(event for event in events if isinstance(event, TurnFinished)))


def test_migrations_make_the_tables_of_the_code(store):
    with create_engine(store._engine.url).connect() as connection:
        def ours(item, name, kind, reflected, compare_to):
            return kind != "table" or not name.startswith(("session_words", "session_numbers"))
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    SessionStore(str(store._engine.url)).close()
