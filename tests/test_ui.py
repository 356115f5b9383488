"""What the pages show and how they read what people type; the browser tests are in tests/e2e."""

import json
import re
import threading
from dataclasses import replace

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.circuit.definition import Spec
from sizing_app.circuit.folder import load_circuit
from sizing_app.errors import PolicyError
from sizing_app.hub import Hub
from sizing_app.policy import MODELS
from sizing_app.policy.designs import initial_design
from sizing_app.session.events import SessionFinished, SessionStarted, TurnFinished, TurnStarted, Wrote, fold
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore
from sizing_app.task.definition import Plan
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Proposal, SpecScore, Turn
from sizing_app.ui.exchange.export import KINDS
from sizing_app.ui.forms.form import initial_table, initial_values, read_task, spec_table
from sizing_app.ui.forms.limit_form import limit_table
from sizing_app.ui.forms.over_form import Chosen
from sizing_app.ui.forms.policy_choice import FEW, MANY
from sizing_app.ui.forms.task_form import TaskForm
from sizing_app.ui.page import build
from sizing_app.ui.parts.header import header
from sizing_app.ui.parts.heat_strip import LEVELS, cell, cells
from sizing_app.ui.parts.live_plot import figure, plotly_script
from sizing_app.ui.parts.render import alert, counted, margin_text, percent, reward, verdict
from sizing_app.ui.parts.search_board import DIGITS, Search, violation
from sizing_app.ui.parts.spec_board import spec_board
from sizing_app.ui.parts.turn_sections import split_reply
from sizing_app.ui.parts.turns import Trace, trace
from sizing_app.ui.parts.verdict import verdict_of
from sizing_app.ui.services import Services, policy_titles
from sizing_app.ui.race.race_page import RacePage
from sizing_app.ui.session.run_page import RunPage
from sizing_app.ui.session.session_stream import session_stream
from tests.builders import (END, GOOD, POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, a_circuit_without_words,
                            a_task, write)

HOSTILE = "<script>alert(1)</script><b onmouseover=x>"


def read(circuit, specs=None, kind="random", initial=None, budget=5, seed=0):
    return read_task(circuit, circuit.conditions.nominal, specs or spec_table(circuit, circuit.specs), kind,
                     initial or initial_table(circuit, initial_values(circuit, "middle", 0)), budget, seed)


def with_cell(table: dict, row: str, column: str, text: str) -> dict:
    return {**table, "rows": [{**item, "cells": {**item["cells"], column: text}} if item["name"] == row else item
                              for item in table["rows"]]}


def a_turn(task, index: int, parameters, reasoning: str = "because") -> Turn:
    measurement = QuadraticSimulator().evaluate(task.circuit, parameters, task.conditions)
    return Turn(index, Proposal(parameters, f"<Analyze>{reasoning}</Analyze>", reasoning), measurement,
                score(measurement, task.specs))


def a_session(*turns, task=None, policy="random", end="passed"):
    task = task or a_task()
    events = [SessionStarted(task, policy), *(TurnFinished(turn) for turn in turns)]
    return fold([*events, SessionFinished(end)] if end else events)


@pytest.mark.parametrize("name", ["OTA", "MILLER"])
def test_the_default_form_is_the_default_task(name):
    circuit = load_circuit(name)
    task = read(circuit).task
    assert task.specs == circuit.specs
    assert task.initial == initial_design(circuit, 0)
    assert all(parameter.contains(task.initial[parameter.name]) for parameter in circuit.parameters)
    assert read(circuit, kind="middle").task.initial == initial_values(circuit, "middle", 3)


def test_suffixes_units_and_empty_cells():
    circuit = a_circuit()
    table = with_cell(spec_table(circuit, circuit.specs), "power", "high", " 2.5uW ")
    table = with_cell(table, "gain", "low", "")
    (spec,) = read(circuit, table).task.specs
    assert (spec.metric, spec.low, spec.high) == ("power", None, pytest.approx(2.5e-6))


