"""The Compare page: stored sessions, chosen from the latest ones, from ticks in the list or from the address."""

import time
from collections.abc import Sequence

import gradio as gr
from markupsafe import Markup

from sizing_app.errors import StoreError
from sizing_app.session.events import fold
from sizing_app.ui.library.comparison import (MOST, comparison_figure, members, parameter_table, session_list,
                                              spec_deltas)
from sizing_app.ui.parts.components import address, blocks, flag, live_plot, unless_named
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.live_plot import PLOTLY_URL
from sizing_app.ui.parts.render import block, reward
from sizing_app.ui.services import Services

READERS = 4
"""Browsers that may be shown a comparison at once."""
HINT = "Choose sessions above, or tick some in the list of the Sessions page and press Compare."
OFFERED = 200
"""The latest sessions, to choose from; the id of any other one can be typed."""


class ComparePage:
    """Built inside a gr.Blocks."""

    def __init__(self, services: Services):
        self.store = services.store
        self.address = address()
        self.ready = flag("What the address named has come")
        """Before that there is nothing to compare anew."""
        with gr.Row(elem_classes="filters compare-ids"):
            self.ids = gr.Dropdown(self._offered(), value=[], multiselect=True, max_choices=MOST, filterable=True,
                                   allow_custom_value=True, elem_id="compare-ids",
                                   label=f"Sessions to compare, up to {MOST}; the first is the reference")
        self.told = gr.HTML(_told((), HINT), elem_id="compare-told", apply_default_css=False)
        self.sessions = blocks(label="Sessions", elem_id="compare")
        with gr.Column(elem_classes="charts-wide"):
            self.plot = live_plot(comparison_figure([]), PLOTLY_URL, label="Best so far", elem_id="compare-plot")
        self.tables = blocks(label="Best designs", elem_id="compare-tables")
        self.ids.change(self.compare, self.ids, self.outputs, concurrency_limit=READERS, **PRIVATE)

    @property
    def outputs(self) -> list:
        return [self.told, self.sessions, self.plot, self.tables, self.address]

    def connect(self, page: gr.Blocks, tab: gr.Tab, tabs: gr.Tabs, table: gr.HTML) -> None:
        """Open what the address names, and what is ticked in ``table``."""
        page.load(None, None, self.ready, js=unless_named("view=compare", "compare="), **PRIVATE)
        page.load(self.open_link, None, [self.ready, self.ids, *self.outputs], **PRIVATE)
        table.compare(self.ticked, None, [tabs, self.ids, *self.outputs], **PRIVATE)
        tab.select(self.reopen, [self.ids, self.ready], [self.ids, *self.outputs], **PRIVATE)

    def compare(self, ids: Sequence[str] | None) -> list:
        """Everything that shows the sessions ``ids``; those that are not stored are named."""
        wanted = list(dict.fromkeys(id.strip() for id in ids or () if id.strip()))
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

    def reopen(self, ids: Sequence[str] | None, ready: bool) -> list:
        """The list to choose from anew, and what is chosen."""
        if not ready:
            return [gr.skip()] * (1 + len(self.outputs))
        return [gr.Dropdown(choices=self._offered()), *self.compare(ids)]

    def ticked(self, event: gr.EventData) -> list:
        ids = [str(id) for id in event.ids]
        return [gr.Tabs(selected="compare"), ids, *self.compare(ids)]

    def open_link(self, request: gr.Request) -> list:
        """?compare=ID,ID"""
        query = request.query_params
        ids = [id for id in query.get("compare", "").split(",") if id]
        if not ids and query.get("view") != "compare":
            return [True, *[gr.skip()] * (1 + len(self.outputs))]
        return [True, ids, *self.compare(ids)]

    def _offered(self) -> list[tuple[str, str]]:
        """(what a person reads, id) of the latest sessions."""
        try:
            found = self.store.list(limit=OFFERED)
        except StoreError:
            return []
        return [(f"{row.circuit} \u00b7 {row.policy} \u00b7 "
                 f"{'no reward' if row.best_reward is None else reward(row.best_reward)} \u00b7 "
                 f"{time.strftime('%d %b %H:%M', time.localtime(row.created))} \u00b7 {row.id}", row.id)
                for row in found]


def _told(problems, hint: str) -> str:
    parts = [Markup('<p class="warning" role="alert">{}</p>').format(text) for text in problems]
    return str(Markup("").join([*parts, *([Markup('<p class="quiet">{}</p>').format(hint)] if hint else [])]))
