"""What a designer knows and what a textbook computes, on real ngspice: trends around golden designs, an RC filter."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing_app.circuit.conditions import ConditionSpace, Conditions
from sizing_app.circuit.definition import Analysis, Circuit, Measure, Metric, Parameter
from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.simulator import SimulatorPool

PATIENCE = 120.0
"""Deadline (s) of an evaluation, on busy machines too."""
FEW = settings(max_examples=8, derandomize=True)
BOLTZMANN = 1.380649e-23
OTA, MILLER, LDO = load_circuit("OTA"), load_circuit("MILLER"), load_circuit("SimLDO")


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(1, deadline=PATIENCE) as simulator:
        yield simulator


def metrics(pool, circuit, design, conditions=None):
    """All metrics of a design that must simulate."""
    measured = pool.evaluate(circuit, design, conditions or circuit.conditions.nominal)
    assert measured.ok, measured.log
    return measured.metrics


def near_golden(circuit: Circuit):
    """Designs around the golden one, where amplifiers amplify: each parameter within 6% of its range, counts whole."""
    centre = golden(circuit)["parameters"]
    shift = st.floats(-0.06, 0.06)
    return st.fixed_dictionaries({item.name: shift for item in circuit.parameters}).map(
        lambda shifts: {item.name: item.nearest(item.from_unit(item.to_unit(centre[item.name]) + shifts[item.name]))
                        for item in circuit.parameters})


def under_loads(pool, circuit, design, factor: float) -> list:
    """Metrics at the nominal load and at ``factor`` times that."""
    nominal = circuit.conditions.nominal
    return [metrics(pool, circuit, design, replace(nominal, load=nominal.load * scale)) for scale in (1, factor)]


# Amplifiers

@FEW
@given(design=near_golden(MILLER), factor=st.floats(1.3, 2.5))
def test_more_compensation_lowers_the_bandwidth(pool, design, factor):
    less, more = metrics(pool, MILLER, design), metrics(pool, MILLER, {**design, "c_c": design["c_c"] * factor})
    assert 0 < more["gbw"] < less["gbw"]
    assert more["slew"] < less["slew"]


@FEW
@given(design=near_golden(OTA), factor=st.floats(1.3, 3.0))
def test_more_load_lowers_the_bandwidth(pool, design, factor):
    light, heavy = under_loads(pool, OTA, design, factor)
    assert 0 < heavy["gbw"] < light["gbw"]
    assert heavy["pm"] > light["pm"]  # the load is the dominant pole
    assert heavy["gain"] == pytest.approx(light["gain"], abs=0.1)


@FEW
@given(design=near_golden(MILLER), factor=st.floats(1.5, 3.0))
def test_more_load_takes_phase_where_it_is_the_second_pole(pool, design, factor):
    light, heavy = under_loads(pool, MILLER, design, factor)
    assert 0 < heavy["pm"] < light["pm"]
    assert heavy["gain"] == pytest.approx(light["gain"], abs=0.1)


@FEW
@given(units=st.fixed_dictionaries({item.name: st.floats(0, 1) for item in OTA.parameters}))
def test_twice_the_bias_current_takes_more_power(pool, units):
    design = {item.name: item.from_unit(units[item.name]) for item in OTA.parameters}
    design["i_b"] = min(design["i_b"], OTA.parameter("i_b").high / 2)
    once, twice = metrics(pool, OTA, design), metrics(pool, OTA, {**design, "i_b": 2 * design["i_b"]})
    assert twice["power"] > once["power"] + 0.9 * design["i_b"] * OTA.conditions.nominal.supply


@FEW
@given(design=near_golden(MILLER))
def test_half_the_bias_resistor_takes_up_to_twice_the_power(pool, design):
    """The diode's voltage rises with its current, so that the current less than doubles."""
    once, twice = metrics(pool, MILLER, design), metrics(pool, MILLER, {**design, "r_b": design["r_b"] / 2})
    assert 1.6 < twice["power"] / once["power"] < 2.0
    assert twice["slew"] > once["slew"]