@pytest.mark.parametrize(("row", "column", "text", "words"), [
    ("gain", "low", "5O", ("Gain, lower bound", "'5O'")),
    ("gain", "high", "40", ("Gain: the lower bound 50 dB is above the upper bound 40 dB",)),
    ("power", "high", "0", ("Power", "a bound of 0", "other than 0")),
    ("power", "high", "1e999", ("Power, upper bound", "finite"))])
def test_a_wrong_cell_names_metric_and_expectation_and_keeps_what_was_typed(row, column, text, words):
    circuit = a_circuit()
    reading = read(circuit, with_cell(spec_table(circuit, circuit.specs), row, column, text))
    assert reading.task is None
    (problem,) = reading.problems
    assert all(word in problem for word in words)
    shown = next(item for item in reading.specs["rows"] if item["name"] == row)
    assert shown["cells"][column] == text and problem in shown["errors"].values()


def test_all_problems_are_told_at_once():
    circuit = a_circuit()
    specs = with_cell(with_cell(spec_table(circuit, ()), "gain", "low", "x"), "power", "high", "y")
    initial = with_cell(initial_table(circuit, GOOD), "w", "value", "1m")
    reading = read(circuit, specs, "typed", initial, budget=5001, seed=None)
    assert len(reading.problems) == 5
    assert any("w: 1m is outside 1 µm to 100 µm" in problem for problem in reading.problems)
    assert read(circuit, spec_table(circuit, ())).problems == (
        "Specs: at least one metric needs a lower or an upper bound.",)


def test_typed_initial_values_are_the_task():
    circuit = a_circuit()
    reading = read(circuit, kind="typed", initial=with_cell(initial_table(circuit, GOOD), "w", "value", "12u"))
    assert reading.task.initial == {"w": pytest.approx(12e-6), "m": 10.0}


@given(st.text(alphabet="ab <>/{}\"\n", max_size=40), st.integers(0, 120))
def test_a_growing_reply_never_shows_a_tag(reasoning, cut):
    reasoning = reasoning.replace("<", "(")
    reply = f'<Analyze>{reasoning}</Analyze><tool_call>{{"name":"simulate"}}</tool_call>'
    shown, call = split_reply(reply[:cut])
    assert "Analyze" not in shown and "tool_call" not in shown + call
    assert reasoning.strip().startswith(shown.rstrip()) or cut >= len(reply)
    assert split_reply(reply) == (reasoning.strip(), '{"name":"simulate"}')


def test_everything_that_was_written_is_escaped():
    turn = a_turn(a_task(), 1, POOR, HOSTILE)
    turn = replace(turn, proposal=replace(turn.proposal, problems=(HOSTILE,)))
    failed = Turn(2, Proposal(POOR, HOSTILE, HOSTILE), Measurement("crashed", {}, HOSTILE),
                  score(Measurement("crashed", {}), a_task().specs))
    state = a_session(a_turn(a_task(), 0, POOR), turn, failed, policy=HOSTILE, end=None)
    state = fold([TurnStarted(3), Wrote(3, HOSTILE)], state)
    html = "".join(block["html"] for block in trace(state)) + header(state, HOSTILE) + spec_board(state)
    html += header(replace(state, status="failed", message=HOSTILE, storage_problem=HOSTILE), "x")
    assert "<script" not in html and "<b on" not in html
    assert html.count("&lt;script&gt;") >= 8


def test_spec_board_and_turns_say_in_words_what_colours_say():
    state = a_session(a_turn(a_task(), 0, POOR), a_turn(a_task(), 1, GOOD))
    assert "met" in spec_board(state) and "Turn 1, best" in spec_board(state)
    assert "All specs met" in header(state, "abc") and "export/abc/netlist" in header(state, "abc")
    newest, oldest = trace(state)
    assert 'data-event="fork"' in newest["html"] and "fork" not in trace(state, forks=False)[0]["html"]
    assert newest["key"] == "turn-1" and "best" in newest["html"] and "2 of 2 <" in newest["html"]
    assert "\u25bc \u00d70.17" in newest["html"] and "changed" not in oldest["html"]


