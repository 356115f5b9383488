"""What was found for the members, kept in two files: specs and references as JSON, simulated designs as arrays.

A member is identified by its text as well as its name: where the generator changed since, what is kept is not used.
"""

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.paths import shipped
from sizing_app.pools.designs import Pool
from sizing_app.train.family.members import member
from sizing_app.train.family.options import catalogue
from sizing_app.train.family.ranges import ROLES

FOLDER = shipped("circuits") / "family"
ABSENT = 255
"""In the place of a parameter that a member does not have."""
KEPT_BITS = 9
"""Bits of a metric's mantissa that are kept: three digits."""


@dataclass
class Archive:
    """Members that were calibrated and those that were left out, by name."""

    entries: dict[str, dict] = field(default_factory=dict)
    left_out: dict[str, dict] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)

    def add(self, circuit: Circuit, reference: Parameters, metrics: Mapping[str, float], passed: float,
            pool: Pool) -> None:
        """Keep a member with its specs, reference design, share of random designs that pass, and pool."""
        self.entries[circuit.name] = {
            "digest": digest(circuit), "specs": [asdict(spec) for spec in circuit.specs], "reference": dict(reference),
            "metrics": {name: float(f"{value:.4g}") for name, value in metrics.items()}, "passed": passed}
        self.pools[circuit.name] = pool

    def leave_out(self, circuit: Circuit, reason: str) -> None:
        self.left_out[circuit.name] = {"digest": digest(circuit), "reason": reason}

    def knows(self, circuit: Circuit) -> bool:
        """Whether this very member has been tried."""
        found = self.entries.get(circuit.name) or self.left_out.get(circuit.name)
        return found is not None and found["digest"] == digest(circuit)

    def save(self, folder: Path) -> None:
        """Write both files next to their places, then rename."""
        folder.mkdir(parents=True, exist_ok=True)
        with _replaced(folder / "pools.npz").open("wb") as file:
            np.savez_compressed(file, **_arrays(self.pools))
        text = json.dumps({"members": self.entries, "left_out": self.left_out}, indent=1)
        _replaced(folder / "members.json").write_text(text + "\n")
        for name in ("pools.npz", "members.json"):
            _replaced(folder / name).replace(folder / name)


def load_archive(folder: Path = FOLDER) -> Archive:
    """What a folder keeps; an empty archive where there is none. Members that have changed since are left out."""
    if not (folder / "members.json").exists():
        return Archive()
    texts = json.loads((folder / "members.json").read_text())
    circuits = {options.name: member(options) for options in catalogue()}
    archive = Archive(*({name: entry for name, entry in texts[key].items()
                         if name in circuits and entry["digest"] == digest(circuits[name])}
                        for key in ("members", "left_out")))
    arrays = _stored(folder / "pools.npz")
    for name, entry in archive.entries.items():
        archive.pools[name] = _pool(arrays, _with_specs(circuits[name], entry))
    return archive


def load_family(folder: Path = FOLDER) -> dict[str, Circuit]:
    """Every calibrated member by name, with its specs, ready for training."""
    return {name: pool.circuit for name, pool in _loaded(folder).pools.items()}


def family_pool(circuit: Circuit, folder: Path = FOLDER) -> Pool:
    """The simulated designs of a member. Raises KeyError."""
    return _loaded(folder).pools[circuit.name]


def reference(circuit: Circuit, folder: Path = FOLDER) -> Parameters:
    """The design that a member's specs were set from. Raises KeyError."""
    return _loaded(folder).entries[circuit.name]["reference"]


def digest(circuit: Circuit) -> str:
    """Short fingerprint of all that a simulation of a member depends on, its specs apart."""
    ranges = [(parameter.name, parameter.low, parameter.high) for parameter in circuit.parameters]
    facts = (circuit.process, ranges, circuit.conditions, circuit.analyses, circuit.measures,
             circuit.netlist, circuit.testbench, sorted(circuit.devices.items()))
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


@functools.lru_cache(maxsize=2)
def _loaded(folder: Path) -> Archive:
    return load_archive(folder)


def _with_specs(circuit: Circuit, entry: Mapping) -> Circuit:
    return replace(circuit, specs=tuple(Spec(**spec) for spec in entry["specs"]))


def _arrays(pools: Mapping[str, Pool]) -> dict[str, np.ndarray]:
    """All pools in one table: a row a design, a column for every parameter of the family."""
    names = list(ROLES)
    designs = []
    for pool in pools.values():
        if len(pool) and pool.design.max() >= ABSENT:
            raise ValueError(f"{pool.circuit.name}: the archive holds at most {ABSENT} values of each parameter")
        design = np.full((len(pool), len(names)), ABSENT, np.uint8)
        design[:, [names.index(name) for name in pool.grid.names]] = pool.design
        designs.append(design)
    return {"members": np.array(list(pools)), "sizes": np.array([len(pool) for pool in pools.values()]),
            "parameters": np.array(names), "design": np.concatenate(designs),
            "condition": np.concatenate([pool.condition for pool in pools.values()]),
            "metrics": _shortened(np.concatenate([pool.metrics for pool in pools.values()]))}


def _shortened(metrics: np.ndarray) -> np.ndarray:
    """The same to about three digits: what the file loses, compression gains."""
    mantissa, exponent = np.frexp(metrics.astype(np.float32))
    return np.ldexp(np.round(mantissa * 2.0 ** KEPT_BITS) / 2.0 ** KEPT_BITS, exponent).astype(np.float32)


def _stored(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as arrays:
        return dict(arrays)


def _pool(arrays: Mapping[str, np.ndarray], circuit: Circuit) -> Pool:
    place = arrays["members"].tolist().index(circuit.name)
    start = int(arrays["sizes"][:place].sum())
    rows = slice(start, start + int(arrays["sizes"][place]))
    columns = [arrays["parameters"].tolist().index(parameter.name) for parameter in circuit.parameters]
    return Pool(circuit, arrays["condition"][rows], arrays["design"][rows][:, columns], arrays["metrics"][rows])


def _replaced(path: Path) -> Path:
    return path.with_name(path.name + ".partial")
