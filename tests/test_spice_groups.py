"""Groups by hand: joined, split, renamed, locked, and what the netlist becomes of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing_app.circuit.expressions import evaluate
from sizing_app.circuit.netlist import build_netlist
from sizing_app.circuit.pdk import PROCESSES, find_bin
from sizing_app.spice import groups
from sizing_app.spice.build import build_circuit
from sizing_app.spice.cell import Choices
from sizing_app.spice.groups import ProposalError
from sizing_app.spice.mapping import map_cell
from sizing_app.spice.propose import propose
from sizing_app.spice.ranges import model_limits, proposed
from sizing_app.spice.read import read_deck
from sizing_app.spice.roles import port_roles
from sizing_app.spice.usage import Member
from sizing_app.spice.write import write_cell
from tests.spice_benches import op_bench

TEXT = """* ota
.param wm=6u
.subckt ota vdd vss inp inn out ib
M1 x inn t vss nfet_03v3 w=10u l=0.5u
M2 out inp t vss nfet_03v3 w=10u l=0.5u
M3 x x vdd vdd pfet_03v3 w=wm l=1u
M4 out x vdd vdd pfet_03v3 w=wm l=1u
M5 t ib vss vss nfet_03v3 w=8u l=1u m=2
M6 ib ib vss vss nfet_03v3 w=8u l=1u
C1 out vss 1p
.ends
"""
CELL = map_cell(read_deck({"ota": TEXT}))
PORTS = port_roles(CELL)
PROPOSAL = propose(CELL, PORTS)


def size(proposal, device: str, key: str, **design: float) -> float:
    """What a transistor's size is in the netlist of a design; other parameters stand at the file's values."""
    circuit = build_circuit(CELL, proposal, PORTS, *op_bench(CELL, PORTS), "ota")
    whole = {group.name: group.value for group in proposal.free} | design
    line = next(line for line in build_netlist(circuit, whole, circuit.conditions.nominal).splitlines()
                if line.startswith(f"{device} "))
    return float(dict(word.split("=") for word in line.split() if "=" in word).get(key, "1"))


def test_what_is_proposed():
    assert [(group.name, group.reason, group.locked) for group in PROPOSAL.groups] == [
        ("wm", "parameter of the file", False), ("w_in", "pair", False), ("l_in", "pair", False),
        ("l_load", "mirror", False), ("w_tail", "mirror", False), ("l_tail", "mirror", False),
        ("m_tail", "alone", True), ("c1", "alone", False)]
    assert PROPOSAL.group("w_in").role == "input pair width (M1, M2)"


def test_joined_sizes_are_one_parameter():
    joined = groups.join(PROPOSAL, ["w_in", "wm"], "w_all")
    assert "wm" not in [group.name for group in joined.groups]
    assert (size(joined, "M1", "w", w_all=7e-6), size(joined, "M4", "w", w_all=7e-6)) == pytest.approx((7e-6, 7e-6))


def test_a_part_of_a_group_has_a_parameter_of_its_own():
    apart = groups.split(PROPOSAL, "w_in", [Member("ota", "M2", "w")], "w_other")
    assert (size(apart, "M1", "w", w_other=5e-6), size(apart, "M2", "w", w_other=5e-6)) == pytest.approx((1e-5, 5e-6))


def test_a_size_is_taken_from_a_parameter_of_the_file():
    apart = groups.split(PROPOSAL, "wm", [Member("ota", "M4", "w")], "w_out")
    assert (size(apart, "M3", "w", w_out=9e-6), size(apart, "M4", "w", w_out=9e-6)) == pytest.approx((6e-6, 9e-6))
    assert apart.group("w_out").unit == "m"


def test_locked_sizes_stay_and_unlocked_counts_are_whole():
    locked = groups.lock(PROPOSAL, "w_in")
    assert "w_in" not in [group.name for group in locked.free] and size(locked, "M1", "w") == pytest.approx(1e-5)
    free = groups.lock(PROPOSAL, "m_tail", False)
    assert free.group("m_tail").parameter.count and size(free, "M5", "m", m_tail=5.0) == 5


def test_names_and_ranges():
    named = groups.set_range(groups.rename(PROPOSAL, "c1", "c_load"), "c_load", 1e-13, 1e-11)
    assert named.group("c_load").parameter.low == 1e-13


@pytest.mark.parametrize("change, told", [
    (lambda: groups.rename(PROPOSAL, "c1", "w_in"), "already"),
    (lambda: groups.rename(PROPOSAL, "c1", "2x"), "no name"),
    (lambda: groups.rename(PROPOSAL, "c1", "supply"), "no name"),
    (lambda: groups.rename(PROPOSAL, "nope", "x"), "no parameter"),
    (lambda: groups.join(PROPOSAL, ["w_in", "c1"]), "different units"),
    (lambda: groups.split(PROPOSAL, "w_in", [Member("ota", "M9", "w")]), "expected some of M1 w, M2 w"),
    (lambda: groups.split(PROPOSAL, "w_in", [Member("ota", "M1", "w"), Member("ota", "M2", "w")]), "not all"),
    (lambda: groups.set_range(PROPOSAL, "w_in", 2e-6, 1e-6), "lower one first"),
    (lambda: groups.set_range(PROPOSAL, "m_tail", 1.5, 3.0), "whole numbers"),
])
def test_what_cannot_be_done_is_told(change, told):
    with pytest.raises(ProposalError, match=told):
        change()


@settings(max_examples=200)
@given(data=st.data())
def test_proposed_ranges_lie_inside_the_models(data):
    """Every width of a finger and length of a proposed range has a model bin."""
    process = data.draw(st.sampled_from(["gf180mcu", "gf180mcu_6v", "freepdk45"]))
    model = data.draw(st.sampled_from(PROCESSES[process].models))
    width, length = data.draw(st.floats(1e-6, 500e-6)), data.draw(st.floats(0.7e-6, 10e-6))
    limits = model_limits(process, "tt", model)
    low_w, high_w, *_ = proposed("w", "m", width, process, *limits)
    low_l, high_l, *_ = proposed("l", "m", length, process, *limits)
    assert low_w < high_w and low_l < high_l and low_w <= width <= high_w and low_l <= length <= high_l
    for w in (low_w, min(high_w, PROCESSES[process].finger)):
        for each in (low_l, high_l):
            find_bin(process, "tt", model, w, each)


# ---- parameters that depend on temperature

CARD = ".model n nmos level=1\n"
INNER = ".subckt amp g d w=1u\nM1 d g 0 0 n w={w} l=1u\nR1 d 0 4k\n.ends\n"


def made(text: str, top: str | None = None):
    """(names of groups, netlist) of a text with a card."""
    cell = map_cell(read_deck({"deck": f"* title\n{text}{CARD}"}), Choices(top=top))
    ports = port_roles(cell)
    found = propose(cell, ports)
    return {group.name: group.value for group in found.groups}, write_cell(cell, found, {}).netlist


@pytest.mark.parametrize("lines, values, written", [
    (".param rr='1k*(1+0.001*(temper-27))'\nR1 a 0 {rr}\n", {}, "{(1000*(1+0.001*(temperature-27)))}"),
    (".param rr='1k*temper' r2='2*rr'\nR1 a 0 {r2}\n", {}, "{(2*(1000*temperature))}"),
    (".param r0=1k rr='r0*(1+0.001*(temper-27))'\nR1 a 0 {rr}\n", {"r0": 1000.0}, "{(r0*(1+0.001*(temperature-27)))}"),
])
def test_a_parameter_of_temperature_stays_an_expression(lines, values, written):
    found, netlist = made(f"{lines}V1 a 0 1\n")
    assert found == values and netlist == f"R1 a 0 {written}\n"


@pytest.mark.parametrize("top", ["", "amp"])
def test_a_call_may_give_a_size_that_depends_on_temperature(top):
    found, netlist = made(f"{INNER}X1 a b amp w='5u*(temper/27)'\nV1 a 0 1\n", top)
    assert found == {"l_m1": 1e-6, "r1": 4000.0} and "w={(5e-06*(temperature/27))} l={l_m1}" in netlist


def test_what_a_testbench_gives_may_be_arithmetic():
    assert made(f"{INNER}X1 a b amp w='5u*2'\nV1 a 0 1\n", "amp")[0]["w"] == pytest.approx(1e-5)


@pytest.mark.parametrize("header, own, value", [("w=1u", "w='2*w'", 1e-6), ("w='2*k'", "w=2u", 2e-6)])
def test_a_name_that_a_header_and_a_param_line_share_has_a_value(header, own, value):
    inner = INNER.replace("w=1u", header).replace("M1", f".param {own}\nM1")
    assert made(f".param k=1u\n{inner}X1 a b amp\nV1 a 0 1\n")[0]["w"] == pytest.approx(value)


@pytest.mark.parametrize("wn, width, unit, value", [
    ("2", "wn*1u", "m", 2e-6), ("2u", "wn", "m", 2e-6), ("2", "3*wn*1u", "m", 2e-6), ("2000", "wn/1g", "m", 2e-6),
    ("4u", "wn/2", "m", 4e-6), ("4", "wn*2u", "", 4.0), ("1u", "wn+1u", "", 1e-6), ("4", "1u*sqrt(wn)", "", 4.0)])
def test_a_parameter_has_the_unit_of_what_is_a_multiple_of_it(wn, width, unit, value):
    cell = map_cell(read_deck({"a": f"* a\n.param wn={wn} mid='{width}'\n.subckt c d g s ww=1u\n"
                                    "M1 d g s s nfet_03v3 w=ww l=1u\n.ends\nX1 a b 0 c ww=mid\n"}), Choices(top=""))
    proposal = propose(cell, port_roles(cell))
    group = proposal.group("wn")
    assert (group.unit, group.value) == (unit, pytest.approx(value))
    netlist = write_cell(cell, proposal, {}).netlist
    text = netlist.split("w={")[1].split("}")[0]
    found = evaluate(text, {"wn": group.value})
    assert found == pytest.approx(cell.scopes["c"][0].sizes["w"].value, rel=1e-8)


def test_a_parameter_that_a_resistance_divides_has_no_ohms():
    cell = map_cell(read_deck({"a": "* a\n.param gm=1m\nR1 a 0 '1/gm'\nV1 a 0 1\n"}), Choices(top=""))
    group = propose(cell, port_roles(cell)).group("gm")
    assert (group.unit, group.value) == ("", 1e-3)
