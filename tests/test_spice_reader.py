"""The parts of the reader: lines, words, arithmetic, sizes, and that nothing hostile passes."""

import math
import time

import pytest

from sizing_app.circuit.deck_rules import RefusedNetlist, check_lines, check_models
from sizing_app.circuit.expressions import ExpressionError, evaluate
from sizing_app.circuit.netlist import build_netlist
from sizing_app.circuit.subcircuits import logical_lines
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.spice.arithmetic import arithmetic, constant, is_number, number, resolved
from sizing_app.spice.build import BuildError, build_circuit, original
from sizing_app.spice.cell import Cell, Choices
from sizing_app.spice.devices import polarity_of
from sizing_app.spice.lines import read_lines
from sizing_app.spice.mapping import map_cell
from sizing_app.spice.own_cards import models_of
from sizing_app.spice.propose import propose
from sizing_app.spice.read import read_deck
from sizing_app.spice.roles import port_roles
from sizing_app.spice.words import settings_of, split
from sizing_app.spice.write import write_cell
from tests.hostile_decks import DECKS
from tests.spice_benches import op_bench


def cell_of(text: str, **choices) -> Cell:
    return map_cell(read_deck({"deck": "* title\n" + text}), Choices(**choices))


def device(cell: Cell, name: str):
    return next(device for device in cell.devices if device.name == name)


def said(cell: Cell) -> list[str]:
    return [str(problem) for problem in (*cell.deck.problems, *cell.problems)]


CHAIN, CIRCLE = 1500, 50


def parameters_in_chain(last: int, end: str) -> str:
    return "".join(f".param p{at}=p{at + 1}\n" for at in range(last)) + f".param p{last}={end}\nR1 a 0 p0\n"


def cells_in_chain(last: int, end: str) -> str:
    cells = "".join(f".subckt c{at} a\nx1 a c{at + 1}\n.ends\n" for at in range(last))
    return f"{cells}.subckt c{last} a\n{end}\n.ends\nx1 a c0\n"


@pytest.mark.parametrize("text, word", [
    (parameters_in_chain(CHAIN, "1k"), "parameters"), (parameters_in_chain(CHAIN, "p0"), "parameters"),
    (f".subckt s a\n{parameters_in_chain(CHAIN, '1k')}.ends\nx1 a s\n", "parameters"),
    (cells_in_chain(CHAIN, "R1 a 0 1k"), "subcircuits"), (cells_in_chain(CHAIN, "x1 a c0"), "subcircuits")])
def test_chains_that_nothing_could_follow_are_refused(text, word):
    with pytest.raises(RefusedNetlist, match=f"^{word} use each other in a circle, or in a chain of more than 100"):
        read_deck({"deck": "* title\n" + text})


def test_long_chains_are_read_and_small_circles_are_named():
    assert said(cell_of(parameters_in_chain(CIRCLE, "1k"))) == []
    backwards = "\n".join(reversed(parameters_in_chain(CIRCLE, "1k").splitlines()))
    assert said(cell_of(backwards)) == []
    assert any("refers to itself" in text for text in said(cell_of(parameters_in_chain(CIRCLE, "p0"))))
    for end in ("R1 a 0 1k", "x1 a c0"):
        assert any("more than 8 deep" in text for text in said(cell_of(cells_in_chain(CIRCLE, end), top="c0")))


# ---- lines, words, arithmetic

@pytest.mark.parametrize("text, lines", [
    ("R1 a b 1k\n+ tc1=1m\n\n* note\n+ tc2=0", ["R1 a b 1k tc1=1m tc2=0"]),
    ("M1 d g s b n \\\nw=1u l=1u", ["M1 d g s b n w=1u l=1u"]), ("R1 a b 1k $ rest\nR2 a b 2k ; rest // more", [
        "R1 a b 1k", "R2 a b 2k"]), ("\ufeffR1 a b 1k\r\n// all\r\n# all\r\n", ["R1 a b 1k"]),
    ("*.GLOBAL vdd!\n+ gnd!\nR1 a b 1k\n* note\n+ tc1=0", ["R1 a b 1k tc1=0"]),
    ("R1 net$1 b '1k ; 2'", ["R1 net$1 b '1k ; 2'"]), ("C1 a b 1\u00b5", ["C1 a b 1u"]),
])
def test_logical_lines(text, lines):
    assert [line.text for line in read_lines(text).logical] == lines


