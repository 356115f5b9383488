"""The verdict of a session whose design was checked: the same on every page, with corners and yield, each said once."""

import random
from dataclasses import replace

import gradio as gr
import pytest

from sizing_app.circuit.conditions import Draw
from sizing_app.evaluate.signoff import Checked
from sizing_app.task.over import read_over, with_samples
from sizing_app.task.reward import judge
from sizing_app.task.turn import Measurement
from sizing_app.ui.exchange.export import session_file
from sizing_app.ui.parts.header import header
from sizing_app.ui.parts.verdict import verdict_of
from sizing_app.ui.services import Services
from sizing_app.ui.session.session_stream import session_stream
from sizing_app.ui.session.session_view import SessionView
from sizing_app.ui.signoff.asked import ask, checked_of, design_of
from tests.test_signoff import TASK, TOY, Corners, html, samples, services_of, stored


class Sampled(Corners):
    """The gain is 60 dB less 7 dB a sample, so that 50 dB are missed from the third on."""

    def measure(self, circuit, parameters, conditions):
        found = super().measure(circuit, parameters, conditions)
        return found if conditions.draw is None else replace(
            found, metrics={"gain": 60.0 - 7.0 * conditions.draw.sample, "power": 1e-6})


def headlines(services: Services, session_id: str) -> list[str]:
    """What the Run page, the page of the session and its HTML say at the top."""
    with gr.Blocks():
        view = SessionView("replay", services)
        view.body("replay")
    *_, page = session_stream(services, session_id)
    review = view.replay(services.state(session_id), session_id, 0)
    texts = html(page["header"]), html(review[0]), session_file(services, session_id, "html").text
    return [text[text.index('<section class="session-header'):text.index("<nav")] for text in texts]


def test_every_page_has_the_same_verdict_of_what_was_checked(tmp_path):
    services = services_of(tmp_path, Sampled())
    session_id = stored(services)
    state = services.state(session_id)
    said = headlines(services, session_id)
    assert said[0] == said[1] == said[2] and 'class="session-header met"' in said[0] and "status passed" in said[0]
    ask(services, state, "corners")
    ask(services, state, "samples", 4)
    *_, _ = services.checks.follow(design_of(state))
    said = headlines(services, session_id)
    assert said[0] == said[1] == said[2] and 'class="session-header nearly"' in said[0]
    assert "1 of 2 over 8 corners; Gain misses by 4 dB at ss, 27 \u00b0C, 3 V. Yield 50.0% of 4 samples.<" in said[0]
    assert "not checked" not in said[0] and "status passed" not in said[0]
    assert 'class="range"' in session_file(services, session_id, "html").text


@pytest.mark.parametrize("plan, gains, kind, headline, left", [
    (None, [60.0] * 4, "met", "; yield 100.0% of 4 samples.", ""),
    (None, [60.0, 49.0], "nearly", ".", " Yield 50.0% of 2 samples."),
    (None, [60.0] * 1999 + [49.0], "nearly", ".", " Yield 99.9% of 2,000 samples."),
    ((0.9, None), [60.0] * 9 + [49.0], "met", "; yield 90.0% of 10 samples.", ""),
    ((0.9, None), [60.0] * 8 + [49.0] * 2, "nearly", ".", " Yield 80.0% of 10 samples."),
    ((1.0, 3.0), [54.0, 55.0, 56.0], "met", "; yield 100.0% of 3 samples.", ""),
    ((1.0, 3.0), [52.0, 55.0, 58.0], "nearly", ".", " Yield 100.0% of 3 samples.")])
def test_the_verdict_has_the_yield_and_is_green_where_it_is_what_was_asked(plan, gains, kind, headline, left,
                                                                           tmp_path):
    """Of 3 sigma: mean 55 dB, less 3 dB or 9 dB, against 50 dB."""
    task = TASK if plan is None else replace(TASK, plan=with_samples(None, TASK.conditions, Draw(1, 0), 2, *plan))
    services = services_of(tmp_path)
    state = services.state(stored(services, task))
    before, found = (verdict_of(state, checked) for checked in (Checked(), Checked(random=samples(gains))))
    assert (before.kind, found.kind) == ("met", kind) and found.open == before.open + left
    assert found.headline == before.headline.removesuffix(".") + headline
    assert ("meet all specs" in before.facts) == (plan is not None) and "meet all specs" not in found.facts


@pytest.mark.parametrize("share, sigmas", [(1.0, None), (0.9, None), (0.75, None), (1.0, 1.0), (1.0, 2.0)])
def test_checked_samples_are_judged_as_those_of_a_session(share, sigmas):
    """Random gains around the bound, one sample in 30 without a value."""
    rng, verdicts = random.Random(1), set()
    for _ in range(200):
        gains = [None if rng.random() < 1 / 30 else rng.gauss(53.0, 2.0) for _ in range(8)]
        found = replace(samples([]), measured=tuple(
            Measurement("crashed" if gain is None else "ok", {"gain": gain, "power": gain and 1e-6})
            for gain in gains))
        task = replace(TASK, plan=with_samples(None, TASK.conditions, Draw(1, 0), 8, share, sigmas))
        good = Measurement("ok", {"gain": 60.0, "power": 1e-6})
        _, judged = judge(dict(enumerate((good, *found.measured))), task.specs, task.plan)
        assert found.hold(task) == judged.passed
        assert found.met(task.specs) == found.outcome(TOY, task.specs).all_met.met
        verdicts.add(judged.passed)
    assert verdicts == {True, False}


def test_a_design_that_misses_its_specs_has_the_yield_too(tmp_path):
    strict = replace(TASK, specs=(replace(TASK.specs[0], low=61.0), TASK.specs[1]))
    services = services_of(tmp_path)
    state = services.state(stored(services, strict))
    found = verdict_of(state, Checked(random=samples([60.0, 62.0])))
    assert found.kind == "nearly" and found.open == "Corners not checked. Yield 50.0% of 2 samples."


def test_a_session_over_corners_says_once_what_it_misses(tmp_path):
    services = services_of(tmp_path)
    state = services.state(stored(services, replace(TASK, plan=read_over(TOY, TASK.conditions, "corners"))))
    checked = checked_of(services, state)
    found = verdict_of(state, checked)
    assert found.headline == "1 of 2 specs met over 8 corners; Gain misses by 4 dB (ss, 27 \u00b0C, 3 V)."
    assert found.open == ""
    assert checked.corners is not None and header(state, "abc", checked).count("Gain misses") == 1
