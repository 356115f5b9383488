"""The engineer in the loop: limits, a hint, edits before the simulation, pause, continuation; in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from sizing_app.session.events import SessionFinished, fold
from tests.e2e.stored import a_stored_session
from tests.e2e.test_run import STATUS, choose, spec_cell

TURN = "#run-turns article[aria-label='Turn {}']"


def limit_cell(page: Page, parameter: str, side: str):
    return page.locator(f"#limits input[data-row={parameter}][data-column={side}]")


def test_limits_hint_and_edits_reach_the_model_and_the_trace(app, model, open_page):
    page = open_page(app)
    spec_cell(page, "gain", "low").fill("200")
    page.get_by_role("button", name="Limits and a hint from you").click()
    expect(page.locator("#note")).to_contain_text("Model of the server reads the hint and works within the limits")
    page.locator("#hint textarea").fill("Keep the tail current low.")
    limit_cell(page, "w_in", "low").fill("1k")
    page.click("#start")
    expect(page.locator("#problems [role=alert]")).to_contain_text("w_in, lower limit: 1k is outside")
    expect(limit_cell(page, "w_in", "low")).to_have_attribute("aria-invalid", "true")
    limit_cell(page, "w_in", "low").fill("50u")
    limit_cell(page, "w_in", "high").fill("50u")
    page.get_by_label("Show me every proposal").check()
    page.click("#start")
    expect(page.locator(TURN.format(1) + " .prose.live")).to_have_text("Longer cascodes raise the output resistance")
    asked = model.requests[-1]
    assert "Hint of the engineer: Keep the tail current low." in asked and "fixed at 50 µm" in asked

    model.allow()
    expect(page.locator("#review-panel")).to_contain_text("Turn 1 waits for you")
    expect(page.locator(STATUS)).to_have_text("Waiting for you")
    cell = page.locator("#proposal input[data-row=l_cas]")
    cell.fill("1")
    page.click("#accept")
    expect(page.locator("#proposal-problem")).to_contain_text("l_cas: 1 is outside")
    cell.fill("600n")
    page.click("#accept")
    turn = page.locator(TURN.format(1))
    expect(turn.locator(".reward")).to_be_visible()
    expect(turn).to_contain_text("Held to the limits: w_in 50 µm")
    expect(turn).to_contain_text(re.compile(r"Edited by a person: l_cas 600 nm \(proposed"))
    page.get_by_label("Show me every proposal").uncheck()

    page.click("#pause")
    expect(page.locator("#pause")).to_have_text("Go on")
    page.wait_for_timeout(500)
    model.allow()
    expect(page.locator("#run-header")).to_contain_text("paused after turn 2")
    again = open_page(app, page.url[page.url.index("/?"):])
    expect(again.locator("#run-header")).to_contain_text("paused after turn 2")
    expect(again.locator("#run-header .mine")).to_contain_text("Keep the tail current low.")
    again.get_by_role("button", name="Limits and a hint from you").click()
    expect(limit_cell(again, "w_in", "low")).to_have_value("50 µm")
    again.click("#pause")
    expect(page.locator(TURN.format(3) + " .prose.live")).to_be_visible()
    again.click("#stop")
    expect(page.locator(STATUS)).to_have_text("Stopped")
    model.allow()

    stored = fold(app.store.events(page.url.split("session=")[1]))
    assert set(stored.history[1].proposal.edited) == {"l_cas"} and set(stored.history[2].proposal.held) == {"w_in"}
    assert stored.task.hint == "Keep the tail current low."


def test_an_interrupted_session_is_resumed_and_another_starts_from_its_best_design(app, open_page):
    session_id = a_stored_session(app.store, policy="random")
    app.store.append(session_id, SessionFinished("interrupted", "The process that ran this session is gone."))
    page = open_page(app, f"/?session={session_id}")
    expect(page.locator(STATUS)).to_have_text("Interrupted")
    page.locator("#further input").fill("0")
    page.click("#go-on")
    expect(page.locator("#continue-problem")).to_contain_text("Further simulations: expected a whole number from 1")
    page.locator("#further input").fill("2")
    page.click("#go-on")
    page.wait_for_url(lambda url: session_id not in url)
    expect(page.locator(STATUS)).to_have_text("All specs met")
    expect(page.locator("#run-family")).to_contain_text(f"Continues {session_id} after turn 2")
    expect(page.locator("#run-turns article")).to_have_count(4)
    expect(page.locator(TURN.format(3))).to_contain_text("A design of the history meets all specs.")
    expect(page.locator(TURN.format(1))).to_contain_text("Step 1.")

    resumed = page.url.split("session=")[1]
    page.click("#from-best")
    expect(page.locator("#source textarea, #source input")).to_have_value(resumed)
    choose(page, "Policy", "Random search")
    page.get_by_label("Designs, 1 to 5000").fill("1")
    page.click("#start")
    expect(page).not_to_have_url(re.compile(resumed))
    expect(page.locator("#run-turns article")).to_have_count(2)
    expect(page.locator("#run-family")).to_contain_text(f"{resumed} from its best design")
    started = page.url.split("session=")[1]
    best = fold(app.store.events(resumed)).best
    assert fold(app.store.events(started)).task.initial == pytest.approx(best.proposal.parameters, rel=1e-5)
    page.locator("#source textarea, #source input").fill("nosuchid")
    page.click("#start")
    expect(page.locator("#problems [role=alert]")).to_contain_text("There is no stored session 'nosuchid'")
