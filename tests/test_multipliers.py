"""Subcircuits in parallel, ``m`` of a call: what is simulated, the area and the mismatch are of all their devices."""

from dataclasses import replace

import pytest

from sizing_app.circuit.area import gate_area
from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.definition import Analysis
from sizing_app.circuit.expressions import ExpressionError
from sizing_app.circuit.folder import load_circuit
from sizing_app.circuit.multipliers import with_own_subcircuits
from sizing_app.circuit.netlist import build_netlist, shifts_of
from sizing_app.simulator import SimulatorPool
from tests.builders import golden_design

OTA = load_circuit("OTA")
DESIGN, NOMINAL = golden_design(OTA), OTA.conditions.nominal
NESTED = (".subckt outer a\nM1 a a 0 0 nmos w=2u l=1u m=2\nXin a inner m=3\n.ends\n"
          ".subckt inner a\nM2 a a 0 0 nmos w=20u l=1u m=2\nR1 a 0 1k\nC1 a 0 1p m=2\n.ends\n")


def with_netlist(text: str):
    return replace(OTA, netlist=text, testbench="", metrics=(), specs=(), measures=(),
                   analyses=(Analysis("op", "op", save=("v(a)",)),))


def test_the_numbers_of_calls_are_multiplied_along_the_path():
    lines = [*NESTED.splitlines(), "Xp a outer M=4", "Xq a inner params: m = 2", "Xr a inner"]
    found = [(path, line) for path, line in with_own_subcircuits(lines) if "." not in line[:1]]
    assert found[:6] == [
        ("", "Xp a outer__xp"), ("xp.", "M1 a a 0 0 nmos w=2u l=1u m=8"), ("xp.", "Xin a inner__xp_xin"),
        ("xp.xin.", "M2 a a 0 0 nmos w=20u l=1u m=24"), ("xp.xin.", "R1 a 0 1k m=12"),
        ("xp.xin.", "C1 a 0 1p m=24")]
    assert found[6:8] == [("", "Xq a inner__xq"), ("xq.", "M2 a a 0 0 nmos w=20u l=1u m=4")]
    assert found[-2:] == [("xr.", "R1 a 0 1k"), ("xr.", "C1 a 0 1p m=2")]


def test_gate_area_is_of_all_devices():
    circuit = with_netlist(f"{NESTED}Xp a outer m=4\nM3 a a 0 0 nmos w=1u l=1u\n")
    assert gate_area(circuit, DESIGN) == pytest.approx((8 * 2 + 24 * 20 + 1) * 1e-12)


def test_mismatch_is_of_all_devices():
    cell = ".subckt cell a\nM1 a a 0 0 nmos w=2u l=1u{}\n.ends\nX1 a cell{}\n"
    one, several, same = (shifts_of(with_netlist(cell.format(*words)), DESIGN, replace(NOMINAL, draw=Draw(1, 0)))
                          for words in (("", ""), ("", " m=4"), (" m=4", "")))
    assert several == same
    assert several[0].delvto == pytest.approx(one[0].delvto / 2)


def test_ngspice_simulates_all_devices_with_all_fingers():
    """The same current as of transistors beside each other; ngspice 39 itself would take m of the call alone."""
    nested = with_netlist(f"{NESTED}Xp a outer m=4\nI1 0 a 1m\n")
    flat = with_netlist("M1 a a 0 0 nmos w=2u l=1u m=8\nM2 a a 0 0 nmos w=20u l=1u m=24\nR1 a 0 1k m=12\nI1 0 a 1m\n")
    with SimulatorPool(1, deadline=120.0, trusted=True) as pool:
        for draw in (None, Draw(1, 0)):
            found = pool.operating_point(nested, DESIGN, replace(NOMINAL, draw=draw))
            assert found.ok, found.log
            widths = {device.name: device.width for device in found.devices}
            assert widths == pytest.approx({"XP.M1": 16e-6, "XP.XIN.M2": 480e-6})
        both = [pool.operating_point(circuit, DESIGN, NOMINAL) for circuit in (nested, flat)]
    assert both[0].voltages["a"] == pytest.approx(both[1].voltages["a"], rel=1e-6)


@pytest.mark.parametrize("text, said", [
    (".subckt cell a\nR1 a 0 1k\n.ends\nX1 a cell m=0.5\n", "X1: expected m, a number of devices"),
    (".subckt cell a\nB1 a 0 i=v(a)\n.ends\nX1 a cell m=2\n", "B1: B elements cannot be multiplied"),
    (".subckt cell a m=1\nR1 a 0 1k\n.ends\nX1 a cell m=2\n", "the subcircuit cell has a parameter m"),
])
def test_what_cannot_be_multiplied_is_told(text, said):
    with pytest.raises(ExpressionError) as found:
        build_netlist(with_netlist(text), DESIGN, NOMINAL)
    assert said in str(found.value)
