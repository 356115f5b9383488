"""A deck of one's own as testbench: what is taken over, what is dropped with a note, what is refused with its line."""

import pytest

from sizing_app.circuit.meas import read_meas
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.simulator import SimulatorPool
from sizing_app.testbenches.bench import BenchError, attach
from sizing_app.testbenches.own_deck import bench_of_deck, unit_of
from tests.spice_batch import run_deck
from tests.test_testbenches import macro

SOURCES = ["V1 in 0 dc 0 ac 1 pulse(0 1 1u 1n 1n 1m 2m)", "C1 out 0 100p"]
COMMANDS = """.ac dec 50 10 10meg
.tran 1us 1ms
.meas ac corner when vdb(out)='-level'
.meas tran tau trig v(in) val=half rise=1 targ v(out) val='1-1/e' rise=1
.measure tran final find v(out) at=0.9ms
.meas tran mean avg i(v1) from=0.1m to=0.9m
.meas tran product param='tau*2'
.meas ac lag find vp(out) at=1591.5494
.control
set filetype=ascii
run
plot v(out)
alter v1 acmag = 2
ac dec 10 1k 10k
meas ac double find vm(out) at=1k
wrdata file v(out)
.endc"""
NAMES = {"level": "3.0103", "half": "supply/3.6", "e": "2.718281828"}


def numbered(text: str) -> list[tuple[int, str]]:
    return list(enumerate(text.splitlines(), 1))


def test_a_deck_measures_what_plain_ngspice_measures_of_it(tmp_path):
    circuit = macro("R1 in out {r}")
    bench = bench_of_deck(SOURCES, numbered(COMMANDS), NAMES, {"corner": "high"})
    with SimulatorPool(1, deadline=120.0, trusted=True) as pool:
        found = pool.evaluate(attach(circuit, bench), {"r": 1e6}, circuit.conditions.nominal)
    assert found.ok, found.log
    plain: dict[str, float] = {}
    cards = [line.replace("'-level'", "-3.0103").replace("half", "0.5").replace("'1-1/e'", "0.632120559")
             for line in COMMANDS.splitlines() if line.startswith(".mea")]
    for kind, command in (("ac", ".ac dec 50 10 10meg"), ("tran", ".tran 1us 1ms")):
        folder = tmp_path / kind
        folder.mkdir()
        wanted = [card for card in cards if card.split()[1] == kind]
        plain |= run_deck(folder, "\n".join(["* deck", *SOURCES, "R1 in out 1meg", command, *wanted]))[0]
    assert set(plain) == {"corner", "tau", "final", "mean", "product", "lag"}
    assert {name: found.metrics[name] for name in plain} == pytest.approx(plain, rel=1e-3, abs=1e-12)
    assert found.metrics["double"] == pytest.approx(2 / abs(1 + 2j * 3.14159265 * 1e3 * 1e6 * 100e-12), rel=1e-3)
    assert found.metrics["tau"] == pytest.approx(1e-4, rel=0.02)
    assert {item.name: item.unit for item in bench.metrics} == {
        "corner": "Hz", "tau": "s", "final": "V", "mean": "A", "product": "", "lag": "rad", "double": "V"}
    assert bench.better["corner"] == "high" and bench.better["tau"] == "near"
    assert [item.command for item in bench.analyses] == ["ac dec 50 10 10meg", "tran 1u 1m", "ac dec 10 1k 10k"]
    assert bench.analyses[2].alter == {"v1 acmag": "2"}
    assert [note.split("'")[1] for note in bench.notes] == [".control", "set filetype=ascii", "run", "plot v(out)",
                                                           "wrdata file v(out)", ".endc"]


def test_an_analysis_that_nothing_reads_is_left_out_and_its_settings_are_made():
    text = ".op\n.control\nalter v1 dc = 1\ntran 1u 1m\nalter v2 2\ntran 1u 2m\nmeas tran x max v(out)"
    bench = bench_of_deck(SOURCES, numbered(text))
    assert [(item.command, item.alter) for item in bench.analyses] == [("tran 1u 2m", {"v1 dc": "1", "v2": "2"})]
    assert sum("was left out" in note for note in bench.notes) == 2


@pytest.mark.parametrize("text, said", [
    (".tran 1u 1m", "there is no .meas line"),
    (".tran 1u 1m\n.meas ac x max v(a)", "line 2: .meas x: there is no ac analysis"),
    ("meas tran x max v(a)\ntran 1u 1m", "line 1: .meas x: there is no tran analysis"),
    (".tran 1u 1m\n.meas tran x max v(a)\n.meas tran x min v(a)", "line 3: .meas x: expected a name of its own"),
    (".tran 1u 1m\n.meas tran 3x max v(a)", "line 2: .meas 3x: expected a name of its own"),
    (".tran 1u 1m\n.meas tran x param='y*2'", "line 2: .meas x: 'y' is no parameter and no measure above it"),
    (".tran 1f 1", "line 1: 'tran 1f 1' has 1e15 points"),
    (".control\nshell rm file\n.endc", "line 2: 'shell rm file' is not taken over: only analyses"),
    ("foreach x 1 2 3", "'foreach x 1 2 3' is not taken over"), ("set temp=85", "'set temp=85' is not taken over"),
    ("let x = v(out)", "'let x = v(out)' is not taken over"), ("alter @m1[w] = $x", "only 'alter SOURCE dc = NUMBER'"),
    ("alter v1 dc = fast", "expected a number, found 'fast'"), ("alter v1 dc = 1; shell x", "only 'alter SOURCE"),
    ("alter v1 dc = 1\nop\nreset", "line 3: 'reset' is not taken over"),
    (".tran 1u 1m > file", "is not an analysis"),
])
def test_a_refusal_names_the_line(text, said):
    with pytest.raises(BenchError) as found:
        bench_of_deck([], numbered(text))
    assert said in str(found.value)


def test_all_problems_come_at_once():
    with pytest.raises(BenchError) as found:
        bench_of_deck([], numbered("foreach x\n.tran 1u 1m\n.meas tran y err v(a) v(b)"))
    assert str(found.value).count("line ") == 2


def test_a_source_line_that_is_not_harmless_is_refused():
    bench = bench_of_deck([".control", "shell x", ".endc"], numbered(".tran 1u 1m\n.meas tran x max v(a)"))
    with pytest.raises(CircuitError, match="not allowed"):
        attach(macro("R1 a 0 {r}"), bench)


@pytest.mark.parametrize("line, command, unit", [
    ("tran x max v(a)", "tran 1u 1m", "V"), ("tran x max par('v(a)-v(b)')", "tran 1u 1m", "V"),
    ("tran x pp v(a,b)", "tran 1u 1m", "V"), ("tran x avg par('v(a)*i(v1)')", "tran 1u 1m", ""),
    ("tran x integ i(v1)", "tran 1u 1m", "C"), ("tran x deriv v(a) at=1u", "tran 1u 1m", "V/s"),
    ("ac x find vdb(a) at=1k", "ac dec 5 1 1k", "dB"), ("ac x when vdb(a)=0", "ac dec 5 1 1k", "Hz"),
    ("dc x when v(a)=0", "dc temp -40 85 5", "C"), ("dc x find i(v1) at=1", "dc v1 0 1 0.1", "A"),
])
def test_a_unit_is_proposed(line, command, unit):
    assert unit_of(read_meas(f".meas {line}"), command) == unit
