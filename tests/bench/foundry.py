"""Our random samples beside those of GF180's own statistical models: ``python -m tests.bench.foundry --samples 1500``.

OTA's golden design, operating point alone: standard deviations of output voltage and supply current, the foundry's by
the ngspice command, with their standard errors.
"""

import argparse
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Analysis, Circuit, Draw, Measure, Metric
from sizing_app.circuit.folder import load_circuit
from sizing_app.evaluate.monte_carlo import samples, simulate_samples
from sizing_app.simulator import SimulatorPool
from tests.builders import golden_design
from tests.foundry_models import foundry_samples


@dataclass(frozen=True)
class Spreads:
    """Standard deviations of output voltage (V) and supply current (A), shape (2,), of so many samples."""

    ours: np.ndarray
    foundry: np.ndarray
    samples: int

    @property
    def error(self) -> float:
        """Relative standard error of a ratio of two standard deviations."""
        return float(np.sqrt(2 / (2 * (self.samples - 1))))


def compare(process: bool, count: int) -> Spreads:
    """``process``: the process varies too, not mismatch alone."""
    circuit = load_circuit("OTA")
    design, conditions = golden_design(circuit), circuit.conditions.nominal
    with SimulatorPool(2, trusted=True) as simulator:
        found = simulate_samples(_at_dc(circuit), design, conditions, samples(Draw(1, 0, process=process), count),
                                 simulator)
    ours = np.array([[item.metrics["output"], item.metrics["current"]] for item in found])
    with tempfile.TemporaryDirectory() as folder:
        theirs = foundry_samples(circuit, design, count, 7, process, Path(folder))
    return Spreads(ours.std(axis=0, ddof=1), theirs.std(axis=0, ddof=1), count)


def _at_dc(circuit: Circuit) -> Circuit:
    """The circuit with its operating point alone."""
    return replace(circuit, analyses=(Analysis("op", "op", save=("v(out)", "i(vdd)")),), specs=(),
                   metrics=(Metric("output", "Output", "V", ""), Metric("current", "Current", "A", "")),
                   measures=(Measure("output", "supply_power", {"analysis": "op", "current": "v(out)", "supply": -1.0}),
                             Measure("current", "supply_power", {"analysis": "op", "current": "i(vdd)",
                                                                 "supply": 1.0})))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1500)
    count = parser.parse_args().samples
    for process in (False, True):
        found = compare(process, count)
        for name, unit, scale, ours, theirs in zip(("v(out)", "i(vdd)"), ("mV", "uA"), (1e3, 1e6), found.ours,
                                                   found.foundry, strict=True):
            print(f"{'mismatch and process' if process else 'mismatch':<21} sigma of {name}: ours {ours * scale:.3f} "
                  f"{unit}, foundry {theirs * scale:.3f} {unit}, ratio {ours / theirs:.3f} +- {found.error:.3f}")


if __name__ == "__main__":
    main()
