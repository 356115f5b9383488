"""Amplifiers to train on: a procedural family of netlists with specs, reference designs and simulated designs.

What a member is stands in options.py and flavours.py, its text is written by netlists.py and bench.py, its specs are
found by calibrate.py. ``python -m sizing_app family`` makes what archive.py keeps.
"""