def test_a_verdict_says_what_was_checked_and_what_is_missed_most():
    task = a_task()
    poor = verdict_of(a_session(a_turn(task, 0, POOR), end="budget"))
    assert poor.kind == "failed" and poor.open == "Corners not checked."
    assert poor.headline == ("0 of 2 specs met at tt, 27 \u00b0C, 3.3 V; Power misses by 4 \u00b5W, "
                             "Gain misses by 40 dB.")
    good = verdict_of(a_session(a_turn(task, 0, POOR), a_turn(task, 1, GOOD)))
    assert (good.kind, good.headline) == ("met", "All 2 specs met at tt, 27 \u00b0C, 3.3 V.")
    assert "Found in 1 simulation" in good.facts
    everywhere = replace(task, plan=Plan((task.conditions, replace(task.conditions, corner="ss"))))
    checked = verdict_of(a_session(a_turn(everywhere, 0, GOOD), task=everywhere))
    assert (checked.open, checked.headline) == ("Other corners not checked.", "All 2 specs met over 2 conditions.")
    assert verdict_of(a_session(task=task, end=None)).kind == "running"


def test_margins_are_in_the_units_of_the_metric_and_a_bar_has_the_target_at_one_place():
    circuit = a_circuit()
    gain, power = circuit.metric("gain"), circuit.metric("power")
    assert margin_text(gain, circuit.specs[0], 54.68) == "+4.68 dB"
    assert margin_text(power, circuit.specs[1], 2.5e-6) == "\u2212500 nW"
    assert margin_text(gain, Spec("gain", low=8.0, high=8.0), 8.0) == "" == margin_text(gain, circuit.specs[0], None)
    html = spec_board(a_session(a_turn(a_task(), 0, POOR)))
    assert html.count('class="tick" style="left:45.5%"') == 2 and "Why reward 0.000?" in html


def test_a_strip_has_one_character_a_turn():
    broken = Turn(1, Proposal(POOR), Measurement("timeout", {}), score(Measurement("timeout", {}), a_task().specs))
    near = replace(a_turn(a_task(), 2, POOR).score.specs[0], score=0.9)
    history = (a_turn(a_task(), 0, GOOD), broken, Turn(3, Proposal(None, finished=True), None, None))
    assert cells(history, 0) == "+- " and cell(near) == LEVELS[55] and cell(replace(near, score=0.0)) == "0"


def test_a_long_session_sends_points_of_one_character_and_rows_that_are_filled_later():
    task = a_task(budget=300)
    turns = [a_turn(task, index, {"w": 90e-6 - index * 8e-6, "m": 10.0}) for index in range(11)]
    state = a_session(*turns, task=task)
    distance, gain, power = Search().blocks(state)
    assert violation(turns[10]) == 0.0 and violation(turns[0]) > violation(turns[5]) > 0
    points = re.search('data-points="([^"]*)"', gain["html"])[1]
    assert len(points) == 11 and [DIGITS.index(point) >= len(DIGITS) // 2 for point in points] == [
        turn.score.specs[0].met for turn in turns]
    assert f"{sum(turn.score.passed for turn in turns)} of 11 designs meet all" in distance["html"]
    assert power["key"] == "power"
    assert Search().blocks(a_session(*turns, task=a_task(budget=20))) == []
    growing = Search()
    growing.blocks(a_session(*turns[:5], task=task))
    assert growing.blocks(state) == [distance, gain, power]
    newest = Trace(session_id="abc").blocks(state)[0]["html"]
    assert 'data-src="turns/abc/10"' in newest and "prose" not in newest and "prose" in trace(state)[0]["html"]


