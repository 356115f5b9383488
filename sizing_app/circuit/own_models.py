"""The .model cards that a circuit brings along: ``models.sp``, in sections where corners differ.

``.lib NAME`` to ``.endl`` holds the cards of one corner, what stands outside is of every corner. Values are numbers.
"""

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from sizing_app.circuit.deck_rules import check_models
from sizing_app.circuit.pdk import ModelError
from sizing_app.circuit.subcircuits import logical_lines

OWN = "own"
"""The process of a circuit that takes no models from an installed one."""
ONLY = "tt"
"""The corner of models without sections."""
OLD_LEVELS = ("1", "2", "3", "6", "9")
"""Of transistor models that are older than BSIM."""


def corners(models: str) -> tuple[str, ...]:
    """The corners that models have sections for, in order; ONLY where there are none."""
    return tuple(name for name in _sections(models) if name) or (ONLY,)


def cards(models: str, corner: str, process: str) -> list[str]:
    """The cards of a corner. Raises RefusedNetlist; ModelError where there is no process to know the corner."""
    check_models(models)
    sections = _sections(models)
    if process == OWN and corner not in corners(models):
        raise ModelError(f"the circuit's own models have the corners {', '.join(corners(models))}, not {corner!r}")
    return [*sections[""], *sections.get(corner, [])]


@functools.lru_cache(maxsize=64)
def kinds(models: str) -> Mapping[str, str]:
    """Model name to kind (nmos, d, ...), both in small letters; the bins of a model, ``nch.1``, are one."""
    found = (line.lower().split() for lines in _sections(models).values() for line in lines
             if line.lower().startswith(".model"))
    return MappingProxyType({re.sub(r"\.\d+$", "", words[1]): words[2] for words in found})


@functools.lru_cache(maxsize=64)
def older(models: str) -> Mapping[str, str]:
    """Transistor models of OLD_LEVELS by name, with their kind; without a level it is 1."""
    found = {}
    for lines in _sections(models).values():
        for words in map(str.split, logical_lines(line.lower() for line in lines)):
            level = next((word[6:] for word in words if word.startswith("level=")), "1")
            if words[0] == ".model" and words[2] in ("nmos", "pmos") and level in OLD_LEVELS:
                found[re.sub(r"\.\d+$", "", words[1])] = words[2]
    return MappingProxyType(found)


@functools.lru_cache(maxsize=64)
def _sections(models: str) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {"": []}
    name = ""
    for line in map(str.strip, models.splitlines()):
        words = line.split()
        if not words or line[0] == "*":
            continue
        if words[0].lower() == ".lib":
            name = words[1].lower()
            found.setdefault(name, [])
        elif words[0].lower() == ".endl":
            name = ""
        else:
            found[name].append(line)
    return MappingProxyType(found)
