"""Held-out circuits are other netlists than those trained on: devices and their connections, whatever the names."""

import random
import re
from dataclasses import replace

import pytest

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.folder import load_circuit, load_circuits
from sizing_app.train.family.members import member
from sizing_app.train.family.options import catalogue
from tests.structure import devices, merged, structure

CIRCUITS = load_circuits()
SEEN = {**{name: circuit for name, circuit in CIRCUITS.items() if not circuit.held_out},
        **{options.name: member(options) for options in catalogue()}}
"""What checkpoints are trained on: the circuits that are not held out, and every member of the family."""
KNOWN = {"sky130_5v-n-folded-cascode-miller-rz-resistor"}
"""OPAMP1 to OPAMP4 are one topology, and this member has it in a fifth process: they ask what a checkpoint makes of
other processes and ranges, not of another topology."""
TWINS = {"OPAMP1", "OPAMP2", "OPAMP3", "OPAMP4"}
NEW = sorted({name for name, circuit in CIRCUITS.items() if circuit.held_out} - TWINS)


@pytest.fixture(scope="module")
def seen() -> dict[str, set[str]]:
    """Structure to the names of those that have it."""
    found: dict[str, set[str]] = {}
    for name, circuit in SEEN.items():
        found.setdefault(structure(circuit), set()).add(name)
    return found


@pytest.mark.parametrize("name", NEW)
def test_nothing_trained_on_has_the_structure_of_a_held_out_circuit(name, seen):
    assert seen.get(structure(CIRCUITS[name]), set()) == set()


@pytest.mark.parametrize("name", sorted(TWINS))
def test_what_has_the_structure_of_the_held_out_op_amps_is_known(name, seen):
    assert seen[structure(CIRCUITS[name])] == KNOWN


def test_held_out_circuits_of_new_topology_differ_from_each_other():
    assert len({structure(CIRCUITS[name]) for name in NEW}) == len(NEW) >= 3


# What the structure is, on circuits as they are

SAMPLE = ["FDOTA", "NMC", "VREF", "OTA", "ADC2"]


def changed(circuit: Circuit, netlist: str) -> Circuit:
    assert netlist != circuit.netlist
    return replace(circuit, netlist=netlist)


def elements(circuit: Circuit) -> list[str]:
    return [line for line in circuit.netlist.splitlines() if line[0] in "MRC"]


@pytest.mark.parametrize("name", SAMPLE)
def test_order_and_names_of_devices_and_sizes_do_not_count(name):
    circuit = load_circuit(name)
    lines = elements(circuit) if ".subckt" not in circuit.netlist else []
    random.Random(0).shuffle(lines)
    text = circuit.netlist if not lines else "\n".join(
        [*(f"{line[0]}new{place} {line.split(None, 1)[1]}" for place, line in enumerate(lines)),
         *(line for line in circuit.netlist.splitlines() if line[0] in "IV")])
    text = re.sub(r"\{[^}]*\}", "{1u}", text)
    assert structure(changed(circuit, text)) == structure(circuit)


@pytest.mark.parametrize("name, net, other", [("FDOTA", "x1", "fold"), ("NMC", "o2", "m"), ("VREF", "vg", "gates")])
def test_names_of_nets_do_not_count(name, net, other):
    circuit = load_circuit(name)
    assert structure(changed(circuit, re.sub(rf"\b{net}\b", other, circuit.netlist))) == structure(circuit)


@pytest.mark.parametrize("name, line, instead", [
    ("NMC", "M9 out o2 0 0 nmos", "M9a out o2 0 0 nmos w=1u l=1u\nM9 0 o2 out 0 nmos"),
    ("NMC", "Rm z out", "Rmm z between {r_m}\nRm between out"),
    ("NMC", "M10 out vbp vdd vdd pmos", "M10a out vbp deep vdd pmos w=1u l=1u\nM10 deep vbp vdd vdd pmos"),
    ("FDOTA", "M1 x1 g1 tail vdd plvt", "M1a x1 g1 tail tail pmos w=1u l=1u\nM1 x1 g1 tail vdd plvt"),
])
def test_a_device_in_two_parts_is_one_device(name, line, instead):
    circuit = load_circuit(name)
    assert structure(changed(circuit, circuit.netlist.replace(line, instead))) == structure(circuit)


@pytest.mark.parametrize("name, line, instead", [
    ("NMC", "M8 o2 vbp", "M8 o2 o1"),
    ("NMC", "Cm2 o2 z", "Cm2 o2 out"),
    ("NMC", "M2 o1 inp tail 0 nmos", "M2 o1 inp tail vdd pmos"),
    ("FDOTA", "M12 vcs op", "M12 vcs om"),
    ("VREF", "R3 ref 0", "C3 ref 0"),
    ("OTA", "M1 ", "Mnew 0 vdd 0 0 nmos w=1u l=1u\nM1 "),
])
def test_another_connection_another_kind_or_one_more_device_is_another_structure(name, line, instead):
    circuit = load_circuit(name)
    assert structure(changed(circuit, circuit.netlist.replace(line, instead))) != structure(circuit)


def test_a_cascode_is_not_merged_with_what_it_stands_on():
    found = devices(load_circuit("OTA"))
    assert len(merged(found)) == len(set(found))
