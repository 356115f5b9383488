"""The API as programs use it: the examples of docs/api.md, wrong input, and the tools of the MCP server."""

import ast
import asyncio
import importlib.util
import re
import subprocess
import sys

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from sizing_app.circuit.folder import golden, load_circuit, load_circuits
from sizing_app.session.file import read_session
from tests.e2e.conftest import serve
from tests.e2e.stored import ROOT

TOOLS = {"list_circuits", "describe_circuit", "simulate_design", "size", "act_on_plan", "search_sessions",
         "get_session", "export_session", "check_corners", "monte_carlo", "sensitivity", "running_checks",
         "stop_check", "front", "read_netlist",
         "import_circuit", "check_circuit", "circuit_files", "circuit_versions", "rename_circuit", "duplicate_circuit",
         "share_circuit", "remove_circuit"}


@pytest.fixture(scope="module")
def client(app) -> Client:
    return Client(app.url, verbose=False)


def test_the_examples_of_the_guide_run(app, tmp_path):
    guide = (ROOT / "docs" / "api.md").read_text()
    code = "\n".join(re.findall(r"```python\n(.*?)```", guide, re.DOTALL)).replace("http://127.0.0.1:7860", app.url)
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert result.returncode == 0, result.stderr
    assert "OTA Telescopic-cascode OTA" in result.stdout and "ok " in result.stdout
    assert re.search(r"^running \d", result.stdout, re.M) and re.search(r"^(budget|passed) 4 ", result.stdout, re.M)
    assert "parameters: missing l_in" in result.stdout
    found = read_session((tmp_path / "session.jsonl").read_bytes())
    assert app.store.events(found.id) == found.events and len(found.events) == 6


def test_every_endpoint_is_typed_and_no_event_of_a_page_is_public(client):
    api = client.view_api(return_format="dict")
    assert {name.strip("/") for name in api["named_endpoints"]} == TOOLS
    parameters = {item["parameter_name"]: item for item in api["named_endpoints"]["/size"]["parameters"]}
    assert parameters["circuit"]["type"] == {"type": "string"} and parameters["budget"]["parameter_default"] == 5


def test_circuits_and_a_golden_design(client):
    assert {row["name"] for row in client.predict(api_name="/list_circuits")} == set(load_circuits())
    found = client.predict("MILLER", golden(load_circuit("MILLER"))["parameters"], api_name="/simulate_design")
    assert found["passed"] and found["reward"] == 1.0 and len(found["specs"]) == 8


@pytest.mark.parametrize("name, arguments, message", [
    ("describe_circuit", {"circuit": "NOPE"}, "There is no circuit 'NOPE'"),
    ("simulate_design", {"circuit": "OTA", "parameters": {"w": 1}}, "unknown w; OTA has w_in"),
    ("size", {"circuit": "OTA", "policy": "nope"}, "'nope' cannot size OTA: choose one of"),
    ("size", {"circuit": "OTA", "initial": {"w_in": "1k"}}, "parameters.w_in: 1 km is outside"),
    ("size", {"circuit": "OTA", "budget": 5001}, "budget: expected a whole number from 1 to 5000"),
    ("size", {"circuit": "OTA", "specs": {"gain": 3}}, "specs.gain: expected"),
    ("size", {"circuit": "OTA", "over": "tt @ hot"}, "over: temperatures: 'hot'"),
    ("size", {"circuit": "OTA", "over": "* @ * @ * @ *"}, "over: 135 points, at most 64"),
    ("size", {"circuit": "OTA", "conditions": {"corner": "xx"}}, "conditions.corner: expected one of tt"),
    ("search_sessions", {"sort": "task"}, "'task' is not one of"),
    ("get_session", {"session_id": "nosuchid"}, "There is no stored session 'nosuchid'"),
    ("export_session", {"session_id": "nosuchid", "kind": "exe"}, "Unknown kind 'exe'"),
])
def test_wrong_input_is_explained_and_starts_nothing(app, client, name, arguments, message):
    before = app.store.count()
    with pytest.raises(AppError, match=re.escape(message)):
        client.predict(**arguments, api_name=f"/{name}")
    assert app.store.count() == before


@pytest.mark.skipif(importlib.util.find_spec("mcp") is None, reason="the package mcp is not installed")
def test_a_model_can_call_the_tools(launcher, tmp_path):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def calls(url: str):
        async with streamablehttp_client(f"{url}/gradio_api/mcp/") as (read, write, _), \
                ClientSession(read, write) as session:
            await session.initialize()
            tools = await session.list_tools()
            names = {tool.name: tool for tool in tools.tools}
            simulate = next(tool for name, tool in names.items() if name.endswith("simulate_design"))
            answer = await session.call_tool(simulate.name, {
                "circuit": "OTA", "parameters": golden(load_circuit("OTA"))["parameters"]})
            return names, answer

    server = serve(launcher, tmp_path, "--mcp")
    names, answer = asyncio.run(calls(next(server).url))
    server.close()
    assert {next(name for name in TOOLS if tool.endswith(name)) for tool in names} == TOOLS == {
        tool for tool in TOOLS if len([name for name in names if name.endswith(tool)]) == 1}
    assert all("Args" not in tool.description for tool in names.values())
    assert ast.literal_eval(answer.content[0].text)["reward"] == 1.0
