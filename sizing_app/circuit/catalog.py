"""Circuits by name and by key: of the circuits folders here, of the database in store/circuits.py, of both together.

A catalog is a Mapping: ``catalog[name or key]``; to iterate gives names, each once.
"""

import functools
from collections.abc import Iterator, Mapping

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import circuit_names, load_circuit, load_circuits


class FolderCatalog(Mapping[str, Circuit]):
    """What the circuits folders held when it was made. One that is wrongly described raises CircuitError where it is
    asked for by name, and is otherwise left out."""

    def __init__(self):
        self._names, self._asked = frozenset(circuit_names()), {}

    @functools.cached_property
    def _circuits(self) -> dict[str, Circuit]:
        return load_circuits()

    @functools.cached_property
    def _by_key(self) -> dict[str, Circuit]:
        return {circuit.key: circuit for circuit in self._circuits.values()}

    def __getitem__(self, handle: str) -> Circuit:
        if handle not in self._names:
            return self._by_key[handle]
        if handle not in self._asked:
            self._asked[handle] = load_circuit(handle)
        return self._asked[handle]

    def __contains__(self, handle: object) -> bool:
        return handle in self._circuits or handle in self._by_key

    def __iter__(self) -> Iterator[str]:
        return iter(self._circuits)

    def __len__(self) -> int:
        return len(self._circuits)


class Catalog(Mapping[str, Circuit]):
    """Several sources as one. Where two have a circuit of the same name, the first one counts; by its key each is
    found."""

    def __init__(self, *sources: Mapping[str, Circuit]):
        self._sources = sources

    def __getitem__(self, handle: str) -> Circuit:
        for source in self._sources:
            if handle in source:
                return source[handle]
        raise KeyError(handle)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for source in self._sources for name in source))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def handle_of(circuits: Mapping[str, Circuit], circuit: Circuit) -> str:
    """What a circuit is asked for by: its name where that means this very one, else its key."""
    known = circuits.get(circuit.name)
    return circuit.name if known is not None and known.key == circuit.key else circuit.key
