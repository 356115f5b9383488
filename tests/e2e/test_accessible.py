"""Every page by axe-core in both themes, and the way to Start by keyboard alone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.stored import a_stored_session
from tests.e2e.test_inspection import store_golden

SERIOUS = ("serious", "critical")
OPTIONS = {"rules": {"region": {"enabled": False}}, "resultTypes": ["violations"]}
"""Gradio has no landmarks around its components; whether there are any is a matter of taste for axe (moderate)."""
COLOURS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
"""All that changes with the theme."""


PAGES = [
    ("/", "#examples .example"), ("/?session={0}", "#run-turns article"),
    ("/?session={2}", "#run-sensitivity table"), ("/?view=race", "#race-specs input"),
    ("/?view=sessions", "#session-table tbody tr"), ("/?review={0}", "#replay-turns article"),
    ("/?view=compare&compare={0},{1}", "#compare tbody tr"), ("/?view=circuits", "#circuit-page table"),
    ("/?view=models", "#model-page .ranking")]
FULLEST = "/?session={2}"
"""Where nearly everything stands: its colours are looked at in both themes with every change."""


@pytest.fixture(scope="module")
def ids(app) -> list[str]:
    """Two sessions to look at, and one whose best design was checked."""
    checked = store_golden(app.store)
    return [*(a_stored_session(app.store, policy=policy) for policy in ("tl-grpo", "random")), checked]


def serious(page: Page, options: dict) -> list[str]:
    """What axe-core finds that keeps people out: rule, and the first places. Colours count once they stand."""
    page.wait_for_function("document.getAnimations().every(item => item.playState !== 'running')")
    found = Axe().run(page, options=options).response["violations"]
    return [f"{item['id']}: {item['help']}: {[node['html'][:120] for node in item['nodes'][:3]]}" for item in found
            if item["impact"] in SERIOUS]


@pytest.mark.parametrize(("path", "shown"), PAGES)
def test_no_page_keeps_anyone_out(app, open_page, ids, path, shown):
    page = open_page(app, path.format(*ids))
    if path.endswith("{2}"):
        check_all(page)
    expect(page.locator(shown).first).to_be_visible()
    assert serious(page, OPTIONS) == []
    if path == FULLEST:
        dark(page)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "shown"), [page for page in PAGES if page[0] != FULLEST])
def test_the_dark_theme_can_be_read_on_every_page(app, open_page, ids, path, shown):
    page = open_page(app, path.format(*ids))
    expect(page.locator(shown).first).to_be_visible()
    dark(page)


def dark(page: Page) -> None:
    page.get_by_role("button", name="Switch between light and dark").click()
    assert serious(page, COLOURS) == []


def check_all(page: Page) -> None:
    """Every panel of the sign-off."""
    page.locator("#samples input").fill("4")
    for name in ("Check 45 corners", "Monte Carlo", "Sensitivity"):
        page.locator("#run-next-steps").get_by_role("button", name=name).click()
    expect(page.locator("#run-corners tbody tr")).to_have_count(8)
    expect(page.locator("#run-histograms .js-plotly-plot")).to_have_count(8)
    page.get_by_role("button", name="Open sample").first.click()
    expect(page.locator("#run-sample .shifts")).to_be_visible()


def test_start_is_few_stops_from_the_top(app, open_page):
    page = open_page(app)
    focused = "document.activeElement.id"
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To Start")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "start"
