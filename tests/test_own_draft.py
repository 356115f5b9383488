"""A draft: from pasted text and choices to a report, a circuit and its check."""

from dataclasses import replace
from math import pi
from pathlib import Path

import pytest

from sizing_app.circuit.definition import Spec
from sizing_app.circuit.netlist import build_netlist
from sizing_app.own.assembly import assemble, make_circuit
from sizing_app.own.draft import DECK, AddedMetric, Change, Draft, DraftError, draft_text, read_draft
from sizing_app.own.draft_check import check_draft
from sizing_app.own.report import report
from sizing_app.simulator.confine import missing
from sizing_app.spice.usage import Member

FOLDER = Path(__file__).parent / "netlists"
confinable = pytest.mark.skipif(bool(missing()), reason=f"this kernel has no {', no '.join(missing())}")
RC = """a low-pass
Vin in 0 dc 0 ac 1
R1 in out 1k
C1 out 0 100n
.end
"""
LDO = """* a regulator on 6 V devices
.subckt reg vin gnd vout vref ibias
XMp vout gate vin vin pfet_06v0 L=0.6u W=50u m=40
XM1 n1 vfb tail gnd nfet_06v0 L=1u W=20u
XM2 gate vref tail gnd nfet_06v0 L=1u W=20u
XM3 n1 n1 vin vin pfet_06v0 L=1u W=10u
XM4 gate n1 vin vin pfet_06v0 L=1u W=10u
XM5 tail ibias gnd gnd nfet_06v0 L=2u W=10u m=2
XM6 ibias ibias gnd gnd nfet_06v0 L=2u W=10u
R1 vout vfb 100k
R2 vfb gnd 100k
.ends
"""
M6_W = Member("reg", "M6", "w")
DECK_OF_RC = """RC with its own measurements
.param r=1k supply_v=2
Vin in 0 dc {supply_v} ac 1
R1 in out {r}
C1 out 0 100n
.ac dec 50 1 1meg
.meas ac corner when vdb(out)=-3.0103
.meas ac twice param='2*corner'
.control
run
plot vdb(out)
.endc
.end
"""


def draft(name: str, **choices) -> Draft:
    return Draft({name: (FOLDER / name).read_text()}, **choices)


# From paste to a circuit that simulates

def test_an_op_amp_on_sky130(simulator):
    told = report(draft("sky130_miller.spice"))
    assert (told.kind, told.process, told.top, told.problems) == ("op-amp", "sky130", "miller", ())
    assert {port.net: port.role for port in told.ports} == {
        "vdd": "supply", "vss": "ground", "inp": "in+", "inm": "in-", "out": "out", "ibias": "bias current"}
    first = next(row for row in told.devices if row.name == "M1")
    assert (first.place, first.sizes["w"].written, first.sizes["w"].value) == ("line 9", "10", pytest.approx(10e-6))
    assert any("micrometres" in str(note) for note in told.notes)
    exchanged = draft("sky130_miller.spice", roles={"inp": "in-", "inm": "in+"})
    found = check_draft(exchanged, simulator, designs=3)
    assert found.polarity.swapped and found.draft.roles == {"inp": "in+", "inm": "in-"}
    metrics = found.found.original.metrics
    assert metrics["gain"] > 60 and metrics["offset"] < 5e-3 and metrics["gbw"] > 1e7
    assert found.found.plain == {} and "library" in found.found.plain_log
    assert found.circuit.specs and all(spec.met(metrics[spec.metric]) for spec in found.circuit.specs)
    assert found.circuit.key == replace(make_circuit(found.draft), specs=found.circuit.specs).key


def test_an_ldo_on_gf180(simulator):
    """The divider of two equal resistors makes twice the reference."""
    told = Draft({"ldo.spice": LDO}, name="REG", settings={"output": "2.4"}, loads=(1e-9,),
                 changes=(Change("lock", ("l_pass",)), Change("rename", ("w_pass",), "w_out")))
    found = check_draft(told, simulator, designs=3)
    assert report(told).kind == "ldo" and found.polarity is None and found.circuit.name == "REG"
    names = [parameter.name for parameter in found.circuit.parameters]
    assert "w_out" in names and "l_pass" not in names and "l={l_pass}" not in found.circuit.netlist
    metrics = found.found.original.metrics
    assert metrics["accuracy"] < 0.05 and metrics["psrr_1k"] > 20


