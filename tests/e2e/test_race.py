"""A race in the browser: lanes side by side on one plot, a verdict, an address."""

from playwright.sync_api import Page, expect

from tests.e2e.stored import a_stored_session

PLOT = "document.querySelector('#race-plot .live-plot')"


def open_race(page: Page) -> None:
    page.get_by_role("tab", name="Race").click()
    expect(page.locator("#race-start")).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option).click()
    expect(page.get_by_role("option")).to_have_count(0)


def lane(page: Page, number: int):
    return page.locator(f"#race-lane-{number}")


def test_two_policies_race_live_and_the_plot_keeps_its_zoom(app, model, open_page):
    """The scripted model waits in every reply, so that random search is ahead."""
    page = open_page(app)
    open_race(page)
    choose(page, "Policy 2", "Random search")
    page.locator("#race-specs input[data-row=gain][data-column=low]").fill("200")
    page.click("#race-start")
    expect(lane(page, 1).locator(".prose.live")).to_have_text("Longer cascodes raise the output resistance")
    expect(lane(page, 2).locator(".lane .status")).to_have_text("Budget spent")
    expect(lane(page, 2).locator("article")).to_have_count(6)
    expect(page.locator("#race-verdict")).to_contain_text("Nobody meets all specs yet")
    page.wait_for_function(f"{PLOT}.data?.[1].x.length === 6")
    page.evaluate(f"window.plot = {PLOT}")
    box = page.locator("#race-plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.9 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_function("window.plot._fullLayout.xaxis.range[0] > 0")
    zoomed = page.evaluate("window.plot._fullLayout.xaxis.range")
    while page.evaluate("window.plot.data[0].x.length") < 2:
        model.allow()
        page.wait_for_timeout(1000)
    assert page.evaluate(f"window.plot === {PLOT}")
    assert page.evaluate("window.plot._fullLayout.xaxis.range") == zoomed
    address = page.url[page.url.index("/?race="):]
    page.close()

    again = open_page(app, address)
    expect(again.locator("#race-start")).to_be_visible()
    expect(lane(again, 1).locator("article").first).to_be_visible()
    expect(lane(again, 1).locator(".lane .status")).to_have_text("Running")
    expect(again.locator("#race-specs input[data-row=gain][data-column=low]")).to_have_value("200 dB")
    again.click("#race-stop")
    expect(lane(again, 1).locator(".lane .status")).to_have_text("Stopped")
    expect(again.locator("#race-start")).to_be_enabled()
    model.allow()
    again.locator("#race-verdict").get_by_role("link").last.click()
    expect(again.locator("#run-header .status")).to_have_text("Budget spent")


def test_an_unknown_race_is_named_and_equal_policies_and_wrong_cells_start_nothing(app, open_page):
    page, stored = open_page(app, "/?race=nosuchid,nobody"), app.store.count()
    expect(page.locator("#race-verdict")).to_contain_text("nosuchid")
    expect(page.locator("#race-start")).to_be_enabled()
    choose(page, "Policy 2", "Random search")
    choose(page, "Policy 3", "Random search")
    page.click("#race-start")
    expect(page.locator("#race-problems [role=alert]")).to_contain_text("choose different ones")
    page.locator("#race-specs input[data-row=gain][data-column=low]").fill("75x")
    page.click("#race-start")
    expect(page.locator("#race-problems [role=alert]")).to_contain_text("DC gain, lower bound: '75x'")
    assert app.store.count() == stored


def test_it_fits_a_narrow_screen(app, open_page):
    ids = [a_stored_session(app.store, "A" * 200, policy=policy) for policy in ("random", "bayes", "tl-grpo")]
    page = open_page(app, f"/?race={','.join(ids)}", width=360, height=800)
    for number in (1, 2, 3):
        expect(lane(page, number).locator("article")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
