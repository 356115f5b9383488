"""A server that is killed while something runs: what was shown as stored is there when it comes up again."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import serve
from tests.e2e.stored import a_stored_session
from tests.e2e.test_fork import proposals, release, sample
from tests.e2e.test_race import choose, lane, open_race
from tests.e2e.test_run import STATUS, spec_cell


def test_a_killed_server_loses_nothing_of_a_race_or_a_group(launcher, model, open_page, tmp_path):
    """The scripted model waits in the race, and lets two of four proposals through."""
    options = ("--base-url", model.url, "--model", "scripted")
    first = serve(launcher, tmp_path, *options)
    app = next(first)
    session_id = a_stored_session(app.store)
    page = open_page(app, f"/?session={session_id}")
    page.get_by_role("button", name="Fork after turn 1").click()
    sample(page, "run", 4, "Model of the server")
    release(page, model, 2)
    race = open_page(app)
    open_race(race)
    choose(race, "Policy 2", "Random search")
    race.click("#race-start")
    expect(lane(race, 1).locator(".prose.live")).to_be_visible()
    expect(lane(race, 2).locator(".lane .status")).to_have_text(re.compile("Budget spent|All specs met"))
    shown = proposals(page).count()
    turns = [lane(race, number).locator("article .reward").count() for number in (1, 2)]
    address = race.url[race.url.index("/?race="):]
    page.close()
    race.close()
    app.process.kill()
    for _ in first:
        pass

    second = serve(launcher, tmp_path, *options)
    app = next(second)
    page, race = open_page(app, f"/?session={session_id}"), open_page(app, address)
    expect(proposals(page)).to_have_count(shown)
    expect(page.locator("#run-group-head .status")).to_have_text("Interrupted")
    expect(page.locator("#run-group-head")).to_contain_text(f"{shown} of 4")
    for number, count in zip((1, 2), turns, strict=True):
        expect(lane(race, number).locator("article .reward")).to_have_count(count)
    page.close()
    race.close()
    for _ in second:
        pass


def test_an_open_page_goes_on_with_the_server_that_comes_up_again(launcher, model, context, tmp_path):
    """In a page of its own, since the browser reports the lost connection as an error."""
    options = ("--base-url", model.url, "--model", "scripted")
    first = serve(launcher, tmp_path, *options)
    app = next(first)
    page = context.new_page()
    page.goto(app.url)
    spec_cell(page, "gain", "low").fill("200")
    page.click("#start")
    expect(page.locator("#run-turns .prose.live")).to_be_visible()
    expect(page.locator("#stop")).to_be_enabled()
    lost = page.locator("#run-stream .warning")
    expect(lost).to_be_hidden()
    app.process.kill()
    for _ in first:
        pass
    expect(lost).to_contain_text("The connection to the server is lost.")
    expect(page.locator("#run-turns article")).to_have_count(2)

    second = serve(launcher, tmp_path, *options, port=int(app.url.rpartition(":")[2]))
    next(second)
    expect(lost).to_be_hidden()
    expect(page.locator(STATUS)).to_have_text("Interrupted")
    expect(page.locator("#run-turns article")).to_have_count(1)
    expect(page.locator("#go-on")).to_have_text("Resume")
    expect(page.locator("#start")).to_be_enabled()
    page.close()
    for _ in second:
        pass
