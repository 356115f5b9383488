"""A circuit of one's own before it is sized: polarity, the same by plain ngspice, random designs, first specs."""

import math
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sizing_app.circuit.conditions import ConditionSpace
from sizing_app.circuit.definition import Analysis, Circuit, Parameter
from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.circuit.netlist import END, build_netlist, sized_netlist
from sizing_app.cli.own_text import check_text
from sizing_app.own.alive import signs_of_death
from sizing_app.own.check import check_own, differs
from sizing_app.own.polarity import find_polarity, swap
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.confine import missing
from sizing_app.simulator.inspection import Waveforms
from sizing_app.simulator.plain import MEASURED, plain
from sizing_app.simulator.shared import Stopped
from sizing_app.task.turn import Measurement
from sizing_app.testbenches.bench import attach
from sizing_app.testbenches.template import fill, read_template
from sizing_app.testbenches.wiring import Wiring
from tests.builders import golden_design
from tests.test_testbenches import AMPLIFIER, PORTS, macro

OTA = load_circuit("OTA")
WIRING = Wiring(PORTS, settings={"common_mode": "1.3", "output": "1.65"})
confinable = pytest.mark.skipif(bool(missing()), reason=f"this kernel has no {', no '.join(missing())}")


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(1, deadline=120.0, trusted=True) as simulator:
        yield simulator


@pytest.mark.parametrize("exchanged", [False, True])
def test_the_inputs_of_an_ota_are_told_apart(exchanged, pool):
    given = swap(WIRING) if exchanged else WIRING
    found = find_polarity(OTA, read_template("op-amp"), given, golden_design(OTA), pool)
    assert found.swapped is exchanged and found.clear and found.wiring == WIRING and found.metric.name == "feedback"
    assert (found.other_way if exchanged else found.as_given) > 10
    assert (found.as_given if exchanged else found.other_way) < 1


@pytest.mark.parametrize("netlist", [
    "E1 y 0 vol='0.9+0.9*tanh(1000*(v({0})-v({1})))'\nR1 y out {{r}}\nR2 vdd 0 18k",
])
def test_the_inputs_of_a_comparator_are_told_apart(netlist, pool):
    for nodes, swapped in ((("inp", "inn"), False), (("inn", "inp"), True)):
        circuit = macro(netlist.format(*nodes))
        found = find_polarity(circuit, read_template("comparator"), Wiring(PORTS), {"r": 1e6}, pool)
        assert (found.metric.name, found.swapped) == ("turns", swapped)


def test_some_circuits_have_no_question(pool):
    reference = Wiring({"vdd": "supply", "out": "out"})
    assert find_polarity(macro("R1 vdd out {r}"), read_template("reference"), reference, {"r": 1e6}, pool) is None
    differential = Wiring({"a": "in+", "b": "in-", "out": "out"})
    circuit = macro("R1 a out {r}\nR2 b 0 1")
    assert find_polarity(circuit, read_template("filter"), differential, {"r": 1e6}, pool) is None


# Plain ngspice

@confinable
def test_plain_ngspice_measures_a_deck_as_it_is():
    deck = """an RC as people write it
V1 in 0 dc 0 ac 1
R1 in out 1k
C1 out 0 1u
.control
run
echo not to be seen
.endc
.ac dec 100 1 1meg
.meas ac corner when vdb(out)=-3.0103
.meas ac never when vdb(out)=7
"""
    found = plain(deck, [Analysis("again", "ac lin 1 1k 1k", {}, ("v(out)",))])
    assert found.ok, found.log
    assert found.vectors[MEASURED]["corner"] == pytest.approx(159.155, rel=1e-3)
    assert "never" not in found.vectors[MEASURED]
    assert found.vectors["again"]["v(out)"] == pytest.approx(np.array([1 / (1 + 2j * np.pi)]))


