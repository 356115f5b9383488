"""Phase margin and unity-gain frequency against closed forms, of samples and in ngspice, where sweeps are refined."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from sizing_app.circuit.conditions import ConditionSpace, Conditions
from sizing_app.circuit.definition import Analysis, Circuit, Measure, Metric, Parameter
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.metrics import MEASURES
from sizing_app.simulator.metrics.stability import coarse_steps, unity_gain

FREQUENCY = np.logspace(1, 10, 9 * 200 + 1)


def _loop(gain: float, *poles: float, zeros=(), pairs=(), frequency=FREQUENCY) -> np.ndarray:
    """Real poles and zeros (Hz, negative: right half plane), resonant pairs (frequency in Hz, Q)."""
    s = 1j * frequency
    response = np.full(len(frequency), gain, complex)
    for pole in poles:
        response /= 1 + s / pole
    for zero in zeros:
        response *= 1 + s / zero
    for place, quality in pairs:
        response /= 1 + s / (place * quality) + (s / place) ** 2
    return response


def _lag(at: float, *poles: float) -> float:
    return float(np.degrees(np.arctan(at / np.array(poles)).sum()))


def test_two_poles_cross_below_the_gain_bandwidth_product():
    """Gain 1e4, poles at 1 kHz and 10 MHz: the product is 10 MHz, the gain is 1 at 7.86 MHz already."""
    found, margin = unity_gain(FREQUENCY, _loop(1e4, 1e3, 1e7))
    assert found == pytest.approx(7.862e6, rel=1e-3)
    assert margin == pytest.approx(180 - _lag(found, 1e3, 1e7), abs=0.05)


def test_a_zero_in_the_right_half_plane_lags_like_a_pole():
    found, margin = unity_gain(FREQUENCY, _loop(1e3, 1e4, zeros=(-5e7,)))
    assert margin == pytest.approx(180 - _lag(found, 1e4) - _lag(found, 5e7), abs=0.05)


def test_a_high_q_pair_below_the_crossing_costs_180_degrees():
    found, margin = unity_gain(FREQUENCY, _loop(1e4, 1e5, pairs=[(1e6, 50)]))
    assert margin == pytest.approx(180 - _lag(found, 1e5) - 180 + np.degrees(
        np.arctan2(found / 1e6 / 50, (found / 1e6) ** 2 - 1)), abs=0.1)
    assert margin < 0


def test_the_worst_of_several_crossings_counts():
    """A resonance above the first crossing lifts the gain over 1 once more, half a turn later."""
    quiet, margin = unity_gain(FREQUENCY, _loop(1e3, 1e3))
    found, worst = unity_gain(FREQUENCY, _loop(1e3, 1e3, pairs=[(2e7, 100)]))
    assert (found, quiet) == (pytest.approx(1e6, rel=5e-3), pytest.approx(1e6, rel=5e-3))
    assert margin == pytest.approx(90, abs=0.2) and -91 < worst < -70


@pytest.mark.parametrize("poles", [(1e3,), (1e3, 1e6), (1e3, 1e5, 1e6), (1e5, 1e5, 1e5, 1e5)])
def test_an_inverted_loop_has_no_margin(poles):
    assert unity_gain(FREQUENCY, _loop(-1e3, *poles))[1] == 0


def test_an_inner_positive_feedback_that_the_loop_holds_costs_none():
    """-100 / (1 - s/p): closed, the pole is at -99 p; also where a slow doublet turns the first samples across 180."""
    for doublet in ((), ((30.0,), (31.0,))):
        poles, zeros = doublet or ((), ())
        found, margin = unity_gain(FREQUENCY, _loop(-100, -1e5, *poles, zeros=zeros))
        assert (found, margin) == (pytest.approx(1e7, rel=0.04), pytest.approx(90, abs=1))


@pytest.mark.parametrize("gain, poles, told", [
    (100, (1e5,), 100), (-100, (1e5,), -100), (-100, (-1e5,), 100), (100, (-1e5,), 100), (-0.5, (1e5,), -0.5),
    (-100, (1e3, 1e6), -100)])
def test_the_sign_of_a_gain_is_that_of_its_feedback(gain, poles, told):
    """A pole in the right half plane, which the loop of -100 moves to the left one, is an inner positive feedback."""
    vectors = {"loop": {"frequency": FREQUENCY + 0j, "v(out)": -_loop(gain, *poles), "v(in)": np.ones(len(FREQUENCY))}}
    found = MEASURES["signed_loop_gain"](vectors, "loop", "v(out)", "v(in)")
    assert found == pytest.approx(told, rel=1e-3)


def test_without_a_fall_through_one_both_are_0():
    assert unity_gain(FREQUENCY, _loop(0.9, 1e3)) == (0.0, 0.0)
    assert unity_gain(FREQUENCY, _loop(100, 1e12)) == (0.0, 0.0)


@pytest.mark.parametrize("order, margin", [(1, 90), (2, 0)])
def test_a_loop_without_dc_gain_is_judged_at_its_lower_crossing_too(order, margin):
    """K (s/a / (1 + s/a))^n / (1 + s/b): the phase leads by nearly 90 n degrees where the gain rises through 1."""
    high_pass = (1j * FREQUENCY / 1e4 / (1 + 1j * FREQUENCY / 1e4)) ** order
    found, least = unity_gain(FREQUENCY, high_pass * _loop(1e3, 1e6))
    assert found == pytest.approx(1e9, rel=1e-2)
    assert least == pytest.approx(margin, abs=4)


def test_a_step_beyond_90_degrees_is_coarse_where_the_gain_matters():
    frequency = np.logspace(1, 10, 46)
    for gain, wanted in ((1e4, True), (1e-3, False)):
        assert bool(len(coarse_steps(_loop(gain, 1e3, pairs=[(1.2e6, 50)], frequency=frequency)))) == wanted


RESONANT = Circuit(
    name="RESONANT", title="A pole and a resonance", summary="Ideal, for its loop gain by formula.", process="sky130",
    parameters=(Parameter("q", "", 1.0, 1e4, "quality"), Parameter("a", "", 1.0, 1e6, "gain")),
    metrics=(Metric("gbw", "", "Hz", ""), Metric("pm", "", "deg", "")), specs=(),
    conditions=ConditionSpace(("tt",), (27,), (1.8,), (1e-12,)),
    analyses=(Analysis("op", "op", {}, ("v(out)",)),
              Analysis("loop", "ac dec 5 10 10g", {}, ("frequency", "v(out)", "v(inn)"))),
    measures=tuple(Measure(name, function, {"analysis": "loop", "output": "v(out)", "input": "v(inn)"})
                   for name, function in (("gbw", "unity_gain_frequency"), ("pm", "phase_margin"))),
    netlist="E1 x 0 0 inn {a}\nR1 x y 1k\nC1 y 0 {1/(2*3.141592653589793*1e3*1e4)}\nE2 z 0 y 0 1\n"
            "L1 z w {1e3/(2*3.141592653589793*1e6*q)}\nR2 w v {1e3/q/q}\n"
            "C2 v 0 {q/(2*3.141592653589793*1e6*1e3)}\nE3 out 0 v 0 1\n",
    testbench="Vprobe out inn dc 0 ac 1\nRload out 0 {1e3+load+supply}\n")


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(1, deadline=120) as simulator:
        yield simulator


@pytest.mark.parametrize("a, q", [(3e3, 100.0), (1e6, 100.0), (1e6, 3e3)])
def test_ngspice_refines_a_sweep_that_jumps_over_a_resonance(a, q, pool):
    """At 5 points a decade a pair of Q 100 lies between two samples; sampled finely enough the formula tells."""
    measured = pool.evaluate(RESONANT, {"a": a, "q": q}, Conditions("tt", 27, 1.8, 1e-12))
    assert measured.ok, measured.log
    fine = np.sort(np.concatenate((FREQUENCY, 1e6 * (1 + np.linspace(-0.05, 0.05, 200_001)))))
    found, margin = unity_gain(fine, _loop(a, 1e4, pairs=[(1e6, q)], frequency=fine))
    assert measured.metrics["gbw"] == pytest.approx(found, rel=0.02)
    assert measured.metrics["pm"] == pytest.approx(margin, abs=3) and margin < 0


INJECTED = replace(
    RESONANT, name="INJECTED",
    analyses=(Analysis("loop", "ac dec 5 10 10g", {}, ("frequency", "v(out)", "v(inn)")),
              Analysis("current", "ac dec 5 10 10g", {"vprobe acmag": "0", "iprobe acmag": "1"}, ("i(vprobe)",))),
    measures=tuple(Measure(name, function, {"analysis": "loop", "returned": "v(out)", "forward": "v(inn)",
                                            "current_analysis": "current", "current_probe": "i(vprobe)"})
                   for name, function in (("gbw", "injected_loop_bandwidth"), ("pm", "injected_phase_margin"))),
    netlist=RESONANT.netlist.replace("E3 out 0", "Ro o out {1e3+load+supply}\nE3 o 0"),
    testbench=RESONANT.testbench + "Iprobe 0 inn dc 0 ac 0\nRin inn 0 {1e3+load+supply}\n")
"""The same loop by double injection, a third of the gain left by three equal resistors; its second analysis does not
save the frequency."""


def test_an_analysis_that_saves_no_frequency_is_refined_too(pool):
    nominal = Conditions("tt", 27, 1.8, 1e-12)
    found, known = (pool.evaluate(circuit, {"a": gain, "q": 100.0}, nominal)
                    for circuit, gain in ((INJECTED, 3e5), (RESONANT, 1e5)))
    assert found.ok, found.log
    assert found.metrics == pytest.approx(known.metrics, rel=1e-2)


def test_a_sweep_that_no_other_analysis_shares_is_refined_without_another_load():
    """OTA is loaded for the operating point, and with that as first guess; its sweep is refined once."""
    code = """
from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.simulator import testbench
from sizing_app.simulator.ngspice import Ngspice

class Counting(Ngspice):
    loads, commands = 0, []
    def load(self, netlist):
        Counting.loads += 1
        super().load(netlist)
    def run(self, command):
        self.commands.append(command)
        super().run(command)

circuit = load_circuit("OTA")
design = golden(circuit)["parameters"]
assert testbench.simulate(Counting(), circuit, design, circuit.conditions.nominal).ok
print(Counting.loads, sum(f"ac lin {testbench.POINTS} " in command for command in Counting.commands))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    assert told.stdout.split() == ["2", "1"], told.stderr
