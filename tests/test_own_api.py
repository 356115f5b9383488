"""Own circuits for programs: the endpoints, without a server but for the one test that counts."""

import json
from contextlib import closing
from dataclasses import replace

import gradio as gr
import pytest

from sizing_app.circuit.catalog import FolderCatalog
from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.hub import Hub
from sizing_app.own.draft import DraftError
from sizing_app.store import SessionStore
from sizing_app.ui.exchange.api import Api
from sizing_app.ui.exchange.api_inputs import WrongInput
from sizing_app.ui.exchange.check_api import CheckApi
from sizing_app.ui.exchange.front_api import FrontApi
from sizing_app.ui.exchange.own_api import OwnApi
from sizing_app.ui.services import Services, policy_titles
from sizing_app.ui.visitors import Busy, Shares
from tests.hostile_decks import TELLING
from tests.test_own_draft import LDO, RC

CHOICES = {"name": "LOWPASS", "settings": {"f_pass": "10", "f_edge": "20"}}


@pytest.fixture
def services(tmp_path, monkeypatch, simulator):
    monkeypatch.chdir(tmp_path)
    with closing(SessionStore(f"sqlite:///{tmp_path}/own.db")) as store:
        yield Services(FolderCatalog(), store, Hub(store), simulator, None,
                       policy_titles(chat=False), "OTA")


@pytest.fixture
def api(services):
    return OwnApi(services)


def test_text_in_circuit_out(api, services):
    told = api.read_netlist({"rc.cir": RC}, CHOICES)
    assert (told["name"], told["kind"], told["problems"]) == ("LOWPASS", "filter", []) and not list(api.services.own)
    json.dumps(told, allow_nan=False)
    found = api.import_circuit({"rc.cir": RC}, CHOICES)
    json.dumps(found, allow_nan=False)
    assert found["check"]["original"]["metrics"]["cutoff"] == pytest.approx(1591.5, rel=1e-3)
    assert services.circuits["LOWPASS"].key == found["key"]
    described = Api(services).describe_circuit("LOWPASS")
    assert "response-surface" in described["policies"]
    assert [item["name"] for item in described["parameters"]] == ["r1", "c1"]
    assert api.check_circuit("LOWPASS")["simulated"] == 1.0


def test_a_folder_s_texts_come_and_go(api):
    files = api.circuit_files("OTA")
    assert set(files) == {"circuit.toml", "netlist.sp", "testbench.sp"}
    assert api.import_circuit(files, {"name": "MINE"})["name"] == "MINE"
    assert replace(api.services.own["MINE"], name="OTA") == load_circuit("OTA")
    with pytest.raises(DraftError, match="comes with the program"):
        api.import_circuit(files, {"name": "OTA"})


def test_another_name_keeps_the_file_s_own_design(api, services):
    former = api.import_circuit({"rc.cir": RC}, CHOICES)["key"]
    api.import_circuit({"rc.cir": RC}, {**CHOICES, "title": "once more", "settings": {"f_pass": "10", "f_edge": "30"}})
    first = golden(services.circuits["LOWPASS"])
    assert first["parameters"] == {"r1": 1000.0, "c1": 1e-7}
    api.duplicate_circuit("LOWPASS", "COPY")
    api.rename_circuit("LOWPASS", "OTHER")
    assert golden(services.circuits["COPY"]) == golden(services.circuits["OTHER"]) == first
    assert api.check_circuit("OTHER")["design"] == first["parameters"]
    newest, older = (row["key"] for row in api.circuit_versions("OTHER"))
    assert newest == services.circuits["OTHER"].key and golden(services.circuits[older])["parameters"] == \
        first["parameters"]
    assert replace(services.circuits[older], name="LOWPASS").key == former


def test_names_and_versions(api):
    key = api.import_circuit(api.circuit_files("OTA"), {"name": "MINE"})["key"]
    assert [row["key"] for row in api.circuit_versions("MINE")] == [key]
    copy = api.duplicate_circuit("MINE", "COPY")
    with pytest.raises(CircuitError, match="already"):
        api.duplicate_circuit("MINE", "COPY")
    renamed = api.rename_circuit("MINE", "YOURS")
    assert set(api.services.own) == {"COPY", "YOURS"} and copy != renamed
    assert api.remove_circuit("COPY") == 0 and set(api.services.own) == {"YOURS"}
    for call in (lambda: api.remove_circuit("COPY"), lambda: api.rename_circuit("OTA", "X"),
                 lambda: api.remove_circuit("OTA")):
        with pytest.raises(WrongInput, match="no stored circuit"):
            call()