def test_a_filter_of_two_elements(simulator):
    told = report(Draft({"rc.cir": RC}))
    assert (told.kind, told.problems) == ("filter", ())
    assert "line 2: 'Vin' is left out: the testbench drives in" in [str(note) for note in told.notes]
    found = check_draft(Draft({"rc.cir": RC}, settings={"f_pass": "10", "f_edge": "20"}), simulator, designs=4)
    assert found.found.original.metrics["cutoff"] == pytest.approx(1 / (2 * pi * 1e3 * (100e-9 + 1e-12)), rel=1e-3)
    assert found.found.simulated == 1.0 and {item.name for item in found.circuit.parameters} == {"r1", "c1"}


# Its own testbench

@confinable
def test_a_deck_with_measurements_is_its_own_testbench(simulator):
    told = Draft({"rc.sp": DECK_OF_RC})
    assert report(told).kind == DECK
    found = check_draft(told, simulator, designs=4)
    corner = 1 / (2 * pi * 1e3 * 100e-9)
    assert found.found.original.metrics == {"corner": pytest.approx(corner, rel=1e-3),
                                            "twice": pytest.approx(2 * corner, rel=1e-3)}
    assert found.found.plain["corner"] == pytest.approx(corner, rel=1e-3) and found.found.different == ()
    assert {spec.metric: spec.kind for spec in found.circuit.specs} == {"corner": "range", "twice": "range"}
    higher = check_draft(replace(told, better={"corner": "high"}), simulator, designs=0)
    assert {spec.metric: spec.kind for spec in higher.circuit.specs} == {"corner": "lower", "twice": "range"}


def test_the_sources_of_a_deck_follow_the_supply(simulator):
    text = ("divider\nVDD vdd 0 2\nR1 vdd out 1k\nR2 out 0 1k\n.dc VDD 0 2 0.1\n.tran 1u 10u\n"
            ".meas tran level find v(out) at=5u\n.end\n")
    circuit = make_circuit(Draft({"divider.sp": text}))
    assert circuit.conditions.supplies == (2.0, 1.8, 2.2) and "VDD vdd 0 dc {supply}" in circuit.testbench
    low = replace(circuit.conditions.nominal, supply=1.8)
    design = {parameter.name: 1e3 for parameter in circuit.parameters}
    assert simulator.evaluate(circuit, design, low).metrics["level"] == pytest.approx(0.9)


@pytest.mark.parametrize("source, volts, written", [
    (".param vsup=1.2\nVdd vdd 0 {vsup}", 1.2, "dc {supply}"), ("Vdd vdd 0 2.5V", 2.5, "dc {supply}"),
    (".param half=0.9\nVdd vdd gnd '2*half'", 1.8, "dc {supply}"), ("Vdd vdd 0 dc 1.8 ac 0", 1.8, "dc {supply} ac 0"),
    ("Vdd vdd 0 1.8 ac=0", 1.8, "dc {supply} ac 0"), ("Vdd 0 vdd -1.8", 1.8, "dc {-supply}"),
    ("Vdd vdd 0 ac 0 dc 1.8 pulse(1.8 1.8 0 1n 1n 1u 2u)", 1.8, "dc {supply} ac 0 pulse(1.8 1.8 0 1n 1n 1u 2u)")])
def test_whatever_drives_the_supply_follows_it(simulator, source, volts, written):
    text = (f"divider\n{source}\nVref ref 0 1\nR1 vdd out 1k\nR2 out 0 1k\nR3 ref 0 1k\n.dc Vref 1 2 0.5\n"
            ".meas dc level max v(out)\n.end\n")
    circuit = make_circuit(Draft({"divider.sp": text}))
    assert circuit.conditions.supplies == pytest.approx((volts, 0.9 * volts, 1.1 * volts))
    assert circuit.testbench.splitlines()[:2] == [f"Vdd {'0 vdd' if '-' in written else 'vdd 0'} {written}",
                                                  "Vref ref 0 dc 1"]
    design = {parameter.name: 1e3 for parameter in circuit.parameters}
    for supply in (volts, 1.6):
        at = replace(circuit.conditions.nominal, supply=supply)
        assert simulator.evaluate(circuit, design, at).metrics["level"] == pytest.approx(supply / 2)


