"""Voltage and current references: coming up after the supply."""

from sizing_app.simulator.metrics.registry import Vectors, measure
from sizing_app.simulator.metrics.waveform import settled_after


@measure
def startup_time(vectors: Vectors, analysis: str, output: str, settled_analysis: str, settled_output: str,
                 start: float, band: float) -> float:
    """Time (s) from ``start`` until the output stays within +-``band`` (V) of its operating point of another analysis.

    An output that does not come there, as one that stays at a second stable state, counts the time to the end.
    """
    time, wave = vectors[analysis]["time"], vectors[analysis][output]
    return settled_after(time, wave - vectors[settled_analysis][settled_output][0], start, float(time[-1]), band)