def test_lines_are_numbered_where_they_begin():
    assert [line.number for line in read_lines("* a\nR1 a b\n+ 1k\n\nR2 a b 2k").logical] == [2, 5]


def test_words_keep_what_belongs_together():
    words = split("M1 d g s b n W = 1u l='a + b' ad={2 * w} pulse(0 1, 2)")
    assert words == ["M1", "d", "g", "s", "b", "n", "W=1u", "l='a + b'", "ad={2 * w}", "pulse(0 1, 2)"]
    assert settings_of(words[6:])[1] == {"w": "1u", "l": "'a + b'", "ad": "{2 * w}"}


@pytest.mark.parametrize("text, value", [("10Meg", 1e7), ("1m", 1e-3), ("1.5pF", 1.5e-12), ("3kohm", 3e3), ("5V", 5.0),
                                         ("-2.5e-3", -2.5e-3), (".5u", 0.5e-6), ("1mil", 25.4e-6)])
def test_numbers_as_spice_reads_them(text, value):
    assert number(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text, value", [("'2*3^2'", 18.0), ("{sqrt(16)+int(2.7)}", 6.0), ("max(1, 2u)", 1.0),
                                         ("pow(2,3)/4", 2.0), ("ln(exp(1))", 1.0)])
def test_expressions(text, value):
    assert constant(arithmetic(text)) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["a?b:c", "__import__('os')", "f(1)", "sqrt(-1)", "9**9**9", "agauss(1,2,3)", "a.b",
                                  "a[0]", "1+" * 600 + "1", "-" * 60 + "1", "lambda: 1"])
def test_what_is_no_arithmetic(text):
    with pytest.raises(ExpressionError):
        evaluate(arithmetic(text), {"a": 1.0, "b": 1.0, "c": 1.0})


@pytest.mark.parametrize("text", ["4k7", "3V3", "10k0", "2.2k5", "1u5", "1_8", "1meg5", "1.5.3", "0x10", "2*4k7",
                                  "'4k7'", "a.5", "10k_x"])
def test_a_number_that_goes_on_behind_its_unit_is_refused(text):
    """ngspice reads 4k7 as 4k, other simulators as 4.7k."""
    with pytest.raises(ExpressionError, match="directly behind .* put an operator between them"):
        arithmetic(text)
    assert any("directly behind" in problem for problem in said(cell_of(f"R1 a 0 {text}\nV1 a 0 1\n")))


@pytest.mark.parametrize("text, value", [("10pF", 1e-11), ("1.8V", 1.8), ("10kOhm", 1e4), ("1meg", 1e6),
                                         ("1mil", 25.4e-6), ("2 * 3k", 6e3), ("1e-6m", 1e-9), ("-5m", -5e-3)])
def test_units_behind_numbers_are_read_in_expressions(text, value):
    assert constant(arithmetic(text)) == pytest.approx(value, rel=1e-12)


def test_parameters_refer_to_each_other_but_not_in_circles():
    assert evaluate(resolved({"a": "2*b", "b": "c+1"}, {"c": "3"})["a"], {}) == 8.0
    with pytest.raises(ExpressionError, match="'a' refers to itself"):
        resolved({"a": "b", "b": "a"}, {})


@pytest.mark.parametrize("read", [
    lambda: is_number("1" * 20_000 + "!"), lambda: read_lines(f"*.pininfo {'a' * 3900}\n" * 50),
    lambda: logical_lines(["R1 a b" + " " * 30_000 + "1k"])])
def test_no_text_takes_long_to_read(read):
    begun = time.process_time()
    read()
    assert time.process_time() - begun < 0.5


