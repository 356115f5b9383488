"""Start-up of references against exponentials of known time constant."""

import math

import numpy as np
import pytest

from sizing_app.simulator.metrics import MEASURES

START = {"analysis": "startup", "output": "v(ref)", "settled_analysis": "op", "settled_output": "v(ref)",
         "start": 10e-6, "band": 0.012}


def _vectors(wave: np.ndarray, time: np.ndarray) -> dict:
    return {"op": {"v(ref)": np.array([1.2])}, "startup": {"time": time, "v(ref)": wave}}


@pytest.mark.parametrize("tau", [5e-6, 20e-6, 50e-6])
def test_an_exponential_starts_up_in_the_logarithm_of_its_accuracy(tau):
    """1.2 V within 12 mV, 1%: after ln(100) time constants."""
    time = np.linspace(0, 1e-3, 100_001)
    found = MEASURES["startup_time"](_vectors(1.2 * (1 - np.exp(-np.maximum(time - 10e-6, 0) / tau)), time), **START)
    assert found == pytest.approx(tau * math.log(100), rel=1e-3)


@pytest.mark.parametrize("level", [0.0, 0.8, 1.25])
def test_an_output_that_stays_elsewhere_counts_the_whole_time(level):
    time = np.linspace(0, 1e-3, 1001)
    assert MEASURES["startup_time"](_vectors(np.full(1001, level), time), **START) == pytest.approx(990e-6)
