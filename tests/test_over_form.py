"""Conditions to meet on the form, and what a session over several of them shows: worst values, where, spread."""

import csv
import json
import threading
from dataclasses import replace

import pytest

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.folder import load_circuit
from sizing_app.circuit.validation import Invalid
from sizing_app.evaluate.corners import spots_of
from sizing_app.session.events import SessionFinished, SessionStarted, TurnFinished, fold
from sizing_app.session.loop import run_session
from sizing_app.session.turn import initial_turn
from sizing_app.task.over import read_over, with_samples
from sizing_app.task.turn import Measurement
from sizing_app.ui.exchange import api_inputs
from sizing_app.ui.exchange.export import to_csv, to_json
from sizing_app.ui.forms.over_form import OWN, Chosen, OverForm, choice_of, kinds, note, problem, read_plan
from sizing_app.ui.parts.spec_board import spec_board
from sizing_app.ui.parts.verdict import verdict_of, where
from tests.builders import END, GOOD, DirectSimulator, SampledSimulator, ScriptedPolicy, a_circuit, a_task, write

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
    chosen = Chosen(kind, text)
    plan = read_plan(OTA, NOMINAL, chosen)
    assert (1 if plan is None else len(plan.points)) == points
    assert plan == read_over(OTA, NOMINAL, text or kind)
    assert (note(OTA, NOMINAL, chosen) == "") == (points == 1) and problem(OTA, NOMINAL, chosen) == ""


@pytest.mark.parametrize("text, said", [("xx", "corners: expected some of tt, ff"),
                                        ("", "expected nominal, corners or"),
                                        ("* @ * @ * @ *", "135 points, at most 64")])
def test_what_is_wrong_stands_beside_the_field(text, said):
    chosen = Chosen(OWN, text)
    assert said in problem(OTA, NOMINAL, chosen)
    with pytest.raises(Invalid):
        read_plan(OTA, NOMINAL, chosen)
    assert ("alert" in note(OTA, NOMINAL, chosen)) == bool(text)
    assert OverForm.answer(None, OTA, NOMINAL, chosen)[0]["elem_classes"] == (["wrong"] if text else [])


@pytest.mark.parametrize("aim, share, sigmas, said", [
    ("95%", 0.95, None, "by 40 random samples, the same for every design, 95% of which must meet it"),
    ("3 sigma", 1.0, 3.0, "by 40 random samples, the same for every design, whose mean and 3 sigma must meet it")])
def test_random_samples_have_a_yield_aim(aim, share, sigmas, said):
    chosen = Chosen("corners", "", 40, aim)
    plan = read_plan(OTA, NOMINAL, chosen)
    assert (len(plan.points), len(plan.samples), plan.share, plan.sigmas) == (85, 40, share, sigmas)
    assert all(plan.points[number].draw.process for number in plan.samples)
    assert "by its worst value over 45 conditions and " + said in note(OTA, NOMINAL, chosen)
    task = replace(a_task(OTA), conditions=NOMINAL, plan=plan)
    assert choice_of(OTA, task) == chosen
    assert where(task) == f"over 45 corners and {aim} of 40 random samples"
    shown = OverForm.answer(None, OTA, NOMINAL, chosen)
    assert [field.get("visible") for field in shown[2:4]] == [True, False], "GF180 needs no assumption"


def test_programs_choose_the_same():
    assert api_inputs.read_plan(OTA, NOMINAL, "corners", 40, "3 sigma") == \
        read_plan(OTA, NOMINAL, Chosen("corners", "", 40, "3 sigma"))
    for words, said in ((("nominal", 40, 95), "yield_aim: expected a text such as 95% or 3 sigma, found 95"),
                        (("nominal", 2.5, "95%"), "samples: expected a whole number"),
                        (("nominal", 40, "all"), "yield: expected a percentage")):
        with pytest.raises(api_inputs.WrongInput, match=said):
            api_inputs.read_plan(OTA, NOMINAL, *words)


@pytest.mark.parametrize("text, said", [("tt @ 27,300 @ 3.3,12", "not specified for 300 \u00b0C, 12 V."),
                                        ("tt,ss @ -40,27 @ 3.3", "")])
def test_what_the_circuit_is_not_specified_for_is_told(text, said):
    found = load_circuit("OTA")
    shown = note(found, found.conditions.nominal, Chosen(kind=OWN, text=text))
    assert "judged by its worst value" in shown and said in shown and ("not specified" in shown) == bool(said)


@pytest.mark.parametrize("circuit, chosen, said, wrong", [
    ("OTA", Chosen(samples=101), "samples: expected a whole number from 0 to 100", 1),
    ("OTA", Chosen(samples=None), "samples: expected a whole number from 0 to 100", 1),
    ("OTA", Chosen(samples=20, aim="most"), "yield: expected a percentage up to 100", 2),
    ("OPAMP1", Chosen(samples=20), "say which to assume", 1),
    ("OPAMP1", Chosen(samples=20, pelgrom="three"), "pelgrom: expected A_VT in mV um", 3)])
def test_what_is_wrong_with_samples_is_marked(circuit, chosen, said, wrong):
    found = load_circuit(circuit)
    shown = OverForm.answer(None, found, found.conditions.nominal, chosen)
    assert said in shown[-1] and "alert" in shown[-1]
    assert [number for number, field in enumerate(shown[:4]) if field["elem_classes"]] == [wrong]


