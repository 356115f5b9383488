"""What stands around a subcircuit in its text: taken over by a ready testbench, or told why not, line by line."""

import re
from pathlib import Path

import pytest

from sizing_app.cli.own_text import report_text
from sizing_app.own.draft import Draft
from sizing_app.own.draft_check import check_draft
from sizing_app.own.report import Report, report
from sizing_app.ui.own.report_html import listing_html

FOLDER = Path(__file__).parent / "netlists"
CELL = """* an amplifier in the testbench of who drew it
.subckt ota5 vdd vss inp inn out ib
M1 n1 inp tail vss nfet_03v3 w=10u l=0.5u
M2 out inn tail vss nfet_03v3 w=10u l=0.5u
M3 n1 n1 vdd vdd pfet_03v3 w=5u l=0.5u
M4 out n1 vdd vdd pfet_03v3 w=5u l=0.5u
M5 tail ib vss vss nfet_03v3 w=5u l=1u
M6 ib ib vss vss nfet_03v3 w=5u l=1u
.ends
"""
AROUND = """.include "mymodels.lib"
.param current=20u
X1 vcc 0 a b y nb ota5
Vdd vcc 0 2.5
Cload y 0 5p
Ibias vcc nb {current}
Va a 0 dc 1.2 ac 1
Rl y 0 100k
Cfar q 0 1p
.temp 85
.options reltol=1e-4 savecurrents
.ac dec 10 1 1g
.meas ac g max vdb(y)
.ic v(y)=1
.subckt other a b
R1 a b 1k
.ends
.end
"""
SOURCE, CAPACITOR = "Ibias vcc nb {current}", "Cload y 0 5p"


def told(changes: dict[str, str] | None = None, **choices) -> Report:
    text = AROUND
    for old, new in (changes or {}).items():
        assert old in text
        text = text.replace(old, new)
    return report(Draft({"ota.sp": CELL + text}, testbench="op-amp", top="ota5", **choices))


def at(found: Report, start: str) -> list[str]:
    """What is said of the line that begins with a word."""
    number = next(number for number, line in enumerate((CELL + AROUND).splitlines(), 1) if line.startswith(start))
    return [f"{item.word} {item.text}".strip() for item in (*found.taken, *found.notes) if item.line.number == number]


def bias(found: Report) -> list[str]:
    return re.findall(r"^Ibias1 (.*)", found.testbench, re.MULTILINE)


def test_supply_bias_load_and_temperature_are_those_of_the_text():
    found = told()
    nominal = found.conditions.nominal
    assert found.problems == () and (nominal.supply, nominal.load, nominal.temperature) == (2.5, 5e-12, 85.0)
    assert bias(found) == ["vdd ib dc 2e-05"]
    assert {port.net: port.note for port in found.ports}["ib"] == "gets 20 \u00b5A, as the text says"
    assert [item.line.text.split()[0] for item in found.taken] == [".temp", "Vdd", "Cload", "Ibias"]


@pytest.mark.parametrize("written, degrees", [("27C", 27.0), ("'27'", 27.0), ("-40", -40.0), ("0", 0.0)])
def test_a_temperature_is_read_as_spice_reads_a_number(written, degrees):
    found = told({".temp 85": f".temp {written}"})
    assert found.problems == () and found.conditions.nominal.temperature == degrees


@pytest.mark.parametrize("written", ["1e999", "5k", "-300"])
def test_a_temperature_that_nothing_has_is_a_problem(written):
    problem, = told({".temp 85": f".temp {written}"}).problems
    assert "temperature" in str(problem)


@pytest.mark.parametrize("start, said", [
    ("Vdd", "Vdd is taken over: the supply is 2.5 V"), ("Cload", "Cload is taken over: 5 pF of load"),
    ("Ibias", "Ibias is taken over: 20 \u00b5A into ib"), (".temp", ".temp is the nominal temperature"),
    (".include", "mymodels.lib is a file on your machine that was not uploaded: left out"),
    ("X1", "X1 calls ota5, around which the ready testbench stands in place of the text's own"),
    ("Va", "Va is replaced: the testbench drives inp (to keep its 1.2 V say common_mode in the settings)"),
    ("Rl", "Rl is left out: at out the testbench has parts of its own (put what belongs to it into ota5)"),
    ("Cfar", "Cfar is left out: it stands outside ota5"),
    (".options", "reltol is left out: the testbench has its own options"),
    (".ac", "ac is an analysis: the testbench has its own"),
    (".meas", "is a measurement of the text's own testbench: add the line as a metric to keep it"),
    (".ic", ".ic is left out: the testbench has its own initial values"),
    (".subckt other", "other is left out: it is not part of ota5")])
