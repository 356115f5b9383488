"""Reasoning-guided analog circuit sizing: a TL-GRPO-trained model, a real simulator, one loop."""

__version__ = "0.1.0"
