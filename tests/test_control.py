"""What a person does to a session: limits, hints, pauses, edits, continuations; all of it stored as theirs."""

import math
import threading
from dataclasses import replace

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.hub import Hub
from sizing_app.policy import make_policy
from sizing_app.policy.bayesian import BayesianSearch
from sizing_app.policy.random_search import RandomSearch
from sizing_app.prompt import chat
from sizing_app.session.control import Control, Decision
from sizing_app.session.events import Paused, Proposed, SessionFinished, TurnFinished, fold
from sizing_app.session.loop import run_session, take_round
from sizing_app.store import SessionStore, record
from sizing_app.task.limits import hold, narrowed, within_limits
from sizing_app.task.turn import Proposal, Turn
from sizing_app.ui.forks.family import family_html
from sizing_app.ui.forms.limit_form import limit_table, proposal_table, read_edits, read_limits
from sizing_app.ui.parts.header import header
from sizing_app.ui.parts.turns import trace
from sizing_app.ui.services import Services, policy_titles
from sizing_app.ui.session.session_stream import phase
from sizing_app.ui.session.steering import DECIDED, SteeringView
from tests.builders import END, GOOD, POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, a_task, write

LIMITS = {"w": (5e-6, 20e-6), "m": (10.0, 10.0)}
WIDE = {"w": 60e-6, "m": 3.0}


