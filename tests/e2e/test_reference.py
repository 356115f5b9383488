"""The Circuits and Models pages: what is known of circuits and checkpoints, one click from a run."""

from playwright.sync_api import expect


def test_a_circuit_is_described_and_one_click_from_a_run(app, open_page):
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


def test_a_checkpoint_has_a_card_and_is_one_click_from_a_demonstration(plain_app, open_page):
    page = open_page(plain_app, "/?view=models", width=360, height=740)
    card = page.locator("#model-page article", has_text="SFT checkpoint")
    expect(card).to_contain_text("MILLER, OTA")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    card.get_by_role("link", name="Demo this").click()
    expect(page.get_by_label("Policy", exact=True).first).to_have_value(
        "Research: SFT checkpoint, before TL-GRPO")
