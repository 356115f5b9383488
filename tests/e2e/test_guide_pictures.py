"""The pictures of docs/guide.md, taken while its steps are done with the shipped checkpoint: make guide-pictures.

No step looks at numbers or at the words of a model, so that the pictures can be taken with any checkpoint.
"""

import io
import re

import pytest
from gradio_client import Client
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.stored import ROOT
from tests.e2e.test_fork import proposals, sample
from tests.e2e.test_person import limit_cell
from tests.e2e.test_race import open_race
from tests.e2e.test_run import STATUS, choose
from tests.e2e.test_sessions import ROWS
from tests.test_guide import MOST_BYTES

pytestmark = pytest.mark.pictures
FOLDER = ROOT / "docs" / "guide"
WIDTH = 1200
ENDED = re.compile("All specs met|Budget spent|Ended by the policy")
POLICIES = ("tl-grpo", "sft", "random")
OTHERS = [(circuit, policy, seed) for circuit in ("OTA", "MILLER") for policy in POLICIES for seed in range(1, 4)]
"""Sessions beside those of the guide's steps, for the pages that show many."""


@pytest.fixture
def guide_page(plain_app, open_page):
    """Opens a page as wide as the pictures."""
    def open(path: str = "/", height: int = 900, **settings) -> Page:
        return open_page(plain_app, path, width=WIDTH, height=height, **settings)
    return open


@pytest.fixture(scope="module")
def stored(plain_app) -> list[str]:
    """Stored sessions of several circuits and policies; the ids of one of each policy on one task."""
    client = Client(plain_app.url, verbose=False)
    for circuit, policy, seed in OTHERS:
        client.predict(circuit, policy=policy, seed=seed, api_name="/size")
    return [plain_app.store.list(circuit="MILLER", policy=policy)[0].id for policy in POLICIES]


def save(shown: Page | Locator, name: str) -> None:
    """A picture with few colours, since those of a page are few."""
    page = shown if isinstance(shown, Page) else shown.page
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)
    picture = Image.open(io.BytesIO(shown.screenshot())).convert("RGB")
    path = FOLDER / f"{name}.png"
    picture.quantize(method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < MOST_BYTES


def fill_in(page: Page, prefix: str = "") -> None:
    """The task of the guide: MILLER, faster and with less power than by default."""
    choose(page.locator(f".task-column:has(#{prefix}specs)"), "Circuit", "MILLER")
    expect(page.locator(f"#{prefix}specs input[data-row=psrr][data-column=low]")).to_be_visible()
    page.locator(f"#{prefix}specs input[data-row=gbw][data-column=low]").fill("42meg")
    page.locator(f"#{prefix}specs input[data-row=power][data-column=high]").fill("300u")


def run(page: Page) -> str:
    """A session of the guide's task; returns its id."""
    fill_in(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(STATUS)).to_have_text(ENDED)
    return page.url.split("session=")[1]


def scroll_to(page: Page, selector: str) -> None:
    page.locator(selector).evaluate("node => window.scrollTo(0, node.getBoundingClientRect().top + scrollY - 8)")


def test_form(guide_page):
    page = guide_page()
    fill_in(page)
    save(page, "form")


def test_session_turn_replay_differences_and_responses(guide_page):
    page = guide_page()
    session_id = run(page)
    save(page, "session")
    page = guide_page(f"/?review={session_id}&turn=1", height=1000)
    expect(page.locator("#replay-turns .statements")).to_be_visible()
    page.wait_for_function("document.querySelector('#replay-plot .live-plot').layout?.shapes.length")
    save(page, "replay")
    save(page.locator("#replay-turns article"), "turn")
    save(page.locator("#differences"), "differences")
    page.locator("#replay-inspection button").first.click()
    expect(page.locator("#replay-responses .js-plotly-plot").first).to_be_visible()
    save(page.locator("#replay-inspection"), "responses")


def test_your_part(guide_page):
    page = guide_page(height=1060)
    fill_in(page)
    page.get_by_role("button", name="Limits and a hint from you").click()
    limit_cell(page, "l_in", "low").fill("300n")
    limit_cell(page, "w_in", "low").fill("60u")
    limit_cell(page, "w_in", "high").fill("60u")
    page.get_by_label("Show me every proposal").check()
    page.click("#start")
    expect(page.locator("#review-panel")).to_contain_text("Turn 1 waits for you")
    page.locator("#proposal input[data-row=c_c]").fill("1.2p")
    scroll_to(page, "#run-header")
    save(page, "your-part")
    page.click("#accept")
    page.get_by_label("Show me every proposal").uncheck()
    expect(page.locator(STATUS)).to_have_text(ENDED)


def test_fork(guide_page):
    session_id = run(guide_page())
    page = guide_page(f"/?review={session_id}&turn=1", height=1000)
    page.get_by_role("button", name="Fork after turn 1").click()
    sample(page, "replay", 8)
    expect(proposals(page, "replay")).to_have_count(8)
    expect(page.locator("#replay-group-head .status")).to_have_text("Complete")
    scroll_to(page, "#replay-group")
    save(page, "fork")


def test_race(guide_page):
    page = guide_page(height=1000)
    open_race(page)
    fill_in(page, "race-")
    choose(page, "Policy 3", "Random search")
    page.get_by_label("Designs, 1 to 5000").locator("visible=true").fill("10")
    page.click("#race-start")
    for lane in (1, 2, 3):
        expect(page.locator(f"#race-lane-{lane} .lane .status")).to_have_text(ENDED)
    save(page, "race")


def test_sessions(guide_page, stored):
    page = guide_page("/?view=sessions&circuit=MILLER", height=1260)
    row = page.locator(ROWS).first
    row.locator(".star").click()
    expect(row.locator(".star")).to_have_attribute("aria-pressed", "true")
    for place in (0, 4):
        page.locator(ROWS).nth(place).get_by_label("Compare session").check()
    expect(page.locator("#distribution-plots .js-plotly-plot").last).to_be_visible()
    save(page, "sessions")


def test_compare(guide_page, stored):
    page = guide_page(f"/?view=compare&compare={','.join(stored)}", colors="dark", height=1000)
    expect(page.locator("#compare tbody tr")).to_have_count(len(stored))
    page.wait_for_function(f"document.querySelector('#compare-plot .live-plot').data?.length === {len(stored)}")
    save(page, "compare")


def test_circuits(guide_page):
    page = guide_page("/?view=circuits&circuit=MILLER", height=1120)
    expect(page.locator("#circuit-page")).to_contain_text("MILLER")
    save(page, "circuits")


def test_own_circuit(guide_page):
    page = guide_page("/?view=own", height=1120)
    page.locator("#own-text textarea").fill((ROOT / "tests" / "netlists" / "sky130_miller.spice").read_text())
    page.click("#own-read")
    expect(page.locator("#own-verdict .headline")).to_contain_text("is read")
    page.click("#own-check")
    expect(page.locator("#own-save")).to_be_enabled()
    page.locator(".own-columns").evaluate("node => node.scrollIntoView({block: 'start'})")
    save(page, "own-circuit")
