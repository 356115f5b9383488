"""Devices of a netlist as a table."""

from dataclasses import replace

import pytest

from sizing_app.circuit.folder import golden, load_circuits
from sizing_app.ui.parts.netlist_table import Line, lines_of, netlist_table

TEXT = """* a comment
.subckt inverter in out vdd
Mn out in 0 0 nmos w={w_n} l=150n
+ m=2
.ends
X1 a b vdd inverter
Rf b a {r_f}
C1 b 0 2p
.end
"""


def test_every_kind_of_line_is_taken_apart():
    assert list(lines_of(TEXT)) == [
        "inverter", Line("Mn", ("out", "in", "0", "0"), "nmos", ("w={w_n}", "l=150n", "m=2")), "",
        Line("X1", ("a", "b", "vdd"), "inverter", ()), Line("Rf", ("b", "a"), "", ("{r_f}",)),
        Line("C1", ("b", "0"), "", ("2p",))]


def test_sizes_are_names_or_values_with_their_units(miller):
    circuit = replace(miller, netlist=miller.netlist + "\nX9 <b> vdd inner\n")
    plain, sized = netlist_table(circuit), netlist_table(circuit, {**golden(miller)["parameters"], "w_in": 21.5e-6})
    assert "w <code>w_in</code>, l <code>l_in</code>" in plain and "<code>c_c</code>" in plain
    assert "w 21.5 \u00b5m" in sized and "pF" in sized and "kOhm" in sized.replace("\u03a9", "Ohm")
    assert "&lt;b&gt;" in plain and "<b>" not in plain


@pytest.mark.parametrize("circuit", load_circuits().values(), ids=lambda circuit: circuit.name)
def test_every_circuit_has_its_devices(circuit):
    shown = netlist_table(circuit, golden(circuit)["parameters"])
    devices = [line for line in lines_of(circuit.netlist) if isinstance(line, Line)]
    assert shown.count("<tr>") - 1 == len(devices) + shown.count("rowgroup") and "{" not in shown
