"""The device flavours of the family: models, conditions, and the sizes that are usual there."""

from dataclasses import dataclass

from sizing_app.circuit.conditions import ConditionSpace

CORNERS = ("tt", "ff", "ss")
TEMPERATURES = (27.0, -40.0, 85.0)
Factors = tuple[float, float]
"""Lowest and highest value of a range, in units of a size that is usual in the flavour."""


@dataclass(frozen=True)
class Lengths:
    """Ranges of channel lengths (m)."""

    input: Factors
    n: Factors
    p: Factors
    cascode: Factors
    second: Factors
    load: Factors


def _lengths(shortest: float, longest: float) -> Lengths:
    """Ranges that begin at or above the shortest channel; ``longest`` is the usual reach, in units of it."""
    def reach(first: float, last: float) -> Factors:
        return shortest * first, shortest * last * longest
    return Lengths(reach(1.2, 0.9), reach(1.7, 1.3), reach(1.4, 1.1), reach(1.1, 0.75), reach(1.0, 0.6),
                   reach(1.4, 1.1))


@dataclass(frozen=True)
class Flavour:
    """One kind of transistors of a process. SI units."""

    name: str
    process: str
    nmos: str
    pmos: str
    low_threshold: bool
    supplies: tuple[float, ...]
    loads: tuple[float, ...]
    gate_n: float
    """Gate-source voltage of an NMOS transistor in moderate inversion."""
    gate_p: float
    saturation: float
    """Drain-source voltage that is left to a transistor."""
    width: float
    """Smallest width of a current source of the first stage: ranges of widths are multiples of it."""
    lengths: Lengths
    step: float
    """Height (V) of the step of the transient analysis."""
    half_period: float
    """Seconds between its rise and its fall."""

    @property
    def conditions(self) -> ConditionSpace:
        return ConditionSpace(CORNERS, TEMPERATURES, self.supplies, self.loads)

    @property
    def supply(self) -> float:
        """The nominal supply."""
        return self.supplies[0]


_SKY = "sky130_fd_pr__{}__model"
FLAVOURS = {flavour.name: flavour for flavour in (
    Flavour("freepdk45", "freepdk45", "NMOS_VTG", "PMOS_VTG", False, (1.0, 0.9, 1.1), (1e-12, 0.5e-12, 1.5e-12),
            0.47, 0.45, 0.09, 2e-6, _lengths(50e-9, 9), 0.2, 200e-9),
    Flavour("freepdk45_low", "freepdk45", "NMOS_VTL", "PMOS_VTL", True, (1.0, 0.9, 1.1), (1e-12, 0.5e-12, 1.5e-12),
            0.40, 0.38, 0.09, 2e-6, _lengths(50e-9, 9), 0.2, 200e-9),
    Flavour("sky130", "sky130", _SKY.format("nfet_01v8"), _SKY.format("pfet_01v8"), False, (1.8, 1.65, 1.95),
            (2e-12, 1e-12, 3e-12), 0.70, 1.05, 0.15, 3.6e-6, _lengths(150e-9, 10), 0.4, 500e-9),
    Flavour("sky130_low", "sky130", _SKY.format("nfet_01v8_lvt"), _SKY.format("pfet_01v8_lvt"), True,
            (1.8, 1.65, 1.95), (2e-12, 1e-12, 3e-12), 0.55, 0.60, 0.15, 3.6e-6, _lengths(350e-9, 6), 0.4, 500e-9),
    Flavour("sky130_5v", "sky130_5v", _SKY.format("nfet_g5v0d10v5"), _SKY.format("pfet_g5v0d10v5"), False,
            (5.0, 4.5, 5.5), (5e-12, 3e-12, 8e-12), 0.95, 1.30, 0.25, 5.1e-6, _lengths(500e-9, 7), 0.8, 1000e-9),
    Flavour("gf180mcu", "gf180mcu", "nfet_03v3", "pfet_03v3", False, (3.3, 3.0, 3.6), (5e-12, 3e-12, 7e-12),
            0.80, 0.90, 0.2, 4.3e-6, _lengths(280e-9, 7.5), 0.6, 1000e-9),
    Flavour("gf180mcu_6v", "gf180mcu_6v", "nfet_06v0", "pfet_06v0", False, (5.0, 4.5, 5.5), (10e-12, 5e-12, 15e-12),
            0.95, 1.05, 0.25, 6.2e-6, _lengths(700e-9, 5.5), 0.8, 2000e-9),
)}
