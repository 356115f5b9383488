"""Reasoning-guided analog circuit sizing: a TL-GRPO-trained model, a real simulator, one loop.

``import sizing_app; sizing_app.size("OTA", specs={"gbw": "60meg"})``: see notebook.py.
"""

__version__ = "1.0.0"
__all__ = ["front", "sessions", "simulate", "size", "stored"]


def __getattr__(name: str):
    """The functions of a notebook, imported on first use: the package itself loads nothing."""
    if name in __all__:
        from importlib import import_module
        return getattr(import_module("sizing_app.notebook"), name)
    raise AttributeError(f"module 'sizing_app' has no attribute {name!r}")
