"""Regulator measures against waveforms and sweeps whose answers are known by formula."""

import math

import numpy as np
import pytest

from sizing_app.simulator.metrics import MEASURES

LIGHT, FULL = {"v(out)": np.array([1.801]), "i(vdd)": np.array([-0.54e-3])}, {"v(out)": np.array([1.7995])}


def test_ground_current_is_what_the_load_does_not_take():
    found = MEASURES["ground_current"]({"op": LIGHT}, analysis="op", current="i(vdd)", load=0.5e-3)
    assert found == pytest.approx(40e-6)


def test_load_regulation_is_the_slope_between_two_loads():
    found = MEASURES["load_regulation"]({"light": LIGHT, "full": FULL}, light_analysis="light", light_output="v(out)",
                                        full_analysis="full", full_output="v(out)", step=19.5e-3)
    assert found == pytest.approx(1.5e-3 / 19.5e-3)


@pytest.fixture(params=[1, -1], ids=["rising", "falling"])
def sweep(request):
    """1.8 V plus 2 mV/V down to the dropout, from there on the supply less 100 mV: in either direction."""
    supply = np.linspace(1.7, 3.6, 39)[::request.param]
    return {"line": {"v(vdd)": supply, "v(out)": np.minimum(1.8 + 2e-3 * (supply - 3.3), supply - 0.1)}}


def test_line_regulation_is_the_slope_of_the_regulated_part(sweep):
    found = MEASURES["line_regulation"](sweep, analysis="line", input="v(vdd)", output="v(out)", low=3.0, high=3.6)
    assert found == pytest.approx(2e-3)


@pytest.mark.parametrize("level", [1.7, 1.72, 1.65])
def test_dropout_voltage_is_supply_minus_output_below_regulation(level, sweep):
    found = MEASURES["dropout_voltage"](sweep, analysis="line", input="v(vdd)", output="v(out)", level=level)
    assert found == pytest.approx(0.1)


def test_dropout_voltage_of_outputs_that_never_cross_the_level():
    supply = np.array([3.6, 2.6, 1.7])
    for wave, expected in ((supply / 3, 2.4), (supply + 0.2, -0.2)):
        found = MEASURES["dropout_voltage"]({"line": {"v(vdd)": supply, "v(out)": wave}}, analysis="line",
                                            input="v(vdd)", output="v(out)", level=1.7)
        assert found == pytest.approx(expected)


def test_ripple_rejection_of_one_zero():
    """|H| = 1e-3 sqrt(1 + (f / 1 kHz)^2): 60 dB less 3 dB at 1 kHz, less 40 dB at 100 kHz."""
    frequency = np.logspace(2, 6, 41)
    vectors = {"ripple": {"frequency": frequency + 0j, "v(out)": 1e-3 * (1 + 1j * frequency / 1e3)}}
    for at, expected in ((1e3, 60 - 10 * math.log10(2)), (1e5, 60 - 20 * math.log10(abs(1 + 100j)))):
        found = MEASURES["ripple_rejection"](vectors, analysis="ripple", output="v(out)", at=at)
        assert found == pytest.approx(expected, abs=1e-6)


@pytest.fixture
def step():
    """Load steps at 1 us and 5 us: dips of 100 mV and 60 mV that decay with 200 ns to 1.79 V and 1.8 V."""
    time = np.linspace(0, 9e-6, 9001)
    fall, rise = np.maximum(time - 1e-6, 0), np.maximum(time - 5e-6, 0)
    wave = np.where(time < 5e-6, 1.79 - 0.09 * np.exp(-fall / 2e-7), 1.8 + 0.06 * np.exp(-rise / 2e-7))
    return {"step": {"time": time, "v(out)": np.where(time < 1e-6, 1.8, wave)},
            "full": {"v(out)": np.array([1.79])}}


def test_undershoot_and_overshoot_count_from_the_value_before_the_step(step):
    under = MEASURES["undershoot"](step, analysis="step", output="v(out)", start=0.9e-6, stop=5e-6)
    over = MEASURES["overshoot"](step, analysis="step", output="v(out)", start=4.99e-6, stop=9e-6)
    assert under == pytest.approx(0.1, abs=1e-3)
    assert over == pytest.approx(0.07, abs=1e-3)


@pytest.mark.parametrize("band, expected", [(0.018, 2e-7 * math.log(0.09 / 0.018)), (0.2, 0.0)])
def test_settling_ends_where_the_slower_step_enters_its_band(band, expected, step):
    assert _settling(step, band) == pytest.approx(expected, abs=1e-11)


def test_settling_is_interpolated_between_samples(step):
    coarse = {key: vector[::25] for key, vector in step["step"].items()}
    assert _settling({**step, "step": coarse}, 0.018) == pytest.approx(2e-7 * math.log(0.09 / 0.018), abs=1e-9)


def test_an_output_that_rings_does_not_settle(step):
    time = step["step"]["time"]
    step["step"]["v(out)"] = 1.8 + 0.1 * np.sin(2 * np.pi * 5e6 * time)
    assert _settling(step, 0.018) == pytest.approx(4e-6, rel=0.02)


def _settling(vectors, band):
    return MEASURES["load_step_settling"](
        vectors, analysis="step", output="v(out)", light_analysis="step", light_output="v(out)", full_analysis="full",
        full_output="v(out)", rise=1e-6, fall=5e-6, band=band)
