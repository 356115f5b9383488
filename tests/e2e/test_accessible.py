"""Every page by axe-core, and the way to Start by keyboard alone. The fullest page is looked at in test_signoff.py."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.stored import a_stored_session

SERIOUS = ("serious", "critical")
OPTIONS = {"rules": {"region": {"enabled": False}}, "resultTypes": ["violations"]}
"""Gradio has no landmarks around its components; whether there are any is a matter of taste for axe (moderate)."""
COLOURS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
"""All that changes with the theme."""
TABS = {"Race": "#race-specs input", "Circuits": "#circuit-page table", "Models": "#model-page .ranking"}
"""Pages that need no session, and what each shows."""
LINKS = {"/": "#examples .example", "/?session={0}": "#run-turns article", "/?view=race": "#race-specs input",
         "/?view=sessions": "#session-table tbody tr", "/?review={0}": "#replay-turns article",
         "/?view=compare&compare={0},{1}": "#compare tbody tr", "/?view=circuits": "#circuit-page table",
         "/?view=models": "#model-page .ranking"}


def serious(page: Page, options: dict = OPTIONS) -> list[str]:
    """What axe-core finds that keeps people out: rule, and the first places. Colours count once they stand."""
    page.wait_for_function("document.getAnimations().every(item => item.playState !== 'running')")
    found = Axe().run(page, options=options).response["violations"]
    return [f"{item['id']}: {item['help']}: {[node['html'][:120] for node in item['nodes'][:3]]}" for item in found
            if item["impact"] in SERIOUS]


def dark(page: Page) -> None:
    page.get_by_role("button", name="Switch between light and dark").click()
    assert serious(page, COLOURS) == []


def two_sessions(app) -> list[str]:
    return [a_stored_session(app.store, policy=policy) for policy in ("tl-grpo", "random")]


def test_start_is_few_stops_from_the_top_and_pages_without_a_session_keep_nobody_out(app, open_page):
    page = open_page(app)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To Start")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "start"
    expect(page.locator("#examples .example").first).to_be_visible()
    assert serious(page) == []
    for tab, shown in TABS.items():
        page.get_by_role("tab", name=tab, exact=True).click()
        expect(page.locator(shown).first).to_be_visible()
        assert serious(page) == [], tab


def test_sessions_found_compared_and_replayed_keep_nobody_out(app, open_page):
    ids = two_sessions(app)
    page = open_page(app, "/?view=sessions")
    expect(page.locator("#session-table tbody tr").first).to_be_visible()
    assert serious(page) == []
    for id in ids:
        page.get_by_label(f"Compare session {id}").check()
    page.get_by_role("button", name="Compare 2 sessions").click()
    expect(page.locator("#compare tbody tr")).to_have_count(2)
    assert serious(page) == []
    page.get_by_role("tab", name="Sessions").click()
    page.get_by_role("link", name=f"Open session {ids[0]}").click()
    expect(page.locator("#replay-turns article").first).to_be_visible()
    assert serious(page) == []


@pytest.mark.slow
@pytest.mark.parametrize(("path", "shown"), LINKS.items())
def test_the_dark_theme_can_be_read_on_every_page(app, open_page, path, shown):
    page = open_page(app, path.format(*two_sessions(app)))
    expect(page.locator(shown).first).to_be_visible()
    dark(page)
