"""A stored session under review, as a person does it: turns, replay, differences, notes; sent away and taken in."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.stored import HOSTILE, a_stored_session
from tests.e2e.test_sessions import ROWS, cursor

TURN = "#replay-turns article"
CLAIMS = "I lengthen l_cas. I expect gain up and power down."


def review(open_page, app, session_id: str, turn: int | str = "") -> Page:
    page = open_page(app, f"/?review={session_id}&turn={turn}")
    expect(page.locator(TURN)).to_be_visible()
    page.wait_for_function("document.querySelector('#replay-plot .live-plot').layout?.shapes.length")
    return page


def test_a_point_a_key_and_the_replay_move_everything(app, open_page):
    page = review(open_page, app, a_stored_session(app.store, CLAIMS), 0)
    turn, difference = page.locator(TURN), page.locator("#difference")
    expect(turn).to_have_attribute("aria-label", "Initial design")
    expect(difference).to_contain_text("the first one")

    point = page.locator("#replay-plot .scatterlayer .trace").last.locator("path.point").nth(1)
    box = point.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(turn).to_have_attribute("aria-label", "Turn 1")
    expect(page).to_have_url(re.compile(r"turn=1"))
    expect(difference.locator("tbody tr")).to_have_count(1)
    expect(difference).to_contain_text("l_cas")
    expect(difference.locator(".new").first).to_contain_text("l=8e-07")
    expect(difference.locator(".gone")).to_have_count(difference.locator(".new").count())
    expect(turn.locator(".statements li", has_text="gain up")).to_contain_text("came true")
    expect(turn.locator(".statements li", has_text="power down")).to_contain_text("did not come true")

    page.get_by_label("The best design").check()
    expect(difference).to_contain_text("Turn 2")
    page.mouse.click(5, 5)
    page.keyboard.press("ArrowRight")
    expect(turn).to_have_attribute("aria-label", "Turn 2")
    expect(difference).to_contain_text("this is the best one")
    page.get_by_label("Speed of the replay").select_option("4x")
    page.click("#play-turns")
    expect(turn).to_have_attribute("aria-label", "Initial design")
    expect(turn).to_have_attribute("aria-label", "Turn 2")
    expect(page.locator("#play-turns")).to_contain_text("Replay")
    assert cursor(page) == 2


def test_notes_are_stored_at_once_and_found_again(app, open_page):
    session_id = a_stored_session(app.store)
    page = review(open_page, app, session_id)
    page.click("#star")
    expect(page.locator("#star")).to_contain_text("Starred")
    page.locator("#note textarea, #note input").fill("Cascodes are too short <b>")
    expect(page.locator("#notes-told")).to_contain_text("Stored: note")
    tags = page.locator("#tags textarea, #tags input")
    tags.fill("bad tag <x>")
    tags.press("Enter")
    expect(page.locator("#notes-told [role=alert]")).to_contain_text("is no tag")
    tags.fill("Thesis, figure 3")
    tags.press("Enter")
    expect(page.locator("#notes-told")).to_contain_text("Stored: tags")

    page.reload()
    expect(page.locator("#note textarea, #note input")).to_have_value("Cascodes are too short <b>")
    expect(page.locator("#tags textarea, #tags input")).to_have_value("figure 3, thesis")
    page.click("#back")
    page.get_by_label("Search").fill("cascodes too")
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(ROWS)).to_contain_text("figure 3")
    page.get_by_role("button", name=f"Star session {session_id}").click()
    expect(page.get_by_role("button", name=f"Star session {session_id}")).to_have_attribute("aria-pressed", "false")
    assert not app.store.notes.read(session_id).starred


def test_a_session_is_sent_as_one_page_and_comes_back_from_its_file(app, open_page, context, tmp_path):
    session_id = a_stored_session(app.store, f"{CLAIMS} {HOSTILE} \u2028 and on.")
    app.store.notes.write(session_id, note=HOSTILE)
    page = review(open_page, app, session_id)
    one_page(context, download(page, "HTML", tmp_path))
    path = download(page, "JSON Lines", tmp_path)
    page.click("#back")
    upload(page, path)
    expect(page.locator("#notes-told")).to_contain_text(f"Imported; where it ran its id was {session_id}")
    copy = app.store.list(source="import")[0].id
    expect(page).to_have_url(re.compile(f"review={copy}"))
    assert copy != session_id and app.store.events(copy) == app.store.events(session_id)

    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text(path.read_text().replace("* ", ".include /etc/passwd\\n* ", 1))
    page.click("#back")
    before = app.store.count()
    upload(page, wrong)
    expect(page.get_by_text("is not allowed in a netlist")).to_be_visible()
    assert app.store.count() == before


def one_page(context, path: Path) -> None:
    """The session as one HTML file, which asks for nothing and fits a phone."""
    page, asked = context.new_page(), []
    page.set_viewport_size({"width": 400, "height": 800})
    page.on("request", lambda request: asked.append(request.url) if not request.url.startswith("data:") else None)
    page.goto(path.as_uri())
    expect(page.locator("article.turn")).to_have_count(3)
    expect(page.locator("svg.plot circle, svg.plot path[fill]:not([fill=none])")).to_have_count(3)
    expect(page.locator(".spec-board tbody tr")).to_have_count(8)
    for medium in ("screen", "print"):
        page.emulate_media(media=medium)
        for seen in ("svg.plot", ".spec-board td.value", ".spec-board td.bar .track"):
            expect(page.locator(seen).first).to_be_visible()
    page.emulate_media(media="screen")
    expect(page.locator("img.schematic")).to_be_visible()
    expect(page.locator(".statements").first).to_contain_text("came true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert page.evaluate("window.hacked") is None and asked == [path.as_uri()]
    page.close()


def upload(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#import")
    chooser.value.set_files(path)


def download(page: Page, link: str, folder: Path) -> Path:
    with page.expect_download() as found:
        page.locator("#replay-header").get_by_role("link", name=link, exact=True).click()
    path = folder / found.value.suggested_filename
    found.value.save_as(path)
    return path
