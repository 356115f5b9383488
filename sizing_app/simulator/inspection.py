"""What a designer looks at beyond metrics: the operating point of each transistor, and the waveforms themselves.

Plain values that travel between processes. A failure is a value, as in task.turn.Measurement: status and log tell it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.task.protocols import Job, Simulator
from sizing_app.task.turn import Status

OFF = -0.3
"""Overdrive (V) below which a transistor counts as off: three decades of current below the threshold and more."""
CURRENT_FLOOR = 1e-12
"""Drain current (A) below which gm/Id says nothing: the simulator's own leakage (gmin) is of this size."""
Region = Literal["off", "subthreshold", "triode", "saturation"]
REGIONS = (f"Regions: off: Vov < {OFF:g} V; subthreshold: {OFF:g} V <= Vov < 0; else triode: Vds < Vdsat; saturation: "
           "Vds >= Vdsat.")
"""The thresholds of ``Device.region`` in a sentence."""


@dataclass(frozen=True)
class Device:
    """One transistor at its operating point; currents and conductances of all its fingers together.

    Voltages are magnitudes of the device's own polarity, counted from the terminal that acts as its source.
    """

    name: str
    model: str
    """The alias of circuit.toml: nmos, pmos."""
    width: float
    """Total (m)."""
    length: float
    current: float
    """Magnitude of the drain current (A)."""
    gm: float
    gds: float
    vgs: float
    vds: float
    vth: float
    vdsat: float

    @property
    def overdrive(self) -> float:
        """Vov = Vgs - Vth (V)."""
        return self.vgs - self.vth

    @property
    def efficiency(self) -> float | None:
        """gm/Id (1/V), None for a device without current."""
        return self.gm / self.current if self.current >= CURRENT_FLOOR else None

    @property
    def region(self) -> Region:
        """Where it operates, by the thresholds in REGIONS."""
        if self.overdrive < OFF:
            return "off"
        if self.overdrive < 0:
            return "subthreshold"
        return "triode" if self.vds < self.vdsat else "saturation"


@dataclass(frozen=True)
class OperatingPoint:
    """The transistors of a design in the order of its netlist."""

    status: Status
    devices: tuple[Device, ...] = ()
    log: str = ""
    seconds: float = 0.0
    analysis: str = ""
    """The testbench's operating-point analysis; empty where it has none and the sources stand at time 0."""
    voltages: Mapping[str, float] = field(default_factory=dict)
    """Of all nodes (V)."""
    simulator: str = ""
    """Version of ngspice."""

    @property
    def ok(self) -> bool:
        return self.status == "ok"

    @property
    def place(self) -> str:
        """Where this is, in words."""
        return f"Analysis {self.analysis!r}." if self.analysis else "Sources as at time 0: the testbench has no 'op'."


@dataclass(frozen=True)
class Waveforms:
    """Analysis name to vector name to samples (complex where AC), the swept quantity among them (see SCALES)."""

    status: Status
    vectors: Mapping[str, Mapping[str, np.ndarray]]
    log: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.status == "ok"


class Inspector(Simulator):
    """A simulator that also shows why a design works; a context that closes it."""

    def operating_point(self, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> OperatingPoint:
        """The transistors of one design."""
        return self.submit([Job(circuit, parameters, conditions, "operating_point")])[0].result()

    def waveforms(self, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> Waveforms:
        """What the metrics of one design are read from."""
        return self.submit([Job(circuit, parameters, conditions, "waveforms")])[0].result()

    def close(self) -> None:
        """End what computes; what still waits fails."""

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.close()
