"""Slewing against ramps of known slope, and measures that make no sense: typed failures with the metric's name."""

from dataclasses import replace

import numpy as np
import pytest

from sizing_app.circuit.folder import load_circuit
from sizing_app.simulator import SimulatorPool
from sizing_app.simulator.metrics import MEASURES, WorstCase
from sizing_app.task.turn import Proposal, Turn
from tests.builders import golden_design

RISE, FALL, STOP = 1e-6, 11e-6, 21e-6
STEP = {"analysis": "step", "output": "v(out)", "low": 1.0, "high": 2.0, "rise": RISE, "fall": FALL}


def _ramps(low: float, high: float, slope: float) -> dict:
    """An output that goes from ``low`` to ``high`` and back with ``slope`` (V/s)."""
    time = np.linspace(0, STOP, 21_001)
    up, down = slope * np.maximum(time - RISE, 0), slope * np.maximum(time - FALL, 0)
    return {"step": {"time": time, "v(out)": np.clip(low + up, low, high) - np.clip(down, 0, high - low)}}


@pytest.mark.parametrize("offset", [-0.5, -0.25, 0.0, 0.25, 3.0])
@pytest.mark.parametrize("gain", [0.85, 1.0, 1.1])
def test_slew_rate_is_read_between_the_levels_that_the_output_settles_at(offset, gain):
    vectors = _ramps(1 + offset, 1 + offset + gain, 2e6)
    assert MEASURES["slew_rate"](vectors, **STEP) == pytest.approx(2e6, rel=1e-3)


@pytest.mark.parametrize("vectors, covered", [(_ramps(1, 2, 3e4), "rising.* 2[0-9]%"),
                                              (_ramps(1.5, 1.5, 1e6), "rising.* 0%")])
def test_an_incomplete_step_counts_0_and_says_why(vectors, covered):
    with pytest.raises(WorstCase, match=covered) as found:
        MEASURES["slew_rate"](vectors, **STEP)
    assert found.value.value == 0.0


@pytest.fixture(scope="module")
def pool():
    with SimulatorPool(1, deadline=120) as simulator:
        yield simulator


def _with_measure(circuit, metric: str, **changed):
    measures = tuple(replace(item, arguments={**item.arguments, **changed}) if item.metric == metric else item
                     for item in circuit.measures)
    return replace(circuit, measures=measures)


@pytest.mark.parametrize("name, metric, changed, said", [
    ("OTA", "slew", {"fall": 1e-3}, "not in this order within the analysed"),
    ("OTA", "slew", {"rise": 5e-7}, "not in this order within the analysed"),
    ("OTA", "gain", {"output": "v(nowhere)"}, "v(nowhere)"),
    ("ADC3", "enob", {"samples": 64, "cycles": 8}, "64 samples of 8 cycles"),
])
def test_a_measure_that_raises_is_a_failure_that_names_the_metric(name, metric, changed, said, pool):
    circuit = load_circuit(name)
    design, conditions = golden_design(circuit), circuit.conditions.nominal
    (worker,) = pool.pids() or [None]
    failed = pool.evaluate(_with_measure(circuit, metric, **changed), design, conditions)
    assert (failed.status, set(failed.metrics.values())) == ("crashed", {None})
    assert Turn(0, Proposal(design), failed, None).simulations == 1, "ngspice ran"
    assert f"metric {metric} " in failed.log and said in failed.log
    assert worker in (None, *pool.pids()), "the worker lives on"
    assert pool.evaluate(circuit, design, conditions).ok


def test_a_step_that_is_too_slow_is_told_in_the_log(pool):
    circuit = load_circuit("OTA")
    design = {**golden_design(circuit), "i_b": 2e-6}
    slow = replace(circuit, analyses=tuple(replace(item, command="tran 2n 62n 0 10n") if item.name == "step" else item
                                           for item in circuit.analyses))
    found = pool.evaluate(_with_measure(slow, "slew", fall=5e-8), design, circuit.conditions.nominal)
    assert (found.status, found.metrics["slew"]) == ("ok", 0.0)
    assert found.log.startswith("slew: the rising step is incomplete")


SETTLE = {**STEP, "band": 0.01}


def _exponential(tau: float, gain: float = 1.0) -> dict:
    """A first-order answer with the time constant ``tau`` (s) to the step of STEP."""
    time = np.unique(np.concatenate([np.linspace(0, STOP, 21_001), [RISE, FALL]]))
    up = 1 - np.exp(-np.maximum(time - RISE, 0) / tau)
    down = 1 - np.exp(-np.maximum(time - FALL, 0) / tau)
    return {"step": {"time": time, "v(out)": 1.3 + gain * (up - down)}}


@pytest.mark.parametrize("tau", [0.1e-6, 0.4e-6, 0.8e-6])
@pytest.mark.parametrize("gain", [0.9, 1.0])
def test_a_first_order_step_settles_after_the_logarithm_of_its_accuracy(tau, gain):
    found = MEASURES["step_settling"](_exponential(tau, gain), **SETTLE)
    assert found == pytest.approx(tau * np.log(gain / 0.01), rel=2e-3)


def test_a_step_that_rings_settles_at_the_last_time_it_leaves_the_band():
    vectors = _exponential(0.2e-6)
    time = vectors["step"]["time"]
    late = (time > RISE + 4e-6) & (time < RISE + 5e-6)
    vectors["step"]["v(out)"] = vectors["step"]["v(out)"] + 0.05 * late
    assert MEASURES["step_settling"](vectors, **SETTLE) == pytest.approx(5e-6, rel=1e-3)


def test_an_incomplete_step_settles_in_no_less_than_a_whole_step():
    with pytest.raises(WorstCase, match="rising") as found:
        MEASURES["step_settling"](_ramps(1, 2, 3e4), **SETTLE)
    assert found.value.value == pytest.approx(FALL - RISE)


SWEEP = {"analysis": "sweep", "input": "v(sig)", "output": "v(out)", "tolerance": 0.01}


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("low, high, expected", [(-0.5, 0.8, 1.02), (-0.9, 0.6, 1.22), (-2, 2, 2.0)])
def test_output_range_is_twice_the_shorter_way_to_clipping(low, high, expected, direction):
    """Clipped at ``low`` and ``high`` the error passes 10 mV 10 mV beyond; offset and sweep direction do not count."""
    swept = np.linspace(-1, 1, 81)[::direction]
    vectors = {"sweep": {"v(sig)": swept, "v(out)": np.clip(swept, low, high) + 0.003}}
    assert MEASURES["output_range"](vectors, **SWEEP) == pytest.approx(expected, abs=1e-9)


def test_output_range_of_an_output_that_does_not_move():
    swept = np.linspace(-1, 1, 81)
    vectors = {"sweep": {"v(sig)": swept, "v(out)": np.zeros(81)}}
    assert MEASURES["output_range"](vectors, **SWEEP) == pytest.approx(0.02)
