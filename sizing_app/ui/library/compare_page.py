"""The Compare page: stored sessions by their ids, from ticks in the list, from the address or typed."""

import re

import gradio as gr
from markupsafe import Markup

from sizing_app.errors import StoreError
from sizing_app.session.events import fold
from sizing_app.ui.library.comparison import (MOST, comparison_figure, members, parameter_table, session_list,
                                              spec_deltas)
from sizing_app.ui.parts.components import address, blocks, live_plot
from sizing_app.ui.parts.live_plot import PLOTLY_URL
from sizing_app.ui.parts.render import block
from sizing_app.ui.services import Services

READERS = 4
"""Browsers that may be shown a comparison at once."""
HINT = "Tick sessions in the list of the Sessions page and press Compare, or enter their ids here."


class ComparePage:
    """Built inside a gr.Blocks."""

    def __init__(self, services: Services):
        self.store = services.store
        self.address = address()
        self.ready = gr.State(False)
        """Whether what the address named has come: before that there is nothing to compare anew."""
        with gr.Row(elem_classes="filters compare-ids"):
            self.ids = gr.Textbox(label=f"Sessions, 1 to {MOST} ids with commas; the first is the reference",
                                  max_lines=1, elem_id="compare-ids")
        self.told = gr.HTML(_told((), HINT), elem_id="compare-told", apply_default_css=False)
        self.sessions = blocks(label="Sessions", elem_id="compare")
        with gr.Column(elem_classes="charts-wide"):
            self.plot = live_plot(comparison_figure([]), PLOTLY_URL, label="Best so far", elem_id="compare-plot")
        self.tables = blocks(label="Best designs", elem_id="compare-tables")
        settings = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": READERS}
        for event in (self.ids.submit, self.ids.blur):
            event(self.compare, self.ids, self.outputs, **settings)

    @property
    def outputs(self) -> list:
        return [self.told, self.sessions, self.plot, self.tables, self.address]

    def connect(self, page: gr.Blocks, tab: gr.Tab, tabs: gr.Tabs, table: gr.HTML) -> None:
        """Open what the address names, and what is ticked in ``table``."""
        settings = {"api_visibility": "private", "show_progress": "hidden"}
        page.load(self.open_link, None, [self.ready, self.ids, *self.outputs], **settings)
        table.compare(self.ticked, None, [tabs, self.ids, *self.outputs], **settings)
        tab.select(self.reopen, [self.ids, self.ready], self.outputs, **settings)

    def compare(self, text: str | None) -> list:
        """Everything that shows the sessions of ``text``; ids that are not stored are named."""
        wanted = list(dict.fromkeys(re.findall(r"[^\s,]+", text or "")))
        found, problems = [], []
        for id in wanted[:MOST]:
            try:
                found.append((id, fold(self.store.events(id))))
            except StoreError as error:
                problems.append(str(error))
        if len(wanted) > MOST:
            problems.append(f"Only the first {MOST} of {len(wanted)} sessions are compared.")
        compared = members(found)
        tables = [block("specs", spec_deltas(compared)), block("parameters", parameter_table(compared))]
        return [_told(problems, "" if compared else HINT),
                [block("sessions", session_list(compared))] if compared else [], comparison_figure(compared),
                tables if compared else [], {"view": "compare", "compare": ",".join(id for id, _ in found)}]

    def reopen(self, text: str | None, ready: bool) -> list:
        return self.compare(text) if ready else [gr.skip()] * len(self.outputs)

    def ticked(self, event: gr.EventData) -> list:
        text = ", ".join(str(id) for id in event.ids)
        return [gr.Tabs(selected="compare"), text, *self.compare(text)]

    def open_link(self, request: gr.Request) -> list:
        """?compare=ID,ID"""
        query = request.query_params
        text = query.get("compare", "")
        if not text and query.get("view") != "compare":
            return [True, *[gr.skip()] * (1 + len(self.outputs))]
        return [True, text, *self.compare(text)]


def _told(problems, hint: str) -> str:
    parts = [Markup('<p class="warning" role="alert">{}</p>').format(text) for text in problems]
    return str(Markup("").join([*parts, *([Markup('<p class="quiet">{}</p>').format(hint)] if hint else [])]))
