"""The pages on a telephone and on a 4K screen, in both themes: nothing sticks out, and every control has a name."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PATIENCE
from tests.e2e.stored import a_stored_session
from tests.e2e.test_fork import proposals, sample
from tests.e2e.test_inspection import store_golden, unfold
from tests.e2e.test_sessions import open_sessions

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
    expect(page.get_by_role("option")).to_have_count(0)
    expect(page.locator("#circuit-page h2")).to_contain_text("ACCIA")
    page.locator("#circuit-page summary", has_text="Netlist").click()
    check(page)
    page.get_by_role("tab", name="Models").click()
    expect(page.locator("#model-page article").first).to_be_visible()
    page.locator("#model-page details").evaluate_all("parts => parts.forEach((part) => { part.open = true; })")
    check(page)


def fits(page: Page, width: int) -> bool:
    return page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_telephone_shows_a_session_its_forks_and_why_a_search_has_no_plan(app, open_page):
    page = open_page(app, f"/?session={a_stored_session(app.store, 'A' * 400, policy='random')}", width=360, height=800)
    expect(page.locator("#run-header .status")).to_be_in_viewport()
    expect(page.locator("#run-turns article")).to_have_count(3)
    assert fits(page, 360)
    page.get_by_role("button", name="Edit a plan: take a turn anew with your words").click()
    expect(page.locator("#run-plan-note")).to_contain_text("random writes no plan before its design")
    expect(page.get_by_role("button", name="Edit the plan of turn")).to_have_count(0)
    assert fits(page, 360) and page.evaluate(UNNAMED) == []

    page.get_by_role("button", name="Fork after turn 2").click()
    expect(page.locator("#run-group").get_by_label("After turn")).to_have_value("2")
    page.locator("#run-group").get_by_label("After turn").fill("7")
    sample(page, "run", 4)
    expect(page.locator("#run-group-problem [role=alert]")).to_contain_text("a whole number from 0 to 2")
    page.locator("#run-group").get_by_label("After turn").fill("1")
    sample(page, "run", 2, "Random search")
    expect(proposals(page)).to_have_count(2)
    for _ in range(2):
        assert fits(page, 360)
        page.get_by_role("button", name="Switch between light and dark").click()
    open_sessions(page)
    assert fits(page, 360)


def test_a_telephone_shows_checks_transistors_and_responses_of_a_design(app, open_page):
    page = open_page(app, f"/?session={store_golden(app.store)}", width=390, height=844)
    page.locator("#run-next-steps").get_by_role("button", name="Sensitivity").click()
    unfold(page, "run")
    expect(page.locator("#run-sensitivity section")).to_have_count(8, timeout=4 * PATIENCE)
    assert fits(page, 390)
    assert page.evaluate("""Math.max(...[...document.querySelectorAll("#run-responses .js-plotly-plot")]
        .map((node) => node.getBoundingClientRect().right))""") <= 390
