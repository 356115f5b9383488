"""What former versions wrote is opened, continued and imported.

``data/`` holds a database of the schema 0004_words (OTA by random search, MILLER by lookup) and an export of its
first session; and one of the schema 0005_keys (OTA by random search with a group of two, MILLER by lookup, a circuit of
another name over three points by Bayesian optimization), with an export of its first session.
"""

import gzip
import json
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table, create_engine, insert

from sizing_app.circuit.definition import content
from sizing_app.circuit.folder import home, load_circuit
from sizing_app.policy import can_size, make_policy
from sizing_app.session.events import fold
from sizing_app.session.file import read_session, write_session
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore
from sizing_app.store.migrations import upgrade

DATA = Path(__file__).parent / "data"


@pytest.fixture
def path(tmp_path) -> Path:
    file = tmp_path / "old.db"
    file.write_bytes(gzip.decompress((DATA / "sessions-0004.db.gz").read_bytes()))
    return file


def test_a_former_database_is_brought_up_to_date(path):
    before = sqlite3.connect(path)
    old = dict(before.execute("SELECT name, digest FROM circuits"))
    turns = before.execute("SELECT session_id, position, reward FROM turns ORDER BY 1, 2").fetchall()
    before.close()
    store = SessionStore(f"sqlite:///{path}")
    states = {row.circuit: fold(store.events(row.id)) for row in store.list()}
    assert set(states) == {"OTA", "MILLER"}
    assert states["MILLER"].passed and len(states["OTA"].history) == 3
    store.close()
    with sqlite3.connect(path) as after:
        new = dict(after.execute("SELECT name, digest FROM circuits"))
        assert after.execute("SELECT session_id, position, reward FROM turns ORDER BY 1, 2").fetchall() == turns
        assert after.execute("SELECT count(*) FROM sessions JOIN circuits USING (digest)").fetchone() == (2,)
    assert set(new) == set(old) and not set(new.values()) & set(old.values())
    for name, state in states.items():
        circuit = state.task.circuit
        assert circuit.key == new[name] and circuit is not load_circuit(name)


def test_opening_it_twice_changes_nothing(path):
    SessionStore(f"sqlite:///{path}").close()
    content = path.read_bytes()
    SessionStore(f"sqlite:///{path}").close()
    assert path.read_bytes() == content


def test_a_stored_session_goes_on_with_what_is_known_of_its_circuit(path, simulator):
    """By its key: pool, surrogate, golden design and drawing of the circuits folder."""
    store = SessionStore(f"sqlite:///{path}")
    row = next(row for row in store.list() if row.circuit == "MILLER")
    state = fold(store.events(row.id))
    store.close()
    circuit = state.task.circuit
    assert home(circuit) == home(load_circuit("MILLER"))
    assert all(can_size(name, circuit) for name in ("lookup", "teacher", "mlp", "golden", "tl-grpo"))
    history = tuple(replace(turn, score=replace(turn.score, passed=False)) for turn in state.history[:1])
    task = replace(state.task, budget=1)
    for name in ("lookup", "teacher"):
        found = fold(run_session(task, make_policy(name), simulator, threading.Event(), history))
        assert found.history[1].measurement.ok, name
    changed = replace(circuit, netlist=circuit.netlist + "\n* another")
    assert home(changed) is None and not can_size("lookup", changed)


def test_a_former_export_is_imported():
    session = read_session((DATA / "session-ota.jsonl").read_bytes())
    state = fold(session.events)
    assert (state.task.circuit.name, state.status, len(state.history)) == ("OTA", "budget", 3)
    assert home(state.task.circuit) == home(load_circuit("OTA"))
    assert state.task.points == (state.task.conditions,) and state.history[1].points == ()


def test_a_database_before_saved_circuits_is_brought_up_to_date(tmp_path):
    file = tmp_path / "old.db"
    file.write_bytes(gzip.decompress((DATA / "sessions-0005.db.gz").read_bytes()))
    with closing(SessionStore(f"sqlite:///{file}")) as store:
        states = {row.circuit: fold(store.events(row.id)) for row in store.list()}
        assert set(states) == {"OTA", "MILLER", "OWN"}
        own = store.circuits["OWN"]
        assert store.circuits[own.key] == own == states["OWN"].task.circuit and list(store.circuits) == []
        assert len(states["OWN"].history[0].points) == 3


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_circuits_that_were_saved_before_owners_are_everybody_s(kind, tmp_path, request):
    url = f"sqlite:///{tmp_path}/old.db" if kind == "sqlite" else request.getfixturevalue("empty_postgresql")
    kept, passing = (replace(load_circuit("OTA"), name=name) for name in ("KEPT", "PASSING"))
    with create_engine(url).begin() as old:
        upgrade(old, "0007_figures")
        circuits = Table("circuits", MetaData(), autoload_with=old)
        for circuit, saved in ((kept, 1e9), (passing, None)):
            old.execute(insert(circuits).values(digest=circuit.key, name=circuit.name, content=content(circuit),
                                                saved=saved))
    with closing(SessionStore(url)) as store:
        for circuits in (store.circuits, store.circuits.seen_by("ann")):
            assert list(circuits) == ["KEPT"] and circuits.versions("KEPT") == [(kept.key, 1e9)]
            assert circuits["KEPT"] == kept and circuits["PASSING"] == passing
        assert store.circuits.seen_by("ann").remove("KEPT") == 0 and list(store.circuits) == []


def test_the_reward_of_former_versions_is_read(tmp_path):
    """They called it total: in turns, in the turns of groups, and in exports, with the numbers that they had."""
    file = tmp_path / "old.db"
    file.write_bytes(gzip.decompress((DATA / "sessions-0005.db.gz").read_bytes()))
    with closing(sqlite3.connect(file)) as before:
        stored = before.execute("SELECT session_id, position, reward, content FROM turns "
                                "WHERE reward IS NOT NULL").fetchall()
        groups = before.execute("SELECT content FROM group_turns ORDER BY number").fetchall()
    assert all(json.loads(content)["score"]["total"] == reward for *_, reward, content in stored) and len(stored) > 6
    with closing(SessionStore(f"sqlite:///{file}")) as store:
        for id, position, reward, _ in stored:
            assert fold(store.events(id)).history[position].score.reward == reward
        (group,) = store.groups.of(next(row.id for row in store.list() if row.circuit == "OTA"))
        found = [member.turn.reward for member in store.groups.members(group.id)]
    assert found == [json.loads(content)["score"]["total"] for content, in groups] and len(found) == 2
    lines = (DATA / "session-0005.jsonl").read_bytes()
    session = read_session(lines)
    told = [json.loads(line)["turn"]["score"]["total"] for line in lines.splitlines()[1:-1]]
    assert [turn.reward for turn in fold(session.events).history] == told
    again = write_session(session.id, session.events)
    assert '"score": {"reward": ' in again and '"total"' not in again and read_session(again.encode()) == session
