"""Coherent-sampling measures against records whose spectrum is known by formula."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.simulator.metrics.spectrum import HARMONICS, enob, sfdr, sndr, thd

PERIOD, START = 10e-9, 5e-9
"""Sampling period and first sampling instant (s)."""


def _held(values: np.ndarray) -> dict:
    """A transient in which each value is held around its sampling instant, on an uneven time axis like ngspice's."""
    edges = START + PERIOD * np.arange(len(values))
    time = (edges[:, None] + np.array([-0.4, -0.1, 0.2]) * PERIOD).ravel()
    return {"tran": {"time": time, "v(diff)": np.repeat(values, 3)}}


def _phases(samples: int, cycles: int) -> np.ndarray:
    return 2 * np.pi * cycles * np.arange(samples) / samples


def _record(samples: int, cycles: int) -> dict:
    return {"analysis": "tran", "output": "v(diff)", "start": START, "period": PERIOD, "samples": samples,
            "cycles": cycles}


@given(amplitude=st.floats(1e-3, 2), phase=st.floats(0, 7), offset=st.floats(-1, 1), order=st.integers(2, 10),
       share=st.floats(1e-4, 0.5))
def test_one_harmonic_is_all_there_is(amplitude, phase, offset, order, share):
    """A sine and one harmonic, ``share`` times as large: SNDR = SFDR = -THD = 1/share at any phase and offset."""
    phases = _phases(64, 5)
    wave = offset + amplitude * (np.sin(phases + phase) + share * np.sin(order * phases + 1))
    expected = -20 * math.log10(share)
    vectors, record = _held(wave), _record(64, 5)
    assert sndr(vectors, **record, noise=0.0) == pytest.approx(expected, abs=1e-3)
    assert sfdr(vectors, **record) == pytest.approx(expected, abs=1e-3)
    assert thd(vectors, **record) == pytest.approx(-expected, abs=1e-3)


def test_a_folded_harmonic_is_found_where_it_folds_to():
    """The third harmonic of 7 cycles in 16 samples, 21, appears in bin 5, below half the sampling rate."""
    phases = _phases(16, 7)
    vectors = _held(np.sin(phases) + 0.01 * np.sin(3 * phases))
    assert thd(vectors, **_record(16, 7)) == pytest.approx(-40, abs=1e-6)
    assert np.argmax(np.abs(np.fft.rfft(0.01 * np.sin(3 * phases)))) == 5


def test_powers_of_a_spur_that_is_no_harmonic_count_in_sndr_and_sfdr_alone():
    samples, cycles = 101, 3
    phases = _phases(samples, cycles)
    vectors = _held(np.sin(phases) + 0.001 * np.sin(_phases(samples, 40)))
    assert thd(vectors, **_record(samples, cycles)) < -150
    assert sfdr(vectors, **_record(samples, cycles)) == pytest.approx(60, abs=1e-6)
    assert sndr(vectors, **_record(samples, cycles), noise=0.0) == pytest.approx(60, abs=1e-6)
    assert 40 not in {order * cycles for order in HARMONICS}


@pytest.mark.parametrize("bits", [4, 6, 8, 10])
def test_an_ideal_quantizer_has_its_number_of_bits(bits):
    """A full-scale sine through a mid-rise quantizer: SNDR = 6.02 bits + 1.76 dB."""
    wave = np.sin(_phases(4096, 1021) + 0.3)
    lsb = 2 / 2**bits
    quantized = (np.clip(np.floor(wave / lsb), -(2 ** (bits - 1)), 2 ** (bits - 1) - 1) + 0.5) * lsb
    record = _record(4096, 1021)
    assert sndr(_held(quantized), **record, noise=0.0) == pytest.approx(6.02 * bits + 1.76, abs=0.25)
    assert enob(_held(quantized), **record, noise=0.0) == pytest.approx(bits, abs=0.05)
    assert enob(_held(wave), **record, noise=lsb**2 / 12) == pytest.approx(bits, abs=1e-3)


@given(amplitude=st.floats(0.01, 1), noise=st.floats(1e-10, 1e-6))
def test_added_noise_power_is_in_the_ratio(amplitude, noise):
    """A clean sine with a computed noise power: SNDR = A^2 / (2 noise)."""
    vectors = _held(amplitude * np.cos(_phases(32, 3)))
    expected = 10 * math.log10(amplitude**2 / 2 / noise)
    assert sndr(vectors, **_record(32, 3), noise=noise) == pytest.approx(max(0, expected), abs=1e-3)


def test_samples_between_time_points_are_interpolated():
    """A slow sine on a fine time axis of its own, as a transient analysis leaves it."""
    time = np.linspace(0, 400e-9, 20011)
    vectors = {"tran": {"time": time, "v(diff)": 0.5 * np.sin(2 * np.pi * 3 / (32 * PERIOD) * time)}}
    assert sndr(vectors, **_record(32, 3), noise=0.0) > 120


@pytest.mark.parametrize("wave", [np.zeros(16), np.full(16, 0.9), np.cos(_phases(16, 1))])
def test_an_absent_signal_is_the_worst_case(wave):
    vectors, record = _held(wave), _record(16, 3)
    values = [sndr(vectors, **record, noise=0.0), enob(vectors, **record, noise=0.0), sfdr(vectors, **record),
              thd(vectors, **record)]
    assert values == [0, 0, 0, 0]


def test_a_perfect_sine_is_finite():
    vectors, record = _held(np.cos(_phases(16, 3))), _record(16, 3)
    assert 150 < sndr(vectors, **record, noise=0.0) < 200
    assert -200 < thd(vectors, **record) < -150


@pytest.mark.parametrize("samples, cycles", [(16, 4), (16, 8), (16, 9), (16, 0)])
def test_an_incoherent_record_is_refused(samples, cycles):
    with pytest.raises(ValueError, match="coherent"):
        sndr(_held(np.zeros(16)), **_record(samples, cycles), noise=0.0)
