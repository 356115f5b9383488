"""Netlists as people's tools write them: what each becomes, or the sentences that refuse it.

tests/netlists/expected.toml tells, checked by hand against each file: top cell, devices, ports, class, and which
devices a parameter sets."""

import os
import re
import subprocess
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.circuit.folder import read_folder
from sizing_app.circuit.folder_text import folder_texts
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.spice.build import BuildError, build_circuit, original
from sizing_app.spice.cell import Cell, Choices
from sizing_app.spice.mapping import map_cell
from sizing_app.spice.propose import propose
from sizing_app.spice.read import read_deck
from sizing_app.spice.roles import class_of, port_roles
from tests.spice_benches import op_bench

FOLDER = Path(__file__).parent / "netlists"
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text())
GOOD = [name for name, found in EXPECTED.items() if "problems" not in found]
REFUSED = [name for name in EXPECTED if name not in GOOD]


def cell_of(name: str) -> Cell:
    found = EXPECTED[name]
    files = {file: (FOLDER / file).read_bytes().decode() for file in (name, *found.get("with", ()))}
    return map_cell(read_deck(files), Choices(process=found["process"] if "chosen" in found else None,
                                              as_written=found.get("as_written", False)))


def circuit_of(cell: Cell, name: str) -> Circuit:
    ports = port_roles(cell)
    return build_circuit(cell, propose(cell, ports), ports, *op_bench(cell, ports),
                         re.sub(r"\W", "_", name.partition(".")[0]), source=name)


def test_there_are_enough():
    assert len(GOOD) >= 40 and len(REFUSED) >= 10
    assert {EXPECTED[name]["class"] for name in GOOD} == {
        "op-amp", "fd-ota", "comparator", "ldo", "oscillator", "filter", "reference", "generic"}
    known = {file.name for file in FOLDER.iterdir()} - {"expected.toml"}
    assert known == {*EXPECTED, *(file for found in EXPECTED.values() for file in found.get("with", ()))}


@pytest.mark.parametrize("name", GOOD)
def test_what_a_netlist_becomes(name):
    cell, expected = cell_of(name), EXPECTED[name]
    assert (cell.deck.problems, cell.problems) == ((), ())
    ports = port_roles(cell)
    free = {group.name: " ".join(dict.fromkeys(member.device or member.quantity for member in group.members))
            for group in propose(cell, ports).free}
    assert (cell.top, cell.process, dict(Counter(device.kind for device in cell.devices)), class_of(cell, ports), ports,
            free) == tuple(expected[key] for key in ("top", "process", "devices", "class", "ports", "free"))
    assert [str(note) for note in (*cell.deck.notes, *cell.notes)] == expected.get("notes", [])


@pytest.mark.parametrize("name", REFUSED)
def test_every_problem_is_told_at_once(name):
    cell = cell_of(name)
    assert [str(problem) for problem in (*cell.deck.problems, *cell.problems)] == EXPECTED[name]["problems"]
    with pytest.raises(BuildError) as told:
        circuit_of(cell, name)
    assert len(told.value.problems) == len(EXPECTED[name]["problems"])


@pytest.mark.parametrize("name", GOOD)
def test_it_becomes_a_circuit_and_a_folder_that_reads_the_same(name, tmp_path):
    circuit = circuit_of(cell_of(name), name)
    folder = tmp_path / circuit.name
    folder.mkdir()
    for file, text in folder_texts(replace(circuit, specs=(Spec(circuit.metrics[0].name, high=10.0),))).items():
        (folder / file).write_text(text)
    assert replace(read_folder(folder), specs=()).key == circuit.key
    assert circuit.origin.name == name


SIMULATED = ("sky130_miller.spice", "hspice_ota.sp", "corner_deck.sp", "hspice_parameters.sp", "cdac.sp",
             "as_written.spice")


@pytest.mark.parametrize("name", [*SIMULATED, *(pytest.param(name, marks=pytest.mark.slow) for name in GOOD
                                                 if name not in SIMULATED)])
def test_the_file_s_own_design_simulates(name, simulator):
    cell = cell_of(name)
    circuit = circuit_of(cell, name)
    measured = simulator.evaluate(circuit, original(propose(cell, port_roles(cell))), circuit.conditions.nominal)
    assert measured.ok, measured.log


STANDALONE = ("ltspice_two_stage.net", "ltspice_sallen_key.net", "rlc_filter.cir", "tow_thomas.cir", "jfet_amp.cir",
              "bjt_diffamp.cir", "behavioural.cir", "ptm_style_meas.sp")


@pytest.mark.parametrize("name", STANDALONE)
def test_voltages_are_those_of_plain_ngspice_on_the_file_itself(name, simulator, tmp_path):
    cell = cell_of(name)
    outer = [net for device in cell.devices if device.scope == MAIN for net in device.nets]
    nets = tuple(net for net in dict.fromkeys(outer) if net != "0")
    expected = plain_ngspice(name, nets, tmp_path)
    ports = port_roles(cell)
    circuit = build_circuit(cell, propose(cell, ports), ports, *op_bench(cell, ports, nets), "standalone")
    measured = simulator.evaluate(circuit, original(propose(cell, ports)), circuit.conditions.nominal)
    assert measured.ok, measured.log
    assert {key.removeprefix("v_"): value for key, value in measured.metrics.items()} == pytest.approx(
        expected, rel=1e-4, abs=1e-6)


def plain_ngspice(name: str, nets: tuple[str, ...], folder: Path) -> dict[str, float]:
    """Magnitudes of node voltages at the operating point, as ``ngspice -b`` prints them."""
    text = (FOLDER / name).read_text()
    kept = [line.replace(" Rser=1m", "") for line in text.replace("\u00b5", "u").splitlines()
            if not re.match(r"\.(end\b|lib|ac|tran|op\b|backanno|meas)", line, re.IGNORECASE)]
    prints = "\n".join(f"print v({net})" for net in nets)
    for file in EXPECTED[name].get("with", ()):
        (folder / file).write_text((FOLDER / file).read_text())
    (folder / "deck.cir").write_text("\n".join([*kept, ".control", "op", prints, ".endc", ".end\n"]))
    run = subprocess.run(["ngspice", "-b", "deck.cir"], cwd=folder, capture_output=True, text=True, timeout=300,
                         env=dict(os.environ))
    found = dict(re.findall(r"^v\((\S+)\) = (\S+)$", run.stdout, re.MULTILINE))
    assert set(found) == set(nets), run.stdout + run.stderr
    return {net: abs(float(value)) for net, value in found.items()}
