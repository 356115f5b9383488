"""Filters and their addresses, comparison, distributions, differences, the one-page report, cards and evaluations."""

import csv
import dataclasses
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.circuit.folder import load_circuit
from sizing_app.evaluate.check_file import Difficulty, read_difficulties, write_difficulties
from sizing_app.evaluate.results import Result
from sizing_app.policy.designs import initial_design
from sizing_app.session.events import fold
from sizing_app.store import SessionStore
from sizing_app.store.figures import Reached
from sizing_app.store.notes import Notes
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Proposal, Turn
from sizing_app.ui.catalogue.evaluation_tables import evaluations
from sizing_app.ui.exchange.plot_svg import svg
from sizing_app.ui.exchange.report import report
from sizing_app.ui.library.comparison import comparison_figure, members, parameter_table, session_list, spec_deltas
from sizing_app.ui.library.difference import compared_with, difference
from sizing_app.ui.library.distributions import distribution_figures
from sizing_app.ui.library.filters import (FIELDS, address_of, fields_of, order, order_of, read_filters, sessions_link,
                                           values_of)
from sizing_app.ui.parts.live_plot import figure
from sizing_app.ui.parts.turns import trace
from tests.builders import GOOD, POOR, a_circuit
from tests.test_store import run
from tests.test_ui import HOSTILE, a_session, a_turn, a_task

TEXTS = st.text(max_size=12).filter(lambda text: "\0" not in text)


@given(st.fixed_dictionaries({key: TEXTS for key in FIELDS if key not in ("status", "only")}),
       st.sampled_from(["", "passed", "starred", "passed,starred"]), st.sampled_from(["", "running", "passed"]))
def test_an_address_reproduces_the_fields(texts, only, status):
    fields = {**texts, "only": only, "status": status}
    address = address_of(fields, order("best_reward", False, 3))
    assert fields_of(values_of(address)) == fields
    assert order_of(address) == order("best_reward", False, 3)
    read_filters(fields)


def test_wrong_fields_are_named_and_the_rest_is_asked():
    asked = read_filters({"q": "x", "from": "2026-02-30", "to": "2026-02-01", "status": "happy", "only": "passed"})
    assert asked.filters["search"] == "x" and asked.filters["passed"] is True and asked.filters["status"] is None
    assert asked.filters["since"] is None and asked.filters["until"] > 1.7e9
    assert len(asked.problems) == 2 and "'2026-02-30' is not a day" in asked.problems[0]
    assert order_of({"p": "-3", "sort": "task"}) == order()
    assert dict(parse_qsl(sessions_link(source="a&b", circuit="")[1:])) == {"view": "sessions", "source": "a&b"}


def test_sessions_are_compared_with_the_first_one():
    one = a_session(a_turn(a_task(), 0, POOR), a_turn(a_task(), 1, GOOD))
    two = a_session(a_turn(a_task(), 0, POOR), task=a_task(), policy=HOSTILE, end="budget")
    other = a_session(a_turn(a_task(a_circuit("OTHER")), 0, GOOD), task=a_task(a_circuit("OTHER")))
    compared = members([("aa", one), ("bb", two), ("cc", other)])
    drawn = json.loads(json.dumps(comparison_figure(compared), allow_nan=False))
    assert [trace["x"] for trace in drawn["data"]] == [[0, 1, 5], [0, 5], [0, 5]]
    assert drawn["data"][0]["y"][-2:] == [1.0, 1.0]
    specs, parameters = spec_deltas(compared), parameter_table(compared)
    assert specs.count("<section") == 2 == parameters.count("<section"), "other circuits stand apart"
    assert "A, turn 1" in specs and "\u221250" in specs and ">same<" not in specs
    assert parameters.count("changed") == 1 and "\u25b2 \u00d76.00" in parameters
    assert "?view=sessions&amp;review=bb" in session_list(compared) and "<script" not in session_list(compared)


