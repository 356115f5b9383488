"""Whose a saved circuit is on a server with passwords: pages, API, the ZIP, and the server as its own client."""

import base64
import json
from contextlib import closing, contextmanager
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import quote

import gradio as gr
import httpx
import pytest
from gradio.context import LocalContext
from gradio_client import Client
from gradio_client.exceptions import AppError

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.circuit.folder_text import folder_texts
from sizing_app.hub import Hub
from sizing_app.policy import make_policy
from sizing_app.store import SessionStore
from sizing_app.task.turn import Measurement
from sizing_app.ui.catalogue.circuits_page import CircuitsPage
from sizing_app.ui.doors import NAME, Doors, access
from sizing_app.ui.forks.group_view import GroupView
from sizing_app.ui.forks.plan_view import PlanView
from sizing_app.ui.forms.task_form import TaskForm
from sizing_app.ui.page import build, web_app
from sizing_app.ui.server import served, take_port
from sizing_app.ui.services import Services, policy_titles
from tests.builders import DirectSimulator

USERS = {"ann": "a", "Bo\u017eo": "b", "relay": "r"}
OTA = load_circuit("OTA")
FILES = folder_texts(OTA)


class Steady(DirectSimulator):
    """Every design of the OTA is the golden one."""

    def measure(self, circuit, parameters, conditions) -> Measurement:
        return Measurement("ok", golden(OTA)["metrics"])


def called(name: str) -> Circuit:
    return replace(OTA, name=name)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The real pages with three users, one of them the server itself; (address, services)."""
    folder = tmp_path_factory.mktemp("owners")
    with closing(SessionStore(f"sqlite:///{folder}/sessions.db")) as store, closing(Hub(store)) as hub:
        store.circuits.seen_by("ann").save(called("BEFOREHAND"))
        services = Services({"OTA": OTA}, store, hub, Steady(), make_policy,
                            policy_titles(chat=False), "OTA", named=True)
        doors = Doors(web_app(build(services), services), access("127.0.0.1", set(), USERS, "relay"), folder)
        with take_port("127.0.0.1", 0) as taken, served(doors, taken):
            yield f"http://127.0.0.1:{taken.getsockname()[1]}", services


def headers(name: str) -> dict:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{USERS[name]}".encode()).decode()}


@contextmanager
def asked_by(name: str):
    """What a browser of this person asks of the pages."""
    before = LocalContext.request.set(SimpleNamespace(
        client=SimpleNamespace(host="127.0.0.1"), headers={NAME: quote(name)}, query_params={}))
    try:
        yield
    finally:
        LocalContext.request.reset(before)


@pytest.fixture(scope="module")
def people(app):
    return {name: Client(app[0], headers=headers(name), verbose=False) for name in ("ann", "Bo\u017eo")}


def listed(client: Client) -> set[str]:
    return {row["name"] for row in client.predict(api_name="/list_circuits")}


def test_another_neither_lists_opens_renames_deletes_nor_exports(app, people):
    (url, services), (ann, bozo) = app, people.values()
    key = ann.predict(FILES, {"name": "MINE"}, api_name="/import_circuit")["key"]
    assert listed(ann) == {"OTA", "BEFOREHAND", "MINE"} and listed(bozo) == {"OTA"}
    calls = [("describe_circuit", handle) for handle in ("MINE", key)] + [
        ("circuit_files", "MINE"), ("remove_circuit", key), ("share_circuit", "MINE"), ("rename_circuit", "MINE", "X"),
        ("duplicate_circuit", "MINE", "X"), ("size", "MINE", "random"), ("simulate_design", key, {})]
    for name, *arguments in calls:
        with pytest.raises(AppError, match="There is no"):
            bozo.predict(*arguments, api_name=f"/{name}")
    assert bozo.predict("MINE", api_name="/circuit_versions") == []
    for name, found in (("ann", 200), ("Bo\u017eo", 404)):
        for handle in ("MINE", key):
            answer = httpx.get(f"{url}/circuit.zip", params={"circuit": handle}, headers=headers(name), trust_env=False)
            assert answer.status_code == found
    assert services.own_of("ann")["MINE"].key == key
    assert "MINE" not in httpx.get(f"{url}/config", headers=headers("Bo\u017eo"), trust_env=False).text


def test_what_is_shared_is_everyone_s_to_see(people):
    ann, bozo = people.values()
    ann.predict(FILES, {"name": "OURS"}, api_name="/import_circuit")
    assert ann.predict("OURS", True, api_name="/share_circuit") is True and "OURS" in listed(bozo)
    with pytest.raises(AppError, match="belongs to 'ann'"):
        bozo.predict("OURS", api_name="/remove_circuit")
    ann.predict("OURS", False, api_name="/share_circuit")
    assert "OURS" not in listed(bozo)


def test_a_session_stays_readable(app, people):
    (_, services), (ann, bozo) = app, people.values()
    services.own_of("ann").save(called("SIZED"))
    *_, last = ann.submit("SIZED", "random", api_name="/size", budget=1)
    assert last["status"] in ("budget", "passed")
    found = bozo.predict(last["session_id"], api_name="/get_session")
    assert found["circuit"] == "SIZED" and "SIZED" not in listed(bozo)
    ann.predict("SIZED", api_name="/remove_circuit")
    assert bozo.predict(last["session_id"], api_name="/get_session")["turns"] == found["turns"]


def test_another_s_session_on_a_private_circuit_opens_without_what_starts_a_new_one(app, people):
    _, services = app
    services.own_of("ann").save(called("HERS"))
    *_, last = people["ann"].submit("HERS", "random", api_name="/size", budget=1)
    for name, offered in (("ann", True), ("Bo\u017eo", False)):
        with gr.Blocks():
            group, plan, page = GroupView("run", services), PlanView("run", services), CircuitsPage(services)
        with asked_by(name):
            family, panel, policy, *_, problem = group.opened(last["session_id"])
            shown = str(page.show("HERS")[0])
            button = plan.opened(last["session_id"])[3]
        assert len(family) == 1 and problem == "" and panel.visible is offered
        assert bool(getattr(policy, "choices", ())) is button.interactive is offered
        assert ("no circuit &#39;HERS&#39; any more" in shown) is not offered


def test_a_page_offers_what_its_person_may_size(app):
    """The lists are told to each browser as it comes; the page that all get holds nobody's circuit."""
    url, services = app
    config = httpx.get(f"{url}/config", headers=headers("ann"), trust_env=False).json()
    assert "BEFOREHAND" not in json.dumps(config)
    for name, offered in (("ann", True), ("Bo\u017eo", False)):
        with gr.Blocks():
            form, page = TaskForm(services), CircuitsPage(services)
        with asked_by(name):
            lists = form.listed()[0].choices, page.open_link(LocalContext.request.get())[0].choices
        assert all(("BEFOREHAND" in [handle for _, handle in choices]) == offered for choices in lists)


def test_nobody_says_another_s_name(app):
    """But the server itself, which asks in the name of whoever called a tool."""
    url, _ = app
    asked = {"params": {"circuit": "BEFOREHAND"}, "trust_env": False}
    said = {NAME: "ann"}
    assert httpx.get(f"{url}/circuit.zip", headers={**headers("Bo\u017eo"), **said}, **asked).status_code == 404
    assert httpx.get(f"{url}/circuit.zip", headers={**headers("relay"), **said}, **asked).status_code == 200
    assert httpx.get(f"{url}/circuit.zip", headers=headers("relay"), **asked).status_code == 404
