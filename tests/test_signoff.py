"""The checks of a session's best design on its page and by the API: what is shown, when, and what is refused."""

import json
import threading
import time
from dataclasses import replace

import pytest

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.definition import Measure
from sizing_app.circuit.folder import load_circuit
from sizing_app.circuit.mismatch import Deviation
from sizing_app.cli.sensitivity import _share_table
from sizing_app.errors import PolicyError
from sizing_app.evaluate.corners import Spots
from sizing_app.evaluate.datasheet import datasheet
from sizing_app.evaluate.sensitivity import Effect, MismatchShares, Share
from sizing_app.evaluate.signoff import Checked, Design, Samples, Sensitivity, check_corners, corner_points
from sizing_app.evaluate.signoff_documents import sensitivity_document
from sizing_app.hub import Hub
from sizing_app.report.datasheet import markdown
from sizing_app.session.events import SessionFinished, TurnFinished
from sizing_app.session.turn import initial_turn
from sizing_app.simulator.inspection import OperatingPoint
from sizing_app.store import SessionStore
from sizing_app.task.over import read_over
from sizing_app.task.turn import Measurement
from sizing_app.ui.exchange.api_inputs import WrongInput
from sizing_app.ui.exchange.check_api import CheckApi
from sizing_app.ui.exchange.export import session_file
from sizing_app.ui.parts.verdict import verdict_of
from sizing_app.ui.services import Services, policy_titles
from sizing_app.ui.session.session_stream import session_stream
from sizing_app.ui.signoff.asked import CannotCheck, ask, corners_of, design_of, no_coefficients
from sizing_app.ui.signoff.corner_panel import corner_blocks
from sizing_app.ui.signoff.sample_panel import histograms, opened_sample, sample_blocks
from sizing_app.ui.signoff.sensitivity_panel import sensitivity_blocks
from sizing_app.ui.visitors import Busy, Shares
from tests.builders import GOOD, DirectSimulator, Opaque, a_circuit, a_task

TOY = replace(a_circuit(), process="gf180mcu", netlist="R1 a 0 1k", testbench="R2 a 0 1k")
"""No transistors, so no coefficients are missing."""
TASK = replace(a_task(TOY), initial=GOOD)


class Corners(DirectSimulator):
    """The gain is 60 dB, 14 dB less at ss, so that its spec (50 dB) fails there; a ``delay`` makes it slow."""

    delay = 0.0

    def measure(self, circuit, parameters, conditions) -> Measurement:
        time.sleep(self.delay)
        return Measurement("ok", {"gain": 60.0 - 14.0 * (conditions.corner == "ss"), "power": 1e-6}, seconds=0.01)


def services_of(tmp_path, simulator=None, shares=None) -> Services:
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    return Services({"TOY": TOY}, store, Hub(), simulator or Corners(), None, policy_titles(chat=False), "TOY",
                    shares=shares or Shares())


def stored(services: Services, task=TASK, ends: bool = True) -> str:
    session_id = services.store.create(task, "random")
    services.store.append(session_id, TurnFinished(initial_turn(task, services.simulator)))
    if ends:
        services.store.append(session_id, SessionFinished("passed"))
    return session_id


def html(blocks: list[dict]) -> str:
    return "".join(block["html"] for block in blocks)


def test_corners_have_worst_place_and_count_with_the_weakest_spec_first():
    spots = check_corners(Design(TOY, GOOD, TASK.conditions), Corners())
    shown = html(corner_blocks(TASK, spots))
    assert "2 process corners, 2 temperatures, 2 supplies: 8 conditions" in shown
    assert shown.index(">Gain<") < shown.index(">Power<") and "ss, 27 \u00b0C, 3 V" in shown
    assert "4 of 8</td>" in shown and "4 of 8 conditions meet all 2 specs." in shown and ">none<" in shown
    assert shown.count("class=\"failed\" style") == 4 and 'data-event="size_over"' in shown
    everywhere = replace(TASK, plan=read_over(TOY, TASK.conditions, "corners"))
    assert "size_over" not in html(corner_blocks(everywhere, spots))


