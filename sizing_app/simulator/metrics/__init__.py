"""Metrics read from raw simulation vectors, each by its definition in the field's standard terms; one module a field.

Every function takes the vectors of the analyses and the arguments written under ``with`` in circuit.toml; it returns
one number in SI units (dB and degrees as said). A measurement that has no answer (no unity-gain crossing, output that
never moves) returns its worst case, not NaN, or raises WorstCase with the reason; arguments that make no sense raise
ValueError. Arguments called ``analysis`` or ``..._analysis`` name an analysis; other texts name a vector saved by
``analysis``, or by ``x_analysis`` if they are called ``x_...``.
"""

import importlib
import pkgutil

from sizing_app.simulator.metrics.registry import MEASURES, RESPONSES, Text, Vectors, WorstCase, measure

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["MEASURES", "RESPONSES", "Text", "Vectors", "WorstCase", "measure"]