def test_coefficients_can_be_assumed_where_the_foundry_gives_none():
    found = load_circuit("OPAMP1")
    chosen = Chosen(samples=20, pelgrom="3,1")
    plan = read_plan(found, found.conditions.nominal, chosen)
    assert plan.points[1].draw.pelgrom == pytest.approx((3e-9, 1e-8))
    task = replace(a_task(found), conditions=found.conditions.nominal, plan=plan)
    assert choice_of(found, task) == chosen
    assert OverForm.answer(None, found, task.conditions, chosen)[3]["visible"]


def test_a_session_over_samples_says_how_many_meet_all():
    task = replace(a_task(a_circuit()), initial=GOOD)
    task = replace(task, plan=with_samples(None, task.conditions, Draw(1, 0), 4, 1.0, 3.0))

    class Random(Corners):
        def measure(self, circuit, parameters, conditions):
            sample = conditions.draw.sample if conditions.draw else 0
            return Measurement("ok", {"gain": 60.0 - sample, "power": 1e-6})

    state = fold(run_session(task, ScriptedPolicy([END]), Random(), threading.Event()))
    found = verdict_of(state)
    assert found.headline == "All 2 specs met over 3 sigma of 4 random samples."
    assert "4 of 4 samples meet all specs." in found.facts
    gain, power = (row for row in spec_board(state).split("</tr>") if 'class="num value"' in row)
    assert "<small>mean and 3 sigma of 4 samples</small>" in gain and "<small>tt, 27" in power


@pytest.mark.parametrize("text", ["nominal", "corners", "tt,ss @ -40,125", "ss", "@ 85", "ff @ 27 @ 3", "@@@ 1p"])
def test_a_stored_task_is_filled_in_again(text):
    task = replace(a_task(OTA), conditions=NOMINAL, plan=read_over(OTA, NOMINAL, text))
    again = read_plan(OTA, NOMINAL, choice_of(OTA, task))
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


def exported(task, simulator) -> tuple[dict, dict[str, dict]]:
    """JSON of the initial design, and the rows of its CSV by name."""
    turn = initial_turn(task, simulator)
    state = fold([SessionStarted(task, "random"), TurnFinished(turn), SessionFinished("budget")])
    return json.loads(to_json(state, turn)), {row["name"]: row for row in
                                              csv.DictReader(to_csv(state, turn).splitlines())}


def place(corner="tt", temperature=27.0, supply=3.3, **more) -> dict:
    return {"corner": corner, "temperature": temperature, "supply": supply, "load": 2e-12, **more}


def cells(row: dict) -> list[str]:
    return [row[name] for name in ("corner", "temperature", "supply", "load", "sample")]


def test_an_exported_design_says_where_each_value_was_measured():
    task = over_corners()
    task = replace(task, specs=task.specs[:1])  # the power is only measured
    design, rows = exported(task, Corners())
    assert design["metrics"]["gain"] == 55.0 and design["metrics_at"] == {
        "gain": place("ss", supply=3.0), "power": place()}
    assert design["conditions"] == place() and design["plan"]["points"][0] == place()
    assert len(design["plan"]["points"]) == 8 and design["metrics_at"]["gain"] in design["plan"]["points"]
    assert rows["gain"]["value"] == "55" and cells(rows["gain"]) == ["ss", "27", "3", "2e-12", ""]
    assert cells(rows["power"]) == ["tt", "27", "3.3", "2e-12", ""] and cells(rows["w"]) == [""] * 5
    alone, rows = exported(replace(task, plan=None), Corners())
    assert alone["plan"] is None and alone["metrics_at"]["gain"] == place() and rows["gain"]["corner"] == "tt"


def test_an_exported_design_names_the_point_that_failed():
    class Broken(Corners):
        def measure(self, circuit, parameters, conditions):
            failed = Measurement("not_converged", {"gain": None, "power": None})
            return failed if conditions.corner == "ss" else super().measure(circuit, parameters, conditions)

    task = over_corners()
    design, rows = exported(replace(task, specs=task.specs[:1]), Broken())
    assert {at["corner"] for at in design["metrics_at"].values()} == {"ss"} == {rows["power"]["corner"]}


@pytest.mark.parametrize("aim, found, sample", [((1.0, None), {"draw": {"sample": 3}}, "3"),
                                                ((1.0, 3.0), {"samples": 4, "sigmas": 3.0}, "3 sigma of 4")])
def test_an_exported_design_names_the_sample_or_how_many_are_one(aim, found, sample):
    task = replace(a_task(a_circuit()), initial=GOOD)
    task = replace(task, plan=with_samples(None, task.conditions, Draw(1, 0), 4, *aim))
    design, rows = exported(task, SampledSimulator())
    at = design["metrics_at"]["gain"]
    if "draw" in at:
        at["draw"] = {"sample": at["draw"]["sample"]}
    assert at == place(**found) and cells(rows["gain"])[-1] == sample and cells(rows["power"])[-1] == ""
    assert (design["plan"]["sigmas"], len(design["plan"]["points"])) == (aim[1], 5)


def test_designs_and_simulations_are_told_apart():
    task = over_corners({"w": 60e-6, "m": 10.0})
    state = fold(run_session(task, ScriptedPolicy([write("narrower", GOOD), END]), Corners(), threading.Event()))
    found = verdict_of(state)
    assert found.headline == "All 2 specs met over 8 corners." and found.open == ""
    assert f"Found in 1 design, {state.simulations} simulations" in found.facts and state.simulations > 8
