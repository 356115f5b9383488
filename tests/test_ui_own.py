"""The page Own circuit without a browser: its handlers from a pasted text to a saved circuit."""

import zipfile
from dataclasses import replace
from math import pi
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sizing_app.circuit.folder import load_circuit
from sizing_app.hub import Hub
from sizing_app.own.assembly import assemble
from sizing_app.own.draft import Draft, draft_text, read_draft
from sizing_app.own.draft_check import DraftCheck
from sizing_app.own.report import report
from sizing_app.own.upload import circuit_in, files_in, packed
from sizing_app.policy.designs import random_design
from sizing_app.store import SessionStore
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Simulator
from sizing_app.ui.own.circuit_file import circuit_route
from sizing_app.ui.own.choices import TABLES, read_tables, tables
from sizing_app.ui.own.own_page import OwnPage
from sizing_app.ui.own.report_html import verdict_html
from sizing_app.ui.services import Services, policy_titles
from sizing_app.ui.visitors import Shares
from tests.builders import a_circuit

MILLER = (Path(__file__).parent / "netlists" / "sky130_miller.spice").read_text()
RC = "a low-pass\nVin in 0 dc 0 ac 1\nR1 in out 1k\nC1 out 0 100n\n.end\n"
VISITOR = SimpleNamespace(session_hash="one", client=None)


