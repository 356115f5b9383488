"""The Sessions page: find a stored session, replay it; and what every page must hold: themes, hostile text."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.stored import HOSTILE, a_stored_session

ROWS = "#session-table tbody tr[data-id]"


def open_sessions(page: Page) -> None:
    page.get_by_role("tab", name="Sessions").click()
    expect(page.locator("#session-table table")).to_be_visible()


def replay(page: Page, session_id: str) -> None:
    open_sessions(page)
    page.get_by_label("Search").fill(session_id)
    expect(page.locator(ROWS)).to_have_count(1)
    page.get_by_role("link", name=f"Open session {session_id}").click()
    expect(page.locator("#replay-header .status")).to_be_visible()


def cursor(page: Page) -> int:
    return page.evaluate("document.querySelector('#replay-plot .live-plot').layout.shapes[0].x0")


def test_a_session_is_found_and_its_slider_moves_reasoning_parameters_specs_and_plot_together(app, open_page):
    word = "paralipomena"
    for index in range(27):
        a_stored_session(app.store, f"{word} number{index}", policy="bayes" if index % 2 else "random")
    page = open_page(app, "/?review=nosuchid")
    expect(page.locator("#link-problems")).to_contain_text("nosuchid")
    open_sessions(page)
    page.get_by_label("Search").fill(word)
    expect(page.locator("#session-table")).to_contain_text("1 \u2013 25 of 27")
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(ROWS)).to_have_count(2)
    page.get_by_label("Search").fill(f"{word} number26")
    expect(page.locator(ROWS)).to_have_count(1)
    page.get_by_label("Search").fill(word)
    page.get_by_label("Policy or checkpoint").click()
    page.get_by_role("option", name="bayes").click()
    expect(page.locator("#session-table")).to_contain_text("13 in all")
    page.get_by_role("button", name="Started").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Started")

    session_id = page.locator(ROWS).first.get_attribute("data-id")
    page.get_by_role("link", name=f"Open session {session_id}").click()
    expect(page.locator("#replay-header .status")).to_be_visible()
    turn, gain = page.locator("#replay-turns article"), page.locator("#replay-specs tr", has_text="DC gain")
    expect(turn).to_have_attribute("aria-label", "Turn 2")
    expect(gain).to_contain_text("met")
    page.wait_for_function("document.querySelector('#replay-plot .live-plot').layout")
    assert cursor(page) == 2
    page.click("#former-turn")
    expect(turn).to_have_attribute("aria-label", "Turn 1")
    expect(turn.locator(".reasoning")).to_contain_text("Step 1.")
    expect(turn.locator(".changed")).to_have_count(1)
    expect(turn.locator(".changed")).to_contain_text("l_cas")
    expect(gain).to_contain_text("74")
    expect(gain).to_contain_text("nearly")
    page.wait_for_function("document.querySelector('#replay-plot .live-plot').layout.shapes[0].x0 === 1")
    page.locator("#turn-slider input[type=range]").fill("0")
    expect(turn).to_have_attribute("aria-label", "Initial design")
    page.wait_for_function("document.querySelector('#replay-plot .live-plot').layout.shapes[0].x0 === 0")
    page.click("#back")
    expect(page.locator(ROWS)).to_have_count(13)


def test_text_of_a_model_is_never_markup_and_colours_follow_the_system_and_the_toggle(app, open_page):
    session_id = a_stored_session(app.store, HOSTILE, policy=HOSTILE)
    page = open_page(app, f"/?session={session_id}", colors="dark")
    expect(page.locator("body")).to_have_class(re.compile("dark"))
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("body")).not_to_have_class(re.compile("dark"))
    for name in ("run", "replay"):
        if name == "replay":
            replay(page, session_id)
        expect(page.locator(f"#{name}-turns")).to_contain_text("<script>window.hacked = 1</script>")
        expect(page.locator(f"#{name}-header")).to_contain_text("<script>")
        assert page.evaluate("window.hacked") is None
        assert page.locator(f"#{name}-turns img, #{name}-turns script").count() == 0
    again = open_page(app, f"/?session={session_id}", colors="dark")
    expect(again.locator("body")).not_to_have_class(re.compile("dark"))
