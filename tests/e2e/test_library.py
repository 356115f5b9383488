"""Finding and comparing stored sessions: filters act on table and plots alike and stand in the address."""

import re
from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.e2e.stored import a_stored_session
from tests.e2e.test_sessions import ROWS, open_sessions

COUNT = "#distribution-plots section:first-child"


def test_filters_act_on_table_and_plots_and_a_link_reproduces_them(app, open_page):
    word = "hapaxlegomenon"
    policies = ("bayes", "bayes", "bayes", "random")
    ids = [a_stored_session(app.store, f"{word} one", policy=policy) for policy in policies]
    for id in ids[:2]:
        app.store.notes.write(id, starred=id == ids[0], tags=["chapter 2"])
    page = open_page(app)
    open_sessions(page)
    page.get_by_label("Search").fill(word)
    expect(page.locator(ROWS)).to_have_count(4)
    expect(page.locator(COUNT)).to_contain_text("4 sessions")
    page.get_by_label("Policy or checkpoint").click()
    page.get_by_role("option", name="bayes").click()
    expect(page.locator(COUNT)).to_contain_text("3 sessions")
    page.get_by_label("Starred").check()
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(COUNT)).to_contain_text("1 session;")
    expect(page).to_have_url(re.compile(r"policy=bayes.*only=starred|only=starred.*policy=bayes"))
    page.get_by_role("button", name="Best reward").click()
    expect(page).to_have_url(re.compile("sort=best_reward"))

    again = open_page(app, f"{page.url[page.url.index('/?'):]}&tag=chapter+2")
    expect(again.locator(ROWS)).to_have_count(1)
    expect(again.locator(COUNT)).to_contain_text("1 session;")
    expect(again.get_by_label("Search")).to_have_value(word)
    expect(again.get_by_label("Starred")).to_be_checked()
    expect(again.locator("th[aria-sort=descending]")).to_contain_text("Best reward")
    again.get_by_label("Starred").uncheck()
    expect(again.locator(ROWS)).to_have_count(2)
    again.get_by_label("From", exact=True).fill("2999-01-01")
    expect(again.locator("#session-table")).to_contain_text("No stored session matches")
    again.get_by_label("From", exact=True).fill("soon")
    expect(again.locator("#filter-problems")).to_contain_text("From: 'soon' is not a day such as")


def test_ticked_sessions_are_compared_and_lead_to_their_traces(app, open_page):
    ids = [a_stored_session(app.store, "pleonasm", policy=policy) for policy in ("tl-grpo", "random", "bayes")]
    page = open_page(app, "/?view=sessions&q=pleonasm")
    for id in ids[:2]:
        page.get_by_label(f"Compare session {id}").check()
    page.get_by_role("button", name="Compare 2 sessions").click()
    expect(page.locator("#compare tbody tr")).to_have_count(2)
    expect(page).to_have_url(re.compile(f"compare={quote(','.join(ids[:2]), safe='')}"))
    page.wait_for_function("document.querySelector('#compare-plot .live-plot').data?.length === 2")
    expect(page.locator("#compare-tables .changed")).to_have_count(0)

    other = a_stored_session(app.store, "pleonasm", policy="mlp", gains=(60.0, 90.0))
    page.locator("#compare-ids .token-remove").nth(1).click()
    for wanted in (other, "nosuchid"):
        page.get_by_label("Sessions to compare").fill(wanted)
        page.get_by_label("Sessions to compare").press("Enter")
    expect(page.locator("#compare-told")).to_contain_text("There is no stored session 'nosuchid'")
    gain = page.locator("#compare-tables tr", has_text="DC gain")
    expect(gain).to_contain_text("+10")
    expect(page.locator("#compare-tables .changed")).to_have_count(1)
    assert best_so_far(page) == [3, 3], "both reach to the end of the budget"

    linked = open_page(app, page.url[page.url.index("/?"):])
    expect(linked.locator("#compare tbody tr")).to_have_count(2)
    linked.locator("#compare").get_by_role("link", name=other).click()
    expect(linked.locator("#replay-header")).to_contain_text("mlp")


def best_so_far(page: Page) -> list[int]:
    page.wait_for_function("document.querySelector('#compare-plot .live-plot').data[1].name.includes('mlp')")
    return page.evaluate("document.querySelector('#compare-plot .live-plot').data.map((trace) => trace.y.length)")