@pytest.fixture
def page(tmp_path, simulator, monkeypatch):
    """The page, without a server; its store is empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    services = Services({"TOY": a_circuit()}, store, Hub(), simulator, None,
                        policy_titles(chat=False), "TOY")
    with gr.Blocks():
        page = OwnPage(services)
    yield page
    store.close()


def draft_of(shown: list) -> Draft:
    return read_draft(shown[0])


def fields_of(page: OwnPage, shown: list) -> dict:
    """Values of the panels by attribute, as a browser would send them back."""
    values = [item["value"] if isinstance(item, dict) and "value" in item else getattr(item, "value", item)
              for item in shown]
    outputs = dict(zip(page.shown, values, strict=True))
    names = ("name", "title", "top", "process", "as_written", "models", "values", "testbench", *TABLES)
    return {name: outputs[getattr(page.choices, name)] for name in names}


def write(table: dict, row: str, **texts: str) -> None:
    next(item for item in table["rows"] if item["name"] == row)["cells"].update(texts)


def last(steps) -> list:
    *_, end = steps
    return end


def test_from_paste_to_a_saved_circuit(page):
    """Ports, a lock, a rename, a join, an own metric, a range: taken at once, simulated, saved."""
    read = page.read("", RC)
    assert "Filter" in read[1] and "Check it next" in read[1]
    fields = fields_of(page, read)
    write(fields["parameters"], "c1", locked="yes")
    write(fields["parameters"], "r1", name="r_in", low="500")
    write(fields["metrics"], "added-1", text=".meas ac g1 find vdb(out) at=1591.55")
    write(fields["settings"], "f_pass", value="10")
    write(fields["settings"], "f_edge", value="20")
    write(fields["directions"], "cutoff", better="at most")
    fields |= {"name": "LOWPASS", "title": "A <b>low</b>-pass"}
    *steps, end = page.check_now(VISITOR, read[0], RC, *fields.values())
    assert len(steps) >= 1 and draft_of(end).name == "LOWPASS"
    free = {group.name: group for group in report(draft_of(end)).groups if not group.locked}
    assert set(free) == {"r_in"} and free["r_in"].low == 500
    key = end[page.shown.index(page.check.checked)]
    checked = page.check.recent.get(key)
    metrics = checked.found.original.metrics
    assert metrics["g1"] == pytest.approx(-3.01, abs=0.1)
    assert metrics["cutoff"] == pytest.approx(1 / (2 * pi * 1e3 * (100e-9 + 1e-12)), rel=1e-3)
    html = str(end[page.shown.index(page.check.result)])
    assert "20 of 20 random designs" in html and metric_shown(checked, "cutoff") in html
    specs = end[page.shown.index(page.check.specs)]["value"]
    assert draft_of(end).better == {"cutoff": "low"} and bounds(specs, "cutoff") == (False, True)
    assert bounds(specs, "g1") == (True, True)
    write(specs, "cutoff", low="1.2kHz", high="2kHz")
    said, _ = page.save(end[0], key, "LOWPASS", "A <b>low</b>-pass", specs)
    assert "?circuit=LOWPASS" in said
    kept = page.services.circuits["LOWPASS"]
    assert next(spec for spec in kept.specs if spec.metric == "cutoff").low == 1200
    assert kept.title == "A <b>low</b>-pass"
    again, _ = page.save(end[0], key, "LOWPASS", "another", specs)
    assert "version 2" in again


def bounds(specs: dict, metric: str) -> tuple[bool, bool]:
    """Whether a first spec has a lower and an upper bound."""
    cells = next(row["cells"] for row in specs["rows"] if row["name"] == metric)
    return bool(cells["low"]), bool(cells["high"])


def metric_shown(checked, name: str) -> str:
    return checked.found.circuit.metric(name).show(checked.found.original.metrics[name])


def test_a_wrong_port_is_corrected_and_parameters_are_joined_and_split(page):
    read = page.read("", MILLER.replace("INP", "AA").replace("INM", "BB"))
    fields = fields_of(page, read)
    write(fields["ports"], "aa", role="in+")
    write(fields["ports"], "bb", role="in-")
    write(fields["parameters"], "l_load", name="l_in")
    write(fields["parameters"], "w_out", low="30u", high="2u")
    chosen = page.choose(read[0], MILLER.replace("INP", "AA").replace("INM", "BB"), *fields.values())
    told = report(draft_of(chosen))
    assert {port.net: port.role for port in told.ports}["aa"] == "in+" and told.problems == ()
    assert len(next(group for group in told.groups if group.name == "l_in").members) == 4
    assert "w_out: expected a range" in chosen[1]
    split = page.split(chosen[0], ["w_tail|miller|M7|w"], "w_sink")
    names = {group.name: group for group in report(draft_of(split)).groups}
    assert [member.device for member in names["w_sink"].members] == ["M7"] and "w_tail" in names
    assert "choose sizes of one parameter" in page.split(chosen[0], [], "")[1]
    other = page.read(split[0], RC)
    assert report(draft_of(other)).problems == () and "there is no parameter" in other[1]


def test_problems_have_their_line_and_nothing_of_a_text_is_html(page):
    text = RC.replace("R1 in out 1k", "R1 in out 1k\nA1 in out <script>alert(1)</script>")
    shown = page.read("", text)
    html = "".join(str(item) for item in shown[1:6])
    assert "line 4: &#39;A1&#39;" in shown[1] and "<script>" not in html.replace(text, "")
    assert 'class="problem"' in html and "1 problem to solve" in shown[1]
    assert last(page.check_now(VISITOR, shown[0], text, *fields_of(page, shown).values()))[1] == shown[1]
    assert "Paste a netlist first" in page.read("", "  ")[1]
    assert "cannot be read" in page.restore('{"files": 1}', False)[2]


def test_files_and_archives_are_uploaded(page, tmp_path):
    (tmp_path / "rc.sp").write_text(RC)
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.writestr("more.sp", MILLER)
        archive.writestr("readme.md", "no netlist")
    first = page.upload("", [str(tmp_path / "rc.sp"), str(tmp_path / "both.zip")])
    assert list(draft_of(first).files) == ["rc.sp", "more.sp"]
    assert report(draft_of(page.choose_main(first[0], "more.sp"))).kind == "op-amp"
    (tmp_path / "big.sp").write_text("x" * 500_000)
    assert "at most 400,000 on this page" in page.upload(first[0], [str(tmp_path / "big.sp")])[1]
    (tmp_path / "huge.sp").write_text("R1 a 0 1k\n" * 500_000)
    assert "5,000,000 bytes, at most 2,000,000" in page.upload(first[0], [str(tmp_path / "huge.sp")])[1]
    assert "at most 400,000 on this page" in page.read("", "R1 a 0 1k\n" * 40_001)[1]
    (tmp_path / "toy.zip").write_bytes(packed(replace(load_circuit("OTA"), name="GIFT")))
    assert "?circuit=GIFT" in page.upload("", [str(tmp_path / "toy.zip")])[1]
    assert "GIFT" in page.services.circuits


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_broken_archive_is_a_sentence(page, tmp_path, method):
    """Every byte of what is compressed, and of what names it, wrong in turn."""
    (path := tmp_path / "x.zip").touch()
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.sp", RC)
    whole = path.read_bytes()
    for place in range(4, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xff]) + whole[place + 1:])
        shown = page.upload("", [str(path)])
        assert "a low-pass" in str(shown) or "x.zip" in shown[1]


def test_saved_circuits_are_renamed_duplicated_exported_and_deleted(page):
    own, saved = page.services.store.circuits, page.saved
    own.save(replace(load_circuit("OTA"), name="ONE"))
    assert saved.show()[0].value == "ONE" and "circuit.zip?circuit=ONE" in saved.show()[2]
    assert "saved once more as TWO" in saved.duplicated("ONE", " TWO ")[-1] and set(own) == {"ONE", "TWO"}
    assert "is now called THREE" in saved.renamed("ONE", "THREE")[-1] and set(own) == {"TWO", "THREE"}
    for name, said in (("TWO", "already"), ("OTA", "comes with the program"), ("no name", "name"), ("", "new name")):
        assert said in saved.renamed("THREE", name)[-1] and set(own) == {"TWO", "THREE"}
    with TestClient(Starlette(routes=[circuit_route(page.services)])) as client:
        answer = client.get("/circuit.zip?circuit=TWO")
        assert circuit_in(files_in("TWO.zip", answer.content), "x").key == own["TWO"].key
        assert client.get("/circuit.zip?circuit=NONE").status_code == 404
    task = Task(own["TWO"], own["TWO"].specs, own["TWO"].conditions.nominal, random_design(own["TWO"], 0))
    page.services.store.create(task, "random")
    question, row = saved.ask("TWO")
    assert "Delete <b>TWO</b>?" in question and row.visible and "TWO" in own
    assert "(1 of its versions) stays" in saved.deleted("TWO")[-1] and set(own) == {"THREE"} and own["TWO"]
    assert "deleted before" in saved.deleted("TWO")[-1]
    assert saved.deleted("THREE")[-1] == '<p role="status">THREE is deleted.</p>' and saved.show()[0].value is None


def test_the_owner_shares_a_saved_circuit(page, monkeypatch):
    """The switch is there where people sign in, and works for the owner."""
    services, saved = page.services, page.saved
    services.own_of("").save(replace(load_circuit("OTA"), name="OLD"))
    assert not saved.show("OLD")[3].visible
    saved.services = named = replace(services, named=True)
    person = ["ann"]
    monkeypatch.setattr("sizing_app.ui.services.signed_in", lambda: person[0])
    named.own.save(replace(load_circuit("OTA"), name="ONE"))
    switch = saved.show("ONE")[3]
    assert switch.visible and switch.interactive and not switch.value
    shown = saved.shared("ONE", True)
    assert "visible to everyone" in shown[-1] and shown[3].value
    person[0] = "bob"
    switch = saved.show("ONE")[3]
    assert (switch.value, switch.interactive, switch.label) == (True, False, "Share with everyone (by ann)")
    assert "belongs to &#39;ann&#39;" in saved.deleted("ONE")[-1] and "belongs to" in saved.renamed("ONE", "X")[-1]
    assert not saved.show("OLD")[3].interactive
    person[0] = "ann"
    assert "visible to you alone" in saved.shared("ONE", False)[-1]
    person[0] = "bob"
    assert list(named.own) == ["OLD"] and "deleted before" in saved.shared("ONE", True)[-1]


def test_a_name_that_is_taken_or_a_draft_that_changed_is_not_saved(page):
    read = page.read("", RC)
    fields = fields_of(page, read)
    end = last(page.check_now(VISITOR, read[0], RC, *fields.values()))
    key, specs = (end[page.shown.index(part)] for part in (page.check.checked, page.check.specs))
    assert "comes with the program" in page.save(end[0], key, "TOY", "", specs["value"])[0]
    changed = draft_text(replace(draft_of(end), settings={"f_pass": "10"}))
    assert "press Check first" in page.save(changed, key, "MINE", "", specs["value"])[0]
    assert "press Check first" in page.save(end[0], "", "MINE", "", specs["value"])[0]
    assert "name" in page.save(end[0], key, "no name", "", specs["value"])[0]
    assert set(page.services.store.circuits) == set()


def test_what_is_shown_is_read_back_as_it_was():
    """Tables of a draft with choices give the same draft."""
    draft = Draft({"miller.sp": MILLER}, roles={"inp": "in-", "inm": "in+"}, settings={"step": "0.1"},
                  values={"ibias": "20u"}, supplies=(1.8, 1.7))
    made = assemble(draft)
    found = read_tables(made, tables(report(draft), draft))
    assert (found.draft, found.problems) == (draft, [])


class Queue(Simulator):
    """Answers as ``inner`` does, one job at a time; counts them."""

    def __init__(self, inner: Simulator, then=lambda: None):
        self.inner, self.then, self.sizes = inner, then, []

    def submit(self, jobs):
        self.sizes.append(len(jobs))
        self.then()
        return self.inner.submit(jobs)


def test_a_check_counts_among_the_visitor_s_and_never_fills_the_queue(page):
    running = []
    queue = Queue(page.services.simulator, lambda: running.append(page.services.checks.running()))
    page.check.services = replace(page.services, simulator=queue, shares=Shares(checks=1))
    draft = draft_of(page.read("", RC))
    *steps, end = page.check.run(draft, "one")
    assert isinstance(end, DraftCheck) and set(queue.sizes) == {1} and len(queue.sizes) >= 21
    assert all(len(ids) == 1 for ids in running) and page.services.checks.running() == []
    with page.check.services.check():
        (end,) = page.check.run(draft, "two")
    assert "1 of your checks are running" in end and page.check.running == {}


def test_a_check_is_stopped(page):
    queue = Queue(page.services.simulator, lambda: page.check.stop(VISITOR))
    page.check.services = replace(page.services, simulator=queue)
    *_, end = page.check.run(draft_of(page.read("", RC)), VISITOR.session_hash)
    assert end == "The check was stopped." and len(queue.sizes) <= 2


def test_an_empty_page_says_what_to_do_and_offers_examples(page):
    assert "Paste a netlist" in verdict_html(None)
    row = page.shown.index(page.netlist.first)
    assert page.netlist.first.visible and page.show(None)[row].visible
    for example, _ in page.netlist.examples:
        shown = page.begin_with(example)
        assert "is read. Check it next" in shown[1] and not shown[row].visible
        assert draft_of(shown) == example.draft()
