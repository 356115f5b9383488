"""Measures of sampled voltages against an RC track-and-hold, by formula."""

import numpy as np
import pytest

from sizing_app.simulator.metrics import MEASURES

TAU, HOLD = 1e-9, 6e-9
"""Time constant of the switch on its capacitor, and when it opens (s)."""
PEDESTAL, LSB = 3e-3, 2e-3


def track_and_hold(step=0.5):
    """An input that steps at 0, a held value that follows it with TAU, loses PEDESTAL at HOLD and rests."""
    time = np.linspace(0, 10e-9, 20001)
    held = step * (1 - np.exp(-np.minimum(time, HOLD) / TAU)) - PEDESTAL * (time >= HOLD)
    return {"tran": {"time": time, "v(in)": np.where(time > 0, step, 0.0), "v(held)": held}}


def run(measure, **arguments):
    return MEASURES[measure](track_and_hold(), analysis="tran", output="v(held)", **arguments)


def test_held_error_is_incomplete_settling_and_pedestal_in_lsb():
    left = 0.5 * np.exp(-6)
    assert run("held_error", at=9e-9, target=0.5, unit=LSB) == pytest.approx((left + PEDESTAL) / LSB, rel=1e-6)
    assert run("held_error", at=5.999e-9, target=0.5, unit=1) == pytest.approx(left, rel=2e-3)


def test_held_error_counts_either_direction():
    assert run("held_error", at=9e-9, target=0.4, unit=1) == pytest.approx(0.1 - 0.5 * np.exp(-6) - PEDESTAL, rel=1e-6)


def test_drift_is_what_was_left_to_settle():
    left = 0.5 * (np.exp(-3) - np.exp(-5))
    assert run("drift", start=3e-9, stop=5e-9, unit=LSB) == pytest.approx(left / LSB, rel=1e-6)
    assert run("drift", start=7e-9, stop=9e-9, unit=LSB) == 0


def test_level_interpolates_between_time_points():
    vectors = {"tran": {"time": np.array([0, 1e-9]), "v(g)": np.array([1.0, 2.0])}}
    assert MEASURES["level"](vectors, analysis="tran", output="v(g)", at=0.25e-9, unit=2) == pytest.approx(0.625)


def test_step_ratio_keeps_the_sign():
    ratio = 0.5 * (1 - np.exp(-5)) / 0.5
    assert run("step_ratio", before=0.0, after=5e-9, ideal=0.5) == pytest.approx(ratio, rel=1e-6)
    assert run("step_ratio", before=0.0, after=5e-9, ideal=-0.5) == pytest.approx(-ratio, rel=1e-6)


def test_gain_of_a_linear_amplifier_with_offset():
    vectors = track_and_hold()
    vectors["tran"]["v(out)"] = 0.2 - 7 * vectors["tran"]["v(held)"]
    found = MEASURES["settled_gain"](vectors, analysis="tran", output="v(out)", input="v(held)", first=1e-9,
                                     second=8e-9)
    assert found == pytest.approx(-7)


def test_no_gain_where_the_input_rests():
    assert run("settled_gain", input="v(held)", first=7e-9, second=9e-9) == 0


def recover(vectors, **arguments):
    return MEASURES["recovery_error"](vectors, analysis="tran", output="v(out)", input="v(in)", **arguments)


def test_recovery_of_an_amplifier_is_referred_to_its_input():
    """Gain 7, time constant TAU, an input that steps by half a volt at 0."""
    vectors = track_and_hold()
    time = vectors["tran"]["time"]
    vectors["tran"]["v(out)"] = 7 * 0.5 * (1 - np.exp(-time / TAU))
    left = 0.5 * (np.exp(-2) - np.exp(-9)) / (1 - np.exp(-9))
    found = recover(vectors, start=2e-9, stop=9e-9, first=0.0, second=9e-9, unit=LSB)
    assert found == pytest.approx(left / LSB, rel=1e-6)


def test_an_amplifier_without_gain_does_not_recover():
    vectors = track_and_hold()
    vectors["tran"]["v(out)"] = np.zeros_like(vectors["tran"]["time"])
    assert recover(vectors, start=2e-9, stop=9e-9, first=0.0, second=9e-9, unit=LSB) == 1e3


def test_dnl_of_an_array_of_matched_units():
    """4 um2 at 1 %um deviate by half a percent; 512 of them by sqrt(512) times that."""
    assert MEASURES["capacitor_dnl"]({}, matching=1e-8, area=4e-12, units=512) == pytest.approx(0.005 * 512**0.5)
