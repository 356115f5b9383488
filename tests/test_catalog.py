"""Circuits of folders and database, by name and by key, wherever one is asked for."""

import json
import shutil
import threading
from contextlib import closing
from dataclasses import replace

import gradio as gr
import pytest

from sizing_app.circuit.catalog import Catalog, FolderCatalog, handle_of
from sizing_app.circuit.folder import drawing, file_of, golden, golden_path, home, load_circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.cli import main
from sizing_app.evaluate.suites import load_queries
from sizing_app.hub import Hub
from sizing_app.policy import can_size
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore, record
from sizing_app.store.catalog import find_circuit, open_catalog
from sizing_app.task.definition import Task
from sizing_app.ui.catalogue.circuits_page import CircuitsPage
from sizing_app.ui.exchange.api import Api
from sizing_app.ui.forms.task_form import TaskForm
from sizing_app.ui.services import Services, policy_titles
from tests.builders import GOOD, POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, a_task, write

OTA = load_circuit("OTA")
OWN = replace(OTA, name="OWN", title="An amplifier of one's own")


@pytest.fixture
def url(tmp_path, monkeypatch) -> str:
    """Of a database that is not made yet, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    return f"sqlite:///{tmp_path}/sessions.db"


def stored(url: str, *circuits) -> None:
    """A session on each."""
    with closing(SessionStore(url)) as store:
        for circuit in circuits:
            store.create(Task(circuit, circuit.specs, circuit.conditions.nominal, golden(OTA)["parameters"]), "random")


def save(url: str, circuit) -> str:
    with closing(SessionStore(url)) as store:
        return store.circuits.save(circuit)


def test_folders_are_found_by_name_and_by_key():
    folders = FolderCatalog()
    assert folders["OTA"] == folders[OTA.key] == OTA and OTA.key in folders
    assert "NOSUCH" not in folders and folders.get("0" * 64) is None
    assert set(folders) >= {"OTA", "MILLER"} and len(folders) == len(list(folders))


def test_a_circuit_that_came_with_a_session_is_found_but_not_listed(url):
    stored(url, OWN)
    with open_catalog(url) as circuits:
        assert circuits["OWN"] == circuits[OWN.key] == OWN
        assert "OWN" not in set(circuits)
    save(url, OWN)
    with open_catalog(url) as circuits:
        assert list(circuits)[-1] == "OWN" and circuits["OWN"] == OWN


def test_of_one_name_the_saved_one_counts_and_each_is_found_by_its_key(url):
    mine, theirs, newer = (replace(OWN, title=title) for title in ("mine", "theirs", "newer"))
    stored(url, theirs)
    stored(url, newer)
    with open_catalog(url) as circuits:
        assert circuits["OWN"].title == "newer"
    save(url, mine)
    stored(url, replace(OWN, title="imported later"))
    with open_catalog(url) as circuits:
        assert circuits["OWN"].title == "mine"
        assert circuits[theirs.key].title == "theirs"
        assert handle_of(circuits, mine) == "OWN" and handle_of(circuits, theirs) == theirs.key


def test_folders_come_before_the_database(url):
    changed = replace(OTA, title="Another OTA")
    save(url, changed)
    with open_catalog(url) as circuits:
        assert circuits["OTA"] == OTA and circuits[changed.key] == changed
        assert list(circuits).count("OTA") == 1
        assert handle_of(circuits, OTA) == "OTA" and handle_of(circuits, changed) == changed.key


def test_a_key_cannot_be_taken_by_a_name():
    """A name that is another's key would have to be 64 letters: by key comes first."""
    one = a_circuit()
    other = replace(one, name=one.key, title="other")
    assert Catalog({one.key: one}, {other.name: other})[one.key] == one


def test_a_wrong_circuit_is_not_saved(url):
    with pytest.raises(CircuitError, match="not allowed in a netlist"):
        save(url, replace(OWN, netlist=OWN.netlist + "\n.include /etc/passwd"))
    with open_catalog(url) as circuits:
        assert "OWN" not in circuits


def test_what_is_not_there_is_named_and_makes_no_database(url, tmp_path):
    with pytest.raises(CircuitError, match="no circuit 'NOSUCH', only .*OTA"):
        find_circuit("NOSUCH", url)
    assert not list(tmp_path.iterdir())


