"""The circuits of the folders and those of a database as one catalog."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from sizing_app.circuit.catalog import Catalog, FolderCatalog
from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.store.engine import is_made
from sizing_app.store.sessions import SessionStore


@contextmanager
def open_catalog(database: str) -> Iterator[Catalog]:
    """Circuits by name and key, those of the folders first. A database that was not made yet stays unmade."""
    if not is_made(database):
        yield Catalog(FolderCatalog())
        return
    with closing(SessionStore(database)) as store:
        yield Catalog(FolderCatalog(), store.circuits)


def find_circuit(handle: str, database: str) -> Circuit:
    """The circuit of a name or key. Raises CircuitError with the names that there are."""
    with open_catalog(database) as circuits:
        if handle not in circuits:
            raise CircuitError(f"there is no circuit {handle!r}, only {', '.join(circuits)}")
        return circuits[handle]
