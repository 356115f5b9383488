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
from tests.e2e.test_signoff import SLOW
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


def test_from_a_netlist_to_a_datasheet(guide_page, tmp_path):
    """The first task of the guide, with the example that the page offers."""
    page = guide_page("/?view=own", height=1120)
    page.click("#own-example-opamp")
    expect(page.locator("#own-verdict .headline")).to_contain_text("is read")
    page.click("#own-check")
    expect(page.locator("#own-save")).to_be_enabled()
    page.locator(".own-columns").evaluate("node => node.scrollIntoView({block: 'start'})")
    save(page, "own-circuit")
    for metric, column, text in (("gbw", "low", "60meg"), ("pm", "low", "60"), ("cmrr", "low", "60"),
                                 ("offset", "high", "8m")):
        page.locator(f"#own-specs input[data-row={metric}][data-column={column}]").fill(text)
    page.click("#own-save")
    page.get_by_role("link", name="Size this circuit").click()
    expect(page.locator("#specs input[data-row=gbw][data-column=low]")).to_have_value("60 MHz")
    page.set_viewport_size({"width": WIDTH, "height": 1000})
    page.click("#start")
    expect(page.locator(STATUS)).to_have_text(ENDED, timeout=SLOW)
    steps = page.locator("#run-next-steps")
    expect(steps).to_be_visible()
    save(page, "own-session")
    steps.get_by_role("button", name="Check 45 corners").click()
    expect(page.locator("#run-header .headline .open")).to_contain_text("over 45 corners", timeout=SLOW)
    scroll_to(page, "#run-header")
    save(page, "corners")
    page.locator("#samples input").fill("100")
    steps.get_by_role("button", name="Monte Carlo").click()
    expect(page.locator("#run-samples .yield")).to_contain_text("of 100", timeout=SLOW)
    expect(page.locator("#run-histograms .js-plotly-plot")).to_have_count(11)
    scroll_to(page, "#run-samples")
    save(page, "samples")
    steps.get_by_role("button", name="Sensitivity").click()
    expect(page.locator("#run-sensitivity section")).to_have_count(11, timeout=SLOW)
    scroll_to(page, "#run-sensitivity")
    save(page, "sensitivity")
    steps.get_by_role("button", name="Report").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download HTML").click()
    sheet = tmp_path / "sheet.html"
    download.value.save_as(sheet)
    paper = page.context.new_page()
    paper.set_viewport_size({"width": WIDTH, "height": 1000})
    paper.goto(sheet.as_uri())
    save(paper, "report")
    paper.close()