def test_a_condition_that_cannot_be_simulated_has_no_value_and_fails():
    points = corner_points(TOY, TASK.conditions)
    good = Corners().measure(TOY, GOOD, TASK.conditions)
    bad = Measurement("not_converged", {"gain": None, "power": None}, "no convergence")
    shown = html(corner_blocks(TASK, Spots(points, (good, bad, *[good] * 6))))
    assert "1 simulations failed." in shown and shown.count("no value") == 2 and shown.count("1 of 8") == 2


def samples(gains, power=1e-6) -> Samples:
    return Samples(Draw(1, 5), tuple(Measurement("ok", {"gain": gain, "power": power}) for gain in gains))


def test_yields_have_wilson_intervals_and_the_worst_samples_their_numbers():
    """Of 10 samples 8 meet 50 dB: 80%, of which Wilson's interval is 49.0% to 94.3%."""
    shown = html(sample_blocks(TASK, samples([49, 51, 52, 53, 54, 48, 56, 57, 58, 59])))
    assert "<b>80.0%</b> yield, all 2 specs" in shown and "49.0% to 94.3% (8 of 10)" in shown
    assert [shown.index(f'data-value="{number}"') for number in (10, 5, 6)] == sorted(
        shown.index(f'data-value="{number}"') for number in (10, 5, 6)), "48, 49, 51 dB are samples 10, 5, 6"
    assert "mismatch by the foundry&#39;s coefficients, the process is nominal" in shown


def test_a_yield_with_a_miss_is_never_all_and_one_with_a_hit_never_none(tmp_path):
    """One of 2500: in the table, the histograms, and the datasheet."""
    missing, hitting = [49.0] + [60.0] * 2499, [60.0] + [49.0] * 2499
    for gains, shown, wrong in ((missing, "99.9%", "100.0%"), (hitting, "0.1%", "0.0%")):
        random = samples(gains)
        table, drawn = html(sample_blocks(TASK, random)), histograms(TASK, random)["figures"][0]
        assert f"<b>{shown}</b> yield" in table and f"yield {shown}" in drawn["note"]
        gain = table[table.index(">Gain<"):table.index(">Power<")]
        assert shown in gain and wrong not in gain
        design = Design(TOY, GOOD, TASK.conditions)
        text = markdown(datasheet(design, TASK.specs, Inspected(), random=random), "By hand.")
        assert f"yield {shown} of 2500 samples" in text
        assert f" | {shown} | " in next(line for line in text.splitlines() if line.startswith("| Gain | >="))


def test_a_histogram_holds_every_sample_on_its_side_of_the_target():
    drawn = json.loads(json.dumps(histograms(TASK, samples([49.0, 49.5, 51, 52, 53, 54, 55, 56])), allow_nan=False))
    gain, power = drawn["figures"]
    met, missed = gain["data"]
    assert (sum(met["y"]), sum(missed["y"])) == (6, 2) and met["x"] == missed["x"]
    assert [line["x0"] for line in gain["layout"]["shapes"]] == [50.0] and "yield 75.0%" in gain["note"]
    assert power["layout"]["shapes"] == [] and "far off" in power["note"] and sum(power["data"][0]["y"]) == 8


def test_samples_that_all_failed_are_drawn_as_nothing():
    none = Samples(Draw(1, 0), (Measurement("crashed", {"gain": None, "power": None}),) * 3)
    assert [sum(trace["y"]) for trace in histograms(TASK, none)["figures"][0]["data"]] == [0, 0]
    shown = html(sample_blocks(TASK, none))
    assert "3 simulations failed" in shown and "<b>0.0%</b>" in shown


