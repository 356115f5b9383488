"""What helps at the start and what is fetched on demand: tiers of policies, examples, a ranking, drawings, turns."""

import csv
import dataclasses
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sizing_app.circuit.folder import golden, load_circuit, load_circuits
from sizing_app.evaluate.results import Result
from sizing_app.hub import Hub
from sizing_app.policy import POLICIES
from sizing_app.session.events import SessionFinished, TurnFinished
from sizing_app.simulator.inspection import Device, OperatingPoint
from sizing_app.store import SessionStore
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Proposal, Turn
from sizing_app.task.validation import check_task
from sizing_app.ui.catalogue.ranking import ranking
from sizing_app.ui.forms.policy_choice import FEW, LINES, MANY, budget_for, in_tiers, line_of
from sizing_app.ui.services import Services, policy_titles
from sizing_app.ui.session.drawing import drawing_route
from sizing_app.ui.session.examples import EXAMPLES, card
from sizing_app.ui.session.opened_turn import turn_route
from tests.builders import QuadraticSimulator

MILLER = load_circuit("MILLER")


def test_a_model_and_a_search_come_first_and_every_policy_has_its_line():
    titles = policy_titles(chat=True)
    tiers = in_tiers([(title, name) for name, title in titles.items()])
    assert [name for _, name in tiers[:5]] == ["chat", "tl-grpo", "chat+response-surface", "tl-grpo+response-surface",
                                               "response-surface"]
    assert [title.partition(":")[0] for title, _ in tiers] == [
        "Reasoning model"] * 2 + ["Model, then search"] * 2 + ["Search"] + ["Research"] * (len(titles) - 5)
    assert [budget_for(name) for _, name in tiers[:5]] == [FEW] * 2 + [MANY] * 3
    assert all(line_of(name) for name in titles) and line_of("nosuch") == "" and set(LINES) <= set(POLICIES)


def test_a_model_says_which_circuits_it_was_not_trained_on(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    services = Services(load_circuits(), store, Hub(), QuadraticSimulator(), None, policy_titles(chat=False), "OTA")
    assert services.untrained("tl-grpo", "OTA") == services.untrained("response-surface", "OPAMP1") == ""
    assert services.untrained("tl-grpo", "OPAMP1").startswith("It was not trained on OPAMP1, only on OTA, ")
    store.close()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.button)
def test_an_example_is_a_task_that_can_start(example):
    circuit = load_circuit(example.circuit)
    task = example.task(circuit)
    check_task(task, "Example")
    asked = {spec.metric: (spec.low, spec.high) for spec in task.specs}
    assert len(asked) == len(circuit.specs) and all(asked[name] == bounds for name, bounds in example.bounds.items())
    shown = card(example, circuit)
    assert all(circuit.metric(name).title in shown for name in example.bounds) and "schematic" in shown


def test_policies_are_ranked_by_the_share_met_with_the_default_first(tmp_path):
    folder = tmp_path / "evaluation"
    folder.mkdir()
    met = {"mlp": (1, 1), "tl-grpo": (1, 0), "random": (0, 0)}
    with (folder / "results.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(Result)])
        writer.writeheader()
        writer.writerows(dataclasses.asdict(Result("TOY", "standard", query, policy, float(passed), passed, 2, 0.1))
                         for policy, all_passed in met.items() for query, passed in enumerate(all_passed))
    html = ranking(tmp_path, set(), "tl-grpo")
    assert html.index("tl-grpo") < html.index("mlp") < html.index("random") and html.count("default") == 1
    assert html.index("50%") < html.index("100%") < html.index(">0%") and html.count("\u2013") == 6
    assert ranking(tmp_path / "nothing", set(), "tl-grpo") == ""


class Inspected(QuadraticSimulator):
    """One transistor, in triode; counts how often it is asked."""

    asked = 0

    def operating_point(self, circuit, parameters, conditions) -> OperatingPoint:
        self.asked += 1
        return OperatingPoint("ok", (Device("M5", "nmos", 1e-6, 1e-6, 36e-6, 1e-4, 1e-6, 0.7, 0.1, 0.5, 0.15),))


@pytest.fixture
def served(tmp_path):
    """(client, simulator, session) of MILLER at its golden design, which a policy left as it is in one turn."""
    store, simulator = SessionStore(f"sqlite:///{tmp_path}/sessions.db"), Inspected()
    services = Services({"MILLER": MILLER}, store, Hub(), simulator, None, policy_titles(chat=False), "MILLER")
    design = golden(MILLER)
    task = Task(MILLER, MILLER.specs, MILLER.conditions.nominal, design["parameters"])
    measured = Measurement("ok", design["metrics"])
    turn = Turn(0, Proposal(task.initial), measured, score(measured, task.specs))
    id = store.create(task, "random")
    for item in (turn, replace(turn, index=1, proposal=Proposal(task.initial, "<b>", "<b>I keep it</b>"))):
        store.append(id, TurnFinished(item))
    store.append(id, SessionFinished("passed"))
    with TestClient(Starlette(routes=[drawing_route(services), turn_route(services)])) as client:
        yield client, simulator, id
    store.close()


def test_a_drawing_has_sizes_at_once_and_regions_when_asked_simulated_once(served):
    client, simulator, id = served
    plain = client.get(f"/drawing/{id}/1")
    assert plain.headers["content-type"] == "image/svg+xml" and "91\u00b5/1.3\u00b5" in plain.text
    assert "default-src 'none'" in plain.headers["content-security-policy"] and "triode" not in plain.text
    assert simulator.asked == 0
    for _ in range(2):
        assert "36 \u00b5A tri<" in client.get(f"/drawing/{id}/1?regions=1").text
    assert simulator.asked == 1
    for path in (f"/drawing/{id}/7", "/drawing/nosuchid/0", f"/drawing/{id}/x"):
        assert client.get(path).status_code == 404


def test_an_opened_turn_is_what_a_short_session_has_in_its_row(served):
    client, _, id = served
    answer = client.get(f"/turns/{id}/1")
    assert "&lt;b&gt;I keep it" in answer.text and 'class="result"' in answer.text and "<b>I keep" not in answer.text
    assert client.get(f"/turns/{id}/9").status_code == client.get("/turns/nosuchid/0").status_code == 404