def test_a_supply_that_is_chosen_is_simulated_and_not_compared_with_the_text(simulator):
    text = ("divider\nVDD vdd 0 1.8\nR1 vdd out 1k\nR2 out 0 1k\n.tran 1u 10u\n.meas tran level find v(out) at=5u\n"
            ".end\n")
    found = check_draft(Draft({"divider.sp": text}, supplies=(1.6,)), simulator, designs=0).found
    assert found.original.metrics == {"level": pytest.approx(0.8)} and found.different == ()
    assert "the supply of the file is 1.8 V, but another one is chosen" in str(found)


def test_the_largest_supply_is_the_condition_and_what_keeps_its_voltage_is_said():
    text = ("divider\nVdd vdd 0 1.8\nVaa avdd 0 dc 3.3 pulse(3.3 3 1u 1n 1n 1u 9u)\nR1 vdd out 1k\nR2 out avdd 1k\n"
            ".tran 1u 10u\n.meas tran level find v(out) at=5u\n.end\n")
    made = assemble(Draft({"divider.sp": text}))
    assert made.circuit.conditions.supplies == pytest.approx((3.3, 2.97, 3.63))
    assert made.circuit.testbench.splitlines()[:2] == ["Vdd vdd 0 dc 1.8",
                                                       "Vaa avdd 0 dc {supply} pulse(3.3 3 1u 1n 1n 1u 9u)"]
    notes = {note.word: note.text for note in made.notes}
    assert notes["Vdd"].startswith("keeps its voltage") and "but for its waveform" in notes["Vaa"]


@pytest.mark.parametrize("source", ["Vdd vdd 0 pwl(0 0 1u 1.8)", "Idd 0 vdd 1m", "Vdd vdd mid 1\nVmid mid 0 1"])
def test_without_a_source_that_follows_it_there_is_one_supply(source):
    text = f"divider\n{source}\nVin in 0 1\nR1 vdd out 1k\nR2 out in 1k\n.tran 1u 10u\n" \
           ".meas tran level find v(out) at=5u\n.end\n"
    made = assemble(Draft({"divider.sp": text}, supplies=(1.6, 1.8)))
    assert made.circuit.conditions.supplies == (1.6,) and "supply" not in made.circuit.testbench
    assert "no DC source between a supply net and ground: all sources keep their voltages" in "\n".join(
        map(str, made.notes))


def test_comments_and_backslashes_of_a_text_do_not_reach_ngspice():
    text = RC.replace("R1 in out 1k", "R1 in \\\\\nout 1k $ in the path").replace("100n", "100n // to ground ; here")
    made = assemble(Draft({"rc.cir": text}))
    netlist = build_netlist(made.circuit, made.original, made.circuit.conditions.nominal)
    assert {"R1 in out 1000", "C1 out 0 1e-07"} <= set(netlist.splitlines()), netlist


def test_a_long_line_of_a_transistor_as_written_is_one_line():
    area = "'a_long_name*0.29u+another_long_name*0.3u'"
    text = ("long\n.param a_long_name=2u another_long_name=1u\nVin vdd 0 1.8\nM1 out vdd 0 0 nfet_03v3 w=2u l=1u "
            f"ad={area} as={area} pd='2*a_long_name+4u' ps='2*a_long_name+4u'\nR1 vdd out 1k\n.tran 1n 10n\n"
            ".meas tran level find v(out) at=5n\n")
    made = assemble(Draft({"long.sp": text}, as_written=True))
    netlist = build_netlist(made.circuit, made.original, made.circuit.conditions.nominal)
    line, = (line for line in netlist.splitlines() if line.startswith("M1 "))
    assert " ad=8.8e-13 as=8.8e-13 pd=8e-06 ps=8e-06" in line


def test_the_load_of_a_deck_is_no_parameter():
    found = report(draft("sky130_testbench.spice"))
    outer = [group for group in found.groups if all(member.scope == "" for member in group.members)]
    assert found.kind == DECK and [group.members[0].device.lower() for group in outer] == ["i0", "c1"]
    assert all(group.locked for group in outer) and not found.groups[0].locked


# Choices

def test_added_metrics_of_both_kinds(simulator):
    told = Draft({"rc.cir": RC}, metrics=(AddedMetric("meas ac g1 find vdb(out) at=1591.55"),
                                          AddedMetric("cutoff/gain", name="odd", unit="Hz"),
                                          AddedMetric("db(v(out))", name="wrong", analysis="none")))
    sentences = [str(problem) for problem in report(told).problems]
    assert len(sentences) == 1 and "'none' is no analysis of this testbench" in sentences[0]
    good = replace(told, metrics=(AddedMetric("meas ac g1 find vdb(out) at=1591.55"),))
    metrics = check_draft(good, simulator, designs=0).found.original.metrics
    assert metrics["g1"] == pytest.approx(-3.01, abs=0.02)


