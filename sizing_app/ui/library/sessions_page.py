"""The Sessions page: stored sessions, filtered, sorted and paged by the database; one opened for review."""

from collections.abc import Mapping

import gradio as gr

from sizing_app.errors import StoreError
from sizing_app.session.check import WrongSession
from sizing_app.session.file import read_session
from sizing_app.store.bulk import IMPORTED, WholeSession
from sizing_app.ui.library.distributions import distribution_figures
from sizing_app.ui.library.filters import (FIELDS, ONLY, PAGE_SIZE, address_of, fields_of, order, order_of,
                                           read_filters, values_of)
from sizing_app.ui.library.review import Review
from sizing_app.ui.library.session_rows import table_html
from sizing_app.ui.parts.components import address, flag, response_plots, session_table, unless_named
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.render import STATUS, alert
from sizing_app.ui.services import Services


class SessionsPage:
    """Built inside a gr.Blocks."""

    def __init__(self, services: Services):
        self.services, self.store = services, services.store
        self.address = address()
        self.ready = flag("The view that the address named has come")
        """Before that the page has nothing to read anew."""
        with gr.Column() as self.list:
            self._filter_form()
            self.missing = gr.HTML("", elem_id="link-problems", apply_default_css=False)
            self.problems = gr.HTML("", elem_id="filter-problems", apply_default_css=False)
            self.table = session_table({**order(), "html": ""}, label="Sessions", elem_id="session-table")
            with gr.Accordion("Distributions of these sessions", open=True, elem_id="distributions",
                              elem_classes="inspection"):
                self.plots = response_plots(label="Distributions", elem_id="distribution-plots")
            self.file = gr.UploadButton("Import a session (JSON Lines)", file_types=[".jsonl"], type="binary",
                                        size="sm", elem_id="import", elem_classes="quiet-button")
            if services.notice:
                gr.Markdown(services.notice, elem_id="import-notice")
        with gr.Column(visible=False) as self.opened:
            self.review = Review(services)
        self._wire()

    def connect(self, page: gr.Blocks, tab: gr.Tab) -> None:
        """Read the list anew whenever the page is opened; open what the address names."""
        tab.select(self.refresh, [*self.filters, self.table, self.review.session_id, self.ready],
                   [*self.choices, *self.shown], **PRIVATE)
        page.load(None, None, self.ready, js=unless_named("view=sessions", "review="), **PRIVATE)
        # The table comes before the filters: each of them, once set, asks for the list in the order that the table has.
        page.load(self.open_link, None, [self.ready, *self.shown, *self.filters, *self.pages], **PRIVATE)

    @property
    def filters(self) -> list:
        """The fields in the order of filters.FIELDS."""
        return [self.search, self.circuit, self.policy, self.status, self.source, self.tag, self.since, self.until,
                self.only]

    @property
    def choices(self) -> list:
        return [self.circuit, self.policy, self.source, self.tag]

    @property
    def shown(self) -> list:
        """What follows the filters."""
        return [self.table, self.plots, self.problems, self.address]

    @property
    def pages(self) -> list:
        """What follows whether a session is open."""
        return [self.missing, self.list, self.opened, *self.review.opening]

    def refresh(self, *values) -> list:
        """The list anew, in the same order; the address names a session that is open."""
        *fields, table, session_id, ready = values
        if not ready:
            return [gr.skip()] * (len(self.choices) + len(self.shown))
        *rows, place = self._shown(fields_of(fields), _order(table))
        return [*(gr.Dropdown(choices=names) for names in self._choices()), *rows, {**place, "review": session_id}]

    def first_page(self, *values) -> list:
        *fields, table = values
        return self._shown(fields_of(fields), {**_order(table), "page": 0})

    def query(self, event: gr.EventData, *values) -> list:
        """Another order or page, as the table's event says."""
        rows = order(str(event.sort), bool(event.descending), max(0, int(event.page)))
        return self._shown(fields_of(values), rows)

    def star(self, event: gr.EventData, *values) -> list:
        *fields, table = values
        try:
            self.store.notes.write(str(event.id), starred=bool(event.starred))
        except StoreError as error:
            raise gr.Error(str(error)) from error
        return self._shown(fields_of(fields), _order(table))

    def open(self, event: gr.EventData) -> list:
        """A row of the table was chosen."""
        return [*self._open(str(event.id)), {"review": str(event.id), "turn": ""}]

    def import_file(self, content: bytes) -> list:
        """Store a session from elsewhere under a new id, and open it."""
        try:
            found = read_session(content)
            (session_id,) = self.store.insert([WholeSession(found.events, IMPORTED, origin=found.id)])
        except (WrongSession, StoreError) as error:
            raise gr.Error(f"Not imported. {error}", duration=None, title="Import") from error
        return [*self._open(session_id), {"review": session_id, "turn": ""}]

    def close(self, *values) -> list:
        """Back to the list."""
        *fields, table = values
        *rows, place = self._shown(fields_of(fields), _order(table))
        return ["", gr.Column(visible=True), gr.Column(visible=False), *self.review.closed(), *rows,
                {**place, "review": "", "turn": ""}]

    def open_link(self, request: gr.Request) -> list:
        """The view that the address names: ?view=sessions with filters, ?review=ID&turn=N."""
        query = dict(request.query_params)
        review = query.get("review", "")
        if query.get("view") != "sessions" and not review:
            return [True, *[gr.skip()] * (len(FIELDS) + len(self.shown) + len(self.pages))]
        *rows, place = self._shown(query, order_of(query))
        turn = query.get("turn", "")
        opened = [gr.skip()] * len(self.pages)
        if review:
            try:
                opened = self._open(review, int(turn) if turn.isdecimal() and len(turn) < 7 else None)
            except gr.Error as error:
                opened[0] = _problems((error.message,))
        return [True, *rows, {**place, "review": review}, *values_of(query), *opened]

    def _open(self, session_id: str, turn: int | None = None) -> list:
        try:
            return ["", gr.Column(visible=False), gr.Column(visible=True), *self.review.opened(session_id, turn)]
        except StoreError as error:
            raise gr.Error(str(error)) from error

    def _shown(self, fields: Mapping[str, str], rows: dict) -> list:
        """Table, plots, problems and address for some filters."""
        asked = read_filters(fields)
        try:
            reached = self.store.reached(**asked.filters)
            total = sum(row.sessions for row in reached)
            rows["page"] = min(rows["page"], max(0, (total - 1) // PAGE_SIZE))
            found = self.store.list(sort=rows["sort"], descending=rows["descending"],
                                    offset=rows["page"] * PAGE_SIZE, limit=PAGE_SIZE, **asked.filters)
            tags = self.store.notes.tags(row.id for row in found)
            plots = distribution_figures(reached)
        except StoreError as error:
            return [{**rows, "html": ""}, {"figures": []}, _problems((str(error),)), address_of(fields, rows)]
        return [{**rows, "html": str(table_html(found, tags, total, rows))}, plots, _problems(asked.problems),
                address_of(fields, rows)]

    def _choices(self) -> list[list]:
        """Circuits, policies, sources and tags to filter by: those that exist and those that are stored."""
        try:
            stored = {column: self.store.choices(column) for column in ("circuit", "policy", "source")}
            tags = self.store.notes.known_tags()
        except StoreError:
            stored, tags = {"circuit": [], "policy": [], "source": []}, []
        circuits = sorted({*self.services.circuits, *stored["circuit"]})
        policies = list(dict.fromkeys([*self.services.policies, *stored["policy"]]))
        return [[("All", ""), *((name, name) for name in names)]
                for names in (circuits, policies, stored["source"], tags)]

    def _filter_form(self) -> None:
        circuits, policies, sources, tags = self._choices()
        free = {"value": "", "allow_custom_value": True}
        with gr.Row(elem_classes="filters"):
            self.search = gr.Textbox(label="Search", placeholder="words of the reasoning or a note, or an id",
                                     max_lines=1)
            self.circuit = gr.Dropdown(circuits, label="Circuit", **free)
            self.policy = gr.Dropdown(policies, label="Policy or checkpoint", **free)
            statuses = [("All", ""), *((word, name) for name, word in STATUS.items())]
            self.status = gr.Dropdown(statuses, value="", label="Status")
            self.source = gr.Dropdown(sources, label="Source", **free)
            self.tag = gr.Dropdown(tags, label="Tag", **free)
            self.since = gr.Textbox(label="From", placeholder="2026-03-01", max_lines=1)
            self.until = gr.Textbox(label="To", placeholder="2026-03-31", max_lines=1)
            self.only = gr.CheckboxGroup([(title, key) for key, title in ONLY.items()], label="Only")

    def _wire(self) -> None:
        for field in self.filters:
            field.change(self.first_page, [*self.filters, self.table], self.shown, trigger_mode="always_last",
                         **PRIVATE)
        self.table.query(self.query, self.filters, self.shown, **PRIVATE)
        self.table.star(self.star, [*self.filters, self.table], self.shown, **PRIVATE)
        self.table.choose(self.open, None, [*self.pages, self.address], **PRIVATE)
        self.file.upload(self.import_file, self.file, [*self.pages, self.address], **PRIVATE)
        self.review.connect(self.address)
        self.review.back.click(self.close, [*self.filters, self.table], [*self.pages, *self.shown], **PRIVATE)


def _problems(problems: tuple[str, ...]) -> str:
    return "".join(map(alert, problems))


def _order(table: dict | None) -> dict:
    return order(**{key: table[key] for key in ("sort", "descending", "page") if table and key in table})
