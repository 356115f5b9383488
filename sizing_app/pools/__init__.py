"""Simulated designs, what predicts them, and the designs that follow from them."""
