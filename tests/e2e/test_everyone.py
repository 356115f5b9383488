"""The pages on a telephone and on a 4K screen, in both themes: nothing sticks out, and every control has a name."""

from playwright.sync_api import Page, expect

from tests.e2e.stored import a_stored_session

STICKS_OUT = """() => [...document.querySelectorAll("#pages *")]
    .filter((node) => node.checkVisibility({ visibilityProperty: true }))
    .filter((node) => !node.closest(".scroll, pre, .sr-only, svg"))
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()))
    .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 || node.getBoundingClientRect().left < -1)
    .map((node) => node.outerHTML.slice(0, 160))"""
UNNAMED = """() => [...document.querySelectorAll("input, textarea, select, button, a, [role=button], [role=tab]")]
    .filter((node) => node.checkVisibility({ visibilityProperty: true }) && !node.closest("[aria-hidden=true]"))
    .filter((node) => !(node.ariaLabel || node.textContent.trim() || node.title || node.labels?.length))
    .map((node) => node.outerHTML.slice(0, 160))"""


def check(page: Page) -> None:
    """The page as it is on both screens, in both themes."""
    for width in (400, 3840):
        page.set_viewport_size({"width": width, "height": 900})
        for _ in range(2):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(STICKS_OUT) == []
            page.get_by_role("button", name="Switch between light and dark").click()
        assert page.evaluate(UNNAMED) == []


def test_compare_circuits_and_models_fit(app, open_page):
    ids = [a_stored_session(app.store, "A" * 200, policy=policy) for policy in ("tl-grpo", "random")]
    page = open_page(app, f"/?view=compare&compare={','.join(ids)}", width=400)
    expect(page.locator("#compare tbody tr")).to_have_count(2)
    check(page)
    page.get_by_role("tab", name="Circuits").click()
    page.locator("#circuit-choice input").click()
    page.get_by_role("option", name="ACCIA").click()
    expect(page.locator("#circuit-page h2")).to_contain_text("ACCIA")
    page.locator("#circuit-page summary", has_text="Netlist").click()
    check(page)
    page.get_by_role("tab", name="Models").click()
    expect(page.locator("#model-page article").first).to_be_visible()
    page.locator("#model-page details").evaluate_all("parts => parts.forEach((part) => { part.open = true; })")
    check(page)
