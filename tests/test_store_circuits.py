"""Saved circuits: versions of a name, other names, owners, removal; sessions keep the circuit that they ran on."""

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
    key = store.circuits.duplicate(OLD, "COPY")
    assert store.circuits["COPY"] == replace(OLD, name="COPY") and store.circuits["COPY"].key == key
    assert set(store.circuits) == {"MINE", "COPY"}
    with pytest.raises(CircuitError, match="'COPY' already"):
        store.circuits.duplicate(OLD, "COPY")
    with pytest.raises(CircuitError, match="name"):
        store.circuits.duplicate(OLD, "no name\n.shell")


def test_another_name(store):
    store.circuits.save(OLD)
    id = session_on(store, OLD)
    store.circuits.save(NEW)
    saved = store.circuits.versions("MINE")
    key = store.circuits.rename("MINE", "YOURS")
    assert store.circuits.versions("YOURS") == [(replace(circuit, name="YOURS").key, when) for circuit, (_, when) in
                                                zip((NEW, OLD), saved, strict=True)]
    assert store.circuits.versions("MINE") == []
    assert list(store.circuits) == ["YOURS"] and store.circuits["YOURS"] == replace(NEW, name="YOURS")
    assert store.circuits["YOURS"].key == key and fold(store.events(id)).task.circuit == OLD


def test_one_version_gets_another_name_by_its_key(store):
    store.circuits.save(OLD)
    store.circuits.save(NEW)
    key = store.circuits.rename(OLD.key, "YOURS")
    assert [found for found, _ in store.circuits.versions("YOURS")] == [key] == [replace(OLD, name="YOURS").key]
    assert [found for found, _ in store.circuits.versions("MINE")] == [NEW.key]


def test_what_one_saved_is_nobody_else_s(store):
    ann, bob = store.circuits.seen_by("ann"), store.circuits.seen_by("bob")
    ann.save(OLD)
    id = session_on(store, OLD)
    assert list(ann) == ["MINE"] == list(store.circuits) and ann.versions("MINE")
    for other in (bob, store.circuits.seen_by("")):
        assert list(other) == [] == other.versions("MINE") and other.saved("MINE") is None
        assert "MINE" not in other and OLD.key not in other
        for act, *more in ((other.rename, "X"), (other.remove,), (other.share, True)):
            for handle in ("MINE", OLD.key):
                with pytest.raises(KeyError):
                    act(handle, *more)
    assert fold(store.events(id)).task.circuit == OLD == ann["MINE"] == ann[OLD.key]


def test_a_shared_circuit_is_seen_and_copied_but_not_changed(store):
    ann, bob = store.circuits.seen_by("ann"), store.circuits.seen_by("bob")
    ann.save(OLD)
    ann.share("MINE", True)
    ann.save(NEW)
    assert bob["MINE"] == NEW and bob[OLD.key] == OLD and len(bob.versions("MINE")) == 2
    for act in (lambda: bob.rename("MINE", "X"), lambda: bob.remove("MINE"), lambda: bob.share("MINE", False)):
        with pytest.raises(CircuitError, match="belongs to 'ann'"):
            act()
    bob.duplicate(bob["MINE"], "COPY")
    assert set(bob) == {"MINE", "COPY"} and set(ann) == {"MINE"}
    ann.rename("MINE", "YOURS")
    assert set(bob) == {"YOURS", "COPY"}
    ann.share("YOURS", False)
    assert set(bob) == {"COPY"} and "YOURS" not in bob


def test_two_people_save_the_same_circuit_and_the_same_name(store):
    ann, bob = store.circuits.seen_by("ann"), store.circuits.seen_by("bob")
    ann.save(OLD)
    bob.save(OLD)
    bob.save(NEW)
    bob.share("MINE", True)
    assert ann["MINE"] == OLD and bob["MINE"] == NEW and ann[NEW.key] == NEW
    assert bob.remove("MINE") == 0 and "MINE" not in bob and NEW.key not in store.circuits
    assert ann["MINE"] == OLD == store.circuits[OLD.key]


def test_what_was_saved_without_a_name_is_everybody_s(store):
    ann = store.circuits.seen_by("ann")
    store.circuits.save(OLD)
    assert ann["MINE"] == OLD and ann.saved("MINE").mine
    with pytest.raises(CircuitError, match="belongs to everybody"):
        ann.share("MINE", False)
    ann.save(NEW)
    assert store.circuits["MINE"] == NEW and store.circuits.seen_by("bob")["MINE"] == OLD
    ann.rename("MINE", "YOURS")
    assert set(ann) == {"YOURS", "MINE"} and set(store.circuits.seen_by("bob")) == {"MINE"}
    assert store.circuits.remove("YOURS") == 0 and set(ann) == {"MINE"}