def test_each_line_outside_has_a_mark_and_a_reason(start, said):
    found = told()
    assert said in at(found, start)
    page = str(listing_html(found, Draft({"ota.sp": CELL + AROUND})))
    row = next(row for row in page.split("<tr")[1:] if f"<code>{start}" in row)
    assert ('title="read"' if "taken over" in said or "nominal" in said else 'title="changed or left out"') in row
    assert f"{'taken' if any(said in str(item).replace(chr(39), '') for item in found.taken) else 'note'}: line" in \
        report_text(found)


@pytest.mark.parametrize("source, current", [
    ("Ibias 0 nb 20u", "vdd ib dc 2e-05"), ("Ibias nb 0 dc 20u", "ib 0 dc 2e-05"), ("Ibias vcc nb dc=7u ac 1",
     "vdd ib dc 7e-06"), ("Ibias vcc nb 2u m=3", "vdd ib dc 6e-06"), ("I1 vcc nb 5u\nI2 nb 0 2u", "vdd ib dc 3e-06"),
    ("Ibias vcc nb '2*current'", "vdd ib dc 4e-05")])
def test_a_bias_current_has_size_and_direction(source, current):
    found = told({SOURCE: source})
    assert bias(found) == [current] and not any("assumed" in str(note) for note in found.notes)


@pytest.mark.parametrize("source", ["Rbias vcc nb 100k", "Ibias vcc nb pulse(0 20u 0 1n 1n 1u 2u)", "Ibias q nb 20u",
                                    "Ibias vcc nb 'nobody'"])
def test_a_bias_current_that_nothing_tells_is_assumed_and_said(source):
    found = told({SOURCE: source})
    assert bias(found) == ["vdd ib dc 10u"]
    said = "gets 10 \u00b5A from the supply, which is assumed: no DC current source of the text tells it"
    assert f"'ib' {said}" in map(str, found.notes) and {port.net: port.note for port in found.ports}["ib"] == said
    assert any(note.word == source.split()[0] for note in found.notes)


@pytest.mark.parametrize("capacitor, load", [
    ("Cload y 0 5p\nC2 0 y 1p m=2", 7e-12), ("Cload y vcc 5p", None), ("Cload y b 5p", None), ("Cload y 0 cmod", None)])
def test_the_load_is_what_stands_from_the_output_to_ground(capacitor, load):
    found = told({CAPACITOR: capacitor})
    assert found.conditions.loads == (load or 1e-12,)
    assumed = "a load of 1 pF is assumed: no capacitor around the circuit tells one"
    assert (assumed in map(str, found.notes)) == (load is None)
    assert load or any(note.word == "Cload" for note in found.notes)


def test_rails_around_zero_are_one_supply():
    found = told({"X1 vcc 0": "X1 vcc nss", "Vdd vcc 0 2.5": "Vdd vcc 0 1.25\nVss 0 nss 1.25", "y 0 5p": "y nss 5p",
                  "Va a 0 dc 1.2 ac 1": "Va a 0 dc 0 ac 1"})
    assert (found.conditions.nominal.supply, found.conditions.nominal.load) == (2.5, 5e-12)
    assert {"Vdd", "Vss", "Cload", "Ibias"} <= {item.word for item in found.taken}
    assert any("to keep its 1.25 V say common_mode" in str(note) for note in found.notes)


def test_what_was_chosen_comes_first_and_the_line_says_so():
    found = told(values={"ib": "7u"}, loads=(3e-12,), temperatures=(27.0,), supplies=(3.0,))
    nominal = found.conditions.nominal
    assert (nominal.supply, nominal.load, nominal.temperature) == (3.0, 3e-12, 27.0) and bias(found) == ["vdd ib dc 7u"]
    assert found.taken == () and {port.net: port.note for port in found.ports}["ib"] == ""
    for start, what in (("Vdd", "supply"), ("Cload", "load"), ("Ibias", "value of ib"), (".temp", "temperature")):
        assert f"{start} is replaced: another {what} is chosen" in at(found, start)


