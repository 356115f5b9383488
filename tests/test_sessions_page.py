"""Every view of the Sessions page on either kind of database, by the sessions and the views of the benchmark."""

import gradio as gr
import pytest

from sizing_app.hub import Hub
from sizing_app.store import SessionStore
from sizing_app.ui.library.filters import PAGE_SIZE, read_filters
from sizing_app.ui.library.sessions_page import SessionsPage
from sizing_app.ui.services import Services, policy_titles
from tests.bench import sessions

COUNT = 60


@pytest.fixture
def store(database_url, monkeypatch):
    monkeypatch.setattr(sessions, "ORIGINALS", COUNT // 2)
    monkeypatch.setattr(sessions, "BATCH", 10)
    store = SessionStore(database_url)
    sessions.fill(store, database_url, COUNT)
    yield store
    store.close()


def test_every_view_shows_the_sessions_that_are_wanted(store):
    services = Services({}, store, Hub(), None, None, policy_titles(chat=False), "OTA")
    with gr.Blocks():
        page = SessionsPage(services)
    totals = {}
    for title, fields, rows in sessions.views(store):
        table, _plots, problems, _address = page._shown(fields, dict(rows))
        assert problems == "", title
        totals[title] = store.count(**read_filters(fields).filters)
        assert table["html"].count("<tr") - 1 == max(1, min(PAGE_SIZE, totals[title] - rows["page"] * PAGE_SIZE)), title
    every = {row.id: store.events(row.id) for row in store.list(limit=COUNT)}
    raised = [id for id, events in every.items() if any(
        "I raise w_pcas" in event.turn.proposal.reasoning for event in events[1:-1])]
    assert totals["first page"] == totals["last page"] == totals["search, a word of all"] == len(every) == COUNT
    assert totals["one circuit"] == sum(events[0].task.circuit.name == "OTA" for events in every.values())
    assert 0 < len(raised) <= totals["search, a word of a sixth"] < COUNT
    assert totals["search, an id"] == 1 and totals["search, nothing found"] == 0
    assert len(page.review.opened(raised[0])) == len(page.review.opening)
