"""The Sessions page: stored sessions, filtered, sorted and paged by the database; one opened as a replay."""

import time
from collections.abc import Sequence

import gradio as gr
from markupsafe import Markup

from sizing_app.errors import StoreError
from sizing_app.events import SessionState, fold
from sizing_app.store import SessionSummary
from sizing_app.ui.components import session_table
from sizing_app.ui.render import STATUS, reward
from sizing_app.ui.services import Services
from sizing_app.ui.session_view import SessionView

PAGE_SIZE = 25
ALL = ""
COLUMNS = (("circuit", "Circuit", ""), ("policy", "Policy", ""),
           ("status", "Status", ""), ("best_reward", "Best reward", "num"), ("turns", "Simulations", "num"),
           ("seed", "Seed", "num"), ("created", "Started", "num"))
"""Column of the store to sort by, title, class."""


class SessionsPage:
    """Built inside a gr.Blocks."""

    def __init__(self, services: Services):
        self.services = services
        with gr.Column() as self.list:
            with gr.Row(elem_classes="filters"):
                self.search = gr.Textbox(label="Search", placeholder="words of the reasoning, or an id", max_lines=1)
                self.circuit = gr.Dropdown([("All", ALL), *services.circuits], value=ALL, label="Circuit")
                policies = [("All", ALL), *((name, name) for name in services.policies)]
                self.policy = gr.Dropdown(policies, value=ALL, label="Policy")
                statuses = [("All", ALL), *((word, name) for name, word in STATUS.items())]
                self.status = gr.Dropdown(statuses, value=ALL, label="Status")
            self.table = session_table(_query(), label="Sessions", elem_id="session-table")
        with gr.Column(visible=False) as self.replay:
            self.session_id = gr.Textbox("", label="Session", visible="hidden")
            self.back = gr.Button("\u2190 All sessions", size="sm", elem_classes="quiet-button", elem_id="back")
            self.view = SessionView("replay", services)
            with gr.Row(elem_classes="player"):
                self.former = gr.Button("\u2039 Back", size="sm", elem_id="former-turn", elem_classes="quiet-button",
                                        scale=0, min_width=72)
                self.turn = gr.Slider(0, 1, value=0, step=1, label="Turn", elem_id="turn-slider", buttons=[])
                self.next = gr.Button("Next \u203a", size="sm", elem_id="next-turn", elem_classes="quiet-button",
                                      scale=0, min_width=72)
            self.view.body("replay")
        self._wire()

    def connect(self, tab: gr.Tab) -> None:
        """Read the list anew whenever the page is opened."""
        tab.select(self.refresh, [*self.filters, self.table], self.table, show_progress="hidden",
                   api_visibility="private")

    @property
    def filters(self) -> list:
        return [self.search, self.circuit, self.policy, self.status]

    def refresh(self, search: str, circuit: str, policy: str, status: str, table: dict) -> dict:
        return self._rows(search, circuit, policy, status, _query(**_order(table)))

    def first_page(self, search: str, circuit: str, policy: str, status: str, table: dict) -> dict:
        return self._rows(search, circuit, policy, status, _query(**{**_order(table), "page": 0}))

    def query(self, search: str, circuit: str, policy: str, status: str, event: gr.EventData) -> dict:
        """Another order or page, as the table's event says."""
        return self._rows(search, circuit, policy, status,
                          _query(str(event.sort), bool(event.descending), max(0, int(event.page))))

    def open(self, event: gr.EventData) -> list:
        session_id = str(event.id)
        try:
            state = fold(self.services.store.events(session_id))
        except StoreError as error:
            raise gr.Error(str(error)) from error
        last = state.history[-1].index if state.history else 0
        slider = gr.Slider(maximum=max(last, 1), value=last, interactive=last > 0, label=f"Turn (0 to {last})")
        return [session_id, gr.Column(visible=False), gr.Column(visible=True), slider,
                *self.view.replay(state, session_id, last, fresh=True)]

    def show(self, session_id: str, turn: float) -> list:
        if not session_id:
            return self.view.replay(SessionState(), "", 0)
        return self.view.replay(fold(self.services.store.events(session_id)), session_id, int(turn))

    def _rows(self, search: str, circuit: str, policy: str, status: str, query: dict) -> dict:
        filters = {"search": search or "", "circuit": circuit or None, "policy": policy or None,
                   "status": status or None}
        try:
            total = self.services.store.count(**filters)
            query["page"] = min(query["page"], max(0, (total - 1) // PAGE_SIZE))
            rows = self.services.store.list(sort=query["sort"], descending=query["descending"],
                                            offset=query["page"] * PAGE_SIZE, limit=PAGE_SIZE, **filters)
        except StoreError as error:
            return {**query, "html": str(Markup('<p class="warning" role="alert">{}</p>').format(error))}
        return {**query, "html": str(table_html(rows, total, query))}

    def _wire(self) -> None:
        self.view.connect(self.session_id)
        private = {"api_visibility": "private", "show_progress": "hidden"}
        for field in self.filters:
            field.change(self.first_page, [*self.filters, self.table], self.table, trigger_mode="always_last",
                         **private)
        self.table.query(self.query, self.filters, self.table, **private)
        self.table.choose(self.open, None, [self.session_id, self.list, self.replay, self.turn, *self.view.outputs],
                          **private)
        self.turn.change(self.show, [self.session_id, self.turn], self.view.outputs, trigger_mode="always_last",
                         concurrency_limit=8, **private)
        self.former.click(None, self.turn, self.turn, js="(turn) => Math.max(0, turn - 1)", **private)
        self.next.click(None, self.turn, self.turn, js=NEXT_TURN, **private)
        self.back.click(lambda: [gr.Column(visible=True), gr.Column(visible=False)], None, [self.list, self.replay],
                        **private)


NEXT_TURN = """(turn) => {
    const slider = document.querySelector("#turn-slider input[type=range]");
    return Math.min(Number(slider.max), turn + 1);
}"""


def table_html(rows: Sequence[SessionSummary], total: int, query: dict) -> Markup:
    titles = Markup("").join(_title(*column, query) for column in COLUMNS)
    body = Markup("").join(_row(row) for row in rows)
    if not rows:
        body = Markup('<tr><td colspan="{}" class="quiet">No stored session matches.</td></tr>').format(
            len(COLUMNS) + 1)
    return Markup('<div class="scroll"><table><caption class="sr-only">Stored sessions</caption><thead><tr>'
                  '<th scope="col">Session</th>{}</tr></thead><tbody>{}</tbody></table></div>{}').format(
        titles, body, _pager(total, query["page"]))


def _title(column: str, title: str, kind: str, query: dict) -> Markup:
    sorted_by = query["sort"] == column
    order = ("descending" if query["descending"] else "ascending") if sorted_by else "none"
    arrow = {"descending": " \u25be", "ascending": " \u25b4", "none": ""}[order]
    return Markup('<th scope="col" class="{}" aria-sort="{}"><button type="button" data-sort="{}" data-focus="{}">'
                  "{}{}</button></th>").format(kind, order, column, column, title, arrow)


def _row(row: SessionSummary) -> Markup:
    best = "\u2013" if row.best_reward is None else reward(row.best_reward)
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created))
    return Markup('<tr data-id="{id}"><th scope="row"><button type="button" data-focus="{id}" aria-label='
                  '"Open session {id}">{id}</button></th><td>{circuit}</td><td>{policy}</td>'
                  '<td><span class="status {status}">{word}</span></td><td class="num">{best}</td>'
                  '<td class="num">{turns} of {budget}</td><td class="num">{seed}</td>'
                  '<td class="num">{started}</td></tr>').format(
        id=row.id, started=started, circuit=row.circuit, policy=row.policy, status=row.status,
        word=STATUS.get(row.status, row.status), best=best, turns=row.turns, budget=row.budget, seed=row.seed)


def _pager(total: int, page: int) -> Markup:
    last = max(0, (total - 1) // PAGE_SIZE)
    if not last:
        return Markup('<p class="pager">{} in all</p>').format(total)
    first_row = page * PAGE_SIZE + 1 if total else 0
    return Markup('<nav class="pager" aria-label="Pages"><button type="button" data-page="{}" data-focus="former"{}>'
                  '\u2039 Previous page</button><span>{} \u2013 {} of {}</span><button type="button" data-page="{}" '
                  'data-focus="next"{}>Next page \u203a</button></nav>').format(
        page - 1, _disabled(page == 0), first_row, min(total, (page + 1) * PAGE_SIZE), total, page + 1,
        _disabled(page >= last))


def _disabled(off: bool) -> Markup | str:
    return Markup(" disabled") if off else ""


def _query(sort: str = "created", descending: bool = True, page: int = 0) -> dict:
    """Value of the table without its rows: how they are ordered and which page is shown."""
    return {"sort": sort, "descending": descending, "page": page, "html": ""}


def _order(table: dict | None) -> dict:
    return {key: table[key] for key in ("sort", "descending", "page") if table and key in table}
