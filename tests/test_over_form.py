"""Conditions to meet on the form, and what a session over several of them shows: worst values, where, spread."""

import threading
from dataclasses import replace

import pytest

from sizing_app.circuit.folder import load_circuit
from sizing_app.circuit.validation import Invalid
from sizing_app.evaluate.corners import spots_of
from sizing_app.session.events import SessionFinished, SessionStarted, TurnFinished, fold
from sizing_app.session.loop import run_session
from sizing_app.session.turn import initial_turn
from sizing_app.task.over import read_over
from sizing_app.task.turn import Measurement
from sizing_app.ui.forms.over_form import OWN, choice_of, kinds, note, problem, read_plan
from sizing_app.ui.parts.spec_board import spec_board
from sizing_app.ui.parts.verdict import verdict_of
from tests.builders import END, GOOD, DirectSimulator, ScriptedPolicy, a_circuit, a_task, write

OTA = load_circuit("OTA")
NOMINAL = OTA.conditions.nominal


class Corners(DirectSimulator):
    """The gain (dB) falls by 4 at ss, and by another 1 for every 0.3 V that the supply lacks."""

    def measure(self, circuit, parameters, conditions) -> Measurement:
        gain = 60.0 - 4.0 * (conditions.corner == "ss") - (3.3 - conditions.supply) / 0.3
        return Measurement("ok", {"gain": gain, "power": 1e-2 * parameters["w"] * parameters["m"]}, seconds=0.01)


def over_corners(initial=GOOD):
    task = replace(a_task(a_circuit()), initial=initial)
    return replace(task, plan=read_over(task.circuit, task.conditions, "corners"))


@pytest.mark.parametrize("kind, text, points", [("nominal", "", 1), ("corners", "", 45), (OWN, "tt,ss @ -40,125", 5)])
def test_a_choice_makes_the_plan_that_the_command_line_makes(kind, text, points):
    plan = read_plan(OTA, NOMINAL, kind, text)
    assert (1 if plan is None else len(plan.points)) == points
    assert plan == read_over(OTA, NOMINAL, text or kind)
    assert (note(OTA, NOMINAL, kind, text) == "") == (points == 1) and problem(OTA, NOMINAL, kind, text) == ""


@pytest.mark.parametrize("text, said", [("xx", "corners: expected some of tt, ff"),
                                        ("", "expected nominal, corners or"),
                                        ("* @ * @ * @ *", "135 points, at most 64")])
def test_what_is_wrong_stands_beside_the_field(text, said):
    assert said in problem(OTA, NOMINAL, OWN, text)
    with pytest.raises(Invalid):
        read_plan(OTA, NOMINAL, OWN, text)
    assert ("alert" in note(OTA, NOMINAL, OWN, text)) == bool(text)


@pytest.mark.parametrize("text", ["nominal", "corners", "tt,ss @ -40,125", "ss", "@ 85", "ff @ 27 @ 3", "@@@ 1p"])
def test_a_stored_task_is_filled_in_again(text):
    task = replace(a_task(OTA), conditions=NOMINAL, plan=read_over(OTA, NOMINAL, text))
    kind, own = choice_of(OTA, task)
    again = read_plan(OTA, NOMINAL, kind, own)
    assert (again and set(again.points)) == (task.plan and set(task.plan.points))


def test_a_circuit_of_one_condition_offers_no_corners():
    one = replace(OTA, conditions=replace(OTA.conditions, corners=("tt",), temperatures=(27.0,),
                                          supplies=(NOMINAL.supply,)))
    assert [kind for _, kind in kinds(one, NOMINAL)] == ["nominal", OWN]
    assert [kind for _, kind in kinds(OTA, NOMINAL)] == ["nominal", "corners", OWN]


def test_a_session_over_corners_shows_the_worst_value_where_and_the_spread():
    task = over_corners()
    turn = initial_turn(task, Corners())
    state = fold([SessionStarted(task, "random"), TurnFinished(turn), SessionFinished("budget")])
    spots = spots_of(task, turn)
    case = spots.worst(task.specs)[0]
    assert case.score.value == min(spots.values("gain")) == 55.0
    assert (case.conditions.corner, case.conditions.supply) == ("ss", 3.0)
    html = spec_board(state)
    assert "worst value" in html and "<small>ss, 27 \u00b0C, 3 V</small>" in html
    assert 'title="55 dB to 60 dB over 8 conditions"' in html and "over 8 conditions." in html
    assert "range" not in spec_board(replace(state, task=replace(task, plan=None),
                                             history=(replace(turn, points=(), measured_at=()),)))


def test_designs_and_simulations_are_told_apart():
    task = over_corners({"w": 60e-6, "m": 10.0})
    state = fold(run_session(task, ScriptedPolicy([write("narrower", GOOD), END]), Corners(), threading.Event()))
    found = verdict_of(state)
    assert found.headline == "All 2 specs met over 8 corners." and found.open == ""
    assert f"Found in 1 design, {state.simulations} simulations" in found.facts and state.simulations > 8
