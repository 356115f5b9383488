"""The language of metrics as text: what it reads, what it computes (closed forms), what it refuses."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sizing_app.circuit.check import check_circuit, measure_arguments
from sizing_app.circuit.definition import Measure, Metric
from sizing_app.circuit.expressions import ExpressionError, NoValue
from sizing_app.circuit.folder import load_circuit
from sizing_app.circuit.metric_text import TEXTS, fill_text, with_sources
from sizing_app.circuit.signals import FUNCTIONS, read_formula
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.metrics import MEASURES, WorstCase
from sizing_app.simulator.metrics.curves import Curves
from tests.builders import golden_design

TAU, POLE, GAIN = 1e-3, 1e3, 1e4
TIME = np.linspace(0, 10e-3, 20_001)
FREQUENCY = np.logspace(0, 8, 1601)
LOOP = GAIN / (1 + 1j * FREQUENCY / POLE)
VECTORS = {
    "tran": {"time": TIME, "v(out)": 1 - np.exp(-TIME / TAU), "v(in)": np.ones_like(TIME),
             "i(vdd)": np.full(20_001, -1e-3), "v(osc)": np.sin(2 * np.pi * 1e3 * TIME),
             "v(ring)": 1 - np.exp(-TIME / TAU) * np.cos(5 * TIME / TAU)},
    "ac": {"frequency": FREQUENCY.astype(complex), "v(out)": LOOP, "v(in)": np.ones(1601, complex)},
    "dc": {"v-sweep": np.linspace(3, -1, 401), "v(out)": np.linspace(3, -1, 401) ** 2},
    "op": {"v(out)": np.array([0.5]), "i(vdd)": np.array([-2e-3]), "@m1[gm]": np.array([1e-3])},
}
KNOWN = {"Gain": 80.0, "gbw": 2e6, "power": 4e-3, "nothing": None}
CASES = [
    ("tran", "cross(v(out), 0.5)", TAU * math.log(2)),
    ("tran", "rise(v(out), 0.9) - rise(v(out), 0.1)", TAU * math.log(9)),
    ("tran", "settle(v(out), 0.01)", TAU * math.log(1 / (0.01 + math.exp(-10)))),
    ("tran", "settle(v(out), 0.01, 0, 1)", TAU * math.log(100)),
    ("tran", "at(v(out), 2m)", 1 - math.exp(-2)),
    ("tran", "at(deriv(v(out)), 1m)", math.exp(-1) / TAU),
    ("tran", "slew(v(out), 0.2, 0.8)", 0.6 / (TAU * math.log(4))),
    ("tran", "integ(v(in)-v(out), 0, 1m)", TAU * (1 - math.exp(-1))),
    ("tran", "avg(v(osc), 0, 0.5m)", 2 / math.pi), ("tran", "rms(v(osc), 0, 5m)", math.sqrt(0.5)),
    ("tran", "1/period(v(osc), 0, 2m)", 1e3), ("tran", "duty(v(osc), 0.5)", 1 / 3),
    ("tran", "overshoot(v(ring))", math.exp(-(math.pi - math.atan(1 / 5)) / 5) * math.cos(math.atan(1 / 5))),
    ("tran", "cross(v(osc), 0, 3)", 1.5e-3), ("tran", "fall(v(osc), 0, -1)", 9.5e-3),
    ("tran", "rise(v(osc), 0.5, 2)", 1e-3 + 1 / 12e3), ("tran", "pp(v(osc))", 2.0),
    ("tran", "max(v(osc), 0.5m, 0.6m)", 0.0), ("tran", "min(v(osc), 0, 0.6m)", math.sin(1.2 * math.pi)),
    ("tran", "-avg(I(VDD))*{supply}", 3.3e-3), ("tran", "first(v(out)) + last(v(in))", 1.0),
    ("ac", "db(first(v(out)/v(in)))", 20 * math.log10(GAIN / math.hypot(1, 1e-3))),
    ("ac", "at(vdb(out), 1k)", 20 * math.log10(GAIN / math.sqrt(2))), ("ac", "at(vp(out), 1k)", -math.pi / 4),
    ("ac", "at(phase(v(out)), 1k)", -45.0), ("ac", "unity_gain(v(out)/v(in))", POLE * math.sqrt(GAIN ** 2 - 1)),
    ("ac", "phase_margin(v(out))", 180 - math.degrees(math.atan(math.sqrt(GAIN ** 2 - 1)))),
    ("ac", "bandwidth(v(out))", POLE), ("ac", "bandwidth(v(out), 20)", POLE * math.sqrt(99)),
    ("ac", "gain_margin(v(out)^3)", -60 * math.log10(GAIN / 2)), ("ac", "at(vr(out), 1k)", GAIN / 2),
    ("ac", "mag(at(v(out), 1k)) + at(imag(v(out)), 1k)", GAIN / math.sqrt(2) - GAIN / 2),
    ("dc", "at(v(out), 2)", 4.0), ("dc", "fall(v(out), 1)", 1.0), ("dc", "integ(v(out), 0, 2)", -8 / 3),
    ("dc", "avg(v(out), 0, 2)", 4 / 3), ("dc", "at(deriv(v(out)), 1)", 2.0),
    ("op", "-i(vdd)*{supply}", 6.6e-3), ("op", "@m1[gm]/vdd#branch", -0.5), ("op", "max(v(out), 1m)", 0.5),
    ("op", "min(v(out), 0.2)", 0.2), ("tran", "max(0.1, last(v(in)))", 1.0), ("tran", "min(0.1, 0.3)", 0.1),
    ("op", "GBW/power + gain", 5e8 + 80),
    ("op", "sqrt(4)+exp(0)+ln(1)+log10(100)", 5.0),
    ("op", "abs(v(0,out)) + v(out,0)", 1.0),
]


@pytest.mark.parametrize("analysis, text, expected", CASES)
def test_an_expression_has_its_closed_form(analysis, text, expected):
    filled = fill_text(text, {"supply": 3.3})
    found = MEASURES["expression"](VECTORS, analysis, filled, known=KNOWN)
    assert found == pytest.approx(expected, rel=2e-4, abs=1e-12)


def test_every_function_is_tried_and_told():
    texts = " ".join(read_formula(fill_text(text, {"supply": 3.3})).text for _, text, _ in CASES)
    assert set(re.findall(r"(\w+)\(", texts)) >= set(FUNCTIONS)
    assert set(Curves(TIME).functions()) == set(FUNCTIONS)
    page = (Path(__file__).parents[1] / "docs" / "metrics.md").read_text()
    assert all(f"| `{name}" in page for name in FUNCTIONS)


@pytest.mark.parametrize("text, said", [
    ("foo(v(a))", "'foo' is not a function, only db"), ("at(v(a))", "at takes 2 arguments, found 1"),
    ("v(a).real", "is not plain arithmetic"), ("__import__('os')", "'__import__' is not a function"),
    ("[x for x in 1]", "is not plain arithmetic"), ("-" * 80 + "1", "nested"),
    ("1" + "+1" * 600, "characters"),
    ("max(v(a), start=1)", "is not plain arithmetic"), ("9^9^9^9", "out of range"),
])
def test_a_refusal_says_why(text, said):
    with pytest.raises(ExpressionError) as found:
        formula = read_formula(text)
        MEASURES["expression"]({"op": dict.fromkeys(formula.vectors.values(), np.ones(1))}, "op", text, known={})
    assert said in str(found.value)


@pytest.mark.parametrize("analysis, text, said", [
    ("tran", "cross(v(out), 7)", "there is no cross number 1: the level is passed 0 times"),
    ("tran", "at(v(out), 1)", "outside the sweep"), ("tran", "period(v(out), 0.5)", "passed upwards 1 times"),
    ("op", "nothing + 1", "nothing has no value"),
])
def test_no_answer_is_no_number(analysis, text, said):
    with pytest.raises(WorstCase, match=said) as found:
        MEASURES["expression"](VECTORS, analysis, text, known=KNOWN)
    assert math.isnan(found.value.value)


@pytest.mark.parametrize("text", ["gain/zero", "1/(gain-80)", "zero^-1", "10^(gain*gain)", "(zero-8)^(1/3)",
                                  "v(out)/zero", "first(v(out))/(gain-gain)", "log10(zero)"])
def test_a_division_by_zero_and_an_overflow_have_no_value(text):
    with pytest.raises(NoValue):
        MEASURES["expression"](VECTORS, "op", text, known=KNOWN | {"zero": 0.0})


@pytest.mark.parametrize("analysis, text, said", [
    ("tran", "v(out)", "is a curve of 20001 values: say at"), ("ac", "at(v(out), 1k)", "is a complex number: say db"),
    ("op", "avg(v(out))", "sweeps nothing"), ("tran", "max(0.1, v(out))", "of two numbers.*found a curve"),
    ("tran", "max(max(0, v(out)))", "of two numbers.*found a curve"),
    ("tran", "min(v(out), v(in))", "of two numbers.*found a curve"),
    ("tran", "min(v(out), 0, v(in))", "of two numbers.*found a curve"),
])
def test_what_is_no_number_is_told(analysis, text, said):
    with pytest.raises(ValueError, match=said):
        MEASURES["expression"](VECTORS, analysis, text, known=KNOWN)


def test_texts_are_those_that_the_measures_say():
    assert {name: tuple(key for key, kind in arguments.items() if kind == "Text")
            for name, arguments in measure_arguments().items() if "Text" in arguments.values()} == TEXTS


# In a circuit

OTA = load_circuit("OTA")
ADDED = (
    Measure("gain_text", "expression", {"analysis": "loop", "value": "db(first(v(out)/v(inn)))"}),
    Measure("gbw_text", "expression", {"analysis": "loop", "value": "unity_gain(-v(out)/v(inn))"}),
    Measure("power_text", "expression", {"analysis": "op", "value": "-i(vdd)*{supply}"}),
    Measure("merit", "of_metrics", {"value": "gbw_text/power_text*{load}"}),
    Measure("rise", "meas", {"analysis": "step", "line": ".meas tran tr trig v(out) val=1.56 rise=1 targ v(out) "
                                                         "val={1.62+0*supply} rise=1"}),
    Measure("never_0", "of_metrics", {"value": "0*gain_text"}),
    Measure("never", "meas", {"analysis": "step", "line": ".meas tran x when v(out)=9"}),
    Measure("of_never", "of_metrics", {"value": "never*2"}),
    Measure("quotient", "of_metrics", {"value": "gain/(never_0-never_0)"}),
    Measure("of_braces", "of_metrics", {"value": "gain/{supply-supply}"}),
    Measure("filled", "of_metrics", {"value": "gain*{1/(supply-supply)}"}),
)


def with_measures(*added: Measure):
    return replace(OTA, measures=(*OTA.measures, *added),
                   metrics=(*OTA.metrics, *(Metric(item.metric, item.metric, "", "added") for item in added)))


def test_texts_in_a_circuit_give_what_the_measures_give():
    circuit = with_measures(*ADDED)
    check_circuit(circuit, Path("circuit.toml"))
    with SimulatorPool(1, deadline=120.0, trusted=True) as pool:
        found = pool.evaluate(circuit, golden_design(OTA), circuit.conditions.nominal)
    assert found.ok, found.log
    values = found.metrics
    assert values["gain_text"] == pytest.approx(values["gain"]) and values["gbw_text"] == pytest.approx(values["gbw"])
    assert values["power_text"] == pytest.approx(values["power"])
    assert values["merit"] == pytest.approx(values["gbw"] / values["power"] * 2e-12)
    assert values["rise"] == pytest.approx(0.06 / values["slew"], rel=0.5)
    assert values["never"] is None and values["of_never"] is None
    assert [values[name] for name in ("quotient", "of_braces", "filled")] == [None, None, None]
    assert "quotient has no value: " in found.log and "filled has no value: " in found.log
    assert "never: there is no cross number 1" in found.log and "of_never: never has no value" in found.log


def test_what_a_metric_is_computed_from_is_read_with_it():
    assert with_sources(with_measures(*ADDED), ["merit"]) == {"merit", "gbw_text", "power_text"}


@pytest.mark.parametrize("measure, said", [
    (Measure("x", "expression", {"analysis": "loop", "value": "max(v(a))"}), "expected saved vectors"),
    (Measure("x", "expression", {"analysis": "loop", "value": "max(v(out))*y"}), "or a metric above this one"),
    (Measure("x", "expression", {"analysis": "loop", "value": "v(out)*{vdd}"}), "expected a parameter or supply"),
    (Measure("x", "expression", {"analysis": "common_mode", "value": "db(v(out))"}), "expected 'frequency' among"),
    (Measure("x", "meas", {"analysis": "loop", "line": ".meas tran x max v(out)"}), "expected a line for ac"),
    (Measure("x", "meas", {"analysis": "loop", "line": ".meas ac x lstb v(out)"}), "'lstb' is not supported"),
    (Measure("x", "of_metrics", {"value": "v(out)"}), "expected saved vectors, there are none"),
    (Measure("x", "of_metrics", {"value": "x + 1"}), "found 'x'"),
])
def test_a_circuit_with_a_wrong_text_is_refused(measure, said):
    with pytest.raises(CircuitError) as found:
        check_circuit(with_measures(measure), Path("circuit.toml"))
    assert said in str(found.value) and "metrics x with." in str(found.value)
