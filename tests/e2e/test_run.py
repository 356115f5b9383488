"""The Run page as a person uses it: start, watch, stop, reload, share, export."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest
from playwright.sync_api import Page, expect

STATUS = "#run-header .status"


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=option).click()


def spec_cell(page: Page, metric: str, side: str):
    return page.locator(f"#specs input[data-row={metric}][data-column={side}]")


def test_a_session_runs_to_its_end_and_its_best_design_can_be_taken_away(app, open_page):
    page = open_page(app)
    choose(page, "Policy", "Random search")
    spec_cell(page, "power", "high").fill("450u")
    page.click("#start")
    expect(page.locator(STATUS)).to_have_text("Budget spent")
    expect(page.locator("#run-turns article")).to_have_count(6)
    expect(page.locator("#run-turns article").first).to_contain_text("A random design")
    expect(page.locator("#run-turns article").first.locator(".call")).to_contain_text("w_in")
    power = page.locator("#run-specs tr", has_text="Power")
    expect(power).to_contain_text("450 µW")
    expect(power).to_contain_text(re.compile("met|nearly|failed"))
    exported = {}
    for kind in ("Netlist", "JSON", "CSV"):
        with page.expect_download() as download:
            page.get_by_role("link", name=kind, exact=True).click()
        exported[kind] = download.value.path().read_text()
    design = json.loads(exported["JSON"])
    assert design["circuit"] == "OTA" and len(design["parameters"]) == 10
    assert "w_in" in exported["Netlist"] and "{" not in exported["Netlist"]
    assert exported["CSV"].startswith("kind,name,value,unit") and "\nparameter,w_in," in exported["CSV"]


def test_a_run_survives_its_tab_and_the_plot_keeps_its_zoom(app, model, open_page):
    """The scripted model waits in the middle of every reply, so that every moment of the run can be looked at."""
    page = open_page(app)
    spec_cell(page, "gain", "low").fill("200")
    page.click("#start")
    live = "#run-turns article[aria-label='Turn {}'] .prose.live"
    expect(page.locator(live.format(1))).to_have_text("Longer cascodes raise the output resistance")
    expect(page.locator("#run-turns .thoughts")).to_have_text("Thoughts, 10 words")
    expect(page.locator(STATUS)).to_have_text("Running")
    expect(page).to_have_url(re.compile(r"\?session=\w+"))

    zoomed = zoom(page)
    model.allow()
    expect(page.locator(live.format(2))).to_be_visible()
    page.wait_for_function("window.plot.data[1].x.length === 2")
    assert page.evaluate("window.plot === document.querySelector('#run-plot .live-plot')")
    assert page.evaluate("window.plot._fullLayout.xaxis.range") == zoomed

    permalink = page.url[page.url.index("/?"):]
    page.close()
    model.allow()
    again, other = open_page(app, permalink), open_page(app, permalink)
    for watcher in (again, other):
        expect(watcher.locator(live.format(3))).to_have_text("Longer cascodes raise the output resistance")
        expect(watcher.locator("#run-turns article")).to_have_count(4)
        expect(watcher.locator("#run-turns article[aria-label='Turn 2']")).to_contain_text("and with it the gain.")
        expect(spec_cell(watcher, "gain", "low")).to_have_value("200 dB")

    seen(other, False)
    again.click("#stop")
    expect(again.locator(STATUS)).to_have_text("Stopped")
    expect(other.locator(STATUS)).to_have_text("Running")
    seen(other, True)
    for watcher in (again, other):
        expect(watcher.locator(STATUS)).to_have_text("Stopped")
        expect(watcher.locator("#start")).to_be_enabled()
        expect(watcher.locator("#stop")).to_be_disabled()
    model.allow()


def seen(page: Page, seen: bool) -> None:
    """What a browser does when a tab comes to the front or goes; Playwright's pages are always in front."""
    page.evaluate("""(seen) => {
        Object.defineProperty(document, "hidden", {value: !seen, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }""", seen)