@confinable
@pytest.mark.parametrize("do", ["shell touch {0}", "echo here > {0}", "write {0} v(a)", "op\nquit"])
def test_plain_ngspice_harms_nothing(do, tmp_path):
    canary = Path(str(tmp_path).lower()) / "canary"
    canary.parent.mkdir(parents=True, exist_ok=True)
    plain(f"harm\nV1 a 0 1\nR1 a 0 1k\n.control\nop\n{do.format(canary)}\n.endc\n.end\n")
    assert not canary.exists()


@confinable
@pytest.mark.parametrize("deck, said", [
    ("t\nV1 a 0 1\nR1 a 0 1k\nQ1 a b 0 none\n.op\n.end\n", "can't find model 'none'"),
    ("t\nV1 a 0 1\nR1 a 0 1k\n.control\nlet i = 0\nwhile i < 1\nlet i = 0\nend\n.endc\n.end\n", ""),
])
def test_a_deck_that_fails_is_an_answer(deck, said):
    """The second one never ends by itself."""
    found = plain(deck, deadline=0.5)
    assert found.status in ("crashed", "timeout") and said in found.log and found.log


@confinable
def test_plain_ngspice_is_stopped():
    endless = "t\nV1 a 0 1\nR1 a 0 1k\n.control\nlet i = 0\nwhile i < 1\nlet i = 0\nend\n.endc\n.end\n"
    stop, started = threading.Event(), time.monotonic()
    limit = threading.Timer(0.5, stop.set)
    limit.start()
    with pytest.raises(Stopped):
        plain(endless, deadline=100.0, stop=stop)
    assert time.monotonic() - started < 60
    limit.join()


# The check

def test_a_right_import_is_the_same_and_a_wrong_one_is_seen(pool):
    circuit = macro(AMPLIFIER, 50e-12)
    bench = fill(read_template("op-amp"), Wiring(PORTS), circuit.conditions.nominal)
    joined = attach(circuit, bench)
    text = sized_netlist(joined, {"r": 1e6}, joined.conditions.nominal)
    right = check_own(circuit, bench, {"r": 1e6}, pool, plain(text, bench.analyses, trusted=True), designs=5)
    assert right.original.ok and right.different == () and set(right.plain) == {item.name for item in bench.metrics}
    assert right.simulated == 1.0 and right.designs == 5 and 0 < right.cpu < 5
    gain = right.spread["gain"]
    assert 40.0 <= gain.low < gain.middle < gain.high <= 80.0 and gain.share == 1.0  # r from 100 kOhm to 10 MOhm
    assert right.spread["gbw"].high == pytest.approx(right.spread["gbw"].low, rel=0.02)
    specs = {spec.metric: spec for spec in right.specs}
    assert specs["gain"].low == pytest.approx(58.0, abs=0.2)
    assert specs["power"].high == pytest.approx(1.1 * 180e-6, rel=0.01)
    assert all(spec.met(right.original.metrics[spec.metric]) for spec in right.specs)
    wrong = check_own(circuit, bench, {"r": 1e6}, pool, plain(text.replace("1000000", "800k"), bench.analyses,
                                                              trusted=True), designs=0)
    assert "gain" in wrong.different and "power" not in wrong.different


def test_without_plain_ngspice_there_is_nothing_to_compare(pool):
    circuit = macro(AMPLIFIER)
    bench = fill(read_template("op-amp"), Wiring(PORTS), circuit.conditions.nominal)
    found = check_own(circuit, bench, {"r": 1e6}, pool, Waveforms("crashed", {}, "no file sky130.lib"), designs=0)
    assert found.plain == {} and found.different == () and found.plain_log == "no file sky130.lib"


@pytest.mark.parametrize("was, becomes, said", [
    ("1m", "1m", []), ("1m", "0.5u", ["DC gain of the file's own design is -6.0", "Unity-gain frequency"]),
    ("inp inn", "0 0", ["DC gain of the file's own design is -"])])