def test_finished_turns_are_drawn_again_only_when_there_is_a_further_one():
    turns, growing = [a_turn(a_task(), index, design) for index, design in enumerate((POOR, POOR, GOOD))], Trace()
    state = a_session(*turns[:2], end=None)
    newest, first = growing.blocks(state)
    writing = fold([TurnStarted(2), Wrote(2, "because")], state)
    live, *finished = growing.blocks(writing)
    assert "because" in live["html"] and finished[0] is newest and finished[1] is first and "badge" in first["html"]
    last, _, first = growing.blocks(fold([TurnFinished(turns[2])], writing))
    assert "badge" in last["html"] and "badge" not in first["html"]
    assert growing.blocks(writing) == trace(writing)


def test_thoughts_are_shown_live_and_apart_from_the_reply():
    """Of a model server: the latest of them while it thinks, their number of words once it replies."""
    events = [SessionStarted(a_task(), "chat"), TurnStarted(1), Wrote(1, "hm, ", "thought"),
              Wrote(1, f"{HOSTILE} <tool_call>", "thought")]
    live = trace(fold(events))[0]["html"]
    assert "thinking" in live and "Thoughts, 4 words" in live and 'prose quiet">hm, &lt;script' in live
    assert 'prose live"></p>' in live and "simulate" not in live and "<script" not in live
    replies = trace(fold([*events, Wrote(1, "<Analyze>I raise w")]))[0]["html"]
    assert 'prose live">I raise w</p>' in replies and "Thoughts, 4 words" in replies and "hm" not in replies


def test_statements_that_can_be_checked_are_checked():
    def shown(reasoning: str) -> str:
        task, policy = replace(a_task(budget=1), initial=POOR), ScriptedPolicy([write(reasoning, GOOD)])
        state = fold(run_session(task, policy, QuadraticSimulator(), threading.Event()))
        newest, oldest = trace(state)
        assert "Checked" not in oldest["html"]
        return newest["html"]

    half = shown("Perhaps. I cut w. I expect gain down.")
    assert "1 of 2 statements are true.</p>" in half and "true</span> cut w</li>" in half
    assert "did not come true</span> gain down</li>" in half
    assert "</i> came true</span> gain up</li>" in shown("I cut w. I expect gain up.")
    assert "2 of 2 statements are true.</p>" in shown("I cut w. I expect gain up.")
    assert "Checked" not in shown("I make the input pair narrower, which should help.")


@pytest.mark.parametrize(("value", "margin", "met", "word"), [
    (1.0, 0.2, True, "met"), (1.0, -0.1, False, "nearly"), (1.0, -0.11, False, "failed"),
    (None, None, False, "missing"), (1.0, None, False, "failed")])
def test_verdicts(value, margin, met, word):
    assert verdict(SpecScore("gain", value, 0.0, met, margin)) == word


def test_numbers_for_people():
    assert [percent(margin) for margin in (0.123, -0.0123, -40.0, None)] == [
        "+12 %", "\u22121.2 %", "< \u2212999 %", ""]
    assert (reward(0.99996), reward(1.0)) == ("0.999", "1.000")


def test_counts_and_alerts():
    assert [counted(1, "design"), counted(1200, "design"), counted(2, "supply", "supplies")] == [
        "1 design", "1,200 designs", "2 supplies"]
    assert alert("") == "" and alert("<b>") == '<p class="warning" role="alert">&lt;b&gt;</p>'


def test_the_figure_is_json_without_nan_and_marks_the_replayed_turn():
    state = a_session(a_turn(a_task(), 0, POOR), a_turn(a_task(), 1, GOOD), a_turn(a_task(), 2, POOR))
    drawn = json.loads(json.dumps(figure(state, "abc", cursor=1), allow_nan=False))
    best, turns = drawn["data"]
    assert best["y"] == [turns["y"][0], 1.0, 1.0] and turns["marker"]["opacity"] == [1, 1, 0.3]
    assert drawn["layout"]["shapes"][0]["x0"] == 1 and drawn["layout"]["uirevision"] == "abc"
    assert plotly_script().is_file()