# ---- sizes

@pytest.mark.parametrize("model, sizes, width, length", [
    ("sky130_fd_pr__nfet_01v8", "w=16.5 l=0.5", 16.5e-6, 0.5e-6), ("nfet_03v3", "w=16.5u l=0.5u", 16.5e-6, 0.5e-6),
    ("nmos_vtg", "w=1 l=0.05", 1e-6, 50e-9), ("nfet_06v0", "w=2000u l=600n", 2e-3, 0.6e-6),
])
def test_bare_numbers_are_micrometres(model, sizes, width, length):
    found = device(cell_of(f"X1 d g 0 0 {model} {sizes}\n"), "MX1").sizes
    assert (found["w"].value, found["l"].value) == pytest.approx((width, length), rel=1e-9)


def test_fingers_are_counted_in_the_width_and_m_once():
    cell = cell_of("X1 d g 0 0 nfet_03v3 w=20u l=1u nf=4 m=2 mult=2 ad=1p\n")
    assert {key: item.value for key, item in device(cell, "MX1").sizes.items()} == {"w": 2e-5, "l": 1e-6, "m": 2.0}
    assert any("nf (1 devices)" in str(note) for note in cell.notes)


def test_as_written_keeps_areas_and_writes_fingers_as_devices():
    cell = cell_of("X1 d g 0 0 nfet_03v3 w=20u l=1u nf=4 m=2 ad=8p\n", as_written=True)
    found = {key: item.value for key, item in device(cell, "MX1").sizes.items()}
    none = {"as": 0.0, "pd": 0.0, "ps": 0.0}  # the defaults of the foundry's subcircuit
    assert found == pytest.approx({"w": 5e-6, "l": 1e-6, "m": 8.0, "ad": 2e-12} | none, rel=1e-9)
    line = cell_of("M1 d g 0 0 nfet_03v3 w=20u l=1u ad=8p\n", as_written=True)
    assert {"as", "pd", "ps"}.isdisjoint(device(line, "M1").sizes)


@pytest.mark.parametrize("polarity, names", [
    ("n", "n nmos nch nfet nch_lvt nmos_rvt n_18 n18 tsmc_nch tsmc25nch lvnmos cmosn modn mn nch.1 bsim4_n nmos_1p8"),
    ("p", "p pmos pch pfet pch_hvt p_18_mm pmos4 hvpmos cmosp mp pulvt"),
    ("", "nobody penny noisy power pump amp comp load nand finfet pfinfet mos npn pnp vt_1p8 model"),
])
def test_a_generic_name_tells_its_polarity_as_a_word(polarity, names):
    assert {name: polarity_of(name) for name in names.split()} == dict.fromkeys(names.split(), polarity)


def test_a_name_that_tells_no_polarity_asks_for_a_model():
    cell = cell_of("M1 d g s b nobody w=1u l=1u\nM2 d g s b nch w=1u l=1u", process="sky130")
    assert said(cell) == ["line 2: 'nobody' does not tell whether it is an NMOS or a PMOS: choose a model for it"]
    chosen = cell_of("M1 d g s b nobody w=1u l=1u", process="sky130",
                     models={"nobody": "sky130_fd_pr__pfet_01v8__model"})
    assert said(chosen) == [] and device(chosen, "M1").polarity == "p"


def test_a_mim_capacitor_has_plate_and_edge():
    """2 fF/um^2 and 0.19 fF/um of the perimeter: 10 x 20 um are 400 + 11.4 fF."""
    cell = cell_of("X1 a 0 sky130_fd_pr__cap_mim_m3_1 w=10 l=20 m=2\nR1 a 0 1k\n")
    assert device(cell, "CX1").sizes["value"].value == pytest.approx(2 * 411.4e-15, rel=1e-6)
    assert any("here 822.8 fF: without" in str(note) for note in cell.notes)


@pytest.mark.parametrize("counts, number, notes", [
    ("MF=4 m=4", 4, []), ("m=3", 3, []), ("MF=1", 1, []),
    ("mf=4", 1, ["line 2: 'mf=4' is left out: the foundry's model counts m alone"])])
