"""Comparator metrics on waveforms whose answers are known by formula."""

import math

import numpy as np
import pytest

from sizing_app.simulator.metrics import MEASURES

TAU = 20e-12
TIME = np.linspace(0, 3e-9, 30001)


def waves(**vectors) -> dict:
    return {"clocked": {"time": TIME, **vectors}}


def regeneration(seed: float, start: float = 1e-9, sign: float = 1.0) -> np.ndarray:
    """A latch that regenerates from ``seed`` (V) at ``start`` with the time constant TAU up to 1 V."""
    return sign * np.minimum(seed * np.exp(np.clip((TIME - start) / TAU, 0, 50)), 1.0)


def delay(wave: np.ndarray, sign: float = 1.0) -> float:
    return MEASURES["decision_delay"](waves(p=wave, n=0 * wave), "clocked", "p", "n", sign, 0.5, 1e-9, 2e-9)


@pytest.mark.parametrize("seed", [50e-3, 5e-3, 1e-3])
def test_delay_of_an_exponential_latch_is_logarithmic(seed):
    assert delay(regeneration(seed)) == pytest.approx(TAU * math.log(0.5 / seed), rel=1e-3)
    assert delay(regeneration(seed, sign=-1.0), sign=-1.0) == pytest.approx(TAU * math.log(0.5 / seed), rel=1e-3)


def test_delay_counts_the_window_for_wrong_missing_and_standing_outputs():
    wrong, missing, standing = regeneration(1e-3, sign=-1.0), 0 * TIME, 0 * TIME + 1.0
    assert [delay(wave) for wave in (wrong, missing, standing)] == pytest.approx([1e-9] * 3)


def test_delay_is_to_the_last_crossing():
    glitch = np.where((TIME > 1.1e-9) & (TIME < 1.2e-9), 1.0, 0.0)
    assert delay(np.maximum(glitch, np.where(TIME > 1.5e-9, 1.0, 0.0))) == pytest.approx(0.5e-9, rel=1e-3)
    assert delay(glitch) == pytest.approx(1e-9)


@pytest.mark.parametrize("flips, right", [((1, -1, 1), 3), ((1, 1, 1), 2), ((0, 0, 0), 0), ((-1, 1, -1), 0)])
def test_right_decisions_compare_the_output_with_the_input_of_the_same_cycle(flips, right):
    cycle = np.minimum((TIME / 1e-9).astype(int), 2)
    vectors = waves(ip=np.array([1e-3, -1e-3, 2e-3])[cycle], im=0 * TIME, p=np.array(flips, float)[cycle], n=0 * TIME)
    share = MEASURES["right_decisions"](vectors, "clocked", "p", "n", "ip", "im", 0.5, 0.5e-9, 0.9e-9, 1e-9, 3)
    assert share == pytest.approx(100 * right / 3)


def test_kickback_is_the_largest_change_since_the_edge():
    wave = 2e-3 + np.where(TIME > 1e-9, 3e-3 * np.exp(-(TIME - 1e-9) / 50e-12), 0.7)
    vectors = waves(p=wave, n=0 * TIME)
    after = 1.005e-9
    expected = 3e-3 * (math.exp(-0.1) - math.exp(-10))
    assert MEASURES["kickback"](vectors, "clocked", "p", "n", after, 1.5e-9, 1.0) == pytest.approx(expected, rel=1e-3)
    assert MEASURES["kickback"](vectors, "clocked", "p", "n", after, 1.5e-9, 2e-3) == pytest.approx(expected / 2e-3,
                                                                                                   rel=1e-3)


def test_reset_time_of_an_exponential_decay():
    decay = {threshold: MEASURES["reset_time"](waves(p=np.exp(-TIME / TAU), n=0 * TIME), "clocked", "p", "n", threshold,
                                               0.0, 1e-9) for threshold in (1e-3, 2.0, 1e-30)}
    assert decay == pytest.approx({1e-3: TAU * math.log(1e3), 2.0: 0.0, 1e-30: 1e-9}, rel=1e-3)


def test_power_is_charge_times_supply_and_counts_the_clock_charge_once_a_cycle():
    """Ten clock edges up and down on a capacitor C: an ideal source takes back what a driver wastes, C V2 a cycle."""
    phase = TIME / 0.3e-9 * 2 * np.pi
    capacitor, supply = 10e-15, 1.2
    clock = capacitor * supply / 2 * np.sin(phase) * 2 * np.pi / 0.3e-9
    arguments = (waves(vdd=0 * TIME - 50e-6, clk=-clock), "clocked", "vdd", "clk", supply, 0.0, 3e-9)
    power = supply * 50e-6 + capacitor * supply**2 / 0.3e-9
    assert MEASURES["average_power"](*arguments) == pytest.approx(power, rel=1e-4)
    assert MEASURES["cycle_energy"](*arguments, 10) == pytest.approx(power * 0.3e-9, rel=1e-4)


def test_offset_follows_pelgrom_and_noise_of_a_sample_is_ktc():
    assert MEASURES["pelgrom_offset"]({}, 2e-9, 1 / (4e-6 * 100e-9)) == pytest.approx(3.1623e-3, rel=1e-4)
    assert MEASURES["sampled_noise"]({}, 1e-12, 27) == pytest.approx(91.04e-6, rel=1e-3)


def integrating(fall: float) -> dict:
    """gm = 1 mS; both outputs fall from 1 V by ``fall`` (V/s) from 1 ns on."""
    common = 1 - fall * np.maximum(TIME - 1e-9, 0)
    return waves(gm=0 * TIME + 1e-3, p=common + 0.01, n=common - 0.01)


def test_integration_noise_of_a_constant_gm():
    """Half a volt at 5 V/ns takes 100 ps: sqrt(4 k T / (gm T))."""
    arguments = ("clocked", "gm", "p", "n", 0.5, 1e-9, 2e-9, 1.0, 27)
    expected = math.sqrt(4 * 1.380649e-23 * 300.15 / (1e-3 * 100e-12))
    assert MEASURES["integration_noise"](integrating(5e9), *arguments) == pytest.approx(expected, rel=1e-3)
    assert MEASURES["integration_noise"](integrating(1e8), *arguments) == 1.0
