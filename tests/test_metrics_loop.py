"""Double injection against loops whose gain is known by formula, whatever the impedances beside the probe."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.simulator.metrics.loop import injected_loop_bandwidth, injected_phase_margin

FREQUENCY = np.logspace(3, 9, 121)
PROBE = {"analysis": "voltage", "returned": "v(back)", "forward": "v(in)", "current_analysis": "current",
         "current_probe": "i(vprobe)"}


def _injected(unloaded, driving, input_impedance) -> dict:
    """What the two analyses find: an amplifier -``unloaded`` of output impedance ``driving`` feeds its own input."""
    forward = 1 / (1 + unloaded + driving / input_impedance)  # 1 V from the returned to the forward side
    shorted = 1 / ((1 + unloaded) / driving + 1 / input_impedance)  # 1 A into both sides
    return {"voltage": {"frequency": FREQUENCY.astype(complex), "v(in)": -forward, "v(back)": 1 - forward},
            "current": {"i(vprobe)": shorted / input_impedance - 1}}


def _poles(gain: float, *frequencies: float) -> np.ndarray:
    """``gain`` with poles at frequencies (Hz); a negative one lies in the right half plane."""
    response = np.full(len(FREQUENCY), gain, complex)
    for pole in frequencies:
        response /= 1 + 1j * FREQUENCY / pole
    return response


@given(gain=st.floats(10, 1000), ratio=st.floats(1e-3, 1e3))
def test_one_pole_has_its_gain_bandwidth_product_and_ninety_degrees(gain, ratio):
    """Loop gain = unloaded gain / (1 + driving over input impedance), also where the input loads the output heavily."""
    vectors = _injected(_poles(gain * (1 + ratio), 1e5), ratio, 1.0)
    crossing = 1e5 * np.sqrt(gain**2 - 1)
    assert injected_loop_bandwidth(vectors, **PROBE) == pytest.approx(crossing, rel=0.01)
    assert injected_phase_margin(vectors, **PROBE) == pytest.approx(180 - np.degrees(np.arctan(crossing / 1e5)), abs=1)


def test_the_pole_of_a_loading_capacitor_is_seen():
    """Output resistance R into input capacitance C: the loop has the pole 1 / (2 pi R C) that the probe separates."""
    resistance, capacitance = 1e3, 1 / (2 * np.pi * 1e3 * 1e7)
    vectors = _injected(_poles(1000, 1e4), resistance, 1 / (2j * np.pi * FREQUENCY * capacitance))
    direct = -vectors["voltage"]["v(back)"] / vectors["voltage"]["v(in)"]
    assert not np.allclose(direct, _poles(1000, 1e4, 1e7), rtol=0.05)
    crossing = injected_loop_bandwidth(vectors, **PROBE)
    expected = 180 - np.degrees(np.arctan(crossing / 1e4) + np.arctan(crossing / 1e7))
    assert injected_phase_margin(vectors, **PROBE) == pytest.approx(expected, abs=1)
    assert crossing == pytest.approx(7.86e6, rel=0.01)


def test_three_poles_too_many_have_a_negative_margin():
    vectors = _injected(_poles(1000, 1e5, 1e6, 1e6), 1.0, 1.0)
    assert -90 < injected_phase_margin(vectors, **PROBE) < 0


def test_an_inner_positive_feedback_that_the_loop_holds_costs_no_margin():
    """Loop gain -100 / (1 - s/p), unstable alone and of the wrong sign at DC; closed, its pole lies at -99 p."""
    vectors = _injected(_poles(-200, -1e5), 1.0, 1.0)
    assert injected_phase_margin(vectors, **PROBE) == pytest.approx(90, abs=2)


def test_plain_positive_feedback_has_no_margin():
    vectors = _injected(_poles(-200, 1e5), 1.0, 1.0)
    assert injected_phase_margin(vectors, **PROBE) == 0


def test_a_loop_that_never_amplifies_is_the_worst_case():
    vectors = _injected(_poles(0.5, 1e5), 1.0, 1.0)
    assert injected_loop_bandwidth(vectors, **PROBE) == 0
    assert injected_phase_margin(vectors, **PROBE) == 0
