"""A person edits the plan of a model, in a review and from a stored turn; in a real browser."""

from playwright.sync_api import expect

from sizing_app.session.events import fold
from tests.e2e.test_run import STATUS, spec_cell

TURN = "#run-turns article[aria-label='Turn {}']"
OWN = "Longer cascodes raise the output resistance and with it the gain."


def test_the_model_acts_on_an_edited_plan_in_a_review_and_from_a_stored_turn(app, model, open_page):
    page = open_page(app)
    spec_cell(page, "gain", "low").fill("200")
    page.get_by_label("Show me every proposal").check()
    page.click("#start")
    expect(page.locator(TURN.format(1) + " .prose.live")).to_be_visible()
    model.allow()
    expect(page.locator("#review-panel")).to_contain_text("Or edit the plan and let the model act on it")
    plan = page.locator("#review-plan textarea")
    expect(plan).to_have_value(OWN)
    plan.fill("   ")
    page.click("#act")
    expect(page.locator("#proposal-problem [role=alert]")).to_contain_text("The plan is empty")
    plan.fill("I double the tail current.")
    page.click("#act")
    expect(page.locator(TURN.format(1) + " .prose.live")).to_be_visible()
    model.allow()
    turn = page.locator(TURN.format(1))
    expect(turn).to_contain_text("Plan by a person: I double the tail current.")
    assert "your reasoning for this turn: I double the tail current." in model.requests[-1]
    expect(page.locator("#review-panel")).to_contain_text("Turn 1 waits for you")
    expect(plan).to_have_value("I double the tail current.")
    page.click("#accept")
    expect(turn.locator(".reward")).to_be_visible()
    expect(turn).to_contain_text("a person's plan")
    expect(page.locator(TURN.format(2) + " .prose.live")).to_be_visible()
    page.click("#stop")
    expect(page.locator(STATUS)).to_have_text("Stopped")
    model.allow()
    first = page.url.split("session=")[1]
    stored = fold(app.store.events(first)).history[1].proposal
    assert (stored.reasoning, stored.own_reasoning) == ("I double the tail current.", OWN)

    page.get_by_role("button", name="Edit the plan of turn 1").click()
    words = page.locator("#run-plan-words textarea")
    expect(words).to_have_value("I double the tail current.")
    page.locator("#run-plan").get_by_label("Simulations").fill("0")
    words.fill("I halve the tail current.")
    page.click("#run-plan-act")
    expect(page.locator("#run-plan-problem [role=alert]")).to_contain_text("Simulations: expected a whole number")
    page.locator("#run-plan").get_by_label("Simulations").fill("1")
    page.click("#run-plan-act")
    page.wait_for_url(lambda url: first not in url)
    expect(page.locator(TURN.format(1) + " .prose.live")).to_be_visible()
    model.allow()
    expect(page.locator(STATUS)).to_have_text("Budget spent")
    page.locator(TURN.format(1) + " summary").first.click()
    expect(page.locator(TURN.format(1))).to_contain_text("Plan by a person: I halve the tail current.")
    expect(page.locator("#run-family")).to_contain_text(f"Continues {first} after turn 0")
    forked = fold(app.store.events(page.url.split("session=")[1]))
    assert (forked.history[1].proposal.own_reasoning, len(forked.history)) == (OWN, 2)