@pytest.fixture
def store(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    yield store
    store.close()


def limited(**changes):
    return replace(a_task(**changes), limits=LIMITS)


def play(task, script, control, decide=lambda event: None):
    """The events of a session; ``decide`` is called with each as it comes."""
    events = []
    for event in run_session(task, ScriptedPolicy(script), QuadraticSimulator(), control):
        events.append(event)
        decide(event)
    return events


def with_cell(table: dict, row: str, column: str, text: str) -> dict:
    return {**table, "rows": [{**item, "cells": {**item["cells"], column: text}} if item["name"] == row else item
                              for item in table["rows"]]}


@given(st.floats(1e-6, 100e-6), st.integers(1, 20))
def test_what_is_simulated_is_always_within_the_limits(width, ratio):
    within, held = hold({"w": width, "m": float(ratio)}, LIMITS)
    assert all(low <= within[name] <= high for name, (low, high) in LIMITS.items())
    assert set(held) == {name for name, value in (("w", width), ("m", ratio))
                         if not math.isclose(value, within[name], rel_tol=1e-9)}


def test_a_proposal_outside_the_limits_is_held_and_the_trace_says_so(store):
    session_id = store.create(limited(), "scripted")
    events = run_session(limited(), ScriptedPolicy([write("wide", WIDE), END]), QuadraticSimulator(), Control())
    state = fold(record(store, session_id, events))
    proposal = state.history[1].proposal
    assert (proposal.parameters, proposal.held) == ({"w": 20e-6, "m": 10.0}, WIDE)
    assert fold(store.events(session_id)) == state, "limits and what was held are stored"
    newest = trace(state)[1]["html"]
    assert "Held to the limits" in newest and "w 20 µm (proposed 60 µm)" in newest
    assert "w within 5 µm \u2026 20 µm; m locked at 10" in header(state, "x")


@pytest.mark.parametrize("policy", [RandomSearch(), BayesianSearch()])
def test_optimizers_search_within_the_limits(policy):
    events = run_session(limited(budget=4), within_limits(policy), QuadraticSimulator(), Control())
    designs = [turn.proposal for turn in fold(events).history[1:] if turn.proposal.parameters]
    assert designs and not any(design.held for design in designs)
    assert {design.parameters["m"] for design in designs} == {10.0}
    assert len({design.parameters["w"] for design in designs}) == len(designs), "not all at the border"
    assert narrowed(a_circuit(), {}) == a_circuit()


class Planner(ScriptedPolicy):
    """Plans a round as a whole: the ends of the range of w, and its middle."""

    def propose_round(self, task, history, stop, n):
        w = task.circuit.parameter("w")
        return [Proposal({"w": value, "m": 10.0}, "") for value in (w.low, w.high, w.from_unit(0.5))[:n]]


def test_a_policy_that_plans_rounds_still_does_within_limits():
    start = fold(play(limited(), [END], Control())).history
    events = take_round(limited(), start, within_limits(Planner([END])), QuadraticSimulator(), threading.Event(), 3)
    proposals = [event.proposal for event in events if isinstance(event, Proposed)]
    assert [proposal.parameters["w"] for proposal in proposals] == pytest.approx([5e-6, 20e-6, 10e-6])
    assert not any(proposal.held for proposal in proposals)
    assert not hasattr(within_limits(RandomSearch()), "propose_round")


def test_a_model_is_told_limits_hint_and_what_was_changed():
    task = replace(limited(), hint="Mind the power.")
    changed = Proposal(GOOD, "text", held={"w": 60e-6}, edited={"m": 3.0})
    start = fold(play(task, [END], Control())).history[0]
    text = "\n".join(message["content"] for message in chat.messages(task, (start, replace(
        Turn(1, changed, start.measurement, start.score)))))
    assert "Hint of the engineer: Mind the power." in text and "fixed at 10" in text and "5 µm to 20 µm" in text
    assert "w was held to its range: 10 µm was simulated." in text
    assert "m was changed by the engineer: 10 was simulated." in text
    plain = chat.messages(a_task(), (start,))[1]["content"]
    assert "Hint" not in plain and "fixed" not in plain


def test_a_person_edits_a_proposal_before_it_is_simulated(store):
    control = Control(review=True)

    def decide(event):
        if isinstance(event, Proposed) and event.review:
            control.decide(event.review, {"w": 10e-6} if event.index == 1 else None)

    session_id = store.create(a_task(), "scripted")
    events, policy = [], ScriptedPolicy([write("a", POOR), write("b", POOR), END])
    for event in record(store, session_id, run_session(a_task(), policy, QuadraticSimulator(), control)):
        events.append(event)
        decide(event)
    state = fold(events)
    first, second = state.history[1:3]
    assert (first.proposal.parameters, first.proposal.edited) == ({"w": 10e-6, "m": 10.0}, {"w": POOR["w"]})
    assert first.score.passed and second.proposal == Proposal(POOR, "b", "b")
    assert fold(store.events(session_id)) == state
    shown = {block["key"]: block["html"] for block in trace(state)}
    assert "Edited by a person" in shown["turn-1"] and "w 10 µm (proposed 60 µm)" in shown["turn-1"]
    assert "Edited" not in shown["turn-2"]
    waiting = next(at for at, event in enumerate(events) if isinstance(event, Proposed))
    paused_state = fold(events[:waiting + 1])
    assert paused_state.current.review and "Waiting for you" in header(paused_state, "x")
    assert not fold(events[:waiting + 2]).current.review


def test_a_stop_while_a_person_thinks_drops_the_turn():
    control = Control(review=True)
    events = play(a_task(), [write("a", POOR)], control,
                  lambda event: control.set() if isinstance(event, Proposed) else None)
    assert fold(events).status == "stopped" and len(fold(events).history) == 1


class PlansRounds(ScriptedPolicy):
    """Plans rounds too."""

    def propose_round(self, task, history, stop, n):
        return [Proposal(POOR)] * n


@pytest.mark.parametrize("policy", [ScriptedPolicy, PlansRounds])
def test_under_review_a_round_is_taken_turn_by_turn(policy):
    control, shown = Control(review=True, patience=60), []
    task = replace(a_task(budget=4), round=2)
    for event in run_session(task, policy([write("a", POOR)]), QuadraticSimulator(), control):
        if isinstance(event, Proposed) and event.review:
            shown.append(event.index)
            control.decide(event.review, {"w": 50e-6})
            control.set_review(event.index < 2)
        elif isinstance(event, TurnFinished):
            last = event.turn
    assert shown == [1, 2] and (last.index, last.seen) == (4, 3), "then in rounds again"


def test_review_that_comes_during_a_round_waits_for_the_next_one():
    control, shown = Control(patience=60), []
    task = replace(a_task(budget=3), round=2)
    policy = ScriptedPolicy([write("a", POOR)], between=lambda stop: control.set_review(True))
    for event in run_session(task, policy, QuadraticSimulator(), control):
        if isinstance(event, Proposed) and event.review:
            shown.append(event.index)
            control.decide(event.review)
    assert shown == [3] and not control.is_set()


def test_review_that_is_switched_off_lets_the_waiting_proposal_go():
    control = Control(review=True)
    events = play(a_task(budget=2), [write("a", POOR)], control,
                  lambda event: control.set_review(False) if isinstance(event, Proposed) else None)
    assert fold(events).status == "budget" and not fold(events).history[1].proposal.edited


def test_the_first_decision_counts():
    control = Control(review=True)
    control.decide(1, {"w": 1.0})
    control.decide(1, {"w": 2.0})
    assert control.decision(1) == Decision({"w": 1.0})


def waits_in(services: Services, session_id: str, turn: int) -> dict:
    """The phase that the controls show once the proposal of a turn waits for a person."""
    state = next(state for state in services.states(session_id)
                 if state.current and state.current.review and state.current.index == turn)
    return phase(state, session_id, services.control(session_id))


def test_nobody_decides_on_a_proposal_that_they_did_not_see(store):
    titles = policy_titles(chat=False)
    services = Services({"TOY": a_circuit()}, store, Hub(), QuadraticSimulator(), make_policy, titles, "TOY")
    with gr.Blocks():
        view = SteeringView(services, gr.Checkbox())
    session_id = services.start(a_task(budget=3), "random", review=True)
    shown = waits_in(services, session_id, 1)
    state = services.state(session_id)
    table = proposal_table(state.task.circuit, state.current.proposal.parameters, state.task.limits)
    assert view.decide(session_id, shown, table)[1] == ""
    second = waits_in(services, session_id, 2)
    former = state.current.proposal.parameters
    assert former != services.state(session_id).current.proposal.parameters
    assert DECIDED in view.decide(session_id, shown, table)[1]  # a second click, or another tab that shows turn 1
    assert DECIDED in view.act_on(session_id, shown, "w up")
    assert DECIDED in view.decide(session_id, {**second, "session": "another"}, table)[1]
    assert waits_in(services, session_id, 2) == second and len(services.state(session_id).history) == 2
    services.hub.close()


def test_a_pause_holds_the_next_turn_until_a_person_goes_on():
    control, seen = Control(), []

    def decide(event):
        seen.append(event)
        if isinstance(event, TurnFinished) and event.turn.index == 1:
            control.pause()
        if event == Paused(True):
            assert fold(seen).paused and "paused after turn 1" in header(fold(seen), "x")
            threading.Timer(0.05, control.go_on).start()

    state = fold(play(a_task(budget=2), [write("a", POOR)], control, decide))
    kinds = [event for event in seen if isinstance(event, (Paused, SessionFinished))]
    assert kinds == [Paused(True), Paused(False), SessionFinished("budget")] and not state.paused


def test_a_stop_ends_a_pause():
    control = Control()
    control.pause()
    events = play(a_task(), [write("a", POOR)], control,
                  lambda event: control.set() if event == Paused(True) else None)
    assert fold(events).status == "stopped" and not fold(events).paused


def test_readers_of_the_hub_see_a_review_and_may_decide(store):
    hub, control = Hub(), Control(review=True)
    hub.start("a", run_session(a_task(budget=1), ScriptedPolicy([write("a", POOR)]), QuadraticSimulator(), control),
              control)
    state = fold([])
    for _, events in hub.follow("a"):
        state = fold(events, state)
        if state.current and state.current.review:
            assert hub.control("a") is control
            hub.control("a").decide(state.current.review, GOOD)
    assert state.history[1].proposal.edited == {"w": POOR["w"]} and hub.control("a") is None
    assert hub.control("nobody") is None
    hub.close()


def test_the_table_of_limits():
    circuit, table = a_circuit(), limit_table(a_circuit(), LIMITS)
    limits, problems, _ = read_limits(circuit, table)
    assert limits == {"w": (pytest.approx(5e-6), pytest.approx(20e-6)), "m": (10.0, 10.0)} and not problems
    assert read_limits(circuit, limit_table(circuit, {}))[0] == {}
    half = read_limits(circuit, with_cell(limit_table(circuit, {}), "w", "high", "20u"))[0]
    assert half == {"w": (1e-6, pytest.approx(20e-6))}


@pytest.mark.parametrize(("column", "text", "words"), [
    ("low", "x", "w, lower limit: 'x'"), ("high", "1m", "1m is outside 1 µm to 100 µm"),
    ("low", "30u", "the lower limit 30 µm is above the upper limit 20 µm")])
def test_wrong_limits_are_explained_at_their_cell(column, text, words):
    table = with_cell(limit_table(a_circuit(), LIMITS), "w", column, text)
    _, (problem,), shown = read_limits(a_circuit(), table)
    assert words in problem and shown["rows"][0]["errors"][column] == problem
    assert shown["rows"][0]["cells"][column] == text


def test_only_what_a_person_changed_is_an_edit():
    circuit, proposed = a_circuit(), {"w": 12.3456789e-6, "m": 10.0}
    table = proposal_table(circuit, proposed, LIMITS)
    assert read_edits(circuit, proposed, LIMITS, table)[:2] == ({}, [])
    wider = with_cell(table, "w", "value", "15u")
    assert read_edits(circuit, proposed, LIMITS, wider)[0] == {"w": pytest.approx(15e-6)}
    for text, words in (("30u", "30u is outside 5 µm to 20 µm"), ("", "''"), ("abc", "'abc'")):
        edits, (problem,), shown = read_edits(circuit, proposed, LIMITS, with_cell(table, "w", "value", text))
        assert not edits and words in problem and shown["rows"][0]["errors"]["value"] == problem


def test_a_session_is_continued_with_new_wishes_and_another_starts_from_its_best(store):
    hub = Hub()
    services = Services({"TOY": a_circuit()}, store, hub, QuadraticSimulator(),
                        lambda name: ScriptedPolicy([write("a", WIDE)], name), policy_titles(chat=False), "TOY")
    first = services.start(a_task(budget=2), "one")
    *_, state = services.states(first)
    second = services.extend(state.task, replace(limited(), hint="Smaller."), "two", state.history, 3, first)
    *_, more = services.states(second)
    assert more.history[:3] == state.history and len(more.history) == 6 and more.status == "budget"
    assert (more.task.limits, more.task.hint, more.task.budget, more.policy) == (LIMITS, "Smaller.", 5, "two")
    assert more.history[2].proposal.held == {} and more.history[3].proposal.held == WIDE
    third = services.start(replace(a_task(), initial=more.best.proposal.parameters), "one", parent=second)
    list(services.states(third))
    line = [store.summary(id) for id in (first, second, third)]
    html = family_html(line, [])
    assert f"?session={first}" in html and "after turn 2" in html and "from its best design" in html
    hub.close()