def test_exports_of_a_real_circuit():
    circuit = load_circuit("OTA")
    design = initial_design(circuit, 1)
    task = replace(a_task(), circuit=circuit, specs=circuit.specs, conditions=circuit.conditions.nominal,
                   initial=design)
    metrics = {metric.name: 1.0 for metric in circuit.metrics} | {"cmrr": None}
    measurement = Measurement("ok", metrics)
    state = a_session(Turn(0, Proposal(design), measurement, score(measurement, task.specs)), task=task, end=None)
    texts = {kind: write(state, state.best) for kind, (_, _, write) in KINDS.items()}
    assert json.loads(texts["json"])["parameters"] == design
    assert len(texts["csv"].splitlines()) == 1 + len(circuit.parameters) + len(circuit.metrics)
    assert "{" not in texts["netlist"] and circuit.title in texts["netlist"]


def services_of(tmp_path, make_policy) -> Services:
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    return Services({"TOY": a_circuit()}, store, Hub(), QuadraticSimulator(), make_policy, policy_titles(chat=False),
                    "TOY")


def begin(services: Services):
    """Press Start with the default form; returns (session id or nothing, text of the problems)."""
    import gradio as gr
    with gr.Blocks():
        page = RunPage(services)
    circuit = services.circuits["TOY"]
    point = circuit.conditions.nominal
    session_id, problems, *_ = page.begin(
        False, "TOY", point.corner, point.temperature, point.supply, point.load, *Chosen(),
        spec_table(circuit, circuit.specs), 5, 0, "middle", initial_table(circuit, GOOD), "",
        limit_table(circuit, {}), "", "stop", False, "random")
    return page, session_id if isinstance(session_id, str) else "", problems


def test_a_policy_that_cannot_be_made_starts_nothing(tmp_path):
    def make_policy(name):
        raise PolicyError("no checkpoint: `make train` writes it")

    services = services_of(tmp_path, make_policy)
    _, session_id, problems = begin(services)
    assert not session_id and "make train" in problems and services.store.count() == 0


@pytest.mark.parametrize("name, words", [("mlp", "no network of it"), ("tl-grpo", "no words for far"),
                                         ("lookup", "no simulated designs")])
def test_a_policy_that_cannot_size_the_circuit_starts_nothing(tmp_path, name, words):
    services = services_of(tmp_path, ScriptedPolicy)
    with pytest.raises(PolicyError, match=f"{name} cannot size TOY: .*{words}.*Choose another policy"):
        services.start(a_task(a_circuit_without_words()), name)
    assert services.store.count() == 0


def test_only_policies_that_can_size_a_circuit_are_offered(tmp_path):
    services = replace(services_of(tmp_path, ScriptedPolicy), shipped={"TOY": a_circuit(), "OTA": load_circuit("OTA")})
    offered = [[name for _, name in services.policies_for(circuit)] for circuit in ("OTA", "TOY")]
    untrained = {name for name in ("trajectory-grpo", "single-turn-grpo", "gtpo") if not (MODELS / name).exists()}
    assert offered == [[name for name in policy_titles(chat=False) if name not in untrained],
                       [name for name in ("response-surface", "tl-grpo", "sft", "tl-grpo+cma-es",
                                          "tl-grpo+response-surface", "bayes", "tpe", "cma-es", "random",
                                          "trajectory-grpo", "single-turn-grpo", "gtpo") if name not in untrained]]


def test_a_circuit_that_only_a_search_can_size_is_given_the_designs_of_a_search(tmp_path):
    """On the way from a circuit's own page to the form, and where the circuit is chosen in it."""
    services = replace(services_of(tmp_path, ScriptedPolicy), shipped={"TOY": a_circuit(), "OTA": load_circuit("OTA")})
    with gr.Blocks():
        form = TaskForm(services)
    place = form.fields.index(form.budget)
    assert [form.preset(name, [""])[place] for name in ("OTA", "TOY")] == [FEW, MANY]
    assert [form.preset("OTA", [name])[place] for name in ("response-surface", "random")] == [MANY, FEW]


