"""Ranges that are proposed for a size: around what the file has, inside the models, on the E24 series or whole."""

import math

from sizing_app.circuit.definition import Parameter
from sizing_app.circuit.own_models import OWN
from sizing_app.circuit.pdk import PROCESSES, ModelError, limits

FACTORS = {"w": (0.1, 5.0), "l": (0.5, 4.0)}
"""Lowest and highest, in terms of what the file has."""
OTHER = (0.2, 5.0)
NARROWEST = 0.5e-6
"""Metres."""
SHORTEST = {"freepdk45": 50e-9, OWN: 20e-9}
"""Metres, where models tell no least length."""
SWING = 0.3
"""Volts up and down from a bias voltage."""


def model_limits(process: str, corner: str, model: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Least and largest width of a finger and length (m) that the bins of an installed model hold for."""
    if process == OWN:
        return (0.0, math.inf), (0.0, math.inf)
    try:
        return limits(process, corner, model)
    except ModelError:
        return (0.0, math.inf), (0.0, math.inf)


def proposed(quantity: str, unit: str, value: float, process: str, widths: tuple[float, float],
             lengths: tuple[float, float]) -> tuple[float, float, str, float | None]:
    """(low, high, scale, step) for a size (SI); ``widths`` and ``lengths`` are the models' limits. A size below them
    gets a range that begins there."""
    if quantity in ("m", "nf") or unit == "" and value == round(value) >= 1:
        return 1.0, max(2.0, 4.0 * round(value)), "linear", 1.0
    if unit == "V":
        return value - SWING, value + SWING, "linear", 0.01
    least = {"w": widths[0], "l": lengths[0] or SHORTEST.get(process, 0.0)}.get(quantity, 0.0)
    value = max(value, least)
    low, high = (factor * value for factor in FACTORS.get(quantity, OTHER))
    if quantity == "w":
        finger = PROCESSES[process].finger if process in PROCESSES else math.inf
        low = max(low, min(NARROWEST, value), least)
        high = high if widths[1] >= finger else min(high, widths[1])  # wider ones become fingers
    elif quantity == "l":
        low, high = max(low, least), min(high, lengths[1])
    return (*_snapped(low, high, value), "log", None)


def _snapped(low: float, high: float, value: float) -> tuple[float, float]:
    """Ends on the E24 series, the value between them, and apart."""
    if not 0 < low < high:
        return value * 0.999, value * 1.001
    grid = Parameter("x", "", low, high, "x").grid()
    ends = (grid[0], grid[-1]) if len(grid) > 1 else (low, high)
    return min(ends[0], max(value, low)), max(ends[1], min(value, high))
