"""A front in the browser, from the best design of an ended session: run, shown, opened, taken away."""

import csv
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import PATIENCE
from tests.e2e.test_inspection import store_golden

SLOW = 4 * PATIENCE
"""Milliseconds for tens of simulations."""


def test_a_front_is_run_shown_and_taken_away(app, open_page):
    """MILLER from its golden design, which meets all specs at nominal: so the loosest bound has a design."""
    page = open_page(app, f"/?session={store_golden(app.store)}")
    page.get_by_role("button", name="Front: what one metric costs in another").click()
    page.locator("#front-points input").fill("1")
    page.click("#run-front-start")
    expect(page.locator("#run-check-problem [role=alert]")).to_contain_text("a whole number from 2 to 20")
    page.locator("#front-points input").fill("2")
    page.locator("#front-designs input").fill("2")
    page.click("#run-front-start")
    expect(page.locator("#run-front .panel-title")).to_contain_text("2 of 2 bounds", timeout=SLOW)
    rows = page.locator("#run-front tbody tr")
    expect(rows).not_to_have_count(0)
    expect(page.locator("#run-trade .js-plotly-plot")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    found = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    assert len(found) == rows.count()
    rows.first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(f"review={found[0]['session']}"))