def test_a_circuit_that_somebody_removed_is_said_and_starts_nothing(tmp_path):
    services = services_of(tmp_path, ScriptedPolicy)
    services.store.circuits.save(replace(load_circuit("OTA"), name="MINE"))
    with gr.Blocks():
        page = RunPage(services)
    form, said = page.form, "Circuit: MINE was removed, choose another one."
    values = [getattr(field, "value", None) for field in form.fields]
    values[0] = "MINE"
    assert services.store.circuits.remove("MINE") == 0
    session_id, problems, *_ = page.begin(False, *values)
    assert session_id == gr.skip() and said in problems and services.store.count() == 0
    assert said in form._lines("MINE", "random")
    assert page.change_circuit("MINE") == [gr.skip()] * 2 == form.change_initial("MINE", "middle", 0)
    changed = form.change_circuit("MINE", "random", 0, "random")
    assert changed == [gr.skip()] * len(form.change_circuit("TOY", "random", 0, "random"))


def test_start_then_follow_shows_every_turn_and_the_end(tmp_path):
    script = [write("<Analyze>narrower</Analyze>", GOOD), END]
    services = services_of(tmp_path, lambda name: ScriptedPolicy(script))
    page, session_id, problems = begin(services)
    assert session_id and not problems
    *_, last = session_stream(services, session_id)
    assert "All specs met" in last["header"][0]["html"]
    assert [turn["key"] for turn in last["turns"]] == ["head", "turn-2", "turn-1", "turn-0"]
    shown, *_, best, start, stop = page.controls(session_id, {})
    assert shown == last["phase"] and not shown["running"]
    assert best.visible and start.interactive and not stop.interactive
    assert list(session_stream(replace(services, hub=Hub()), session_id)) == [last], "the store tells the same"


@pytest.mark.parametrize("source, said", [("cli", "in a terminal: stop it there"), ("app", "another process"),
                                          ("front", "stopped with the front"), ("notebook", "interrupt its cell")])
def test_a_session_that_runs_elsewhere_is_not_stopped_here_and_the_page_says_where(tmp_path, source, said):
    services = services_of(tmp_path, ScriptedPolicy)
    session_id = services.store.create(a_task(), "random", source=source)
    with gr.Blocks():
        page = RunPage(services)
    values = page.controls(session_id, {})
    place = 1 + page.steering.outputs.index(page.steering.elsewhere)
    assert said in values[place] and not values[-1].interactive and not values[-2].interactive
    services.store.append(session_id, SessionFinished("stopped"))
    assert page.controls(session_id, values[0])[place] == ""


def test_of_a_race_only_lanes_of_this_process_are_stopped(tmp_path):
    services = services_of(tmp_path, lambda name: ScriptedPolicy([write("again", POOR)]))
    with gr.Blocks():
        page = RacePage(services)
    elsewhere = services.store.create(a_task(), "random", source="race")
    assert [button.interactive for button in page.buttons(f"{elsewhere},{elsewhere}")] == [False, False]
    here = services.start(a_task(), "random", review=True)
    assert [button.interactive for button in page.buttons(f"{elsewhere},{here}")] == [False, True]
    services.hub.close()


def test_a_tab_holds_no_connection_of_gradio(tmp_path):
    assert build(services_of(tmp_path, ScriptedPolicy)).get_config_file()["connect_heartbeat"] is False


def test_the_page_names_no_outside_address(tmp_path):
    config = json.dumps(build(services_of(tmp_path, ScriptedPolicy)).get_config_file(), default=str)
    for words in ("https://www.w3.org", "https://github.com/gradio-app/gradio/raw/"):  # a namespace, an example
        config = config.replace(words, "")
    assert "https://" not in config
