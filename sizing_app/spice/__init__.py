"""SPICE as people write it: read, mapped to the installed models, its parameters proposed, made a circuit.

A text becomes a ``Deck`` (read.py), with the choices of a person a ``Cell`` (devices.py), with groups (groups.py) and
roles (roles.py) a circuit (build.py). Nothing here touches the disk, and nothing of a text is executed.

How the parts follow each other::

    deck = read_deck({"ota.spice": text, "models.lib": cards})      # notes, problems, analyses and .meas lines as data
    cell = map_cell(deck, Choices(top="ota", process="sky130"))     # notes, problems
    ports = port_roles(cell)                                        # net to role; class_of(cell, ports)
    proposal = propose(cell, ports)                                 # groups.join, split, rename, lock, set_range
    circuit = build_circuit(cell, proposal, ports, bench, conditions, "ota", source="ota.spice")
    files = folder_texts(circuit)                                   # circuit/folder_text.py
"""
