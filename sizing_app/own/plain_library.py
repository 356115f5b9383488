"""The installed models as plain ngspice takes them: the foundry's files by include, under the names that netlists have.

Nothing of the import is used: sizes, fingers, areas and multipliers mean what the process' own subcircuits make of
them, and ngspice picks the bin. The packages of SKY130 hold models alone; its subcircuits are written here as the
public library has them: lengths in micrometres, ``mult`` for statistics alone, ``m`` for devices in parallel. Fingers
are devices in parallel too: ngspice 39 picks the bin of a device by its whole width, unless told ``ngbehavior=hsa``,
which users of that library do.
"""

from collections.abc import Iterable, Iterator

from sizing_app.circuit.pdk import PROCESSES, installed_file, model_files
from sizing_app.spice import devices
from sizing_app.spice.deck import Deck, Element
from sizing_app.spice.models import base

SKY130_TRANSISTOR = """.subckt {name} d g s b l=1 w=1 nf=1 ad=0 as=0 pd=0 ps=0 nrd=0 nrs=0 sa=0 sb=0 sd=0 mult=1 m=1
m1 d g s b {model} l={{l*1e-6}} w={{w/nf*1e-6}} m={{m*nf}} ad={{ad/nf*1e-12}} as={{as/nf*1e-12}} pd={{pd/nf*1e-6}}
+ ps={{ps/nf*1e-6}} nrd={{nrd}} nrs={{nrs}} sa={{sa*1e-6}} sb={{sb*1e-6}} sd={{sd*1e-6}}
.ends"""
SKY130_MIM = ("sky130_fd_pr__cap_mim_m3_1", "sky130_fd_pr__cap_mim_m3_2")
SKY130_FILES = ("C4M.Sky130_rc_common_params.spice", "C4M.Sky130_rc_tt_params.spice", "C4M.Sky130_mim_model.spice")
GF180_FILES = ("design.ngspice", "sm141064.ngspice")
GF180_CORNERS = {"tt": "typical"}
"""Of the file with all devices; the other corners have their own names."""


class NoLibrary(ValueError):
    """Plain ngspice cannot have a file's devices here; the message names one and says why."""


def library(deck: Deck, top: str, process: str, corner: str) -> str:
    """Lines for in front of a text whose cell ``top`` has devices of an installed process. Raises NoLibrary, or
    ModelError where the models are not installed."""
    own = {base(card.name) for card in deck.cards}
    used = {(element.kind, element.model): element for cell in deck.within(top) for element in cell.elements
            if _needs_model(deck, element) and base(element.model) not in own}
    return "\n".join(_lines(process, corner, used.values())) + "\n"


def _needs_model(deck: Deck, element: Element) -> bool:
    return element.kind in "mxq" and not deck.calls(element)


def _lines(process: str, corner: str, used: Iterable[Element]) -> Iterator[str]:
    if process == "freepdk45":
        yield from (_checked(element, process, "m") for element in used)
        yield from (f'.include "{path}"' for path in model_files(process, corner))
    elif process.startswith("gf180mcu"):
        yield from (_checked(element, process, "x") for element in used)
        design, models = (installed_file(PROCESSES[process], f"c4m/pdk/gf180mcu/models/{name}") for name in GF180_FILES)
        yield f'.include "{design}"'
        yield f'.lib "{models}" {GF180_CORNERS.get(corner, corner)}'
    else:
        yield from _sky130(process, corner, used)


def _sky130(process: str, corner: str, used: Iterable[Element]) -> Iterator[str]:
    words = {element.model for element in used}
    yield from (f'.include "{path}"' for path in model_files(process, corner))
    if words & set(SKY130_MIM):
        yield from (f'.include "{installed_file(PROCESSES[process], f"c4m/pdk/sky130/models/{name}")}"'
                    for name in SKY130_FILES)
    for element in used:
        if element.model not in SKY130_MIM:
            yield _checked(element, process, "x")
            yield SKY130_TRANSISTOR.format(name=element.model, model=devices.transistor(element.model).model)


def _checked(element: Element, process: str, kind: str) -> str:
    """A line that says which device is meant. Raises NoLibrary for one that the library does not have so."""
    found = devices.transistor(element.model)
    same = kind == "x" and process.startswith("sky130") or found and found.model.lower() == element.model
    if not found or found.process != process or not same:
        raise NoLibrary(f"{element.model} is no device of the installed library of {PROCESSES[process].title}")
    if element.kind != kind:
        raise NoLibrary(f"{element.name} is no {kind.upper()} line, as the library of {PROCESSES[process].title} needs "
                        f"for {element.model}")
    return f"* {element.model}"
