"""The devices of open processes by the names that people's netlists have for them."""

import re
from dataclasses import dataclass

from sizing_app.circuit.pdk import PROCESSES


@dataclass(frozen=True)
class Transistor:
    """A model of an installed process."""

    process: str
    model: str
    """Its name among the process' models."""
    alias: str
    """The name that our netlists use."""
    polarity: str


@dataclass(frozen=True)
class Passive:
    """A foundry's resistor or capacitor as an ideal one: what its nominal sheet or plate gives."""

    kind: str
    sheet: float = 0.0
    """Ohm per square."""
    plate: float = 0.0
    """F/m^2."""
    edge: float = 0.0
    """F/m of perimeter."""
    width: float = 0.0
    """Metres, where the name gives it."""

    def value(self, width: str, length: str, count: str) -> str:
        """Arithmetic of its value (Ohm or F), of a width and a length in metres and, unless empty, the number of
        parallel devices."""
        if self.kind == "r":
            return f"{self.sheet:.9g}*({length})/({width})" + (f"/({count})" if count else "")
        one = f"({self.plate:.9g}*({width})*({length})+{2 * self.edge:.9g}*(({width})+({length})))"
        return f"{one}*({count})" if count else one


_NAMES = (
    (r"(?:sky130_fd_pr__)?([np])fet_01v8(?:__model)?", "sky130", "sky130_fd_pr__{}fet_01v8__model", "{}mos"),
    (r"(?:sky130_fd_pr__)?([np])fet_01v8_lvt(?:__model)?", "sky130", "sky130_fd_pr__{}fet_01v8_lvt__model",
     "{}mos_lvt"),
    (r"(?:sky130_fd_pr__)?([np])fet_g5v0d10v5(?:__model)?", "sky130_5v", "sky130_fd_pr__{}fet_g5v0d10v5__model",
     "{}mos"),
    (r"([np])fet_03v3|([np])mos_3p3", "gf180mcu", "{}fet_03v3", "{}mos"),
    (r"([np])fet_06v0|([np])mos_6p0", "gf180mcu_6v", "{}fet_06v0", "{}mos"),
    (r"([np])mos_vtg", "freepdk45", "{}MOS_VTG", "{}mos"),
    (r"([np])mos_vtl", "freepdk45", "{}MOS_VTL", "{}mos_lvt"),
)
_KNOWN = re.compile(r"(sky130_fd_pr__|sg13_|[np]fet_\d\d[vd]\d|[np]mos_(3p3|6p0|vt[hgl]))")
_KIND = r"(?:[hl]v|[a-z]{0,2}vt)"
"""A voltage or a threshold in the name of a generic model."""
_POLARITY = re.compile(rf"(?:^|[\W_\d]){_KIND}?([np])(?:mos(?:fet)?|fet|ch(?:annel)?){_KIND}?(?=[\W_\d]|$)|"
                       rf"(?:^|[\W_]){_KIND}?([np]){_KIND}?(?=[\W_\d]|$)|(?:mos|mod|^m)([np])(?=[\W_\d]|$)")
"""A word such as nmos, nch or nfet as a whole part of the name; the letter alone as one; cmosn, modn, mn."""
_MIM_2F = Passive("c", plate=2.0e-3, edge=0.19e-9)
_PASSIVES = (
    (r"(sky130_fd_pr__)?cap_mim_m3_[12]|(sky130_fd_pr__)?model__cap_mim(_m4)?", _MIM_2F),
    (r"(sky130_fd_pr__)?res_high_po(_(?P<width>\dp\d\d))?", Passive("r", sheet=319.8)),
    (r"(sky130_fd_pr__)?res_xhigh_po(_(?P<width>\dp\d\d))?", Passive("r", sheet=2000.0)),
    (r"(sky130_fd_pr__)?res_generic_po", Passive("r", sheet=48.2)),
    (r"(sky130_fd_pr__)?res_generic_nd", Passive("r", sheet=120.0)),
    (r"(sky130_fd_pr__)?res_generic_pd", Passive("r", sheet=197.0)),
    (r"cap_mim_2f0(ff)?|cap_mim_2f0_m\dm\d_noshield|mim_2p0ff", Passive("c", plate=1.99e-3, edge=0.2383e-9)),
    (r"cap_mim_1f5(ff)?|cap_mim_1f5_m\dm\d_noshield|mim_1p5ff", Passive("c", plate=1.47e-3, edge=0.379e-9)),
    (r"ppolyf_u|ppolyf_u_resistor", Passive("r", sheet=350.0)),
    (r"npolyf_u", Passive("r", sheet=310.0)),
    (r"ppolyf_u_1k(_6p0)?", Passive("r", sheet=1000.0)),
    (r"nplus_u", Passive("r", sheet=60.0)),
)
"""Nominal values of the installed libraries: rc_tt_params and mim_model of SKY130, section typical and the cap_mim
subcircuits of GF180MCU; SKY130's high-sheet resistors of its public documentation (319.8 and 2,000 Ohm per square)."""


def transistor(name: str) -> Transistor | None:
    """The installed model that a name in small letters means."""
    for pattern, process, model, alias in _NAMES:
        if match := re.fullmatch(pattern, name):
            polarity = next(filter(None, match.groups()))
            letter = polarity.upper() if process == "freepdk45" else polarity
            return Transistor(process, model.format(letter), alias.format(polarity), polarity)
    return None


def passive(name: str) -> Passive | None:
    """The ideal element that a foundry's resistor or capacitor is taken for."""
    for pattern, found in _PASSIVES:
        if match := re.fullmatch(pattern, name):
            width = match.groupdict().get("width")
            return Passive(found.kind, found.sheet, found.plate, found.edge,
                           float(width.replace("p", ".")) * 1e-6) if width else found
    return None


def is_of_a_process(name: str) -> bool:
    """Whether a name is of an open process, installed or not."""
    return bool(_KNOWN.match(name))


def choose(process: str, name: str, polarity: str) -> Transistor:
    """A process' transistor for a generic name; one with ``lvt`` in it becomes the low-threshold one, if there is."""
    letter = re.compile(rf"(?:.*__)?{polarity}(?:fet|mos)", re.IGNORECASE)
    of_kind = [model for model in PROCESSES[process].models if letter.match(model)]
    low = [model for model in of_kind if re.search(r"lvt|vtl", model, re.IGNORECASE)]
    model = low[0] if low and re.search(r"lvt|vtl|low", name) else of_kind[0]
    return by_model(process, model)


def by_model(process: str, model: str) -> Transistor:
    """The transistor of a model of a process. Raises KeyError."""
    if model not in PROCESSES[process].models:
        raise KeyError(model)
    found = transistor(model.lower())
    return Transistor(process, model, found.alias, found.polarity)


def polarity_of(name: str) -> str:
    """n or p as a generic name in small letters tells: ``nch_lvt``, ``pmos4``, ``hvpfet``, ``cmosn``, ``n_18``, ``mp``.
    Empty for a name that only begins with the letter, such as ``nobody``."""
    match = _POLARITY.search(name)
    return next(filter(None, match.groups())) if match else ""
