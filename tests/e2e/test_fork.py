"""A turn forked in the browser: proposals as they arrive, their advantages, and what becomes of them."""

import contextlib
import re

from playwright.sync_api import Page, expect

from tests.e2e.stored import a_stored_session
from tests.e2e.test_run import spec_cell
from tests.e2e.test_sessions import replay

PLOT = "document.querySelector('#{}-group-plot .live-plot')"


def proposals(page: Page, name: str = "run"):
    return page.locator(f"#{name}-group-proposals .proposal")


def sample(page: Page, name: str, size: int, policy: str = "") -> None:
    """Fill in the controls, which are open, and press the button; a field takes what is typed once it is drawn."""
    group = page.locator(f"#{name}-group")
    expect(group.get_by_label("Proposals, 2 to 16")).to_be_visible()
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    group.get_by_label("Proposals, 2 to 16").fill(str(size))
    if policy:
        group.get_by_label("Policy", exact=True).click()
        page.get_by_role("option", name=re.compile(f"{re.escape(policy)}$")).click()
    page.click(f"#{name}-group-start")


def release(page: Page, model, count: int) -> None:
    """Let replies of the model through until there are ``count`` proposals; replies of others may wait as well."""
    while (now := proposals(page).count()) < count:
        model.allow()
        with contextlib.suppress(AssertionError):
            expect(proposals(page)).not_to_have_count(now, timeout=5_000)


def test_a_turn_of_a_running_session_is_forked_and_proposals_come_one_by_one(app, model, open_page):
    """The scripted model holds every reply back: the session waits in turn 1, and each proposal comes when it may."""
    page = open_page(app)
    spec_cell(page, "gain", "low").fill("200")
    page.click("#start")
    expect(page.locator("#run-turns article[aria-label='Turn 1'] .prose.live")).to_be_visible()
    page.get_by_role("button", name="Fork after the initial design").click()
    sample(page, "run", 3)
    expect(page.locator("#run-group-head .status")).to_have_text("Sampling")
    expect(page.locator("#run-group-start")).to_be_disabled()
    for count in (1, 2, 3):
        release(page, model, count)
        if count < 3:
            expect(page.locator("#run-group-head")).to_contain_text(f"{count} of 3")
    expect(page.locator("#run-group-head")).to_contain_text("All proposals are the same")
    expect(proposals(page).first).to_contain_text("Longer cascodes raise the output resistance and with it the gain.")
    page.click("#stop")
    expect(page.locator("#run-header .status")).to_have_text("Stopped")
    model.allow()


def test_a_group_shows_what_training_would_do_and_is_found_again(app, open_page):
    session_id = a_stored_session(app.store)
    page = open_page(app)
    replay(page, session_id)
    page.locator("#turn-slider input[type=range]").fill("1")
    page.get_by_role("button", name="Fork after turn 1").click()
    expect(page.locator("#replay-group").get_by_label("After turn")).to_have_value("1")
    sample(page, "replay", 5, "Random search")
    expect(proposals(page, "replay")).to_have_count(5)
    expect(page.locator("#replay-group-head")).to_contain_text("5 of 5")
    expect(page.locator("#replay-group-head .status")).to_have_text("Complete")
    expect(page.locator("#replay-group-head")).to_contain_text(re.compile("Training would|every advantage is 0"))
    expect(proposals(page, "replay").first).to_contain_text(re.compile(r"advantage ([+\u2212]\d\.\d\d|0)"))
    page.wait_for_function(f"{PLOT.format('replay')}.data?.length === 7")
    page.evaluate(f"window.plot = {PLOT.format('replay')}")

    sample(page, "replay", 3)
    expect(proposals(page, "replay")).to_have_count(3)
    page.wait_for_function("window.plot.data.length === 5")
    assert page.evaluate(f"window.plot === {PLOT.format('replay')}")
    page.click("#back")
    page.get_by_role("link", name=f"Open session {session_id}").click()
    expect(proposals(page, "replay")).to_have_count(3)
    page.locator("#replay-group").get_by_label("Groups of this session").click()
    page.get_by_role("option").last.click()
    expect(proposals(page, "replay")).to_have_count(5)

    page.get_by_role("button", name="Continue proposal 2 as a new session").click()
    expect(page.locator("#run-header .status")).to_have_text(re.compile("Budget spent|All specs met"))
    child = page.url.split("session=")[1]
    assert child != session_id and app.store.summary(child).parent == session_id
    expect(page.locator("#run-turns article")).to_have_count(8)
    page.locator("#run-family").get_by_role("link", name=session_id).click()
    expect(page.locator("#run-family").get_by_role("link", name=child)).to_be_visible()
    expect(page.locator("#run-family")).to_contain_text("after turn 1")


def test_another_session_does_not_show_the_group_that_still_grows(app, model, open_page):
    """A group whose proposals wait for the scripted model, and a session that is opened in the meantime."""
    first, second = a_stored_session(app.store), a_stored_session(app.store)
    page = open_page(app)
    replay(page, second)
    page.get_by_role("button", name="Fork after turn 2").click()
    sample(page, "replay", 2, "Random search")
    expect(proposals(page, "replay")).to_have_count(2)
    page.click("#back")
    replay(page, first)
    expect(page.locator("#replay-group-head .status")).to_have_count(0)
    page.get_by_role("button", name="Fork after turn 2").click()
    sample(page, "replay", 3, "Model of the server")
    expect(page.locator("#replay-group-head .status")).to_have_text("Sampling")
    page.click("#back")
    replay(page, second)
    expect(page.locator("#replay-group-head")).to_contain_text("2 of 2")
    for _ in range(3):
        model.allow()
    page.wait_for_timeout(3000)
    expect(page.locator("#replay-group-head")).to_contain_text("2 of 2")
    expect(proposals(page, "replay")).to_have_count(2)
