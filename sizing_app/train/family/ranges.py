"""The parameters of a member: their order, roles and ranges."""

from random import Random

from sizing_app.circuit.definition import Parameter
from sizing_app.circuit.units import preferred_values
from sizing_app.train.family.flavours import Flavour
from sizing_app.train.family.options import Options

WIDTH_SPAN = 13.0
"""Largest width over smallest."""
SHIFT = 6
"""Both ends of a range are moved by up to so many E24 steps, a factor of 1.8, for every member and parameter anew: so
that no size is learnt from its place in the range, and none can be carried over to another circuit."""
CURRENT = (3.3e-6, 33e-6)
"""Range of the bias current (A); that of a bias resistor gives the same currents."""
COMPENSATION = (0.09, 1.1)
"""Range of a compensation capacitor, in units of the nominal load."""
NULLING = (510.0, 9100.0)
"""Range of the zero-nulling resistor (Ohm)."""
ROLES = {
    "w_in": "input pair width",
    "l_in": "input pair length",
    "w_load": "mirror load width",
    "l_load": "mirror load length",
    "w_tail": "tail current source width; copies the bias diode",
    "l_n": "length of NMOS bias, current sources and mirrors",
    "w_nsrc": "NMOS folding current source width; copies a diode of half its width",
    "w_psrc": "PMOS folding current source width; copies a diode of half its width",
    "l_p": "length of PMOS bias, current sources and mirrors",
    "w_pcas": "PMOS cascode width",
    "w_ncas": "NMOS cascode width",
    "l_cas": "cascode length",
    "w_nmir": "NMOS mirror width",
    "w_pmir": "PMOS mirror width",
    "w_cs": "second-stage transistor width",
    "l_cs": "second-stage transistor length",
    "w_src2": "second-stage current source width",
    "w_bn": "NMOS bias diode width",
    "w_bp": "PMOS bias diode width",
    "w_bcn": "width of the diode that biases the NMOS cascodes: narrower, higher gate voltage",
    "w_bcp": "width of the diode that biases the PMOS cascodes: narrower, lower gate voltage",
    "r_b": "bias resistor",
    "i_b": "bias current",
    "c_c": "compensation capacitor",
    "r_z": "zero-nulling resistor",
}
"""Every parameter of the family, in the order in which a member has them."""
_WIDTHS = {"w_in": (3.8, 3.8), "w_load": (1.0, 1.3), "w_tail": (0.9, 1.4), "w_src": (0.8, 1.0), "w_cas": (0.8, 1.3),
           "w_mir": (1.0, 1.2), "w_cs": (3.3, 4.7), "w_src2": (2.5, 3.9), "w_b": (0.5, 0.7), "w_bc": (0.14, 0.14)}
"""Smallest widths of NMOS and PMOS transistors, in units of the flavour's width."""


def parameters(options: Options, names: set[str]) -> tuple[Parameter, ...]:
    """The parameters with these names."""
    random = Random(options.name)
    return tuple(_parameter(options, name, random) for name in ROLES if name in names)


def _parameter(options: Options, name: str, random: Random) -> Parameter:
    low, high = _limits(options, name)
    narrowest = name in ("w_bcn", "w_bcp")  # these begin at what the models allow
    first, last = random.randint(0 if narrowest else -SHIFT, SHIFT), random.randint(-SHIFT, SHIFT)
    limits = _next_above(low) if name[0] == "l" else preferred(low, first), preferred(high, last)
    return Parameter(name, {"r": "Ohm", "i": "A", "c": "F"}.get(name[0], "m"), *limits, ROLES[name])


def _limits(options: Options, name: str) -> tuple[float, float]:
    flavour = options.flavour
    if name[0] == "l":
        lengths = flavour.lengths
        return {"l_in": lengths.input, "l_n": lengths.n, "l_p": lengths.p, "l_cas": lengths.cascode,
                "l_cs": lengths.second, "l_load": lengths.load}[name]
    if name[0] == "w":
        smallest = flavour.width * _width(options, name)
        return smallest, smallest * WIDTH_SPAN
    if name == "r_b":
        return tuple(_bias_drop(options, flavour) / current for current in reversed(CURRENT))
    if name == "c_c":
        return tuple(factor * flavour.loads[0] for factor in COMPENSATION)
    return {"i_b": CURRENT, "r_z": NULLING}[name]


def _width(options: Options, name: str) -> float:
    """Smallest width in units of the flavour's; a name without n or p tells the transistor by its place."""
    own, other = ("p", "n") if options.mirrored else ("n", "p")
    common_source = own if options.first_stage == "folded-cascode" else other
    places = {"w_in": own, "w_tail": own, "w_load": other, "w_cs": common_source,
              "w_src2": "p" if common_source == "n" else "n"}
    if name in places:
        return _WIDTHS[name]["np".index(places[name])]
    kind = name[-1] if name.startswith("w_b") else name[2]
    return _WIDTHS[name[:2] + name[2:].replace(kind, "", 1)]["np".index(kind)]


def _bias_drop(options: Options, flavour: Flavour) -> float:
    """Voltage across a bias resistor."""
    return flavour.supply - (flavour.gate_p if options.mirrored else flavour.gate_n)


def preferred(value: float, shift: int) -> float:
    """The E24 value that lies ``shift`` steps above the one nearest to ``value``."""
    series = preferred_values(value / 2, value * 2)
    nearest = min(range(len(series)), key=lambda place: abs(series[place] / value - 1))
    return series[nearest + shift]


def _next_above(value: float) -> float:
    return next(near for near in preferred_values(value / 2, value * 2) if near >= value * (1 - 1e-9))