# Regulator

@settings(FEW, max_examples=5)
@given(design=near_golden(LDO), factor=st.floats(1.4, 2.0))
def test_a_wider_pass_device_drops_less_and_is_slower(pool, design, factor):
    wide = {**design, "m_pass": round(design["m_pass"] * factor)}
    narrow, wide = metrics(pool, LDO, design), metrics(pool, LDO, wide)
    assert 0 < wide["dropout"] < narrow["dropout"]
    assert wide["undershoot"] > narrow["undershoot"]


@settings(FEW, max_examples=5)
@given(design=near_golden(LDO))
def test_twice_the_reference_current_takes_more_at_any_load(pool, design):
    once, twice = metrics(pool, LDO, design), metrics(pool, LDO, {**design, "i_ref": 2 * design["i_ref"]})
    divider = 1.8 / design["r_fb"]
    assert 1.3 * (once["i_q"] - divider) < twice["i_q"] - divider
    assert twice["i_full"] > once["i_full"]


# A filter whose every number is known

RC_MEASURES = (
    ("gain", "loop_gain", {"analysis": "response", "output": "v(out)", "input": "v(in)"}),
    ("corner", "unity_gain_frequency", {"analysis": "response", "output": "v(out)", "input": "v(in)"}),
    ("phase", "phase_margin", {"analysis": "response", "output": "v(out)", "input": "v(in)"}),
    ("attenuation", "ripple_rejection", {"analysis": "response", "output": "v(out)",
                                         "at": "{10/(6.283185307*r*load)}"}),
    ("density", "noise_density", {"analysis": "noise", "vector": "onoise_spectrum"}),
    ("total", "band_noise", {"analysis": "noise", "vector": "onoise_spectrum"}),
)
RC = Circuit(
    name="RC", title="Low-pass filter", summary="R and the load behind an ideal gain of -sqrt(2).", process="sky130",
    parameters=(Parameter("r", "Ohm", 1e3, 1e6, "resistor"),),
    metrics=tuple(Metric(name, name, "", name) for name, *_ in RC_MEASURES), specs=(),
    conditions=ConditionSpace(("tt",), (27.0,), (1.0,), (1e-12,)),
    analyses=(Analysis("response", "ac dec 40 100 1t", save=("frequency", "v(out)", "v(in)")),
              Analysis("noise", "noise v(out) vin dec 40 100 100t", save=("frequency", "onoise_spectrum"))),
    measures=tuple(Measure(name, function, arguments) for name, function, arguments in RC_MEASURES),
    netlist="E1 x 0 0 in 1.414213562\nR1 x out {r}\n", testbench="Vin in 0 dc 0 ac 1\nCload out 0 {load}\n",
)


@FEW
@given(r=st.floats(1e3, 1e6), load=st.floats(1e-13, 1e-11), temperature=st.sampled_from([-40.0, 27.0, 125.0]))
def test_a_low_pass_filter_is_what_the_formulas_say(pool, r, load, temperature):
    """With a gain of sqrt(2) in front, |H| falls through 1 where the filter has lost 3 dB and 45 degrees.

    Noise: 4kTR at low frequencies, kT/C altogether, whatever R.
    """
    found = metrics(pool, RC, {"r": r}, Conditions("tt", temperature, 1.0, load))
    energy = BOLTZMANN * (273.15 + temperature)
    assert found["gain"] == pytest.approx(10 * math.log10(2), abs=1e-3)
    assert found["corner"] == pytest.approx(1 / (2 * math.pi * r * load), rel=1e-3)
    assert found["phase"] == pytest.approx(180 - 45, abs=0.1)
    assert found["attenuation"] == pytest.approx(10 * math.log10(101 / 2), abs=0.02)
    assert found["density"] == pytest.approx(math.sqrt(4 * energy * r), rel=1e-3)
    assert found["total"] == pytest.approx(math.sqrt(energy / load), rel=5e-3)