def zoom(page: Page) -> list[float]:
    """Drag a box in the plot; returns the range of the x axis, and remembers the node as window.plot."""
    page.evaluate("window.plot = document.querySelector('#run-plot .live-plot')")
    box = page.locator("#run-plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.9 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_function("window.plot._fullLayout.xaxis.range[0] > 0")
    return page.evaluate("window.plot._fullLayout.xaxis.range")


def test_wrong_addresses_and_values_are_explained_until_a_session_can_start(app, open_page):
    id, stored = "a/b?c=d&<img src=x onerror=window.hacked=1>", app.store.count()
    page = open_page(app, f"/?{urllib.parse.urlencode({'session': id})}")
    expect(page.locator("#run-header")).to_contain_text(f"'{id}'")
    expect(page.locator("#start")).to_be_enabled()
    assert page.evaluate("window.hacked === undefined")

    budget = page.get_by_label("Designs, 1 to 5000")
    for policy, typed, offered in (("Search: Response surfaces", None, "200"), ("Random search", None, "5"),
                                   ("Search: Response surfaces", "7", "7")):
        if typed:
            budget.fill(typed)
        choose(page, "Policy", policy)
        expect(budget).to_have_value(offered)
    spec_cell(page, "gbw", "low").fill("55M")
    expect(page.locator("#specs .understood", has_text="= 55 MHz")).to_be_visible()
    spec_cell(page, "power", "high").fill("55M")
    expect(page.locator("#specs .error")).to_contain_text("write 55m for milli, 55meg for mega")
    spec_cell(page, "power", "high").fill("55u")
    expect(page.locator("#specs .error")).to_have_count(0)
    spec_cell(page, "gain", "low").fill("75x")
    spec_cell(page, "pm", "high").fill("20")
    page.click("#start")
    expect(page.locator("#problems [role=alert]")).to_contain_text("DC gain, lower bound: '75x'")
    expect(page.locator("#problems [role=alert]")).to_contain_text("Phase margin: the lower bound 60° is above")
    expect(spec_cell(page, "gain", "low")).to_have_attribute("aria-invalid", "true")
    expect(spec_cell(page, "gain", "low")).to_have_value("75x")
    expect(spec_cell(page, "gbw", "low")).to_have_value("55M")
    expect(page.locator("#start")).to_be_enabled()

    spec_cell(page, "gain", "low").fill("75")
    spec_cell(page, "pm", "high").fill("88")
    budget.fill("5001")
    page.click("#start")
    expect(page.locator("#problems [role=alert]")).to_contain_text("Budget: expected a whole number")
    expect(page.locator(".wrong").get_by_label("Designs, 1 to 5000")).to_have_value("5001")
    expect(page.locator(".actions", has=page.locator("#start")).locator("#problems")).to_be_in_viewport()

    choose(page, "Circuit", "MILLER")
    expect(page.locator("#circuit-panel")).to_contain_text("MILLER")
    choose(page, "Policy", "Random search")
    choose(page, "Initial design", "Typed below")
    page.locator("#initial input").first.fill("1k")
    page.click("#start")
    expect(page.locator("#problems [role=alert]")).to_contain_text("1k is outside")
    assert app.store.count() == stored
    choose(page, "Initial design", "Middle of the ranges")
    budget.fill("1")
    page.click("#start")
    expect(page.locator(STATUS)).to_have_text(re.compile("Budget spent|All specs met"))
    expect(page.locator("#run-header .task")).to_contain_text("MILLER")


def test_a_circuit_comes_with_its_own_policy_unless_a_person_chose_one(plain_app, open_page):
    page = open_page(plain_app)
    policy, budget = page.get_by_label("Policy", exact=True).first, page.get_by_label("Designs, 1 to 5000").first
    policy.focus()  # a list that is only looked at chooses nothing
    page.keyboard.press("Tab")
    policy.click()
    page.keyboard.press("Escape")
    for circuit, title, simulations in (("FDOTA", "Response surfaces", "200"), ("MILLER", "TL-GRPO checkpoint", "5")):
        choose(page, "Circuit", circuit)
        expect(policy).to_have_value(re.compile(f": {title}"))
        expect(budget).to_have_value(simulations)
    choose(page, "Policy", "Random search")
    choose(page, "Circuit", "FDOTA")
    expect(page.locator("#circuit-panel")).to_contain_text("FDOTA")
    expect(policy).to_have_value(re.compile("Random search"))


def test_the_address_chooses_the_page_back_leads_to_the_former_one_and_keys_start_and_stop(app, model, open_page):
    shown = "#pages [role=tab][aria-selected=true]"
    page = open_page(app, "/?view=race")
    expect(page.locator(shown)).to_have_text("Race")
    page.get_by_role("tab", name="Circuits").click()
    expect(page).to_have_url(app.url + "/?view=circuits")
    page.get_by_role("tab", name="Run").click()
    expect(page).to_have_url(app.url + "/")
    page.go_back()
    expect(page.locator(shown)).to_have_text("Circuits")
    page.go_back()
    expect(page.locator(shown)).to_have_text("Race")

    page.get_by_role("tab", name="Run").click()
    page.get_by_label("Corner").first.click()
    expect(page.get_by_role("listbox")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.get_by_label("Corner").first).to_have_attribute("aria-expanded", "false")
    spec_cell(page, "gain", "low").fill("200")
    page.keyboard.press("Control+Enter")
    expect(page.locator(STATUS)).to_have_text("Running")
    expect(page.locator("#run-specs tr", has_text="DC gain")).to_contain_text("\u2265 200")
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator(STATUS)).to_have_text("Stopped")
    model.allow()


def test_export_refuses_what_it_does_not_have(app):
    for path in ("/export/nosuchid/json", "/export/nosuchid/exe"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(app.url + path)