def test_distributions_count_every_session(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/s.db")
    for _ in range(3):
        run(store, policy="a")
    run(store, policy="b", task=a_task(budget=1), script=[[]])
    rows = store.reached()
    assert sum(row.sessions for row in rows) == 4 and store.reached(policy="b")[0].first_passed is None
    best, share, spent = distribution_figures(rows)["figures"]
    assert "4 sessions" in best["note"] and [bar["y"] for bar in share["data"]] == [[1.0], [0.0]]
    assert spent["data"][0]["median"] == [2.0] and [trace["name"] for trace in spent["data"]] == ["a"]
    assert best["data"][0]["line"] == spent["data"][0]["line"]
    assert distribution_figures([Reached("X", "p", None, None, 5)])["figures"][0]["data"] == []
    store.close()


def real_session():
    """OTA: a second turn that lengthens l_cas."""
    circuit = load_circuit("OTA")
    design = initial_design(circuit, 0)
    task = Task(circuit, circuit.specs, circuit.conditions.nominal, design, 2)
    metrics = {spec.metric: spec.low if spec.low is not None else spec.high for spec in circuit.specs}
    designs = (design, {**design, "l_cas": 2 * design["l_cas"]})
    turns = [Turn(index, Proposal(values, HOSTILE, f"I lengthen l_cas. {HOSTILE}"), measured,
                  score(measured, task.specs)) for index, values in enumerate(designs)
             for measured in [Measurement("ok", {**metrics, "gain": 50.0 + 30 * index})]]
    return a_session(*turns, task=task, policy=HOSTILE)


def test_the_difference_names_parameters_and_netlist_lines():
    state = real_session()
    before, after = compared_with(state.history, 1, state.best, "former")
    text = difference(state.task, before, after)
    assert text.count("<code>") == 1 and "l_cas" in text and "4 netlist lines differ" in text
    assert [text.count(f'class="{kind}"') for kind in ("gone", "new")] == [4, 4]
    assert "the first one" in difference(state.task, *compared_with(state.history, 0, state.best, "former"))
    assert "the best one" in difference(state.task, *compared_with(state.history, 1, state.best, "best"))


class Outline(HTMLParser):
    """Tags that are open, and everything that a page would load or run."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.loads, self.scripts = [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script"
        self.loads += [value for name, value in attributes if name in ("src", "href", "srcset") or name[:2] == "on"]
        if tag not in ("meta", "img", "br", "path", "circle", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("path", "circle", "line"):
            assert self.open.pop() == tag


def test_a_report_is_one_page_without_anything_from_elsewhere():
    state = real_session()
    text = report(state, "abc", Notes(HOSTILE, True, ("thesis",), "xyz"))
    page = Outline(text)
    assert page.open == [] and page.scripts == 1
    assert [load[:26] for load in page.loads] == ["data:image/svg+xml;base64,"]
    assert "url(" not in text and "@import" not in text
    assert text.count('class="turn folded"') == 2 and "thesis" in text and "was xyz" in text
    assert re.search(r"w=\S+ l=", text), "the sized netlist"
    assert "Fork" not in text and "Fork" in trace(state)[0]["html"], "no button that nothing answers to"


def test_the_plot_without_a_script_has_every_point():
    state = a_session(a_turn(a_task(), 0, POOR), a_turn(a_task(), 1, GOOD))
    drawn = svg(figure(state, "abc"))
    assert drawn.count("<circle") == 1 and drawn.count("<title>") == 2 and "Turn 1: reward 1.000" in drawn
    assert svg(figure(fold([]), "")) == ""


def test_an_evaluation_is_a_table_whose_cells_lead_to_stored_traces(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/s.db")
    folder = tmp_path / "runs" / "evaluation" / "tight"
    folder.mkdir(parents=True)
    with (folder / "results.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(Result)])
        writer.writeheader()
        writer.writerows(dataclasses.asdict(Result("TOY", "tight", query, policy, 0.5 + 0.5 * query, query, 2, 0.1))
                         for query in (0, 1) for policy in ("bayes", HOSTILE))
    assert "<a " not in evaluations(tmp_path, store, {"TOY"}, ["bayes"])
    run(store, policy="bayes", source="tight")
    html = evaluations(tmp_path, store, {"TOY"}, ["bayes"])
    assert html.count("0.750 [0.500, 1.000]") == html.count("50% [0%, 100%]") == 4, "cells and means of two policies"
    assert html.count("<tr>") == 3 and html.index("bayes") < html.index("&lt;script") and "Held out" in html
    assert html.count("<a ") == 2 and "source=tight&amp;circuit=TOY&amp;policy=bayes&amp;only=passed" in html
    assert "<script" not in html
    store.close()


def test_the_figures_of_a_check_are_kept_by_circuit(tmp_path):
    path = tmp_path / "check.json"
    row = Difficulty("OTA", 8, 8, 200, 1.0, 0.015, 0.05, 22.0, 72.0, 20, {"random": 0.3})
    write_difficulties(path, [row, replace(row, circuit="A")])
    write_difficulties(path, [replace(row, designs=10)])
    assert [(item.circuit, item.designs) for item in read_difficulties(path)] == [("A", 200), ("OTA", 10)]
    path.write_text('[{"circuit": 3}]')
    with pytest.raises(ValueError, match="check.json"):
        read_difficulties(path)
    shipped = {item.circuit: item for item in read_difficulties()}
    assert all(item.golden_met == item.golden_specs for item in shipped.values()) and len(shipped) == 17
