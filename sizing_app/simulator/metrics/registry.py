"""What circuit.toml may name under ``measure``."""

from collections.abc import Callable, Mapping
from typing import NewType

import numpy as np

Vectors = Mapping[str, Mapping[str, np.ndarray]]
"""Analysis name to vector name to samples, complex where AC."""
MEASURES: dict[str, Callable[..., float]] = {}
Text = NewType("Text", str)
"""An argument in whose braces numbers are filled in: an expression, a .meas line."""
Response = Callable[..., tuple[np.ndarray, np.ndarray]]
"""From vectors and the arguments of a measure to frequencies (Hz) and complex values."""
RESPONSES: dict[str, tuple[str, Response]] = {}
"""Measure to title and function of the frequency response that it is read from, where that is not a saved vector."""


class WorstCase(Exception):
    """Raised by a measure that has no answer: the value that counts instead, and the reason in words."""

    def __init__(self, value: float, reason: str):
        super().__init__(reason)
        self.value = value


def measure(function: Callable[..., float]) -> Callable[..., float]:
    """Offer a function under its name to circuit.toml. One with a keyword ``known`` gets the metrics read before it."""
    if function.__name__ in MEASURES:
        raise ValueError(f"there are two measures called {function.__name__}")
    MEASURES[function.__name__] = function
    return function


def read_from(title: str, response: Response, *measures: Callable[..., float]) -> None:
    """Tell which response measures are read from, for plots."""
    RESPONSES.update({function.__name__: (title, response) for function in measures})
