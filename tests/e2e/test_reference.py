"""The Circuits and Models pages: what is known of circuits and checkpoints, one click from a run."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.stored import ROOT
from tests.e2e.test_run import STATUS

CHECKPOINT = ROOT / "models" / "tl-grpo" / "model.safetensors"


def test_a_circuit_and_a_checkpoint_are_described_and_one_click_from_a_run(app, open_page):
    page = open_page(app)
    page.get_by_role("tab", name="Circuits").click()
    sheet = page.locator("#circuit-page")
    expect(sheet).to_contain_text("Telescopic-cascode OTA")
    page.locator("#circuit-choice input").click()
    page.get_by_role("option", name="SimLDO").click()
    expect(sheet).to_contain_text("Low-dropout regulator", ignore_case=True)
    expect(sheet).to_contain_text("16 of 16")
    expect(sheet.locator(".verdict.met")).to_have_count(16)
    expect(page).to_have_url(app.url + "/?view=circuits&circuit=SimLDO")
    sheet.get_by_role("link", name="Size this").click()
    expect(page.locator("#circuit-panel")).to_contain_text("SimLDO")
    expect(page.locator("#start")).to_be_enabled()
    expect(page.locator("#specs input[data-row=psrr_100k], #specs tr").first).to_be_visible()

    page.get_by_role("tab", name="Models").click()
    page.set_viewport_size({"width": 360, "height": 740})
    card = page.locator("#model-page article", has_text="SFT checkpoint")
    expect(card).to_contain_text("OTA, MILLER")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    card.get_by_role("link", name="Demo this").click()
    expect(page.get_by_label("Policy", exact=True).first).to_have_value(
        "Research: SFT checkpoint, before TL-GRPO")


@pytest.mark.skipif(not CHECKPOINT.exists(), reason="no checkpoint in models/")
def test_one_button_runs_the_checkpoint(plain_app, open_page):
    page = open_page(plain_app)
    page.click("#start")
    expect(page.locator(STATUS)).to_have_text(re.compile("All specs met|Budget spent|Ended by the policy"))
    expect(page.locator("#run-turns .reasoning .prose").first).not_to_be_empty()
