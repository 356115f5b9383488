"""Instrumentation measures against formulas: a band-pass of two poles, power-law noise, a differential pair."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.simulator.metrics import MEASURES
from sizing_app.simulator.metrics.instrumentation import BOLTZMANN, CHARGE

FREQUENCY = np.logspace(-2, 7, 361)


def band_pass(gain: float, low: float, high: float) -> dict:
    """gain * (s/low) / (1 + s/low) / (1 + s/high): poles in Hz."""
    s = 1j * FREQUENCY
    return {"frequency": FREQUENCY + 0j, "out": gain * (s / low) / (1 + s / low) / (1 + s / high)}


@given(gain=st.floats(2, 1e4), low=st.floats(0.05, 1), high=st.floats(1e5, 1e6))
def test_gain_and_corners_of_a_band_pass(gain, low, high):
    """Corners so far apart that each lies where its pole is; 1 kHz has the full gain."""
    vectors = {"ac": band_pass(gain, low, high)}
    assert MEASURES["passband_gain"](vectors, "ac", "out", 1e3) == pytest.approx(20 * math.log10(gain), abs=1e-3)
    assert MEASURES["lower_corner"](vectors, "ac", "out", 1e3) == pytest.approx(low, rel=0.01)
    assert MEASURES["upper_corner"](vectors, "ac", "out", 1e3) == pytest.approx(high, rel=0.01)


def test_corners_without_an_answer():
    """A gain that never falls ends where the analysis ends; what does not amplify has no passband."""
    flat = {"ac": {"frequency": FREQUENCY + 0j, "out": np.full(len(FREQUENCY), 10.0 + 0j)}}
    assert MEASURES["lower_corner"](flat, "ac", "out", 1e3) == pytest.approx(0.01)
    assert MEASURES["upper_corner"](flat, "ac", "out", 1e3) == pytest.approx(1e7)
    dead = {"ac": band_pass(0.5, 1.0, 1e5)}
    assert MEASURES["lower_corner"](dead, "ac", "out", 1e3) == 1e3
    assert MEASURES["upper_corner"](dead, "ac", "out", 1e3) == 0.0


def test_the_nearest_corner_counts():
    """A dip at 3 kHz ends the passband, although the gain comes back."""
    level = np.where(np.abs(np.log10(FREQUENCY / 3e3)) < 0.1, 1.0, 100.0)
    vectors = {"ac": {"frequency": FREQUENCY + 0j, "out": level + 0j}}
    assert 2e3 < MEASURES["upper_corner"](vectors, "ac", "out", 1e3) < 3e3
    assert 3e3 < MEASURES["lower_corner"](vectors, "ac", "out", 1e4) < 4e3


def test_rejection_is_the_ratio_of_two_gains():
    """At 50 Hz, between the points of the sweep: |H| = 100 50/sqrt(50^2 + 50^2), disturbance 1e-3."""
    vectors = {"ac": band_pass(100.0, 50.0, 1e12), "cm": {"frequency": np.array([50 + 0j]), "out": np.array([1e-3j])}}
    expected = 20 * math.log10(100 / math.sqrt(2) / 1e-3)
    assert MEASURES["rejection"](vectors, "cm", "out", "ac", "out") == pytest.approx(expected, abs=0.01)


def test_input_impedance_of_a_capacitor():
    capacitor = 30e-12
    vectors = {"ac": {"frequency": FREQUENCY + 0j, "i": -2j * math.pi * FREQUENCY * capacitor}}
    expected = 1 / (2 * math.pi * 50 * capacitor)
    assert MEASURES["input_impedance"](vectors, "ac", "i", 50.0) == pytest.approx(expected, rel=1e-6)


@given(exponent=st.floats(-2, 0.5), density=st.floats(1e-9, 1e-6))
def test_noise_of_a_power_law(exponent, density):
    """Integral of density^2 f^exponent from 1 Hz to 10 kHz, for 1/f noise (exponent -1) its logarithm."""
    frequency = np.logspace(0, 4, 21)
    vectors = {"noise": {"frequency": frequency, "in": density * frequency ** (exponent / 2)}}
    power = exponent + 1
    integral = math.log(1e4) if abs(power) < 1e-9 else math.expm1(power * math.log(1e4)) / power
    assert MEASURES["band_noise"](vectors, "noise", "in") == pytest.approx(density * math.sqrt(integral), rel=1e-6)


@pytest.mark.parametrize("exponent", [-1.0, 0.0])
def test_noise_of_flat_and_of_flicker_noise(exponent):
    frequency = np.logspace(0, 4, 21)
    vectors = {"noise": {"frequency": frequency, "in": 1e-8 * frequency ** (exponent / 2)}}
    expected = 1e-8 * math.sqrt(9999 if exponent == 0 else math.log(1e4))
    assert MEASURES["band_noise"](vectors, "noise", "in") == pytest.approx(expected, rel=1e-9)


@given(current=st.floats(1e-8, 1e-3), temperature=st.floats(-40, 125), kappa=st.floats(0.5, 1))
def test_the_best_noise_efficiency_of_a_pair(current, temperature, kappa):
    """A pair in weak inversion: shot noise 2 q Id over gm = kappa Id/Ut, twice, Id = I/2: sqrt(2)/kappa (Harrison)."""
    thermal = BOLTZMANN * (temperature + 273.15) / CHARGE
    density = math.sqrt(2 * 2 * CHARGE * current / 2) / (kappa * current / 2 / thermal)
    frequency = np.logspace(0, 4, 21)
    vectors = {"noise": {"frequency": frequency, "in": np.full(21, density)}, "op": {"i": np.array([-current])}}
    factor = MEASURES["noise_efficiency"](vectors, "noise", "in", "op", "i", temperature)
    assert factor == pytest.approx(math.sqrt(2) / kappa, rel=1e-9)
