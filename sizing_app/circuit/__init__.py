"""Circuits: what one is, how it is read from a folder, and the text that ngspice reads."""
