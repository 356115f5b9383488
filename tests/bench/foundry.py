"""Our random samples beside those of GF180's own statistical models: ``python -m tests.bench.foundry --samples 1500``.

OTA's golden design, operating point alone: standard deviations of the output voltage, the supply current, and two gate
voltages that follow the thresholds of the process: of the NMOS bias mirror and of the PMOS load. The foundry's are made
by the ngspice command.
"""

import argparse
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.definition import Analysis, Circuit, Measure, Metric
from sizing_app.circuit.folder import load_circuit
from sizing_app.evaluate.monte_carlo import samples, simulate_samples
from sizing_app.simulator import SimulatorPool
from tests.builders import golden_design
from tests.foundry_models import foundry_samples


VECTORS = {"v(out)": "output voltage", "i(vdd)": "supply current", "v(vb0)": "gate of the NMOS bias",
           "v(o1)": "gate of the PMOS load"}


@dataclass(frozen=True)
class Spreads:
    """Standard deviations of VECTORS (V, A), shape (4,), of so many samples."""

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
    ours = np.array([list(item.metrics.values()) for item in found])
    with tempfile.TemporaryDirectory() as folder:
        theirs = foundry_samples(circuit, design, tuple(VECTORS), count, 7, process, Path(folder))
    return Spreads(ours.std(axis=0, ddof=1), theirs.std(axis=0, ddof=1), count)


def _at_dc(circuit: Circuit) -> Circuit:
    """The circuit with its operating point alone."""
    names = [f"m{place}" for place in range(len(VECTORS))]
    return replace(circuit, analyses=(Analysis("op", "op", save=tuple(VECTORS)),), specs=(),
                   metrics=tuple(Metric(name, name, "", "") for name in names),
                   measures=tuple(Measure(name, "supply_power", {"analysis": "op", "current": vector, "supply": 1.0})
                                  for name, vector in zip(names, VECTORS, strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1500)
    parser.add_argument("--vary", choices=("mismatch", "all"), help="one of the two alone; all: the process too")
    args = parser.parse_args()
    for process in (False, True):
        if args.vary in (None, "all" if process else "mismatch"):
            found = compare(process, args.samples)
            for vector, ours, theirs in zip(VECTORS, found.ours, found.foundry, strict=True):
                scale, unit = (1e6, "uA") if vector[0] == "i" else (1e3, "mV")
                print(f"{'mismatch and process' if process else 'mismatch'}, sigma of {vector}, {VECTORS[vector]}: "
                      f"ours {ours * scale:.3f} {unit}, foundry {theirs * scale:.3f} {unit}, ratio "
                      f"{ours / theirs:.3f} +- {found.error:.3f}", flush=True)


if __name__ == "__main__":
    main()