def test_parameters_are_joined_split_and_bounded():
    told = Draft({"ldo.spice": LDO}, changes=(
        Change("join", ("l_in", "l_load"), "l_amp"), Change("split", ("w_tail",), "w_mirror", (M6_W,)),
        Change("range", ("w_in",), low=5e-6, high=50e-6)))
    found = {group.name: group for group in report(told).groups}
    assert len(found["l_amp"].members) == 4 and [member.device for member in found["w_mirror"].members] == ["M6"]
    assert (found["w_in"].low, found["w_in"].high) == (5e-6, 50e-6)
    wrong = replace(told, changes=(Change("lock", ("nothing",)), Change("rename", ("w_in",), "supply"),
                                   Change("range", ("w_in",))))
    assert len(report(wrong).problems) == 3


# All problems at once

def test_every_problem_is_told_with_its_line():
    more = "R1 in out 1k\nA1 in out thing\nX9 in out 0 0 nobody w=1 l=1"
    text = RC.replace("R1 in out 1k", more).replace(".end", ".exec ls")
    with pytest.raises(DraftError) as told:
        make_circuit(Draft({"rc.cir": text}, name="9 bad", changes=(Change("lock", ("nothing",)),)))
    sentences = [str(problem) for problem in told.value.problems]
    assert len(sentences) == 5
    for word in ("line 4: 'A1'", "line 5:", "line 7: '.exec'", "'9 bad' is no name", "there is no parameter 'nothing'"):
        assert any(sentence.startswith(word) or word in sentence for sentence in sentences), (word, sentences)


@pytest.mark.parametrize("choices, said", [
    ({"top": "nobody"}, "'nobody' is no subcircuit of the text (reg), or no process"),
    ({"process": "tsmc"}, "'tsmc' is no subcircuit of the text (reg), or no process"),
    ({"roles": {"nobody": "out"}}, "'nobody' is no port: vin, gnd, vout, vref, ibias"),
    ({"roles": {"vref": "king"}}, "port vref: expected a role"),
    ({"roles": {"vin": ""}}, "port vin: the role is not clear"),
    ({"testbench": "radio"}, "'radio' is not a class with a ready testbench"),
    ({"settings": {"volume": "11"}}, "'volume' is no setting"),
    ({"corners": ("xx",)}, "conditions.corner: expected one of tt, ff, ss, fs, sf, found xx"),
    ({"specs": (Spec("beauty", low=1.0),)}, "beauty"),
])
def test_a_wrong_choice_is_a_sentence(choices, said):
    problems = [str(problem) for problem in report(Draft({"ldo.spice": LDO}, **choices)).problems]
    assert any(said in problem for problem in problems), problems


# Kept as JSON

def test_a_draft_comes_back_from_json():
    told = Draft({"ldo.spice": LDO, "models.lib": "* none"}, top="reg", changes=(
        Change("split", ("w_tail",), "w_m", (M6_W,)),), metrics=(AddedMetric("gain/2", name="half"),),
        specs=(Spec("psrr_1k", low=30.0, scale=20.0),), supplies=(5.0,), roles={"vref": "reference"})
    assert read_draft(draft_text(told)) == told
    assert report(told).document()["name"] == "reg"


@pytest.mark.parametrize("text", ["", "[]", '{"files": {}}', '{"files": {"a": "R1 a 0 1"}, "main": "b"}',
                                  '{"files": {"a": "x"}, "changes": [{"action": "run", "names": ["a"]}]}',
                                  '{"files": {"a": "x"}, "name": "a\\u0000b"}'])
def test_what_is_no_draft_is_refused(text):
    with pytest.raises(DraftError):
        read_draft(text)


def test_pins_of_a_netlist_without_subcircuit_are_biased(simulator):
    """xschem comments the .subckt line of a top cell; a source of the text, where there is one, stays the bias."""
    flat = (FOLDER / "sky130_miller.spice").read_text().replace(".subckt miller", "**.subckt miller").replace(
        ".ends", "**.ends")
    told = Draft({"flat.spice": flat}, top="")
    assert "Ibias1 vdd ibias" in report(told).testbench
    metrics = check_draft(told, simulator, designs=0).found.original.metrics
    assert metrics["gain"] > 60 and metrics["power"] > 50e-6
    own = replace(told, files={"flat.spice": flat.replace("XC1", "I0 VDD IBIAS 10u\nXC1")})
    assert "ibias" not in report(own).testbench and "I0 vdd ibias" in report(own).netlist


