"""Sign-off in the browser as a person does it: a design found by search, its corners, random samples, sensitivity and
report; then a session over corners from there."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PATIENCE
from tests.e2e.test_accessible import dark, serious
from tests.e2e.test_inspection import store_golden
from tests.e2e.test_run import STATUS, choose

HEADLINE = "#run-header .headline"
SLOW = 4 * PATIENCE
"""Milliseconds for tens of simulations."""


def press(page: Page, name: str) -> None:
    page.locator("#run-next-steps").get_by_role("button", name=name).click()


def test_a_design_is_checked_reported_and_sized_over_a_choice_of_conditions(app, open_page):
    """OTA from a random start by random search, two designs: all that follows works for a design of any worth."""
    page = open_page(app)
    choose(page, "Policy", "Random search")
    page.get_by_label("Designs, 1 to 5000").fill("2")
    page.click("#start")
    expect(page.locator(STATUS)).to_have_text("Budget spent")
    expect(page.locator(f"{HEADLINE} .open")).to_have_text("Corners not checked.")

    press(page, "Check 45 corners")
    board = page.locator("#run-corners .corner-board tbody tr")
    expect(board).to_have_count(8, timeout=SLOW)
    expect(page.locator("#run-corners .dots").first.locator("i.met, i.failed")).to_have_count(45)
    expect(page.locator(f"{HEADLINE} .open")).to_contain_text("over 45 corners")
    expect(page.locator("#run-specs .range")).not_to_have_count(0)

    page.locator("#samples input").fill("1")
    press(page, "Monte Carlo")
    expect(page.locator("#run-check-problem [role=alert]")).to_contain_text("a whole number from 2 to 2000")
    page.locator("#samples input").fill("20")
    press(page, "Monte Carlo")
    expect(page.locator("#run-samples .yield")).to_contain_text("of 20", timeout=SLOW)
    expect(page.locator("#run-histograms .js-plotly-plot")).to_have_count(8)
    counted = page.evaluate("""[...document.querySelectorAll("#run-histograms .js-plotly-plot")].map((node) =>
        node.data.flatMap((trace) => trace.y).reduce((sum, count) => sum + count, 0))""")
    assert max(counted) == 20
    page.get_by_role("button", name=re.compile("^Open sample")).first.click()
    expect(page.locator("#run-sample .shifts li")).to_have_count(10)
    expect(page.locator("#run-sample table.devices tbody tr")).to_have_count(10)

    press(page, "Sensitivity")
    expect(page.locator("#run-sensitivity section")).to_have_count(8, timeout=SLOW)
    expect(page.locator("#run-sensitivity section").first).to_contain_text("Mismatch: sigma")

    assert serious(page) == [], "here is nearly everything that a page shows: it keeps nobody out, in either theme"
    dark(page)

    press(page, "Report")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download HTML").click()
    sheet = Path(download.value.path()).read_text()
    assert "over 45 corners" in sheet and "20 samples" in sheet and "<script" not in sheet

    page.reload()
    expect(page.locator("#run-corners .corner-board tbody tr")).to_have_count(8)
    expect(page.locator("#run-samples .yield")).to_contain_text("of 20")

    page.get_by_label("Designs, 1 to 5000").fill("1")
    choose(page, "Conditions to meet", "Own choice")
    page.locator("#over-text textarea, #over-text input").fill("tt,xx")
    expect(page.locator("#over-note [role=alert]")).to_contain_text("expected some of tt, ff, ss, fs, sf")
    page.locator("#over-text textarea, #over-text input").fill("tt,ss @ 27,85")
    expect(page.locator("#over-note")).to_contain_text("over 4 conditions")
    page.click("#start")
    expect(page.locator("#run-header .task")).to_contain_text("over 4 conditions")
    expect(page.locator(STATUS)).to_have_text("Budget spent")
    expect(page.locator("#run-specs td.value small").first).to_be_visible()


def test_a_session_over_random_samples_has_a_yield_aim(app, open_page):
    page = open_page(app)
    choose(page, "Policy", "Random search")
    page.get_by_label("Designs, 1 to 5000").fill("1")
    aim = page.locator("#over-aim input, #over-aim textarea")
    expect(aim).to_be_hidden()
    page.locator("#over-samples input").fill("3")
    expect(page.locator("#over-note")).to_contain_text("by 3 random samples, the same for every design, 95% of which")
    aim.fill("most")
    expect(page.locator("#over-note [role=alert]")).to_contain_text("expected a percentage up to 100")
    aim.fill("3 sigma")
    expect(page.locator("#over-note")).to_contain_text("whose mean and 3 sigma must meet it")
    page.click("#start")
    expect(page.locator("#run-header .task")).to_contain_text("over 3 sigma of 3 random samples")
    expect(page.locator(STATUS)).to_have_text("Budget spent", timeout=SLOW)


def test_a_check_can_be_stopped_and_sizing_goes_on_over_corners(app, open_page):
    """MILLER at its golden design, which meets all specs at nominal."""
    designed = store_golden(app.store)
    page = open_page(app, f"/?session={designed}")
    expect(page.locator(HEADLINE)).to_contain_text("All 8 specs met at tt, 27 \u00b0C, 1.8 V.")
    page.locator("#samples input").fill("2000")
    press(page, "Monte Carlo")
    stop = page.get_by_role("button", name="Stop Monte Carlo")
    expect(page.locator("#run-checks progress")).not_to_have_attribute("value", "0")
    stop.focus()
    before = page.locator("#run-checks progress").get_attribute("value")
    expect(page.locator("#run-checks progress")).not_to_have_attribute("value", before)
    expect(stop).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#run-checks [role=status]", has_text="Monte Carlo stopped after")).to_be_visible()

    press(page, "Check 45 corners")
    expect(page.locator(f"{HEADLINE} .open")).to_contain_text("of 8 over 45 corners", timeout=SLOW)
    page.get_by_role("button", name="Size over corners from here").click()
    expect(page).not_to_have_url(re.compile(designed))
    expect(page.locator("#run-header .task")).to_contain_text("over 45 corners")
    expect(page.locator(STATUS)).not_to_have_text("Running", timeout=SLOW)
