"""What a circuit is simulated under: process corner, temperature, supply, load, and samples of random variation."""

from dataclasses import asdict, dataclass

from sizing_app.circuit.units import show_quantity


@dataclass(frozen=True)
class Draw:
    """One sample of the random variation of transistors (mismatch.py): the same for every design and machine."""

    seed: int
    sample: int
    process: bool = False
    """The whole process varies too (process_spread.py), where the foundry says how."""
    pelgrom: tuple[float, float] | None = None
    """A_VT (V m) and A_beta (m) of a pair, assumed for all devices, in place of the foundry's coefficients."""
    single: tuple[int, int, float] | None = None
    """No random sample: all devices nominal but this one (its place in the netlist), of whose normal numbers this one
    has this value."""


@dataclass(frozen=True)
class Conditions:
    """What the circuit must work under: process corner, temperature (degrees Celsius), supply (V), load (F)."""

    corner: str
    temperature: float
    supply: float
    load: float
    draw: Draw | None = None
    """The sample of random variation that its devices have; None: all are nominal."""

    def document(self) -> dict:
        """As plain values."""
        values = {name: getattr(self, name) for name in ("corner", "temperature", "supply", "load")}
        return values if self.draw is None else {**values, "draw": asdict(self.draw)}

    def show(self) -> str:
        sample = "" if self.draw is None else f", sample {self.draw.sample} of seed {self.draw.seed}"
        return (f"{self.corner} corner, {show_quantity(self.temperature, 'C')}, "
                f"{show_quantity(self.supply, 'V')} supply, {show_quantity(self.load, 'F')} load{sample}")


@dataclass(frozen=True)
class ConditionSpace:
    """The conditions a circuit is specified for. The first value of each tuple is the nominal one."""

    corners: tuple[str, ...]
    temperatures: tuple[float, ...]
    supplies: tuple[float, ...]
    loads: tuple[float, ...]

    @property
    def nominal(self) -> Conditions:
        return Conditions(self.corners[0], self.temperatures[0], self.supplies[0], self.loads[0])

    def all(self) -> list[Conditions]:
        return [Conditions(corner, temperature, supply, load) for corner in self.corners
                for temperature in self.temperatures for supply in self.supplies for load in self.loads]