# What could be read as well

EXTRACTED = """* NGSPICE file created from ota.ext - technology: sky130A
X0 Vout D2 VDD VDD sky130_fd_pr__pfet_01v8 ad=0p pd=0u as=0p ps=0u w=5e+06u l=500000u M=8
X1 D2 Vout sky130_fd_pr__cap_mim_m3_2 l=1e+07u w=1e+07u
X2 Ibias Ibias GND GND sky130_fd_pr__nfet_01v8 w=3e+06u l=1e+06u M=4
X3 D2 Vp D5 GND sky130_fd_pr__nfet_01v8 w=1e+07u l=500000u M=4
X4 Vout Ibias GND GND sky130_fd_pr__nfet_01v8 w=3e+06u l=1e+06u M=8
X5 VDD D1 D2 VDD sky130_fd_pr__pfet_01v8 w=5e+06u l=500000u M=2
X6 D5 Ibias GND GND sky130_fd_pr__nfet_01v8 w=3e+06u l=1e+06u M=4
X7 D1 D1 VDD VDD sky130_fd_pr__pfet_01v8 w=5e+06u l=500000u M=2
X8 D1 Vn D5 GND sky130_fd_pr__nfet_01v8 w=1e+07u l=500000u M=4
.end
"""
SCRIPT = """an op-amp with a script
Vdd vdd 0 1.8
Vp vp 0 dc 0.9 ac 1
Vn vn 0 0.9
I1 vdd ib 10u
M1 n1 vn tail 0 nfet_01v8 w=10u l=0.5u
M2 out vp tail 0 nfet_01v8 w=10u l=0.5u
M3 n1 n1 vdd vdd pfet_01v8 w=5u l=0.5u
M4 out n1 vdd vdd pfet_01v8 w=5u l=0.5u
M5 tail ib 0 0 nfet_01v8 w=5u l=1u m=2
M6 ib ib 0 0 nfet_01v8 w=5u l=1u
.control
ac dec 10 1 1g
define power(x,y) -(x*y)
let p = 180+vp(out)
meas ac ugf when vdb(out)=0
meas ac pm find p when vdb(out)=0
.endc
.end
"""


def test_an_extracted_layout_without_sources_has_its_rails_and_bias_as_ports(simulator):
    found = check_draft(Draft({"ota.spice": EXTRACTED}), simulator, designs=0).found
    told = report(Draft({"ota.spice": EXTRACTED}))
    assert told.kind == "op-amp" and {port.net: port.role for port in told.ports} == {
        "vdd": "supply", "0": "ground", "vp": "in+", "vn": "in-", "ibias": "bias current", "vout": "out"}
    assert found.original.metrics["gain"] > 40 and found.warnings == ()
    if not missing():
        assert found.plain["gain"] == pytest.approx(found.as_written["gain"], rel=1e-3)
        assert found.plain["power"] == pytest.approx(found.as_written["power"], rel=1e-3)


def test_the_output_of_an_amplifier_is_where_both_drains_meet():
    text = EXTRACTED.replace("Vout", "Vhigh").replace("X0 ", ".subckt ota Ibias Vhigh VDD GND Vp Vn\nX0 ").replace(
        ".end\n", ".ends\n.end\n")
    told = report(Draft({"ota.spice": text}))
    assert {port.net: port.role for port in told.ports}["vhigh"] == "out" and told.problems == ()


def test_a_script_that_is_no_testbench_makes_room_for_a_ready_one(simulator):
    """It was nobody's choice; where it is one, what is in the way is a problem."""
    told = report(Draft({"amp.cir": SCRIPT}))
    assert (told.kind, told.problems) == ("op-amp", ())
    reasons = [str(note) for note in told.notes if "the ready testbench stands in place" in str(note)]
    assert any("define power" in reason for reason in reasons) and any("let p = 180" in reason for reason in reasons)
    chosen = report(Draft({"amp.cir": SCRIPT}, testbench=DECK))
    assert chosen.kind == DECK and any("define power" in str(problem) for problem in chosen.problems)
    found = check_draft(Draft({"amp.cir": SCRIPT}), simulator, designs=0).found
    assert found.original.metrics["gain"] > 25 and found.warnings == ()