def test_of_a_mim_capacitor_m_alone_counts_devices(counts, number, notes):
    """The subcircuit of the foundry has mf in its header and uses it nowhere."""
    cell = cell_of(f"X1 a 0 sky130_fd_pr__cap_mim_m3_1 w=10 l=20 {counts}\nR1 a 0 1k\n")
    assert device(cell, "CX1").sizes["value"].value == pytest.approx(number * 411.4e-15, rel=1e-6)
    assert [str(note) for note in cell.notes if "mf" in str(note)] == notes


def test_a_parameter_in_micrometres_becomes_one_in_metres():
    cell = cell_of(".param wn=5 lx=0.5\n.subckt c d g s\nX1 d g s s sky130_fd_pr__nfet_01v8 w='2*wn' l=lx\n.ends\n")
    ports = port_roles(cell)
    groups = {group.name: group for group in propose(cell, ports).groups}
    assert (groups["wn"].unit, groups["wn"].value) == ("m", pytest.approx(5e-6))
    circuit = build_circuit(cell, propose(cell, ports), ports, *op_bench(cell, ports), "c")
    text = build_netlist(circuit, {"wn": 6e-6, "lx": 0.4e-6}, circuit.conditions.nominal)
    assert "w=1.2e-05 l=4e-07" in text


@pytest.mark.parametrize("line, kept", [
    ("M1 d g 0 0 nch w=1u l=1u off", "M1 d g 0 0 nch w={w_m1} l={l_m1}"), ("D1 d 0 dm OFF", "D1 d 0 dm"),
    ("D1 d 0 dm 2 off", "D1 d 0 dm 2"), ("Q1 d g 0 qm off", "Q1 d g 0 qm"), ("J1 d g 0 jm off", "J1 d g 0 jm")])
def test_off_begins_a_search_and_changes_no_element(line, kept):
    cell = cell_of(f"{line}\nR1 d g 1k\n.model nch nmos level=1\n.model dm d\n.model qm npn\n.model jm njf\n")
    assert said(cell) == [] and kept in write_cell(cell, propose(cell, {}), {}).netlist.splitlines()
    assert [str(note) for note in cell.notes] == [
        "line 2: 'off' is left out: it tells where the search for the operating point begins, no more"]


def test_cdl_has_a_slash_before_the_subcircuit():
    cell = cell_of(".subckt inv a y\nR1 a y 1k\n.ends\nXI1 a m / inv\nXI2 m z / inv\nR1 a z 1k\n", top="")
    assert said(cell) == [] and [(item.nets, item.model) for item in cell.scopes[""][:2]] == [
        (("a", "m"), "inv"), (("m", "z"), "inv")]


def test_a_title_may_have_a_quote():
    deck = read_deck({"deck": "* title\nR1 a 0 1k\n.TITLE Bob's amp\n"})
    assert deck.problems == () and deck.title == "Bob's amp"


@pytest.mark.parametrize("first, is_element", [
    ("LDO design version 2", False), ("Rail to rail amplifier m=2", False), ("R9 a b 2k", True), ("R9 x y 2k", False)])
def test_line_1_is_an_element_where_others_have_its_nets(first, is_element):
    deck = read_deck({"deck": f"{first}\nR1 a 0 1k\nV1 a 0 1\n"})
    assert deck.problems == () and (deck.title == "") == is_element
    assert [item.name for item in deck.main.elements] == [*["R9"] * is_element, "R1", "V1"]


# ---- several ways to say the same

def test_one_subcircuit_for_every_set_of_sizes():
    cell = cell_of(".subckt inv a y w=1u\nM1 y a 0 0 nfet_03v3 w=w l=0.5u\n.ends\n.subckt top a y\nX1 a b inv\n"
                   "X2 b c inv\nX3 c y inv w=4u m=3\n.ends\n")
    ports = port_roles(cell)
    netlist = build_circuit(cell, propose(cell, ports), ports, *op_bench(cell, ports), "top").netlist
    assert netlist.count(".subckt inv ") == netlist.count(".subckt inv_2 ") == 1
    assert [line.split()[-1] for line in netlist.splitlines() if line.startswith("X")] == ["inv", "inv", *["inv_2"] * 3]


