"""A saved circuit under another name, with the design that its file had."""

from sizing_app.own.keeping import check_free, keep_same
from sizing_app.ui.services import Services


def renamed(services: Services, handle: str, name: str) -> str:
    """Returns the new key. Raises KeyError, DraftError and CircuitError, which say why not."""
    check_free(name)
    own = services.own
    old = own[handle]
    key = own.rename(handle, name)
    keep_same(old, own[key])
    return key


def duplicated(services: Services, handle: str, name: str) -> str:
    """The same of a circuit that stays, a shipped one too."""
    check_free(name)
    old = services.circuits[handle]
    key = services.own.duplicate(old, name)
    keep_same(old, services.own[key])
    return key