@pytest.mark.parametrize("files, choices, said", [
    ({}, None, "there is no text"), ({"a.sp": 3}, None, "files.a.sp"), ({"a.sp": RC}, {"king": 1}, "king"),
    ({"a.sp": RC}, {"roles": []}, "roles"),
])
def test_what_is_no_upload_is_a_sentence(api, files, choices, said):
    with pytest.raises(DraftError, match=said):
        api.read_netlist(files, choices)


@pytest.mark.parametrize("name, given, said", [
    ("search_sessions", {"search": 5}, "search: expected a text, found 5"),
    ("search_sessions", {"tag": ["x"]}, "tag: expected a text"), ("search_sessions", {"sort": {}}, "sort"),
    ("get_session", {"session_id": 5}, "session_id"), ("export_session", {"session_id": "x", "kind": []}, "kind"),
    ("act_on_plan", {"session_id": "x", "turn": 1, "plan": 5}, "plan"),
    ("size", {"circuit": "OTA", "policy": {}}, "policy"),
    ("import_circuit", {"files": [1]}, "files: expected an object, names to values, found list"),
    ("import_circuit", {"files": {"a.sp": RC}, "choices": [1]}, "choices"), ("read_netlist", {"files": RC}, "files"),
    ("circuit_versions", {"name": 5}, "name"), ("rename_circuit", {"circuit": 5, "name": "X"}, "circuit"),
    ("rename_circuit", {"circuit": "X", "name": 5}, "name"),
    ("duplicate_circuit", {"circuit": "OTA", "name": 5}, "name"),
    ("remove_circuit", {"circuit": ["X"]}, "circuit"), ("stop_check", {"id": 5}, "id"),
    ("front", {"circuit": "OTA", "sweep": 5, "against": "power"}, "sweep"),
])
def test_what_is_no_text_or_object_is_a_sentence(services, name, given, said):
    kinds = (Api(services), OwnApi(services), CheckApi(services), FrontApi(services))
    method = next(getattr(kind, name) for kind in kinds if hasattr(kind, name))
    with pytest.raises(WrongInput, match=said):
        answer = method(**given)
        next(answer)  # of what is streamed


def test_all_problems_come_back_and_nothing_is_stored(api):
    found = api.import_circuit({"ldo.sp": LDO.replace("R1 vout", "A1 vout thing\nN1 vout x\nR1 vout")})
    assert len(found["problems"]) == 2 and found["key"] == "" and not list(api.services.own)


@pytest.mark.parametrize("name", TELLING)
def test_a_hostile_deck_is_told_and_harms_nothing(api, tmp_path, name):
    text = TELLING[name].text.replace("@D@", str(tmp_path)).replace("@SECRET@", "/etc/passwd")
    found = api.import_circuit({"deck.sp": text}, {"name": "HOSTILE"})
    assert found["problems"] and all(problem["sentence"] for problem in found["problems"])
    assert found["key"] == "" and not (tmp_path / "pwned").exists() and "root:" not in str(found)
    assert api.services.simulator.evaluate(*good()).ok


def good():
    ota = load_circuit("OTA")
    return ota, golden(ota)["parameters"], ota.conditions.nominal


def test_what_is_simulated_counts_as_a_check(api):
    api.import_circuit({"rc.cir": RC}, CHOICES)
    api.services = replace(api.services, shares=Shares(checks=0))
    for call in (lambda: api.import_circuit({"rc.cir": RC}, CHOICES), lambda: api.check_circuit("LOWPASS")):
        with pytest.raises(Busy, match="at most 0 may at once"):
            call()


def test_every_endpoint_is_on_offer(services):
    with gr.Blocks() as page:
        Api(services).connect()
    offered = page.get_api_info()["named_endpoints"]
    assert {f"/{name}" for name in OwnApi.NAMES} <= set(offered)