def test_of_two_subcircuits_of_one_name_the_first_is_used():
    twice = ".subckt div a b\nR1 a b 1k\n.ends\n.subckt DIV a b\nR1 a b 2k\nR2 a b 'oops\n.ends\n"
    cell = cell_of(f"{twice}X1 x 0 div\nR3 x 0 3k\nV1 x 0 1\n", top="")
    assert said(cell) == [] and [device.sizes["value"].value for device in cell.scopes["div"]] == [1e3]
    assert [item.name for item in cell.scopes[""]] == ["X1", "R3", "V1"]
    assert [str(note) for note in cell.deck.notes] == [
        "line 5: 'div' is defined twice: the first one is used, as ngspice does"]
    assert any("has no .ends" in text for text in said(cell_of(twice.removesuffix(".ends\n") + "R3 x 0 3k\n")))


def with_a_card_inside(calls: str) -> Cell:
    return cell_of(".subckt rpoly a b w=1u l=10u\n.param k='1e8*l'\nR1 a b rmod w={w} l={l}\n"
                   ".model rmod r rsh={100+k}\n.ends\n"
                   f".subckt mid a b len=20u\nX1 a b rpoly l=len\n.ends\n{calls}R3 x 0 3k\nV1 x 0 1\n", top="")


@pytest.mark.parametrize("calls, rsh", [("X1 x 0 rpoly\n", 1100), ("X1 x 0 rpoly l=40u\nX2 x 0 mid len=40u\n", 4100),
                                        ("X1 x 0 mid\nX2 x 0 mid len=20u\n", 2100)])
def test_a_card_inside_a_subcircuit_takes_what_the_calls_give(calls, rsh):
    cell = with_a_card_inside(calls)
    assert said(cell) == [] and f"rsh={rsh}\n" in models_of(cell)[0]


@pytest.mark.parametrize("version, kept", [
    *((text, text) for text in ("3.2.4", "3.24", "3.3.0", "4.6.5", "4.0")), ("4", "4.0"), ("v", "4.0")])
def test_the_version_of_a_card_is_kept_as_it_is_written(version, kept):
    """But for a whole number, which ngspice does not know."""
    text = f"M1 d d 0 0 nch w=1u l=1u\nV1 d 0 1\n.param v=4\n.model nch nmos level=49 version={version} tox=4n\n"
    cell = cell_of(text)
    models = models_of(cell)[0]
    assert said(cell) == [] and f" version={kept} tox" in models
    check_models(models)


def test_a_card_that_differs_between_calls_is_a_problem():
    assert said(with_a_card_inside("X1 x 0 rpoly\nX2 x 0 rpoly l=40u\n")) == [
        "line 5: 'rmod' would have other numbers in each of the calls of rpoly that differ: give each of them a "
        "subcircuit and a model of its own"]


def test_global_nets_become_ports():
    cell = cell_of(".global vdd!\n.subckt load y\nM1 y y vdd! vdd! pfet_03v3 w=2u l=1u\n.ends\n"
                   ".subckt top a y\nM2 y a 0 0 nfet_03v3 w=1u l=1u\nX1 y load\n.ends\n")
    ports = port_roles(cell)
    assert ports["vdd!"] == "supply"
    netlist = build_circuit(cell, propose(cell, ports), ports, *op_bench(cell, ports), "top").netlist
    assert ".subckt load y vdd\n" in netlist and "X1 y vdd load" in netlist


