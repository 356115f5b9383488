"""The Models page: a card for every checkpoint, and what evaluations found, each cell leading to its traces."""

import base64
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from sizing_app.errors import StoreError
from sizing_app.evaluate.report import Row, summarize
from sizing_app.evaluate.results import read_results
from sizing_app.policy import MODELS
from sizing_app.store import SessionStore
from sizing_app.ui.catalogue.circuits_page import run_link
from sizing_app.ui.library.filters import sessions_link
from sizing_app.ui.services import Services

FIRST = ("algorithm", "base", "data", "circuits", "steps", "hours", "hardware", "parameters", "remark", "command")
"""Entries of a card in the order they are shown; tables of numbers follow."""


class ModelsPage:
    """Built inside a gr.Blocks; read anew whenever it is opened."""

    def __init__(self, services: Services, models: Path = MODELS):
        self.services, self.models = services, models
        self.page = gr.HTML("", elem_id="model-page", apply_default_css=False)

    def connect(self, page: gr.Blocks, tab: gr.Tab, tabs: gr.Tabs) -> None:
        settings = {"show_progress": "hidden", "api_visibility": "private"}
        tab.select(self.html, None, self.page, **settings)
        page.load(self.open_link, None, [tabs, self.page], **settings)

    def open_link(self, request: gr.Request) -> list:
        """?view=models"""
        if request.query_params.get("view") != "models":
            return [gr.skip()] * 2
        return [gr.Tabs(selected="models"), self.html()]

    def html(self) -> str:
        cards = Markup("").join(_card(folder, self.services) for folder in _folders(self.models))
        return str(Markup('<div class="cards">{}</div>{}').format(
            cards or Markup('<p class="quiet">{} has no checkpoint; <code>make train</code> writes one.</p>').format(
                str(self.models)), evaluations(self.models.parent, self.services.store)))


def evaluations(root: Path, store: SessionStore) -> Markup:
    """The results of every evaluation below ``root``: folders of runs/ and models/ that hold results.csv."""
    found = sorted({path.parent for place in ("runs", "models") for depth in ("*", "*/*", "*/*/*")
                    for path in (root / place).glob(f"{depth}/results.csv")})
    parts = Markup("").join(_evaluation(folder, root, store) for folder in found)
    return Markup("<section><h2>Evaluations</h2>{}</section>").format(
        parts or Markup('<p class="quiet">No results yet: <code>make evaluate</code> writes them.</p>'))


def _evaluation(folder: Path, root: Path, store: SessionStore) -> Markup:
    rows = Markup("").join(_result_row(row, store) for row in summarize(read_results(folder)))
    titles = Markup("").join(Markup('<th scope="col"{}>{}</th>').format(Markup(' class="num"') if number else "", title)
                             for title, number in (("Circuit", False), ("Suite", False), ("Policy", False),
                                                   ("Queries", True), ("Mean best reward", True),
                                                   ("All specs met", True), ("Simulations to success", True)))
    return Markup('<section class="comparison"><h3>{}</h3><div class="scroll" tabindex="0"><table><thead><tr>{}</tr>'
                  '</thead><tbody>{}</tbody></table></div><p class="quiet">Brackets: 95% bootstrap intervals over '
                  "queries. Simulations are those after the initial design.</p></section>").format(
        str(folder.relative_to(root)), titles, rows)


def _result_row(row: Row, store: SessionStore) -> Markup:
    spent = "\u2013" if row.simulations_to_success is None else f"{row.simulations_to_success:.2f}"
    low, high = row.reward_interval
    reward = f"{row.mean_best_reward:.3f} [{low:.3f}, {high:.3f}]"
    low, high = row.passed_interval
    passed = f"{row.share_passed:.0%} [{low:.0%}, {high:.0%}]"
    filters = {"source": row.suite, "circuit": row.circuit, "policy": row.policy}
    cells = Markup("").join(Markup('<td class="num">{}</td>').format(cell) for cell in (
        row.queries, *_linked(store, filters, (reward, {}), (passed, {"only": "passed"}), (spent, {"only": "passed"}))))
    return Markup('<tr><th scope="row">{}</th><td>{}</td><td>{}</td>{}</tr>').format(
        row.circuit, row.suite, row.policy, cells)


def _linked(store: SessionStore, filters: Mapping[str, str], *cells: tuple[str, Mapping[str, str]]) -> Iterator[Markup]:
    """Texts as links to the stored traces behind them, where the evaluation stored any."""
    try:
        stored = store.count(**filters) > 0
    except StoreError:
        stored = False
    for text, more in cells:
        yield Markup('<a href="{}">{}</a>').format(sessions_link(**filters, **more), text) if stored else Markup(
            "{}").format(text)


def _folders(models: Path) -> list[Path]:
    return sorted(path.parent for path in models.glob("*/card.toml"))


def _card(folder: Path, services: Services) -> Markup:
    try:
        card = tomllib.loads((folder / "card.toml").read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Markup('<article class="sheet"><h2>{}</h2><p class="warning" role="alert">{}</p></article>').format(
            folder.name, f"card.toml cannot be read: {error}")
    ordered = {key: card[key] for key in FIRST if key in card}
    rest = {key: value for key, value in card.items() if key not in ordered and not isinstance(value, dict)}
    tables = Markup("").join(
        Markup("<details{}><summary>{}</summary>{}</details>").format(
            Markup(" open") if key == "validation" else "", key.capitalize(), _entries(value))
        for key, value in card.items() if isinstance(value, dict))
    return Markup('<article class="sheet"><header><h2>{} <span class="quiet">{}</span></h2>{}</header>{}{}{}</article>'
                  ).format(folder.name, services.policies.get(folder.name, ""), _demo(folder.name, card, services),
                           _entries({**ordered, **rest}), tables, _pictures(folder))


def _demo(name: str, card: Mapping, services: Services) -> Markup:
    known = [circuit for circuit in card.get("circuits", ()) if circuit in services.circuits]
    if name not in services.policies or not known:
        return Markup("")
    return Markup('<a class="button" href="{}">Demo this</a>').format(run_link(known[0], name))


def _entries(values: Mapping) -> Markup:
    rows = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(key.replace("_", " "), _text(value))
                           for key, value in values.items())
    return Markup('<dl class="entries">{}</dl>').format(rows)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _pictures(folder: Path) -> Markup:
    """Training curves and other pictures of the folder."""
    return Markup("").join(
        Markup('<img alt="{} of {}" src="data:image/png;base64,{}">').format(
            path.stem, folder.name, base64.b64encode(path.read_bytes()).decode("ascii"))
        for path in sorted(folder.glob("*.png")))
