"""Random differences between transistors that are drawn alike: what each device of one sample has more or less of.

A parameter of ONE device varies by its coefficient over the square root of the gate area (Pelgrom, Duinmaijer and
Welbers, IEEE JSSC 1989); two devices differ by the square root of two times that, which is what A_VT of a pair says.

- gf180mcu: the foundry's own coefficients (sm141064.ngspice, ``par_vth`` and ``par_k``), which hold for the effective
  area of all fingers; threshold and current factor vary, as ``delvto`` and ``mulu0`` of the device.
- sky130: the published slopes (skywater-pdk-libs-sky130_fd_pr, cells/*/*__mismatch.corner.spice), which hold for drawn
  W and L of all fingers; vth0, toxe, voff and nfactor vary, in a model card for each device. Where the library has
  another slope for some bins, the first one is taken: the installed package does not say which bins these are.
- others: only by coefficients that the user gives, which is an assumption.

Samples are numpy's default_rng([seed, sample]), four normal numbers a device in the order of the netlist: the same for
every design, machine and worker.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.pdk import Bin, ModelError
from sizing_app.circuit.units import parse_si

NUMBERS = 4
"""Normal numbers of a device."""
MICROMETRE = 1e-6


@dataclass(frozen=True)
class Instance:
    """Mismatch by settings of the device. ``vth`` (V m) and ``beta`` (m) of one device; ``short`` and ``narrow`` (m)
    are what a finger's effective gate lacks of its drawn length and width."""

    vth: float
    beta: float
    short: float = 0.0
    narrow: float = 0.0

    def area(self, width: float, length: float, fingers: int) -> float:
        return fingers * (width - self.narrow) * (length - self.short)


@dataclass(frozen=True)
class Card:
    """Mismatch by parameters of the model, each with its coefficient of one device: in its own unit times m. ``toxe``
    is relative."""

    slopes: tuple[tuple[str, float], ...]


def _pair(vth: float, beta: float, short: float, narrow: float) -> Instance:
    """From a foundry's coefficients of a pair (V um, 1 um), with its rounding of the square root."""
    return Instance(0.7071 * vth * MICROMETRE, 0.7071 * beta * MICROMETRE, short, narrow)


def _slopes(**slopes: float) -> Card:
    """Per square root of um^2, in the order in which normal numbers are taken."""
    return Card(tuple((name, slope * MICROMETRE) for name, slope in slopes.items()))


COEFFICIENTS: dict[str, Instance | Card] = {
    "nfet_03v3": _pair(0.007148, 0.007008, 1.5e-7, -1e-7), "pfet_03v3": _pair(0.00666, 0.002833, 1.5e-7, -1e-7),
    "nfet_06v0": _pair(0.01155, 0.0, 4e-7, -5e-7), "pfet_06v0": _pair(0.01051, 0.00517, 3e-7, -4e-7),
    "sky130_fd_pr__nfet_01v8__model": _slopes(vth0=3.356e-3, toxe=3.443e-3, voff=7e-3, nfactor=0.0),
    "sky130_fd_pr__pfet_01v8__model": _slopes(vth0=5.856e-3, toxe=4.443e-3, voff=0.0, nfactor=0.1),
    "sky130_fd_pr__nfet_01v8_lvt__model": _slopes(vth0=5.456e-3, toxe=3.443e-3, voff=0.0, nfactor=0.0),
    "sky130_fd_pr__pfet_01v8_lvt__model": _slopes(vth0=1.389e-2, toxe=3.689e-3, voff=0.0, nfactor=0.0),
    "sky130_fd_pr__nfet_g5v0d10v5__model": _slopes(vth0=0.0, toxe=8e-3, voff=0.13, nfactor=0.12),
    "sky130_fd_pr__pfet_g5v0d10v5__model": _slopes(vth0=0.0, toxe=1.2e-2, voff=9e-3, nfactor=2e-2),
}
"""By model."""


def coefficients(model: str, draw: Draw) -> Instance | Card:
    """Those that the user gave, else those of the foundry. Raises ModelError where there are none."""
    if draw.pelgrom is not None:
        vth, beta = draw.pelgrom
        return Instance(vth / math.sqrt(2), beta / math.sqrt(2))
    if model not in COEFFICIENTS:
        raise ModelError(f"the foundry gives no mismatch coefficients for {model}: say which to assume, A_VT and "
                         "A_beta of a pair, such as 3,1 for 3 mV um and 1% um")
    return COEFFICIENTS[model]


@dataclass(frozen=True)
class Deviation:
    """What one device has more than nominal: settings of the device, or parameters of its model."""

    device: str
    """As ngspice names it, without the leading m. of a subcircuit's."""
    delvto: float = 0.0
    """Threshold (V)."""
    mulu0: float = 1.0
    """Factor of the current."""
    model: tuple[tuple[str, float], ...] = ()
    """Parameter of the model card to what is added; toxe is multiplied by 1 plus that."""


def deviation(name: str, words: Sequence[str], draw: Draw, normal: Sequence[float]) -> Deviation:
    """Of one transistor line, expanded as netlist.py does, by four normal numbers."""
    sizes = {key: parse_si(value) for key, _, value in (word.partition("=") for word in words[6:]) if value}
    width, length, fingers = sizes["w"], sizes["l"], round(sizes.get("m", 1.0))
    found = coefficients(words[5], draw)
    if isinstance(found, Instance):
        root = math.sqrt(found.area(width, length, fingers))
        return Deviation(name, found.vth / root * normal[0], 1.0 - found.beta / root * normal[1])
    root = math.sqrt(fingers * width * length)
    return Deviation(name, model=tuple((key, slope / root * value)
                                       for (key, slope), value in zip(found.slopes, normal, strict=True) if slope))


def changed_card(found: Bin, name: str, changes: Sequence[tuple[str, float]]) -> str:
    """The model card of a bin under another name, with changed parameters."""
    card = found.card.replace(f".model {found.name} ", f".model {name} ", 1)
    for key, change in changes:
        def value(match: re.Match, key: str = key, change: float = change) -> str:
            old = float(match[2])
            return f"{match[1]}{old * (1 + change) if key == 'toxe' else old + change:.12g}"
        card, count = re.subn(rf"(\s{key}=)(\S+)", value, card, count=1)
        if not count:
            raise ModelError(f"the model {found.name} has no parameter {key}, which is to vary")
    return card