def test_of_two_outputs_the_first_is_measured_and_the_second_left_open():
    latch = """* two gates
.subckt latch vdd vss q out
M1 q out vss vss nfet_01v8 w=1u l=0.15u
M2 q out vdd vdd pfet_01v8 w=1u l=0.15u
M3 out q vss vss nfet_01v8 w=1u l=0.15u
M4 out q vdd vdd pfet_01v8 w=1u l=0.15u
.ends
"""
    told = report(Draft({"latch.sp": latch}))
    ports = {port.net: port for port in told.ports}
    assert told.problems == () and (ports["q"].role, ports["out"].role) == ("out", "open")
    assert "q is taken as the output" in ports["out"].note
    other = report(Draft({"latch.sp": latch}, roles={"q": "open", "out": "out"}))
    assert {port.net: port.role for port in other.ports}["out"] == "out" and other.problems == ()


@pytest.mark.parametrize("line, wrong", [
    ("R2 out gnd '10k*(1+3m*(temper-27))'", True), (".param t=temper\nR2 out gnd '10k*(1+3m*(t-27))'", True),
    ("R2 out gnd 10k tc1=3m", False), ("B2 out gnd i=v(out)/(10k*(1+3m*(temper-27)))", False)])
def test_arithmetic_of_one_temperature_meets_no_sweep_of_it(simulator, line, wrong):
    text = f"* divider\n.subckt vref vdd out gnd\nR1 vdd out 10k\n{line}\n.ends\n"
    roles = {"vdd": "supply", "out": "out", "gnd": "ground"}
    made = assemble(Draft({"a": text}, testbench="reference", roles=roles, supplies=(1.8,)))
    if wrong:
        assert [str(problem) for problem in made.problems] == [
            "'R2' depends on the temperature by arithmetic, which the sweep of the temperature would not follow: write "
            "tc1= and tc2=, or a B element with temper in it"]
    else:
        found = simulator.evaluate(made.circuit, made.original, made.circuit.conditions.nominal).metrics["tc"]
        cold, hot = (ratio / (1 + ratio) for ratio in (1 + 3e-3 * (-40 - 27), 1 + 3e-3 * (85 - 27)))
        assert found == pytest.approx(1e6 * (hot - cold) / ((hot + cold) / 2) / 125, rel=2e-2)
    assert not assemble(Draft({"a": text}, testbench="generic", roles=roles, supplies=(1.8,))).problems


def test_parameters_of_a_deck_stand_wherever_its_testbench_names_them(simulator):
    text = """RC
.param vi=1.2 r=1k k=2 tend=10u
Vin in 0 pulse(0 {vi / 2} 0 1n 1n 1 2)
R1 in out {r}
C1 out 0 1n
C2 hold 0 1n
R2 hold 0 {k*r}
.ic v(hold)='vi' v(out)={vi/4}
.tran 10n {tend / 2 + 5u} uic
.meas tran held max v(hold)
.meas tran double max par('k*v(in)')
.meas tran below when v(hold)={vi/2.718281828}
.meas tran more param='below*k+VI'
.meas tran start find v(out) at='20p*r'
.end
"""
    made = assemble(Draft({"a": text}))
    assert [str(problem) for problem in made.problems] == []
    found = simulator.evaluate(made.circuit, made.original, made.circuit.conditions.nominal).metrics
    assert dict(found) == pytest.approx({"held": 1.2, "double": 1.2, "below": 2e-6, "more": 1.2 + 4e-6, "start": 0.306},
                                        rel=1e-2)
    assert made.circuit.analyses[0].command == "tran 10n 1e-05 uic"


def test_an_analysis_whose_number_varies_says_to_lock_it():
    text = "RC\n.param r=1k\nVin in 0 1\nR1 in out {r}\nC1 out 0 1n\n.tran 10n {r*1n}\n.meas tran x max v(out)\n"
    assert str(assemble(Draft({"a": text}, testbench=DECK)).problems[0]) == (
        "line 6: 'r*1n': 'r' varies or is unknown, and an analysis needs numbers: lock it")
    locked = assemble(Draft({"a": text}, testbench=DECK, changes=(Change("lock", ("r",)),)))
    assert locked.problems == [] and locked.circuit.analyses[0].command == "tran 10n 1e-06"
