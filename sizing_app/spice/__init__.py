"""SPICE as people write it: read, mapped to the installed models, its parameters proposed, made a circuit.

A text becomes a ``Deck`` (read.py), with the choices of a person a ``Cell`` (devices.py), with groups (groups.py) and
roles (roles.py) a circuit (build.py). Nothing here touches the disk, and nothing of a text is executed.
"""
