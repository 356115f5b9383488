"""Saved circuits: versions of a name, other names, removal; sessions keep the circuit that they ran on."""

from dataclasses import replace

import pytest

from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.session.events import fold
from sizing_app.store import SessionStore
from sizing_app.task.definition import Task

OTA = load_circuit("OTA")
OLD, NEW = (replace(OTA, name="MINE", title=title) for title in ("as it was", "as it is"))


@pytest.fixture
def store(database_url):
    store = SessionStore(database_url)
    yield store
    store.close()


def session_on(store: SessionStore, circuit) -> str:
    return store.create(Task(circuit, circuit.specs, circuit.conditions.nominal, golden(OTA)["parameters"]), "random")


def test_an_edit_makes_a_version_and_old_sessions_stay_true_to_theirs(store):
    store.circuits.save(OLD)
    id = session_on(store, OLD)
    store.circuits.save(NEW)
    assert store.circuits["MINE"] == NEW and list(store.circuits) == ["MINE"]
    assert [key for key, _ in store.circuits.versions("MINE")] == [NEW.key, OLD.key]
    assert fold(store.events(id)).task.circuit == OLD == store.circuits[OLD.key]
    store.circuits.save(OLD)
    assert store.circuits["MINE"] == OLD and store.circuits.versions("NONE") == []


def test_a_removed_circuit_is_kept_while_sessions_need_it(store):
    store.circuits.save(OLD)
    store.circuits.save(NEW)
    id = session_on(store, OLD)
    assert store.circuits.remove("MINE") == 1
    assert list(store.circuits) == [] and store.circuits.versions("MINE") == []
    assert fold(store.events(id)).task.circuit == OLD == store.circuits["MINE"]
    assert NEW.key not in store.circuits
    with pytest.raises(KeyError):
        store.circuits.remove("MINE")


def test_one_version_is_removed_by_its_key(store):
    store.circuits.save(OLD)
    store.circuits.save(NEW)
    assert store.circuits.remove(NEW.key) == 0
    assert store.circuits["MINE"] == OLD and NEW.key not in store.circuits


def test_a_copy_under_another_name(store):
    store.circuits.save(OLD)
    key = store.circuits.duplicate("MINE", "COPY")
    assert store.circuits["COPY"] == replace(OLD, name="COPY") and store.circuits["COPY"].key == key
    assert set(store.circuits) == {"MINE", "COPY"}
    with pytest.raises(CircuitError, match="'COPY' already"):
        store.circuits.duplicate("MINE", "COPY")
    with pytest.raises(CircuitError, match="name"):
        store.circuits.duplicate("MINE", "no name\n.shell")
    with pytest.raises(KeyError):
        store.circuits.duplicate("NONE", "OTHER")


def test_another_name(store):
    store.circuits.save(OLD)
    id = session_on(store, OLD)
    store.circuits.save(NEW)
    key = store.circuits.rename("MINE", "YOURS")
    assert list(store.circuits) == ["YOURS"] and store.circuits["YOURS"] == replace(NEW, name="YOURS")
    assert store.circuits["YOURS"].key == key and fold(store.events(id)).task.circuit == OLD
