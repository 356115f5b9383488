"""A saved circuit under another name, with the design that its file had."""

from dataclasses import replace

from sizing_app.own.keeping import check_free, keep_same
from sizing_app.ui.services import Services


def renamed(services: Services, handle: str, name: str) -> str:
    """All versions of a name, or the one of a key; returns the new key of the newest. Raises KeyError, DraftError and
    CircuitError, which say why not."""
    check_free(name)
    own = services.own
    former = [own[key] for key, _ in own.versions(handle)] or [own[handle]]
    key = own.rename(handle, name)
    for old in former:
        if (new := own.get(replace(old, name=name).key)) is not None:
            keep_same(old, new)
    return key


def duplicated(services: Services, handle: str, name: str) -> str:
    """The same of a circuit that stays, a shipped one too."""
    check_free(name)
    old = services.circuits[handle]
    key = services.own.duplicate(old, name)
    keep_same(old, services.own[key])
    return key
