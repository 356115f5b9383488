"""One design simulated the usual way: a process of ``ngspice -b`` that reads the whole foundry library.

The reference that the simulator is compared with, in speed (tests/bench/simulator.py) and in results.
"""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.circuit.netlist import END, sized_netlist
from sizing_app.circuit.pdk import PROCESSES, installed_file, model_files
from sizing_app.simulator.readings import read_metrics


def whole_library(process: str, corner: str) -> list[str]:
    """The lines by which users of a PDK take in its library: the entry that the package offers for a corner."""
    found = PROCESSES[process]
    folder = installed_file(found, found.files[0].format(corner=found.corners[corner])).parent
    if process == "sky130":
        return [f".lib '{folder}/C4M.Sky130_all_lib.spice' logic_{corner}"]
    if process.startswith("gf180mcu"):
        section = "typical" if corner == "tt" else corner
        return [f".include '{folder}/design.ngspice'", f".lib '{folder}/sm141064.ngspice' {section}"]
    return device_file(process, corner)


def device_file(process: str, corner: str) -> list[str]:
    """The least that can be included without cutting a file up: the file, or sections, of the used kind of device."""
    found = PROCESSES[process]
    path = model_files(process, corner)[0]
    sections = [name.format(corner=found.corners[corner]) for name in found.sections]
    constants = [f".param {name}={value:g}" for name, value in found.constants.items()]
    if process.startswith("gf180mcu"):
        constants.append(".param sw_stat_global=0 sw_stat_mismatch=0 mc_skew=0")
    return [*constants, *(f".lib '{path}' {name}" for name in sections)] if sections else [f".include '{path}'"]


def library_netlist(circuit: Circuit, parameters: Parameters, conditions: Conditions, library: Iterable[str]) -> str:
    """The netlist up to .end with ``library``, .lib or .include lines, in place of the inlined models."""
    title, _, rest = sized_netlist(circuit, parameters, conditions).removesuffix(END).partition("\n")
    return "\n".join([title, *library, rest])


def run_batch(circuit: Circuit, parameters: Parameters, conditions: Conditions, folder: Path,
              library=whole_library) -> tuple[dict, float]:
    """Metrics and CPU seconds of one ngspice process, the loading of the library included."""
    netlist = library_netlist(circuit, parameters, conditions, library(circuit.process, conditions.corner))
    (folder / "design.sp").write_text(_with_control(circuit, netlist))
    (folder / ".spiceinit").write_text("set num_threads=1\n")
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(["ngspice", "-b", "design.sp"], cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    vectors = {analysis.name: read_raw(folder / f"{analysis.name}.raw", analysis.save) for analysis in circuit.analyses}
    return read_metrics(circuit, vectors, parameters, conditions)[0], usage.ru_utime + usage.ru_stime


def _with_control(circuit: Circuit, netlist: str) -> str:
    """The netlist with a control block that runs all analyses in order, needs or not, and writes what they save.

    A noise analysis at one frequency leaves the densities as the current plot, one over a band the integrals.
    """
    lines = [netlist, ".control", "set filetype=ascii"]
    for analysis in circuit.analyses:
        lines += [f"alter {target} = {value}" for target, value in analysis.alter.items()]
        densities = ["setplot previous"] if re.match("noise(?!.* lin 1 )", analysis.command) else []
        lines += [analysis.command, *densities, f"write {analysis.name}.raw {' '.join(analysis.save)}"]
    return "\n".join([*lines, ".endc", ".end", ""])


def read_raw(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Vectors of an ASCII raw file (ngspice manual, chapter on the raw file), by the names they were asked for."""
    header, values = path.read_text().split("Values:\n")
    facts, table = header.split("\nVariables:\n")
    points = int(facts.split("No. Points:")[1])
    variables = [line.split()[1] for line in table.splitlines()]
    numbers = [[_number(word) for word in row] for row in _rows(values.split(), len(variables))]
    assert len(numbers) == points, f"{path.name}: {len(numbers)} rows, {points} announced"
    columns = dict(zip(variables, np.array(numbers).T, strict=True))
    return {name: columns[name] for name in names}


def _rows(words: list[str], count: int) -> list[list[str]]:
    """Each point is its index and then one word a variable."""
    return [words[start + 1:start + 1 + count] for start in range(0, len(words), count + 1)]


def _number(word: str) -> complex | float:
    real, _, imaginary = word.partition(",")
    return complex(float(real), float(imaginary)) if imaginary else float(real)
