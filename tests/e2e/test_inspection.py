"""Transistors and responses of the best design in the browser: simulated on demand, zoomable, in both themes."""

from playwright.sync_api import Page, expect

from sizing_app.circuit.folder import golden, load_circuit
from sizing_app.session.events import SessionFinished, TurnFinished
from sizing_app.store import SessionStore
from sizing_app.task.definition import Task
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Proposal, Turn
from tests.e2e.test_sessions import replay

LOOP = "#run-responses section:first-child .js-plotly-plot"
"""The plots come in the order of the testbench: first the AC analysis of the loop."""


def store_golden(store: SessionStore) -> str:
    """MILLER at its golden design; the id of the session."""
    circuit = load_circuit("MILLER")
    design = golden(circuit)
    task = Task(circuit, circuit.specs, circuit.conditions.nominal, design["parameters"], budget=1)
    session_id = store.create(task, "random")
    measured = Measurement("ok", design["metrics"], seconds=0.03)
    turn = Turn(0, Proposal(task.initial), measured, score(measured, task.specs))
    store.append(session_id, TurnFinished(turn))
    store.append(session_id, SessionFinished("passed"))
    return session_id


def unfold(page: Page, name: str) -> None:
    page.get_by_role("button", name="Best design: transistors and responses").locator("visible=true").click()
    expect(page.locator(f"#{name}-devices table.devices tbody tr")).to_have_count(8)
    expect(page.locator(f"#{name}-responses .js-plotly-plot")).to_have_count(2)


def line_colour(page: Page) -> str:
    return page.evaluate(f'document.querySelector("{LOOP}")._fullData[0].line.color')


def test_transistors_and_responses_appear_when_they_are_opened_and_can_be_zoomed(app, open_page):
    """The zoom stays while the colours follow the theme; a replayed session shows them too."""
    session_id = store_golden(app.store)
    page = open_page(app, f"/?session={session_id}", colors="dark")
    expect(page.locator("#run-header .status")).to_have_text("All specs met")
    assert page.locator("#run-devices table").count() == 0
    unfold(page, "run")
    tail = page.locator("#run-devices tr", has_text="M5")
    expect(tail).to_contain_text("nmos")
    expect(tail).to_contain_text("45.1u")
    expect(tail).to_contain_text("saturation")
    expect(page.locator("#run-devices .single-values")).to_contain_text("nV/\u221aHz")
    expect(page.locator("#run-responses section")).to_have_count(2)
    names = page.evaluate(f'document.querySelector("{LOOP}").data.map((curve) => curve.name)')
    assert names == ["loop gain", "loop gain"]
    marks = page.evaluate(f'document.querySelector("{LOOP}").layout.shapes.map((shape) => shape.x0)')
    assert marks == [golden(load_circuit("MILLER"))["metrics"]["gbw"]]

    dark = line_colour(page)
    plot = page.locator(LOOP)
    plot.scroll_into_view_if_needed()
    box = plot.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()
    zoomed = f'document.querySelector("{LOOP}")._fullLayout.xaxis.range'
    page.wait_for_function(f"{zoomed}[0] > 2")
    former = page.evaluate(zoomed)
    page.get_by_role("button", name="Switch between light and dark").click()
    page.wait_for_function(f"document.querySelector('{LOOP}')._fullData[0].line.color !== '{dark}'")
    assert page.evaluate(zoomed) == former

    replay(page, session_id)
    unfold(page, "replay")
    page.click("#back")
    page.get_by_role("link", name=f"Open session {session_id}").click()
    expect(page.locator("#replay-inspection")).to_be_visible()
    expect(page.locator("#replay-devices .devices")).not_to_be_visible()