def test_an_opened_sample_says_what_differs_and_escapes_names():
    point = replace(TASK.conditions, draw=Draw(1, 7))
    shown = html(opened_sample(TASK, point, Measurement("ok", {"gain": 48.0, "power": 1e-6}),
                               [Deviation("<m1>", 2.5e-3, 0.99), Deviation("m2", model=(("toxe", 0.01),))],
                               OperatingPoint("not_converged", log="<no>")))
    assert "Sample 7" in shown and "\u22122 dB" in shown and "&lt;M1&gt;" in shown and "&lt;no&gt;" in shown
    assert "Vth +2.5mV, current -1.00%" in shown and "toxe +1.00%" in shown


def test_sensitivity_is_ranked_in_natural_units_and_says_what_helps():
    effects = (Effect("gain", "w", 0.0, 0.2, None), Effect("gain", "m", 0.0, -1.5, None),
               Effect("power", "w", 0.0, 1e-8, 1.0), Effect("power", "m", None, None, None))
    found = Sensitivity(Measurement("ok", {}), effects, (MismatchShares("gain", 2.0, (
        Share("M1", 1.8, 0.81), Share("M2", 0.87, 0.19))),))
    shown = html(sensitivity_blocks(TASK, found))
    gain = shown[:shown.index("<h4>Power")]
    assert gain.index("<code>m</code>") < gain.index("<code>w</code>") and "\u22121.5 dB" in gain
    assert gain.count('class="effect failed"') == gain.count('class="effect met"') == 1
    assert "sigma 2 dB, of which M1 81%, M2 19%" in gain and "+10 nW" in shown
    told = html(sensitivity_blocks(TASK, replace(found, shares=(), missing="the foundry gives none")))
    assert "No spread by mismatch: the foundry gives none." in told


def test_a_spread_without_a_sum_is_said_in_words_on_the_page_in_the_terminal_and_by_programs():
    lacks = MismatchShares("gain", None, (Share("M3", None, None), Share("M1", 1.8, None)),
                           why="no value with M3 one sigma off")
    sign = MismatchShares("power", 2e-6, (Share("M1", 2e-6, 1.0),), signed=True)
    effects = tuple(Effect(metric.name, parameter.name, None, None, None) for metric in TOY.metrics
                    for parameter in TOY.parameters)
    found = Sensitivity(Measurement("ok", {}), effects, (lacks, sign))
    shown = html(sensitivity_blocks(TASK, found))
    assert "Mismatch: no sigma. No value with M3 one sigma off; others alone: M1 1.8 dB." in shown
    assert "sigma 2 \u00b5W of the value with its sign, of which M1 100%" in shown and "None" not in shown
    gain, power = _share_table(TASK.circuit, found.shares)[1:]
    assert gain.split(maxsplit=2) == ["gain", "-", "no value with M3 one sigma off; others alone: M1 1.8 dB"]
    assert power.endswith("with its sign: M1 100%")
    told = json.loads(json.dumps(sensitivity_document(Design(TASK.circuit, GOOD, TASK.conditions), found)))["mismatch"]
    assert told[0]["sigma"] is None and told[0]["why"] and told[0]["devices"][0]["share"] is None and told[1]["signed"]


def test_the_page_follows_a_check_and_the_verdict_says_what_was_found(tmp_path):
    services = services_of(tmp_path)
    session_id = stored(services)
    *_, before = session_stream(services, session_id)
    assert "Corners not checked." in html(before["header"]) and before["corners"] == []
    state = services.state(session_id)
    assert ask(services, state, "corners") == ask(services, state, "corners"), "who asks again shares it"
    *_, after = session_stream(services, session_id)
    assert "1 of 2 over 8 corners; Gain misses by 4 dB at ss, 27 \u00b0C, 3 V." in html(after["header"])
    assert "corner-board" in html(after["corners"]) and 'class="range"' in html(after["specs"])
    assert after["turns"] == before["turns"] and "8 simulations in" in html(after["checks"])


def test_a_design_that_holds_everywhere_is_met_over_its_corners(tmp_path):
    class Flat(Corners):
        def measure(self, circuit, parameters, conditions):
            return Measurement("ok", {"gain": 60.0, "power": 1e-6})

    services = services_of(tmp_path, Flat())
    state = services.state(stored(services))
    found = verdict_of(state, Checked(check_corners(design_of(state), Flat())))
    assert (found.kind, found.headline, found.open) == ("met", "All 2 specs met over 8 corners.", "")


