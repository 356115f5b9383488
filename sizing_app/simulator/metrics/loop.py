"""Feedback loops by double injection (R. D. Middlebrook, Int. J. Electronics 38, 1975): exact whatever the impedances.

A probe in the loop is a voltage source from the returned to the forward side and a current source into the forward
side. One AC analysis injects 1 V with the first, another 1 A with the second; neither changes the operating point, and
together they give the loop gain as it is with the probe gone, loading included. In a differential loop a pair of probes
injects with opposite signs, and one of them is read.
"""

import numpy as np

from sizing_app.simulator.metrics.registry import Vectors, measure, read_from
from sizing_app.simulator.metrics.stability import unity_gain


@measure
def injected_loop_bandwidth(vectors: Vectors, analysis: str, returned: str, forward: str, current_analysis: str,
                            current_probe: str) -> float:
    """Unity-gain frequency (Hz) of a loop, its first fall through 1; 0 without one.

    ``returned`` and ``forward`` are the voltages beside the probe in the first analysis, ``current_probe`` the current
    through its voltage source, towards the forward side, in the second.
    """
    return unity_gain(*_loop_gain(vectors, analysis, returned, forward, current_analysis, current_probe))[0]


@measure
def injected_phase_margin(vectors: Vectors, analysis: str, returned: str, forward: str, current_analysis: str,
                          current_probe: str) -> float:
    """Phase margin (degrees) of a loop, that of its worst crossing of 1 (see stability.py); 0 if it never falls there.

    An inner positive feedback that the loop has to hold turns its phase at low frequency by 180 degrees and costs none.
    """
    return unity_gain(*_loop_gain(vectors, analysis, returned, forward, current_analysis, current_probe))[1]


def _loop_gain(vectors: Vectors, analysis: str, returned: str, forward: str, current_analysis: str,
               current_probe: str) -> tuple[np.ndarray, np.ndarray]:
    """(frequencies in Hz, loop gain): positive at low frequency where the feedback is negative."""
    found, through = vectors[analysis], vectors[current_analysis][current_probe]
    by_voltage = -found[returned] / found[forward]
    by_current = -through / (1 + through)
    return found["frequency"].real, (by_voltage * by_current - 1) / (by_voltage + by_current + 2)


read_from("loop gain", _loop_gain, injected_loop_bandwidth, injected_phase_margin)
