"""The Models page: a ranking of the policies, a card for every checkpoint, and what evaluations found."""

import base64
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from sizing_app.policy import MODELS
from sizing_app.ui.catalogue.circuits_page import run_link
from sizing_app.ui.catalogue.evaluation_tables import evaluations
from sizing_app.ui.catalogue.ranking import ranking
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.services import Services

FIRST = ("algorithm", "circuits", "parameters", "remark")
"""Entries of a card that are in sight; where it comes from unfolds."""
SKELETON = '<div class="skeleton" role="status" aria-label="Reading the results"></div>'


class ModelsPage:
    """Built inside a gr.Blocks; read anew whenever it is opened."""

    def __init__(self, services: Services, models: Path = MODELS):
        self.services, self.models = services, models
        self._held_out = {name for name, circuit in services.circuits.items() if circuit.held_out}
        self.page = gr.HTML(SKELETON, elem_id="model-page", apply_default_css=False)

    def connect(self, tab: gr.Tab) -> None:
        tab.select(self.html, None, self.page, **PRIVATE)

    def html(self) -> Iterator[str]:
        """Ranking and cards at once, the evaluations, whose intervals take seconds, when they are there."""
        default = next(iter(self.services.policies))
        cards = Markup("").join(_card(folder, self.services) for folder in _folders(self.models, default))
        none = Markup('<p class="quiet">{} has no checkpoint; <code>make train</code> writes one.</p>').format(
            str(self.models))
        first = Markup('{}<h2>Checkpoints</h2><div class="cards">{}</div>').format(
            ranking(self.models, self._held_out, default), cards or none)
        yield str(first + Markup(SKELETON))
        yield str(first + evaluations(self.models.parent, self.services.store, self._held_out,
                                      list(self.services.policies)))


def _folders(models: Path, default: str) -> list[Path]:
    """The default first."""
    return sorted((path.parent for path in models.glob("*/card.toml")), key=lambda path: (path.name != default, path))


def _card(folder: Path, services: Services) -> Markup:
    try:
        card = tomllib.loads((folder / "card.toml").read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Markup('<article class="sheet"><h2>{}</h2><p class="warning" role="alert">{}</p></article>').format(
            folder.name, f"card.toml cannot be read: {error}")
    ordered = {key: card[key] for key in FIRST if key in card}
    rest = {key: value for key, value in card.items() if key not in ordered and not isinstance(value, dict)}
    tables = Markup("").join(Markup("<h3>{}</h3>{}").format(key.capitalize(), _entries(value))
                             for key, value in card.items() if isinstance(value, dict))
    folded = Markup("<details><summary>Where it comes from, and its curves</summary>{}{}{}</details>").format(
        _entries(rest), tables, _pictures(folder))
    return Markup('<article class="sheet"><header><h2>{} <span class="quiet">{}</span></h2>{}</header>{}{}</article>'
                  ).format(folder.name, services.policies.get(folder.name, ""), _demo(folder.name, card, services),
                           _entries(ordered), folded)


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