def test_files_of_a_stored_circuit_are_those_of_its_key(url, tmp_path):
    assert home(OWN) is None and not golden_path(OWN).is_file() and not can_size("lookup", OWN)
    assert file_of(OWN, "golden.json").resolve() == tmp_path / "data" / "circuits" / OWN.key / "golden.json"
    golden_path(OWN).parent.mkdir(parents=True)
    shutil.copy(golden_path(OTA), golden_path(OWN))
    assert golden(OWN) == golden(OTA)


def test_a_name_alone_gives_no_network_and_no_surrogate():
    other = replace(OTA, netlist=OTA.netlist + "\n* another")
    assert can_size("mlp", OTA) and can_size("teacher", OTA)
    assert not can_size("mlp", other) and not can_size("teacher", other)


def test_the_drawing_is_that_of_the_same_netlist():
    retold = replace(OTA, title="The same netlist")
    assert home(retold) is None and drawing(retold) == drawing(OTA) and drawing(OTA).is_file()
    assert not drawing(replace(OTA, netlist=OTA.netlist + "\n* another")).is_file()


def test_a_stored_circuit_is_simulated_and_sized_by_name_and_key(url, capsys):
    key = save(url, OWN)
    words = [f"{name}={value!r}" for name, value in golden(OTA)["parameters"].items()]
    for handle in ("OWN", key):
        assert main(["simulate", handle, "--database", url, "--json", "--set", *words]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["circuit"] == "OWN" and found["passed"]
    assert main(["size", key, "--policy", "random", "--budget", "1", "--database", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["circuit"] == "OWN"
    assert main(["simulate", "NOSUCH", "--database", url, "--golden"]) == 2
    assert "OTA" in (said := capsys.readouterr().err) and "OWN" in said


def test_a_stored_circuit_is_evaluated_on_its_queries(url, capsys):
    key = save(url, OWN)
    suite = file_of(OWN, "queries/validation/standard.json")
    suite.parent.mkdir(parents=True)
    shutil.copy(file_of(OTA, "queries/validation/standard.json"), suite)
    document = json.loads(suite.read_text())
    suite.write_text(json.dumps({**document, "circuit": "OWN"} if "circuit" in document else document))
    assert load_queries(OWN, "standard")
    assert main(["evaluate", "--circuits", key, "--suite", "standard", "--policies", "middle", "--queries", "1",
                 "--budget", "1", "--database", url, "--out", "out", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"][0]["circuit"] == "OWN"


def test_a_session_of_a_stored_circuit_goes_on(url):
    task = a_task(budget=2)
    with closing(SessionStore(url)) as store:
        id = store.create(task, "scripted")
        policy = ScriptedPolicy([write("one", POOR), write("two", GOOD)])
        fold(record(store, id, run_session(replace(task, budget=1), policy, QuadraticSimulator(), threading.Event())))
        known = store.circuits["TOY"]
        assert known == task.circuit and known.key == task.circuit.key
        again = replace(fold(store.events(id)).task, circuit=known, budget=2)
        state = fold(run_session(again, policy, QuadraticSimulator(), threading.Event(),
                                 fold(store.events(id)).history))
        assert state.passed and len(state.history) == 3


def test_pages_and_api_take_a_stored_circuit(url):
    """By its key where another has its name; what is saved is offered, what came with a session is not."""
    changed = replace(OTA, title="Another OTA")
    save(url, OWN)
    stored(url, changed)
    with closing(SessionStore(url)) as store:
        services = Services(FolderCatalog(), store, Hub(store), None, None,
                            policy_titles(chat=False), "OTA")
        api = Api(services)
        assert "OWN" in (listed := [row["name"] for row in api.list_circuits()]) and listed.count("OTA") == 1
        assert api.describe_circuit(changed.key)["title"] == "Another OTA"
        assert "random" in api.describe_circuit("OWN")["policies"]
        with gr.Blocks():
            form, page = TaskForm(services), CircuitsPage(services)
        task = Task(changed, changed.specs, changed.conditions.nominal, golden(OTA)["parameters"])
        circuit, *fields = form.fill(task, ["random"])
        assert form.shows(changed) and circuit.value == changed.key
        offered = [handle for _, handle in circuit.choices]
        assert offered[-1] == changed.key and {"OTA", "OWN"} < set(offered)
        assert [handle for _, handle in page.circuit.choices] == offered[:-1]
        assert not form.shows(a_circuit())
        assert "Another OTA" in str(page.show(changed.key)[0])