def test_a_session_over_all_corners_has_its_table_without_a_check(tmp_path):
    services = services_of(tmp_path)
    task = replace(TASK, plan=read_over(TOY, TASK.conditions, "corners"))
    *_, shown = session_stream(services, stored(services, task))
    assert "corner-board" in html(shown["corners"]) and services.checks.running() == [] and shown["checks"] == []


def test_what_cannot_be_checked_is_refused_with_a_sentence(tmp_path):
    services = services_of(tmp_path, shares=Shares(most=1))
    state = services.state(stored(services))
    for count in (1, 2001, 2.5, "many", None):
        with pytest.raises(CannotCheck, match="a whole number from 2 to 2000"):
            ask(services, state, "samples", count)
    with pytest.raises(CannotCheck, match="such as 3,1"):
        ask(services, state, "samples", 20, "three")
    with pytest.raises(CannotCheck, match="once the session has ended"):
        ask(services, replace(state, status="running"), "corners")
    services.simulator.delay = 0.05
    ask(services, state, "samples", 200)
    with pytest.raises(Busy):
        ask(services, state, "corners")
    services.checks.stop(design_of(state), "samples")
    *_, last = services.checks.follow(design_of(state))
    assert last["samples"].status == "stopped" and corners_of(services, state) is None


def test_a_visitor_has_so_many_checks_at_once(tmp_path):
    """On the page and by the API together; who asks for one that runs shares it. Sessions are not counted."""
    measured = replace(TOY, measures=tuple(Measure(metric.name, "any", {}) for metric in TOY.metrics))
    services = replace(services_of(tmp_path, shares=Shares(checks=2)), shipped={"TOY": measured})
    state = services.state(stored(services))
    services.simulator.delay = 0.05
    first = ask(services, state, "samples", 500)
    with services.check():
        assert len(services.checks.running()) == 2
        with pytest.raises(Busy, match="2 of your checks are running, at most 2 may at once"):
            CheckApi(services).check_corners("TOY", GOOD)
        with pytest.raises(Busy, match="2 of your checks"):
            ask(services, state, "corners")
        assert ask(services, state, "samples", 500) == first
        with services.admitted():
            pass
    services.simulator.delay = 0.0
    assert len(CheckApi(services).check_corners("TOY", GOOD)["conditions"]) == 8
    services.checks.stop(design_of(state), "samples")
    *_, _ = services.checks.follow(design_of(state))
    assert services.checks.running() == []


def test_a_check_of_a_program_is_stopped_by_its_id(tmp_path, monkeypatch):
    """By who started it and nobody else; the call that waits for it says so."""
    person = ["ann"]
    monkeypatch.setattr("sizing_app.ui.visitors.visitor", lambda: person[0])
    measured = replace(TOY, measures=tuple(Measure(metric.name, "any", {}) for metric in TOY.metrics))
    services = replace(services_of(tmp_path), shipped={"TOY": measured})
    api, count = CheckApi(services), 0

    class Stopping(Corners):
        def measure(self, circuit, parameters, conditions):
            nonlocal count
            count += 1
            (id,) = api.running_checks()
            person[0] = "bob"
            assert api.running_checks() == [] and not api.stop_check(id)
            person[0] = "ann"
            assert api.stop_check(id) and not api.stop_check("check-0")
            return super().measure(circuit, parameters, conditions)

    api.services = replace(services, simulator=Stopping())
    with pytest.raises(PolicyError, match="The check was stopped"):
        api.monte_carlo("TOY", GOOD, samples=2000)
    assert count == 1 and api.running_checks() == []


class Inspected(Opaque, Corners):
    pass


def reported(services: Services, session_id: str) -> tuple[str, str]:
    """What the page says of checks, and the verdict of the datasheet."""
    *_, shown = session_stream(services, session_id)
    sheet = session_file(services, session_id, "datasheet-md").text
    return html(shown["checks"]), next(line for line in sheet.splitlines() if line.startswith("**"))