@pytest.mark.parametrize("line, written", [
    ("V1 a 0 1.8 ac=0", "V1 a 0 1.8 ac 0"), ("V1 a 0 dc=1.8 ac = 1 90", "V1 a 0 dc 1.8 ac 1 90"),
    ("V1 a 0 ac=0 dc=1.8", "V1 a 0 ac 0 dc 1.8"), ("V1 a 0 sin(0 1 1k) dc=2", "V1 a 0 sin(0 1 1k) dc 2"),
    ("V1 a 0 pwl(0 0 1u 1) r=0 ac=1", "V1 a 0 pwl(0 0 1u 1) ac 1 r=0"), ("V1 a 0 dc=1.8", "V1 a 0 dc 1.8")])
def test_a_source_keeps_the_order_of_its_words(line, written):
    """To ngspice ``=`` is a blank: 1.8 behind ac=0 would be the phase."""
    cell = cell_of(f"{line}\nR1 a 0 1k\n")
    assert write_cell(cell, propose(cell, {}), {}).sources == written


@pytest.mark.parametrize("lines, temperature", [
    (".option temp=85", 85.0), (".options reltol=1e-4 TEMP = 85", 85.0), (".temp 27\n.option temp=85", 27.0),
    (".option temp=85\n.temp 27", 27.0), (".option temp=85\n.option temp=-40", -40.0), (".option tnom=25", None)])
def test_the_temperature_is_the_one_that_ngspice_takes(lines, temperature):
    deck = read_deck({"deck": f"* title\nR1 a 0 1k\n{lines}\n"})
    assert deck.problems == () and deck.temperature == temperature and "temp" not in deck.options


def test_a_temperature_that_is_no_number_is_a_problem():
    assert said(cell_of("R1 a 0 1k\n.option temp=hot\n")) == ["line 3: 'temp' needs a temperature in degrees Celsius"]


@pytest.mark.parametrize("line, written", [
    ("I1 0 a 10u m=4", "I1 0 a dc 10u m=4"), ("I1 0 a dc=10u ac=1 m={n}", "I1 0 a dc 10u ac 1 m={n}"),
    ("I1 0 a pulse(0 1u 0 1n 1n 1u 2u) m=4", "I1 0 a pulse(0 1u 0 1n 1n 1u 2u) m=4"),
    ("G1 0 a b 0 1u m=3", "G1 0 a b 0 1u m=3"), ("G1 0 a b 0 gain=1u mult=3", "G1 0 a b 0 1u m=3"),
    ("G1 0 a cur='1u*v(b)' m=n", "BG1 0 a i=(1u*v(b))*{n}"), ("F1 0 a V9 2 m=2", "F1 0 a V9 2 m=2"),
    ("B1 0 a i=1u*v(b) m=3", "B1 0 a i=1u*v(b) m=3")])
def test_sources_keep_the_number_of_them_in_parallel(line, written):
    cell = cell_of(f".param n=2\n{line}\nV9 b 0 1\nR1 a 0 1k\n")
    found = write_cell(cell, propose(cell, {}), {})
    lines = (found.netlist + found.sources).splitlines()
    assert said(cell) == [] and written in [text.replace("{i1}", "10u").replace("'", "") for text in lines]


def test_sources_of_which_ngspice_takes_no_number_in_parallel_say_so():
    cell = cell_of("E1 a 0 b 0 2 m=3\nV9 b 0 1 m=3\nR1 a 0 1k\n")
    assert [str(note) for note in cell.notes] == [
        f"line {line}: 'm' is left out: ngspice has no such setting of this element" for line in (2, 3)]


@pytest.mark.parametrize("line", [
    "R1 a 0 1k tc1=1m tc2=2u ac=2k scale=2 noisy=0 dtemp=10", "R1 a 0 1k tc=1m temp=50", "R1 a 0 1k tce=1",
    "C1 a 0 1p tc1=1m tc2=2u scale=2 temp=50", "C1 a 0 1p dtemp=10 ic=1", "L1 a 0 1u tc1=1m dtemp=10 nt=3",
    "D1 a 0 dm temp=50 dtemp=10", "Q1 a a 0 qm areab=2 areac=3 dtemp=10", "J1 a a 0 jm dtemp=10"])
