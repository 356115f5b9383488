"""Whether a circuit is of the circuits folder or from elsewhere, such as an imported session."""

import hashlib

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import circuit_names, load_circuit
from sizing_app.circuit.toml_table import CircuitError

MOST_KNOWN = 10_000
"""Circuits whose origin is remembered."""
_decks: dict[str, str | None] = {}


def deck_of(circuit: Circuit) -> str | None:
    """None for one of our own; else a digest of all that reaches ngspice of it.

    What counts is the content: a stored copy of a circuit of ours is ours, one that was changed is not.
    """
    if circuit.key not in _decks:
        if len(_decks) >= MOST_KNOWN:
            _decks.clear()
        _decks[circuit.key] = None if _ours(circuit) else hashlib.sha256(repr(_deck(circuit)).encode()).hexdigest()
    return _decks[circuit.key]


def _ours(circuit: Circuit) -> bool:
    try:
        return circuit.name in circuit_names() and _deck(load_circuit(circuit.name)) == _deck(circuit)
    except CircuitError:
        return False


def _deck(circuit: Circuit) -> tuple:
    analyses = tuple((item.command, tuple(item.alter.items()), item.save) for item in circuit.analyses)
    return (circuit.process, circuit.netlist, circuit.testbench, analyses, tuple(circuit.devices.items()),
            circuit.models, circuit.as_written)