def test_a_report_is_of_the_specs_of_its_session(tmp_path):
    """Two sessions with the same best design and other specs: each has the report of its own."""
    services = services_of(tmp_path, Inspected())
    strict = replace(TASK, specs=(replace(TASK.specs[0], low=100.0), *TASK.specs[1:]))
    first, second = stored(services), stored(services, strict)
    ask(services, services.state(first), "report")
    line, verdict = reported(services, first)
    assert "Report ready" in line and verdict.startswith("**2 of 2 specs met at")
    line, verdict = reported(services, second)
    assert "Report" not in line and verdict.startswith("**1 of 2 specs met at")
    ask(services, services.state(second), "report")
    assert "Report ready" in reported(services, second)[0] and "Report" not in reported(services, first)[0]


def test_a_report_is_outdated_by_what_is_checked_after_it(tmp_path):
    services = services_of(tmp_path, Inspected())
    session_id = stored(services)
    ask(services, services.state(session_id), "report")
    line, verdict = reported(services, session_id)
    assert "Report ready" in line and "random variation not checked" in verdict
    ask(services, services.state(session_id), "samples", 5)
    line, verdict = reported(services, session_id)
    assert "Report outdated" in line and "Report ready" not in line and "of 5 samples" in verdict
    ask(services, services.state(session_id), "report")
    line, verdict = reported(services, session_id)
    assert "Report ready" in line and "of 5 samples" in verdict


def test_a_check_stays_with_who_started_it(tmp_path, monkeypatch):
    """Who joins it sees it, and does not take it over."""
    person = ["ann"]
    monkeypatch.setattr("sizing_app.ui.visitors.visitor", lambda: person[0])
    free = threading.Event()

    class Waiting(Corners):
        def measure(self, circuit, parameters, conditions):
            free.wait()
            return super().measure(circuit, parameters, conditions)

    services = services_of(tmp_path)
    state, api = services.state(stored(services)), CheckApi(services)
    services = replace(services, simulator=Waiting())
    id = ask(services, state, "corners")
    person[0] = "bob"
    assert ask(services, state, "corners") == id and api.running_checks() == [] and not api.stop_check(id)
    person[0] = "ann"
    assert api.running_checks() == [id] and api.stop_check(id)
    free.set()
    *_, last = services.checks.follow(design_of(state))
    assert last["corners"].status == "stopped"


def test_a_circuit_without_coefficients_says_so():
    opamp, ota = (load_circuit(name) for name in ("OPAMP1", "OTA"))
    assert "say which to assume" in no_coefficients(Design(opamp, {}, opamp.conditions.nominal))
    assert no_coefficients(Design(ota, {}, ota.conditions.nominal)) == ""


def test_the_api_returns_what_the_command_prints(tmp_path):
    measured = replace(TOY, measures=tuple(Measure(metric.name, "any", {}) for metric in TOY.metrics))
    api = CheckApi(replace(services_of(tmp_path), shipped={"TOY": measured}))
    corners = api.check_corners("TOY", GOOD)
    assert len(corners["conditions"]) == 8 and not corners["passed"] and corners["worst"][0]["value"] == 46.0
    tight = api.monte_carlo("TOY", GOOD, {"gain": {"low": 61}}, samples=5, seed=3)
    assert tight["all"]["yield"] == 0 and tight["draw"]["seed"] == 3 and len(tight["samples"]) == 5
    assert api.sensitivity("TOY", GOOD, pelgrom="3,1")["effects"][0]["per_percent"] == pytest.approx(0.0)
    for wrong, said in ((lambda: api.monte_carlo("TOY", GOOD, samples=1), "samples"),
                        (lambda: api.monte_carlo("TOY", GOOD, pelgrom="x"), "such as 3,1"),
                        (lambda: api.check_corners("NOPE", GOOD), "no circuit")):
        with pytest.raises(WrongInput, match=said):
            wrong()
    json.dumps([corners, tight], allow_nan=False)
