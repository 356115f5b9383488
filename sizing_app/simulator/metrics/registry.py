"""What circuit.toml may name under ``measure``."""

from collections.abc import Callable, Mapping

import numpy as np

Vectors = Mapping[str, Mapping[str, np.ndarray]]
"""Analysis name to vector name to samples, complex where AC."""
MEASURES: dict[str, Callable[..., float]] = {}


def measure(function: Callable[..., float]) -> Callable[..., float]:
    """Offer a function under its name to circuit.toml."""
    if function.__name__ in MEASURES:
        raise ValueError(f"there are two measures called {function.__name__}")
    MEASURES[function.__name__] = function
    return function
