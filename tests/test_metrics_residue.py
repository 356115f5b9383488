"""Measures of a pipeline stage against residues that are made to order."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.simulator.metrics.residue import residue_gain_error, residue_settling, stage_noise, stage_sndr

PERIOD, SAMPLED, START, SAMPLES, CYCLES, REFERENCE = 20e-9, 9e-9, 19e-9, 7, 3, 0.8
STAGE = {"analysis": "tran", "residue": "v(res)", "input": "v(in)", "dac": "v(dac)", "gain": 2, "sampled": SAMPLED,
         "start": START, "period": PERIOD, "samples": SAMPLES}
WINDOW = {"analysis": "tran", "residue": "v(res)", "window": 2e-9, "start": START, "period": PERIOD,
          "samples": SAMPLES}
RECORD = {"analysis": "tran", "output": "v(rec)", "start": START, "period": PERIOD, "samples": SAMPLES,
          "cycles": CYCLES, "noise_analysis": "noise", "noise_density": "onoise_spectrum", "gain": 2}


def _stage(gain: float = 2.0, offset: float = 0.0, drift: float = 0.0) -> dict:
    """A stage: ``gain`` / 2 times the ideal residue plus ``offset`` (V), still moving by ``drift`` (V/s)."""
    time = np.linspace(0, SAMPLES * PERIOD, 1401)
    cycle = np.minimum(time // PERIOD, SAMPLES - 1)
    level = 0.75 * np.sin(2 * np.pi * CYCLES * cycle / SAMPLES + 0.3)
    dac = REFERENCE * np.sign(level) * (abs(level) > REFERENCE / 4)
    late = time - cycle * PERIOD - START
    residue = gain / 2 * (2 * level - dac) + offset + drift * late
    return {"tran": {"time": time, "v(in)": level, "v(dac)": dac, "v(res)": residue, "v(rec)": (residue + dac) / 2},
            "noise": _noise(0.0)}


def _noise(white: float, flicker: float = 0.0) -> dict:
    """Noise density with a white power density (V^2/Hz) and a flicker one of ``flicker`` / f (V^2/Hz)."""
    frequency = np.logspace(4, 9, 26)
    return {"frequency": frequency.astype(complex), "onoise_spectrum": np.sqrt(white + flicker / frequency)}


@given(error=st.floats(-0.3, 0.3), offset=st.floats(-0.1, 0.1))
def test_gain_error_is_the_slope_whatever_the_offset(error, offset):
    vectors = _stage(gain=2 * (1 + error), offset=offset)
    assert residue_gain_error(vectors, **STAGE) == pytest.approx(100 * abs(error), abs=1e-6)


@given(drift=st.floats(-1e6, 1e6))
def test_settling_is_the_movement_within_the_window(drift):
    assert residue_settling(_stage(drift=drift), **WINDOW, lsb=1e-3) == pytest.approx(2e-6 * abs(drift), abs=1e-9)


def test_noise_adds_what_was_sampled_to_what_the_amplifier_makes():
    """White noise S over a band B at the output of a gain of 2, and kT/C: S B / 4 + kT/C."""
    vectors = {"noise": _noise(1e-16)}
    sampled = 1.380649e-23 * 300 / 0.4e-12
    assert stage_noise(vectors, "noise", "onoise_spectrum", 2, 0.0) == pytest.approx(math.sqrt(1e-7 / 4), rel=0.02)
    assert stage_noise(vectors, "noise", "onoise_spectrum", 2, sampled) == pytest.approx(
        math.sqrt(1e-7 / 4 + sampled), rel=0.02)


def test_flicker_noise_is_integrated_exactly():
    """K / f from 10 kHz to 1 GHz: K ln(1e5)."""
    found = stage_noise({"noise": _noise(0.0, 1e-9)}, "noise", "onoise_spectrum", 1, 0.0)
    assert found == pytest.approx(math.sqrt(1e-9 * math.log(1e5)), rel=1e-6)


def test_sndr_of_a_perfect_stage_is_its_noise_and_gain_errors_cost():
    """0.75 V amplitude over kT/C: 10 log (0.75^2 / 2 / noise). The DAC levels turn a gain error into distortion."""
    sampled = 1e-8
    clean = stage_sndr(_stage(), **RECORD, sampled=sampled)
    assert clean == pytest.approx(10 * math.log10(0.75**2 / 2 / sampled), abs=1e-6)
    assert stage_sndr(_stage(offset=0.01), **RECORD, sampled=sampled) == pytest.approx(clean, abs=1e-6)
    assert stage_sndr(_stage(gain=1.99), **RECORD, sampled=sampled) < clean - 10
