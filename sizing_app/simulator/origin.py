"""Whether a circuit is of the circuits folder or from elsewhere, such as an imported session."""

import hashlib

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import FOLDER, read_folder
from sizing_app.circuit.toml_table import CircuitError


def deck_of(circuit: Circuit) -> str | None:
    """None for one of our own; else a digest of all that reaches ngspice of it.

    What counts is the content: a stored copy of a circuit of ours is ours, one that was changed is not.
    """
    deck = _deck(circuit)
    if circuit.name.isidentifier():
        try:
            known = read_folder(FOLDER / circuit.name)
            if known is circuit or _deck(known) == deck:
                return None
        except CircuitError:
            pass
    return hashlib.sha256(repr(deck).encode()).hexdigest()


def _deck(circuit: Circuit) -> tuple:
    analyses = tuple((item.command, tuple(item.alter.items()), item.save) for item in circuit.analyses)
    return circuit.process, circuit.netlist, circuit.testbench, analyses, tuple(circuit.devices.items())