def test_settings_that_ngspice_knows_are_kept(line):
    cell = cell_of(f"{line}\nV9 a 0 1\n.model dm d\n.model qm npn\n.model jm njf\n")
    proposal = propose(cell, {})
    words = write_cell(cell, proposal, {}).netlist.split()
    assert said(cell) == [] and cell.notes == () and {word for word in line.split() if "=" in word} <= set(words)


@pytest.mark.parametrize("line, written", [
    ("Q1 a b 0 qm ic=0.6,5", "Q1 a b 0 qm ic=600m,5"), ("Q1 a b 0 qm 2 IC = 0.6, 5 temp=30",
                                                        "Q1 a b 0 qm 2 ic=600m,5 temp=30"),
    ("Q1 a b 0 qm ic=0.6 {2*n} off", "Q1 a b 0 qm ic=600m,{2*n}"), ("Q1 a b 0 qm ic=0.6", "Q1 a b 0 qm ic=600m"),
    ("Q1 a b 0 qm icvbe=0.6 icvce=5", "Q1 a b 0 qm icvbe=600m icvce=5"),
    ("J1 a b 0 jm ic=3,-0.5 m=2", "J1 a b 0 jm ic=3,-500m m=2")])
def test_two_voltages_at_the_start_are_no_area(line, written):
    cell = cell_of(f".param n=2\n{line}\nV9 a 0 1\nR9 a b 1k\n.model qm npn\n.model jm njf\n")
    lines = write_cell(cell, propose(cell, {}), {}).netlist.splitlines()
    assert said(cell) == [] and all("off" in str(note) for note in cell.notes)
    assert written in lines, lines


def test_a_third_number_at_the_start_is_a_problem_as_it_is_to_ngspice():
    assert said(cell_of("Q1 a b 0 qm ic=0.6,5 2\n.model qm npn\n")) == [
        "line 2: '2' is one word too many: ic= has two numbers at most, and an area stands before it"]


def test_two_numbers_of_tc_are_a_problem_as_they_are_to_ngspice():
    assert said(cell_of("R1 a 0 1k tc=1m,2u\n")) == [
        "line 2: 'tc' is one number in ngspice: write tc1= and tc2= for two"]


# ---- security

@pytest.mark.parametrize("name", DECKS)
def test_hostile_decks_are_refused_or_harmless(name):
    """None of their words reaches ngspice: a circuit made of one passes every rule of circuits from elsewhere."""
    text = DECKS[name].text
    try:
        cell = map_cell(read_deck({"deck": text}))
        ports = port_roles(cell)
        circuit = build_circuit(cell, propose(cell, ports), ports, *op_bench(cell, ports), "hostile")
        netlist = build_netlist(circuit, original(propose(cell, ports)), circuit.conditions.nominal)
    except (BuildError, RefusedNetlist, CircuitError) as error:
        assert str(error)
        return
    check_lines(circuit.netlist + "\n" + circuit.testbench)
    check_models(circuit.models)
    assert not any(word in netlist.lower() for word in ("shell", "touch", "control", "include", ".lib", "file", "`"))


@pytest.mark.parametrize("models", [".model x filesource file=a", ".model n nmos vto={9**9}", ".include x", "R1 a b 1k",
                                    ".model n nmos level=1 file=/etc/passwd", ".model n nmos vto=1 ; shell id",
                                    ".model n nmos\n+ vto='x'", "*# shell id\n.control", ".model d d\n+ `id`"])
def test_cards_with_more_than_numbers_are_refused(models):
    with pytest.raises(RefusedNetlist):
        check_models(models)


def test_cards_pass():
    check_models("* a comment\n.model nch.1 nmos level=54 version=4.5\n+ vth0=0.4 u0=-1.2e-3\n.lib tt\n.model d1 d\n"
                 ".endl\n")


def test_numbers_are_finite():
    cell = cell_of("R1 a 0 1e400\nV1 a 0 1\n")
    assert said(cell) and not any(math.isinf(item.value) for found in cell.devices for item in found.sizes.values())
