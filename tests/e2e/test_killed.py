"""A server that is killed while something runs: what was shown as stored is there when it comes up again."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import serve
from tests.e2e.stored import a_stored_session
from tests.e2e.test_fork import proposals, release, sample
from tests.e2e.test_race import choose, lane, open_race
from tests.e2e.test_run import STATUS, spec_cell


def test_a_killed_server_loses_nothing_and_open_pages_go_on_with_the_next_one(launcher, model, open_page, context,
                                                                              tmp_path):
    """The scripted model waits in the race and in the session that a page watches, and lets two of four proposals
    through. The watcher is a page of its own, since the browser reports the lost connection as an error."""
    options = ("--base-url", model.url, "--model", "scripted")
    first = serve(launcher, tmp_path, *options)
    app = next(first)
    session_id = a_stored_session(app.store)
    page = open_page(app, f"/?session={session_id}")
    page.get_by_role("button", name="Fork after turn 1").click()
    sample(page, "run", 4, "Model of the server")
    release(page, model, 2)
    open_race(page)
    choose(page, "Policy 2", "Random search")
    page.click("#race-start")
    expect(lane(page, 1).locator(".prose.live")).to_be_visible()
    expect(lane(page, 2).locator(".lane .status")).to_have_text(re.compile("Budget spent|All specs met"))
    turns = [lane(page, number).locator("article .reward").count() for number in (1, 2)]
    address = page.url[page.url.index("/?race="):]
    shown = proposals(page).count()
    page.close()

    watcher = context.new_page()
    watcher.goto(app.url)
    spec_cell(watcher, "gain", "low").fill("200")
    watcher.click("#start")
    expect(watcher.locator("#run-turns .prose.live")).to_be_visible()
    expect(watcher.locator("#stop")).to_be_enabled()
    lost = watcher.locator("#run-stream .warning")
    expect(lost).to_be_hidden()
    app.process.kill()
    for _ in first:
        pass
    expect(lost).to_contain_text("The connection to the server is lost.")
    expect(watcher.locator("#run-turns article")).to_have_count(2)

    second = serve(launcher, tmp_path, *options, port=int(app.url.rpartition(":")[2]))
    app = next(second)
    expect(lost).to_be_hidden()
    expect(watcher.locator(STATUS)).to_have_text("Interrupted")
    expect(watcher.locator("#run-turns article")).to_have_count(1)
    expect(watcher.locator("#go-on")).to_have_text("Resume")
    expect(watcher.locator("#start")).to_be_enabled()
    watcher.close()

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
