"""GF180's own statistical models, run by the ngspice command: random samples of a design as the foundry draws them."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.netlist import build_netlist
from sizing_app.circuit.pdk import PROCESSES, installed_file

SAMPLE = re.compile(r"^sample (.+)", re.MULTILINE)


def foundry_samples(circuit: Circuit, design: dict[str, float], vectors: Sequence[str], count: int, seed: int,
                    process: bool, folder: Path) -> np.ndarray:
    """Voltages and currents at the operating point of ``count`` samples, shape (count, vectors): the expanded netlist
    with the foundry's subcircuits in place of model cards, fingers as their ``par``."""
    netlist = build_netlist(circuit, design, circuit.conditions.nominal)
    lines = [line for line in netlist.splitlines()[1:] if line and not line.startswith((".model", ".end"))]
    lines = _without_cards(lines)
    path = installed_file(PROCESSES["gf180mcu"], PROCESSES["gf180mcu"].files[0])
    section = "statistical" if process else "typical"
    shown = " ".join(f"$&{vector}" for vector in vectors)
    deck = ["* samples", f".include '{path.with_name('design.ngspice')}'",
            f".param sw_stat_mismatch=1 sw_stat_global={int(process)}", f".lib '{path}' {section}",
            *(_as_subcircuit(line) for line in lines), ".control", f"setseed {seed}", "let k = 0",
            f"while k < {count}", "reset", "op", f"echo sample {shown}", "destroy all", "setplot const",
            "let k = k + 1", "end", "quit", ".endc", ".end"]
    (folder / "samples.sp").write_text("\n".join(deck) + "\n")
    result = subprocess.run(["ngspice", "-b", "samples.sp"], cwd=folder, capture_output=True, text=True, timeout=7200)
    found = np.array([[float(value) for value in row.split()] for row in SAMPLE.findall(result.stdout)])
    assert len(found) == count, result.stdout[-2000:] + result.stderr[-2000:]
    return found


def _without_cards(lines: list[str]) -> list[str]:
    """Model cards go on with + lines right after them, at the head of the netlist."""
    first = next(number for number, line in enumerate(lines) if not line.startswith("+"))
    return lines[first:]


def _as_subcircuit(line: str) -> str:
    if line[0] not in "mM":
        return line
    words = line.split()
    sizes = dict(word.split("=") for word in words[6:])
    return f"X{' '.join(words[:6])} {' '.join(words[6:])} par={sizes.get('m', '1')}"