def test_a_dead_design_is_told(was, becomes, said, pool):
    """A transconductance of 1 mS into 1 MOhm, one of 0.5 uS, and one with its inputs at ground."""
    circuit = macro(AMPLIFIER.replace(was, becomes))
    bench = fill(read_template("op-amp"), Wiring(PORTS), circuit.conditions.nominal)
    found = check_own(circuit, bench, {"r": 1e6}, pool, designs=0)
    assert all(any(word in warning for warning in found.warnings) for word in said)
    assert bool(found.warnings) == bool(said) and found.document()["warnings"] == list(found.warnings)
    assert ("warning: DC gain" in check_text(found)) == bool(said)


def test_a_design_that_fails_or_answers_nothing_is_dead():
    silent = Measurement("ok", dict.fromkeys((metric.name for metric in OTA.metrics), None))
    (failed,), (unanswered,) = signs_of_death(OTA, Measurement("timeout", {})), signs_of_death(OTA, silent)
    assert "does not simulate: timeout" in failed and "No metric has a value" in unanswered
    assert signs_of_death(OTA, Measurement("ok", golden(OTA)["metrics"])) == ()


@pytest.mark.parametrize("ours, theirs, different", [
    (1.0, 1.0009, False), (1.0, 1.0012, True), (None, None, False), (None, 1.0, True), (0.0, 0.0, False),
    (1.0, math.inf, True), (math.inf, 1.0, True), (math.inf, -math.inf, True), (math.inf, math.inf, False),
    (1.0, math.nan, True), (math.nan, 1.0, True), (math.nan, math.nan, False)])
def test_a_thousandth_is_the_same(ours, theirs, different):
    assert differs(ours, theirs) is different


RING = """M1 a out 0 0 nmos w={w} l=150n
M2 a out vdd vdd pmos w={2*w} l=150n
M3 b a 0 0 nmos w={w} l=150n
M4 b a vdd vdd pmos w={2*w} l=150n
M5 out b 0 0 nmos w={w} l=150n
M6 out b vdd vdd pmos w={2*w} l=150n
C1 a 0 20f
C2 b 0 20f"""


def test_a_ring_rings_as_ngspice_measures_it(pool):
    sky130 = load_circuit("MILLER")
    circuit = Circuit("RING", "ring", "ring", "sky130", (Parameter("w", "m", 1e-6, 4e-6, "width"),), (), (),
                      ConditionSpace(("tt",), (27.0,), (1.8,), (20e-15,)), (), (), RING, "", ("oscillator",),
                      sky130.devices)
    wiring = Wiring({"vdd": "supply", "out": "out"}, settings={"time": "8n", "kick": "100u"})
    bench = fill(read_template("oscillator"), wiring, circuit.conditions.nominal)
    joined, design = attach(circuit, bench), {"w": 2e-6}
    deck = build_netlist(joined, design, joined.conditions.nominal).removesuffix(END)
    cards = ".tran 4p 8n 0 4p\n.meas tran ten trig v(out) val=0.9 rise=10 targ v(out) val=0.9 rise=20\n" \
            ".meas tran current avg i(vsupply) from=4n to=8n\n.meas tran swing pp v(out) from=4n to=8n\n"
    told = plain(f"{deck}{cards}{END}", trusted=True)
    found = check_own(circuit, bench, design, pool, told, designs=0)
    values = found.original.metrics
    assert told.ok and 1e9 < values["frequency"] < 20e9
    assert values["frequency"] == pytest.approx(10 / told.vectors[MEASURED]["ten"][0], rel=1e-3)
    assert values["power"] == pytest.approx(-1.8 * told.vectors[MEASURED]["current"][0], rel=1e-2)
    assert found.plain == {"swing": pytest.approx(values["swing"], rel=1e-3)} and found.different == ()
    assert 0.4 < values["duty"] < 0.6 and values["startup"] > 0


def test_a_check_keeps_the_metrics_of_the_circuit_it_is_given(pool):
    """The specs come with the circuit, which is as the session will have it."""
    found = check_own(OTA, fill(read_template("op-amp"), WIRING, OTA.conditions.nominal), golden_design(OTA), pool,
                      designs=0)
    assert found.circuit.parameters == OTA.parameters and found.circuit.specs == found.specs
    assert replace(found.circuit, specs=()).metrics == found.circuit.metrics
