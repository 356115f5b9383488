"""The store keeps every finished turn, whatever happens to the process, the circuit or the database."""

import math
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.event import listen

from sizing_app.session.events import (SessionFinished, SessionStarted, StorageFailed, StorageRestored, TurnFinished,
                                       fold)
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore, StoreError, record
from sizing_app.store.tables import Base
from sizing_app.task.turn import Measurement, Proposal, Turn
from tests.builders import END, GOOD, POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, a_task, write

SCRIPT = [write("the power is too high", POOR), write("a narrower gm_in pair meets it", GOOD), END]


@pytest.fixture
def store(database_url):
    store = SessionStore(database_url, timeout=0.2)
    yield store
    store.close()


@contextmanager
def raw(store: SessionStore):
    """A connection to the store's database that the store knows nothing of, in a transaction."""
    engine = create_engine(store._engine.url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


LOCK = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "LOCK TABLE sessions, turns IN EXCLUSIVE MODE"}
"""Keeps others from writing, not from reading, until the transaction ends."""


@contextmanager
def locked(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql(LOCK[engine.dialect.name])
        yield
        connection.rollback()
    engine.dispose()


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
    third = run(store, task=a_task(a_circuit()))[0]
    assert [store.events(id)[0].task.circuit for id in (first, second, third)] == [old, new, old]
    with raw(store) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM circuits").scalar() == 2


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
    assert ids(search="narrow", policy="random") == [other] and ids(search="arrow") == ids(search=passed + "~") == []
    assert ids(search="narrow " * 900) == [passed, other]
    with pytest.raises(StoreError, match="The search has 900 different words, at most 40"):
        ids(search=" ".join(map(str, range(900))))
    assert [row.id for row in store.list(sort="best_reward", limit=1, offset=2)] == [failed]
    assert store.list(sort="created")[0].parent == passed
    assert store.choices("circuit") == ["OTA", "TOY"]
    for call in (lambda: store.list(sort="task"), lambda: store.count(colour="red"), lambda: store.choices("id")):
        with pytest.raises(ValueError, match="is not one of"):
            call()


def test_only_sessions_without_a_heartbeat_become_interrupted(store):
    task = a_task()
    dead, alive, done = store.create(task, "a"), store.create(task, "a"), run(store)[0]
    with raw(store) as connection:
        connection.exec_driver_sql("UPDATE sessions SET heartbeat = heartbeat - 100")
    store.heartbeat(alive, done)
    assert store.mark_interrupted() == 1 and store.mark_interrupted() == 0
    assert [store.summary(id).status for id in (dead, alive, done)] == ["interrupted", "running", "passed"]
    assert fold(store.events(dead)).message and fold(store.events(alive)).running
    store.append(dead, TurnFinished(Turn(0, Proposal({}), None, None)))
    assert fold(store.events(dead)).running, "it was only silent for long"


def test_a_session_is_alive_while_nothing_happens_in_it(store, monkeypatch):
    monkeypatch.setattr("sizing_app.store.recording.BEAT_EVERY", 0.02)
    id, begun, go_on = store.create(a_task(), "scripted"), threading.Event(), threading.Event()

    class Slow(QuadraticSimulator):
        def measure(self, circuit, parameters, conditions):
            begun.set()
            assert go_on.wait(60)
            return super().measure(circuit, parameters, conditions)

    session = record(store, id, run_session(a_task(), ScriptedPolicy(SCRIPT), Slow(), threading.Event()))
    thread = threading.Thread(target=lambda: list(session))
    thread.start()
    assert begun.wait(60)
    before, deadline = store.summary(id).heartbeat, time.monotonic() + 60
    while store.summary(id).heartbeat == before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert store.summary(id).heartbeat > before
    go_on.set()
    thread.join()
    for beating in [item for item in threading.enumerate() if item.name == f"heartbeat-{id}"]:
        beating.join(60)
        assert not beating.is_alive()


KILLED = """
import sys, threading

from sizing_app.session.loop import run_session
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


def test_a_lock_is_waited_for(database_url):
    store, held, free = SessionStore(database_url, timeout=20), threading.Event(), threading.Event()

    def hold():
        with locked(database_url):
            held.set()
            free.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    assert store.count() == 0, "readers do not wait"
    threading.Timer(0.3, free.set).start()
    id, events = run(store)
    assert free.is_set() and not any(isinstance(event, StorageFailed) for event in events)
    assert fold(store.events(id)) == fold(events)
    holder.join()
    store.close()


def test_a_writer_of_the_same_program_is_no_other_program(tmp_path):
    """Who cannot write for the others of this program is told so."""
    store, said = SessionStore(f"sqlite:///{tmp_path}/s.db", timeout=0.2), []

    def write_too():
        try:
            store.create(a_task(), "scripted")
        except StoreError as error:
            said.append(error)

    with store._transaction(writing=True):
        other = threading.Thread(target=write_too)
        other.start()
        other.join()
    (error,) = said
    assert "busy with other entries of this program, still after 0.2 s" in str(error) and error.transient
    assert store.create(a_task(), "scripted") and store.count() == 1
    store.close()


def test_writers_of_one_program_do_not_meet_at_the_lock_of_the_file(tmp_path):
    """SQLite, told to wait for nobody, would refuse one of two that write at once."""
    store, together = SessionStore(f"sqlite:///{tmp_path}/s.db", timeout=60), threading.Barrier(4)
    listen(store._engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 0"))
    store._engine.dispose()

    def write_some():
        together.wait()
        for _ in range(15):
            store.create(a_task(), "scripted")

    writers = [threading.Thread(target=write_some) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert store.count() == 60
    store.close()


def test_a_locked_database_is_said_and_nothing_is_lost(store):
    task, id = a_task(), store.create(a_task(), "scripted")
    policy = ScriptedPolicy([write("a", POOR), write("b", POOR), write("c", GOOD), END])
    events, lock = [], locked(store._engine.url)
    for event in record(store, id, run_session(task, policy, QuadraticSimulator(), threading.Event())):
        events.append(event)
        finished = event.turn.index if isinstance(event, TurnFinished) else None
        if finished == 0:
            lock.__enter__()
            with pytest.raises(StoreError, match="locked by another program, still after 0.2 s of waiting"):
                store.create(task, "scripted")
        elif finished == 2:
            assert fold(events).storage_problem and len(store.events(id)) == 2
            lock.__exit__(None, None, None)
    assert [type(event) for event in events if isinstance(event, (StorageFailed, StorageRestored))] == [
        StorageFailed, StorageRestored]
    state = fold(events)
    assert state.storage_problem == "" and state.passed
    assert fold(store.events(id)) == state


def test_what_waits_after_the_last_event_is_tried_again(store, monkeypatch):
    monkeypatch.setattr("sizing_app.store.recording.PAUSE", 0.01)
    id, events, lock = store.create(a_task(), "scripted"), [], locked(store._engine.url)
    for event in record(store, id, run_session(a_task(), ScriptedPolicy(SCRIPT), QuadraticSimulator(),
                                               threading.Event())):
        events.append(event)
        if isinstance(event, TurnFinished) and event.turn.index == 0:
            lock.__enter__()
        elif isinstance(event, SessionFinished):
            assert fold(events).storage_problem and len(store.events(id)) == 2
            lock.__exit__(None, None, None)
    assert events[-1] == StorageRestored() and fold(store.events(id)) == fold(events)


def test_what_waits_is_stored_where_the_reader_leaves_after_the_end(store):
    id, lock = store.create(a_task(), "scripted"), locked(store._engine.url)
    events = record(store, id, run_session(a_task(), ScriptedPolicy(SCRIPT), QuadraticSimulator(), threading.Event()))
    with lock:
        while not isinstance(next(events), SessionFinished):
            pass
    events.close()
    assert store.summary(id).status == "passed" and len(fold(store.events(id)).history) == 4


def test_an_event_that_is_refused_for_good_keeps_no_other_out(store):
    id, taken = store.create(a_task(), "scripted"), Turn(1, Proposal({}), None, None)
    store.append(id, TurnFinished(taken))
    events = list(record(store, id, run_session(a_task(), ScriptedPolicy(SCRIPT), QuadraticSimulator(),
                                                threading.Event())))
    told = [event for event in events if isinstance(event, (StorageFailed, StorageRestored))]
    assert len(told) == 1 and "refused an entry that it has already" in told[0].message
    stored = fold(store.events(id))
    assert stored.status == "passed" and [turn.index for turn in stored.history] == [0, 1, 2, 3]
    assert stored.history[1] == taken


def test_two_threads_of_50_sessions(store):
    ids, patient = [], SessionStore(store._engine.url, timeout=60)

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

    class Noisy(QuadraticSimulator):
        def measure(self, circuit, parameters, conditions):
            return Measurement("ok", {"gain": math.nan, "power": math.inf})

    id = store.create(task, "scripted")
    state = fold(record(store, id, run_session(task, ScriptedPolicy(SCRIPT), Noisy(), threading.Event())))
    assert fold(store.events(id)) == state and state.history[0].measurement.metrics == {"gain": None, "power": None}
    with pytest.raises(StoreError, match="not JSON compliant"):
        store.append(id, TurnFinished(Turn(9, Proposal({"w": math.nan}), None, None)))
    with raw(store) as connection:
        assert not connection.exec_driver_sql("SELECT count(*) FROM turns WHERE CAST(content AS text) LIKE '%%NaN%%'"
                                              ).scalar()


@pytest.mark.parametrize("url, message", [
    ("sessions", "is not a database URL"), ("sqlite://", "lost with its connection"),
    ("sqlite:////proc/nowhere/x.db", "cannot be opened"),
    ("postgres9://user:secret@host/x", "kept in SQLite or PostgreSQL"),
    ("postgresql+pg8000://user:secret@host/x", "in requirements-postgres.txt"),
    ("postgresql+psycopg://user:secret@127.0.0.1:1/x", "cannot be used: connection failed")])
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
        if store._engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_processes_that_open_an_empty_database_at_once_share_its_making(empty_postgresql):
    stores = []
    threads = [threading.Thread(target=lambda: stores.append(SessionStore(empty_postgresql))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.count() for store in stores] == [0, 0, 0]
    for store in stores:
        store.close()


def test_a_statement_that_never_ends_is_ended(postgresql, monkeypatch):
    monkeypatch.setattr("sizing_app.store.engine.LONGEST", 1)
    store = SessionStore(postgresql.replace("/postgres?", "/tables?"))
    with pytest.raises(StoreError, match="no answer within 1 s"), store._transaction() as db:
        db.execute(text("SELECT pg_sleep(60)"))
    store.close()


def test_what_people_and_models_write_is_stored_on_every_database(store):
    """Large seeds, NUL and halves of surrogate pairs, words of any length and number."""
    task = a_task(seed=2**53)
    id, _ = run(store, [write("odd \0 " + "w" * 5000, POOR)] * 2, task)
    store.notes.write(id, note="Größe \0 ÄNDERN \udfff")
    assert store.summary(id).seed == 2**53 == store.events(id)[0].task.seed
    assert store.notes.read(id).note == "Größe \ufffd ÄNDERN \ufffd"
    assert store.events(id)[2].turn.proposal.reasoning.startswith("odd \ufffd ww")
    for search in ("GRÖSSE"[:3], "ändern grö", "w" * 4000, "ODD"):
        assert store.count(search=search) == 1, search
    assert store.count(search="odd\0") == store.count(search="\0", circuit="\0") + 1 == 1
    words = " ".join(f"word{number:07}" for number in range(100_000))
    store.append(id, TurnFinished(Turn(9, Proposal({}, words, words), None, None)))
    assert fold(store.events(id)).history[-1].proposal.reasoning == words, "too many for an index"
