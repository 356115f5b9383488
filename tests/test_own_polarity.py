"""Which input is the positive one: amplifiers and comparators as they are written and with their inputs exchanged."""

import tomllib
from math import log10
from pathlib import Path

import pytest

from sizing_app.own.assembly import assemble
from sizing_app.own.check import check_own
from sizing_app.own.draft import Draft
from sizing_app.own.draft_check import DraftCheck, check_draft
from sizing_app.own.polarity import find_polarity, swap
from sizing_app.simulator import SimulatorPool
from sizing_app.testbenches.bench import attach
from sizing_app.testbenches.template import fill, read_template
from sizing_app.testbenches.wiring import Wiring
from sizing_app.ui.own.check_html import check_html
from tests.test_testbenches import AMPLIFIER, PORTS, macro

NETLISTS = Path(__file__).parent / "netlists"
MODELS = {"sky130": ("sky130_fd_pr__nfet_01v8", "sky130_fd_pr__pfet_01v8"), "gf180mcu": ("nfet_03v3", "pfet_03v3")}
ONE_STAGE = """* five transistors and their bias
.subckt ota5 vdd vss inp inn out ib
XM1 n1 {0} tail vss {n} w=10u l=0.5u
XM2 out {1} tail vss {n} w=10u l=0.5u
XM3 n1 n1 vdd vdd {p} w=5u l=0.5u
XM4 out n1 vdd vdd {p} w=5u l=0.5u
XM5 tail ib vss vss {n} w=5u l=1u
XM6 ib ib vss vss {n} w=5u l=1u
.ends
"""
RIGHT, EXCHANGED = ("inp", "inn"), ("inn", "inp")


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(1, deadline=120.0, trusted=True) as simulator:
        yield simulator


def one_stage(process: str, inputs: tuple[str, str]) -> Draft:
    n, p = MODELS[process]
    return Draft({"ota.spice": ONE_STAGE.format(*inputs, n=n, p=p)})


@pytest.mark.parametrize("process", MODELS)
@pytest.mark.parametrize("inputs", [RIGHT, EXCHANGED])
def test_the_inputs_of_a_single_stage_are_told_by_the_sign_of_its_gain(process, inputs, pool):
    """In the wrong buffer GF180 rests at an operating point as good as the right one's, which it would leave."""
    made = assemble(one_stage(process, inputs))
    checked = check_draft(one_stage(process, inputs), pool, designs=0)
    way, metrics = checked.polarity, checked.found.original.metrics
    assert (way.clear, way.swapped, way.metric.name) == (True, inputs == EXCHANGED, "feedback")
    right, wrong = (way.other_way, way.as_given) if way.swapped else (way.as_given, way.other_way)
    assert 20 * log10(right) == pytest.approx(metrics["gain"], abs=1e-3) and wrong < 0
    assert metrics["gain"] > 35 and metrics["pm"] > 80 and metrics["slew"] > 1e6 and metrics["settling"] < 1e-6
    assert checked.draft.roles == ({"inp": "in-", "inn": "in+"} if way.swapped else {})
    said = "the two inputs were exchanged" if way.swapped else "the inputs are right"
    assert f"{said}: DC gain with its sign" in check_html(checked) and checked.warnings == ()
    if process == "gf180mcu":
        offsets = [pool.evaluate(attach(made.circuit, fill(made.template, wiring, made.conditions.nominal)),
                                 made.original, made.conditions.nominal).metrics["offset"]
                   for wiring in (made.wiring, swap(made.wiring))]
        assert offsets[0] == pytest.approx(offsets[1], rel=0.05) and wrong == pytest.approx(-right, rel=0.01)


@pytest.mark.parametrize("name, swapped", [
    ("sky130_miller.spice", False), ("sky130_ota_flat.spice", False), ("hspice_parameters.sp", False),
    ("corner_deck.sp", False), ("gf180_folded.spice", False), ("freepdk45_fdota.sp", False),
    ("ltspice_two_stage.net", True), ("ota_kc.sp", True), ("comparator_static.sp", False)])
def test_the_inputs_of_netlists_are_told_both_ways(name, swapped, pool):
    """Where the text itself has them exchanged, an inverting input is named inp."""
    more = tomllib.loads((NETLISTS / "expected.toml").read_text())[name].get("with", [])
    made = assemble(Draft({file: (NETLISTS / file).read_text() for file in (name, *more)}))
    for wiring, exchanged in ((made.wiring, swapped), (swap(made.wiring), not swapped)):
        found = find_polarity(made.circuit, made.template, wiring, made.original, pool)
        assert found.clear and found.swapped is exchanged
        assert found.wiring == (swap(wiring) if exchanged else wiring)


@pytest.mark.parametrize("inputs", [RIGHT, EXCHANGED])
def test_an_amplifier_that_holds_an_inner_positive_feedback_is_told_by_its_step(inputs, pool):
    """gm into a negative resistance: the DC gain is -gm R in the loop that is stable, and gm R in the other."""
    circuit = macro(AMPLIFIER.replace("inp inn", " ".join(inputs)).replace("{r}", "{-r}"), 10e-12)
    found = find_polarity(circuit, read_template("op-amp"), Wiring(PORTS), {"r": 1e6}, pool)
    assert (found.clear, found.swapped, found.metric.name) == (True, inputs == EXCHANGED, "slew")


@pytest.mark.parametrize("kind, netlist, values", [
    ("op-amp", AMPLIFIER.replace("inp inn", "0 0"), None), ("op-amp", AMPLIFIER.replace("1m", "0.5u"), (0.5, -0.5)),
    ("comparator", "E1 y 0 vdd 0 1\nR1 y out {r}\nR2 inp inn 1meg", None)])
def test_where_neither_way_works_the_inputs_stay_and_it_is_said(kind, netlist, values, pool):
    """Inputs that do nothing, a gain of 0.5, and a comparator that always says the same."""
    circuit = macro(netlist)
    found = find_polarity(circuit, read_template(kind), Wiring(PORTS), {"r": 1e6}, pool)
    assert (found.clear, found.swapped, found.wiring) == (False, False, Wiring(PORTS))
    if values:
        assert (found.as_given, found.other_way) == pytest.approx(values, rel=0.05)
    bench = fill(read_template(kind), Wiring(PORTS), circuit.conditions.nominal)
    checked = DraftCheck(one_stage("sky130", RIGHT), found, check_own(circuit, bench, {"r": 1e6}, pool, designs=0))
    page = check_html(checked)
    assert 'role="alert">Inputs: cannot tell which input is the positive one' in page and "inputs are right" not in page
    assert checked.document()["warnings"][-1] == f"Inputs: {found.sentence}."


def test_a_stuck_latch_tells_nothing(pool):
    """Of the decisions +, - and + a constant answer has two right, whichever way its inputs are."""
    circuit = macro("E1 out 0 vdd 0 1\nR1 out 0 {r}\nR2 inp inn 1meg\nR3 clk 0 1meg")
    found = find_polarity(circuit, read_template("comparator"), Wiring({**PORTS, "clk": "clock"}), {"r": 1e6}, pool)
    assert (found.metric.name, found.clear, found.swapped) == ("right", False, False)
    assert (found.as_given, found.other_way) == pytest.approx((200 / 3, 200 / 3))
