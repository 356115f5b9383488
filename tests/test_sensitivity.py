"""Derivatives by formulas, shares of mismatch by symmetry and by Monte Carlo."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.definition import Measure
from sizing_app.circuit.folder import load_circuit
from sizing_app.evaluate.monte_carlo import samples, simulate_samples
from sizing_app.evaluate.sensitivity import AROUND_NULL, _change, _is_magnitude, effects, mismatch_shares
from sizing_app.evaluate.signoff_documents import what_spreads
from sizing_app.simulator import SimulatorPool
from sizing_app.task.turn import Measurement
from tests.builders import DirectSimulator, QuadraticSimulator, a_circuit, golden_design
from tests.test_monte_carlo import pair


def test_slopes_and_elasticities_are_those_of_the_formulas():
    """power = 0.01 w m: 1% per 1% of each; gain = 60 - 2 (w / 10u - 1)^2: slope -0.4 (w / 10u - 1) / 1u."""
    circuit, w = a_circuit(), 30e-6
    centre, found = effects(circuit, {"w": w, "m": 10.0}, circuit.conditions.nominal, QuadraticSimulator())
    effect = {(item.metric, item.parameter): item for item in found}
    assert centre.metrics["gain"] == pytest.approx(52.0)
    assert effect["gain", "w"].slope == pytest.approx(-4.0 * 2.0 / 10e-6)
    assert effect["gain", "w"].per_percent == pytest.approx(-0.24) and effect["gain", "w"].elasticity is None
    assert effect["gain", "m"].slope == 0.0
    assert effect["power", "w"].elasticity == pytest.approx(1.0) and effect["power", "m"].slope == pytest.approx(3e-7)


def test_a_parameter_at_the_end_of_its_range_looks_to_one_side():
    circuit = a_circuit()
    _, found = effects(circuit, {"w": 100e-6, "m": 20.0}, circuit.conditions.nominal, QuadraticSimulator())
    effect = {(item.metric, item.parameter): item for item in found}
    assert effect["power", "m"].slope == pytest.approx(1e-6)
    assert effect["power", "w"].slope == pytest.approx(0.2)


class Formula(DirectSimulator):
    """Metrics as a function of the design and its conditions; None is one that does not converge."""

    def __init__(self, metrics):
        self._metrics = metrics

    def measure(self, circuit, parameters, conditions):
        found = self._metrics(parameters, conditions)
        return Measurement("not_converged", {}) if found is None else Measurement("ok", found)


@pytest.mark.parametrize("w", [10e-6, 10.001e-6, 9.96e-6, 10.1e-6, 12e-6, 100e-6, 1e-6])
def test_the_slope_of_a_magnitude_does_not_depend_on_where_its_sign_turns(w):
    """|w - 10u| follows w by 1 to either side, also where 1% of w passes 10u, and at both ends of the range."""
    circuit = replace(a_circuit(), measures=(Measure("gain", "dc_error"), *a_circuit().measures[1:]))
    simulator = Formula(lambda design, _: {"gain": abs(design["w"] - 10e-6), "power": 1.0})
    _, found = effects(circuit, {"w": w, "m": 5.0}, circuit.conditions.nominal, simulator)
    slope = next(item.slope for item in found if (item.metric, item.parameter) == ("gain", "w"))
    assert abs(slope) == pytest.approx(1.0)
    assert w == 10e-6 or (slope > 0) == (w > 10e-6)


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(2, trusted=True) as simulator:
        yield simulator


def test_a_pair_shares_its_offset_evenly_and_the_sum_is_that_of_monte_carlo(pool):
    circuit, design = pair("OTA"), {"w_in": 20e-6, "l_in": 1e-6}
    conditions = circuit.conditions.nominal
    found, = mismatch_shares(circuit, design, conditions, Draw(1, 0), pool)
    assert [row.share for row in found.devices] == pytest.approx([0.5, 0.5], abs=0.01)
    assert {row.device for row in found.devices} == {"M1", "M2"}
    measured = simulate_samples(circuit, design, conditions, samples(Draw(9, 0), 300), pool)
    sigma = np.sqrt(np.mean([item.metrics["offset"] ** 2 for item in measured]))
    assert found.sigma == pytest.approx(sigma, rel=5 / np.sqrt(2 * 300))


def test_in_an_amplifier_the_input_pair_and_the_mirror_make_the_offset(pool):
    """Cascodes hardly count, and both devices of a pair count the same."""
    circuit = load_circuit("OTA")
    found = {item.metric: item for item in mismatch_shares(circuit, golden_design(circuit), circuit.conditions.nominal,
                                                           Draw(1, 0), pool)}
    share = {row.device: row.share for row in found["offset"].devices}
    assert share["M1"] + share["M2"] + share["M7"] + share["M8"] > 0.97
    assert share["M1"] == pytest.approx(share["M2"], rel=0.1) and share["M7"] == pytest.approx(share["M8"], rel=0.1)
    assert found["offset"].sigma == pytest.approx(1.96e-3, rel=0.1) and found["offset"].signed
    assert found["cmrr"].sigma is None and found["gain"].sigma < 0.2 and not found["gain"].signed


@pytest.mark.parametrize("measure, magnitude", [
    (Measure("m", "dc_error"), True), (Measure("m", "held_error"), True), (Measure("m", "line_regulation"), True),
    (Measure("m", "expression", {"value": "abs(cross(v(a), 0))"}), True),
    (Measure("m", "expression", {"value": "100*abs(first(v(a)) - last(v(a)))/abs(avg(v(a)))/{high - low}"}), True),
    (Measure("m", "of_metrics", {"value": "-abs(offset)*1k"}), True),
    (Measure("m", "expression", {"value": "abs(v(a))-v(b)"}), False),
    (Measure("m", "expression", {"value": "pp(v(a))/abs(avg(v(a)))"}), False),
    (Measure("m", "expression", {"value": "v(a)-abs(v(b))"}), False), (Measure("m", "slew_rate"), False)])
def test_what_is_a_magnitude(measure, magnitude):
    assert _is_magnitude(measure) == magnitude


def spread(gain, unit="dB", magnitude=False):
    """Shares of a metric that is ``gain`` of what M1, M2 ... deviate by in their first normal number, in sigmas."""
    circuit, w = pair("OTA"), {"w_in": 20e-6, "l_in": 1e-6}
    circuit = replace(circuit, metrics=(replace(circuit.metrics[0], name="gain", unit=unit),),
                      measures=(Measure("gain", "dc_error" if magnitude else "loop_gain"),))

    def measure(design, conditions):
        moved = [0.0, 0.0]
        if conditions.draw and conditions.draw.single:
            device, number, sigmas = conditions.draw.single
            moved[device] = sigmas if number == 0 else 0.0
        value = gain(*moved)
        return value if value is None else {"gain": value}

    found, = mismatch_shares(circuit, w, circuit.conditions.nominal, Draw(1, 0), Formula(measure))
    return found, {row.device: (row.sigma, row.share) for row in found.devices}


@pytest.mark.parametrize("magnitude", [False, True])
def test_a_device_with_a_value_to_one_side_counts_by_that_side(magnitude):
    found, devices = spread(lambda one, two: None if one > 0 else 50.0 - 4.0 * one + 3.0 * two, "V", magnitude)
    assert found.sigma == pytest.approx(5.0) and found.why == "" and found.signed == magnitude
    assert devices["M1"] == pytest.approx((4.0, 0.64)) and devices["M2"] == pytest.approx((3.0, 0.36))


def test_a_device_without_a_value_is_named_and_nothing_is_added_up():
    found, devices = spread(lambda one, two: None if one else 1.0 + 0.001 * two, "V")
    assert found.sigma is None and found.why == "no value with M1 one sigma off"
    assert devices == {"M1": (None, None), "M2": (pytest.approx(0.001), None)}
    assert what_spreads(found, "V") == "no value with M1 one sigma off; others alone: M2 1 mV"


@pytest.mark.parametrize("systematic", [0.0, 1e-5, 1e-4])
def test_a_rejection_around_a_null_has_no_sigma_in_decibels(systematic):
    """Each device adds 1e-4 to a common-mode gain that is 0, or not much else, by design."""
    found, devices = spread(lambda one, two: -20 * math.log10(abs(systematic + 1e-4 * (one - two)) + 1e-15))
    assert found.sigma is None and not devices and found.why == AROUND_NULL
    found, _ = spread(lambda one, two: None if one else 80.0 - 20.0 * abs(two))
    assert found.why == f"no value with M1 one sigma off; {AROUND_NULL}"


def test_a_rejection_with_a_large_systematic_part_is_linear():
    """|1e-3 + d| with d of 3e-5 and 4e-5 has a sigma of 8.686 dB times 5e-5 / 1e-3."""
    found, devices = spread(lambda one, two: -20 * math.log10(abs(1e-3 + 3e-5 * one - 4e-5 * two)))
    assert found.sigma == pytest.approx(20 / math.log(10) * 0.05, rel=0.01)
    assert devices["M1"][1] == pytest.approx(0.36, abs=0.01) and devices["M2"][1] == pytest.approx(0.64, abs=0.01)


@settings(max_examples=50)
@given(st.floats(-5, 5), st.floats(-5, 5))
def test_a_change_of_a_magnitude_does_not_depend_on_where_its_sign_turns(at, by):
    own, more, less = abs(at), abs(at + by), abs(at - by)
    assert abs(_change(own, more, less, True)) == pytest.approx(abs(by), abs=1e-9)
    assert _change(at, at + by, at - by, False) == pytest.approx(by, abs=1e-9)