@pytest.mark.parametrize("value", ["2.5 ac=0", "dc=2.5 ac=0", "ac=0 dc=2.5"])
def test_a_supply_is_the_dc_value_whatever_else_the_source_has(value):
    found = told({"Vdd vcc 0 2.5": f"Vdd vcc 0 {value}"})
    assert at(found, "Vdd") == ["Vdd is taken over: the supply is 2.5 V"]


def test_an_option_is_the_temperature_where_no_line_is():
    found = told({".temp 85\n.options reltol=1e-4": "* none\n.options temp=85 reltol=1e-4"})
    assert "temp=85 is the nominal temperature" in at(found, ".options") and "temp is left out" not in str(found.notes)
    assert found.problems == () and found.conditions.nominal.temperature == 85.0
    both = told({".options reltol=1e-4": ".options temp=100 reltol=1e-4"})
    assert "temp=100 is replaced: another temperature is chosen" in at(both, ".options")
    assert at(both, ".temp") == [".temp is the nominal temperature"]


def test_a_bias_voltage_is_that_of_the_text():
    text = (FOLDER / "gf180_folded.spice").read_text().replace(".end\n", "")
    around = "X1 vdd 0 a b y c1 c2 c3 c4 folded\nVdd vdd 0 3.3\nV1 c1 0 0.9\nV2 vdd c2 dc 1.1\nVc c3 0 1.8 ac 1\n"
    found = report(Draft({"folded.spice": f"{text}{around}.end\n"}))
    values = dict(re.findall(r"^Vbias\d (\w+) 0 dc (.*)", found.testbench, re.MULTILINE))
    assert values == {"vb1": "0.9", "vb2": "2.2", "vb3": "1.8", "vb4": "{supply/2}"}
    assert "'vb4' gets supply/2, which is assumed: no DC source of the text tells it" in map(str, found.notes)


def test_a_testbench_of_xschem_is_simulated_with_its_own_bias_and_load(simulator):
    """Bias and twice that in the tail. Half of it: gm falls to between a half and 0.71, over twice the load."""
    text = (FOLDER / "sky130_testbench.spice").read_text()
    slow = text.replace("ib 10u", "ib 5u").replace("GND 2p", "GND 4p")
    found = [check_draft(Draft({"tb.spice": each}, top="simple_ota"), simulator, designs=0).found.original.metrics
             for each in (text, slow)]
    assert [each["power"] for each in found] == pytest.approx([1.8 * 30e-6, 1.8 * 15e-6], rel=0.1)
    assert 2 / 0.71 < found[0]["gbw"] / found[1]["gbw"] < 4


def test_a_text_without_subcircuit_has_a_mark_at_each_source_that_is_replaced():
    text = "a low-pass\nVin in 0 dc 0 ac 1\nR1 in out 1k\nC1 out 0 100n\n.ac dec 10 1 1meg\n.end\n"
    page = str(listing_html(report(Draft({"rc.cir": text})), Draft({"rc.cir": text})))
    left = "changed or left out"
    assert re.findall(r'class="mark" title="([^"]*)".*?<td class="num">(\d)<', page)[:5] == [
        (left, "1"), (left, "2"), ("read", "3"), ("read", "4"), (left, "5")]


def test_a_script_is_not_said_to_be_taken_over_where_it_is_not():
    text = (FOLDER / "sky130_testbench.spice").read_text()
    said = {kind: [str(note) for note in report(Draft({"tb.spice": text}, **choices)).notes if note.word == ".control"]
            for kind, choices in (("deck", {}), ("op-amp", {"top": "simple_ota"}))}
    assert said == {"deck": ["line 11: '.control' runs commands and is not executed; its analyses and measurements are "
                             "taken over as data"], "op-amp": ["line 11: '.control' runs commands and is not executed"]}


def test_a_text_without_a_testbench_says_what_is_assumed():
    found = report(Draft({"ota.sp": CELL}))
    said = [str(note) for note in found.notes]
    assert found.taken == () and [text.partition(":")[0] for text in said if "assumed" in text] == [
        "a supply of 3.3 V is assumed", "a load of 1 pF is assumed",
        "'ib' gets 10 \u00b5A from the supply, which is assumed"]
    document = report(Draft({"ota.sp": CELL + AROUND}, top="ota5")).document()
    assert document["taken"][1]["sentence"] == "line 13: 'Vdd' is taken over: the supply is 2.5 V"
