"""A choice of corners, temperatures, supplies and loads: read from text, with messages that say what is allowed."""

from dataclasses import replace

import pytest

from sizing_app.circuit.conditions import ConditionSpace, Conditions, Draw
from sizing_app.circuit.folder import load_circuit
from sizing_app.circuit.validation import Invalid
from sizing_app.prompt.chat import messages
from sizing_app.session.turn import initial_turn
from sizing_app.task.over import plan_over, read_choice, read_over, show_choice, with_samples
from tests.builders import GOOD, QuadraticSimulator, a_task

OTA = load_circuit("OTA")
NOMINAL = OTA.conditions.nominal


def test_a_choice_is_all_combinations_after_the_own_conditions():
    plan = read_over(OTA, NOMINAL, "tt,ss @ -40,27,125 @ 3.0,3.3")
    assert plan.points[0] == NOMINAL and len(plan.points) == 12 == len(set(plan.points))
    assert Conditions("ss", 125.0, 3.0, 2e-12) in plan.points
    assert {point.load for point in plan.points} == {NOMINAL.load}


@pytest.mark.parametrize("text, count", [
    ("nominal", None), ("corners", 45), ("tt", None), ("ss", 2), ("*", 5), ("* @ * @ *", 45), ("* @ * @ * @ *", 135),
    ("@ 85", 2), ("@@@1p,3p", 3), ("ss @ -40C @ 3 V @ 1pF", 2)])
def test_parts_may_be_left_out(text, count):
    plan = read_over(OTA, NOMINAL, text)
    assert (None if plan is None else len(plan.points)) == count


@pytest.mark.parametrize("text, said", [
    ("xx @ 27", "over: corners: expected some of tt, ff, ss, fs, sf"), ("tt @ hot", "over: temperatures: 'hot'"),
    ("tt @ 27 @ 1..3", "over: supplies"), ("a@b@c@d@e", "expected nominal, corners or 'CORNERS @ TEMPERATURES"),
    ("", "expected nominal, corners or"), ("tt @ 27 @ -3", "over.supply: expected a number from"),
    ("tt @ 1e9", "over.temperature"), ("tt @ " + ",".join(map(str, range(30))), "1 to 20 values")])
def test_what_is_wrong_is_said(text, said):
    with pytest.raises(Invalid, match=said):
        read_over(OTA, NOMINAL, text)


def test_a_choice_is_shown_as_it_is_read():
    space = ConditionSpace(("tt", "ss"), (-40.0, 27.0), (3.0,), (1e-12, 2e-12))
    assert show_choice(space) == "tt, ss @ -40 °C, 27 °C @ 3 V @ 1 pF, 2 pF"
    assert read_choice(OTA, NOMINAL, show_choice(space)) == space


def test_a_model_is_told_the_points_and_the_worst_of_them():
    task = a_task()
    task = replace(task, initial=GOOD, plan=plan_over(task.conditions, task.circuit.conditions))
    text = messages(task, (initial_turn(task, QuadraticSimulator()),))[1]["content"]
    assert "judged at 16 points" in text and "tt, ss; 27 °C, 125 °C; 3.3 V, 3 V; 2 pF, 1 pF" in text
    assert f"met (+50.0%), worst at {task.conditions.show()}" in text
    random = replace(task, plan=with_samples(task.plan, task.conditions, Draw(1, 0), 20, 0.9))
    assert "20 of the points are random samples of mismatch; 18 of them" in \
        messages(random, (initial_turn(random, QuadraticSimulator()),))[1]["content"]
    alone = messages(replace(task, plan=None), (initial_turn(replace(task, plan=None), QuadraticSimulator()),))
    assert "worst at" not in alone[1]["content"] and "points" not in alone[1]["content"]
