"""The page Own circuit in the browser: from a pasted netlist to a sized one that plain ngspice measures as we do."""

import re
import subprocess
from math import isclose

from playwright.sync_api import Page, expect

from sizing_app.session.events import fold
from tests.e2e.test_run import choose

LOWPASS = """* a low-pass
.subckt lowpass a b gnd
R1 a b 1k
C1 b gnd 100n
.ends
"""
MEASURED = """
.ac dec 20 1 10meg
.control
run
meas ac g1 find vdb(b) at=1000
print g1
.endc
.end
"""


def cell(page: Page, table: str, row: str, column: str):
    return page.locator(f"#{table} [data-row='{row}'][data-column='{column}']")


def test_from_an_example_and_from_paste_to_a_sized_netlist(app, open_page, tmp_path):
    page = open_page(app, "/?view=own")
    page.click("#own-example-ring")
    expect(page.locator("#own-verdict .headline")).to_contain_text("RING is read")
    expect(page.locator("#own-examples")).to_be_hidden()
    expect(page.locator("#own-text textarea")).to_have_value(re.compile("ring of three inverters"))
    page.click("#own-restart")
    expect(page.locator("#own-examples")).to_be_visible()

    page.locator("#own-text textarea").fill(LOWPASS)
    page.click("#own-read")
    expect(page.locator("#own-verdict [role=alert]")).to_contain_text("port b: the role is not clear")
    expect(page.locator("#own-check")).to_be_disabled()
    expect(page.locator(".own-page[inert]")).to_have_count(0)
    cell(page, "own-ports", "b", "role").select_option("out")
    cell(page, "own-parameters", "c1", "locked").check()
    cell(page, "own-metrics", "added-1", "text").fill(".meas ac g1 find vdb(b) at=1k")
    page.get_by_label("Testbench", exact=True).click()
    page.get_by_role("option", name="Filter", exact=True).click()
    expect(page.locator("#own-verdict .headline")).to_contain_text("lowpass is read")
    page.reload()
    expect(cell(page, "own-ports", "b", "role")).to_have_value("out")
    expect(cell(page, "own-parameters", "c1", "locked")).to_be_checked()
    page.locator("#own-name textarea").fill("LOWPASS")
    page.click("#own-check")
    expect(page.locator("#own-result")).to_contain_text("of 20 random designs simulate")
    expect(page.locator("#own-result")).to_contain_text("g1")
    cell(page, "own-specs", "g1", "low").fill("-1.4")
    page.click("#own-save")
    page.get_by_role("link", name="Size this circuit").click()

    expect(page.locator("#specs input[data-row=g1][data-column=low]")).to_have_value("-1.4 dB")
    choose(page, "Policy", "Random search")
    page.get_by_label("Designs, 1 to 5000").fill("4")
    page.click("#start")
    expect(page.locator("#run-header .status")).to_have_text(re.compile("All specs met|Budget spent"))
    with page.expect_download() as found:
        page.locator("#run-header nav").get_by_role("link", name="Netlist").click()
    sized = found.value.path().read_text()
    assert "{" not in sized and "c1" in sized.lower()
    (row,) = app.store.list(circuit="LOWPASS")
    assert isclose(plain_gain(sized, tmp_path), ours(app, row.id), rel_tol=1e-3)


def ours(app, session_id: str) -> float:
    """What the session measured of its best design."""
    return fold(app.store.events(session_id)).best.measurement.metrics["g1"]


def plain_gain(netlist: str, folder) -> float:
    """What plain ngspice measures of the sized netlist, which has its sources and load."""
    deck = folder / "sized.sp"
    deck.write_text(netlist.rstrip().removesuffix(".end") + MEASURED)
    result = subprocess.run(["ngspice", "-b", str(deck)], capture_output=True, text=True, timeout=300)
    line = next(line for line in result.stdout.splitlines() if line.startswith("g1 = "))
    return float(line.partition("=")[2])
