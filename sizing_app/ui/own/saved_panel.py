"""Circuits of one's own that are saved: as a ZIP, under another name, once more, shared, off the list."""

from collections.abc import Callable

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.toml_table import CircuitError
from sizing_app.errors import StoreError
from sizing_app.own.draft import DraftError
from sizing_app.store.circuits import EVERYBODY, StoredCatalog
from sizing_app.ui.own.circuit_file import circuit_link
from sizing_app.ui.own.copies import duplicated, renamed
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.services import Services


class SavedPanel:
    """Made inside a gr.Blocks."""

    def __init__(self, services: Services):
        self.services = services
        with gr.Accordion("Saved circuits", open=False, elem_classes="sheet own-panel",
                          elem_id="own-saved-circuits") as self.panel:
            with gr.Row(elem_classes="pair"):
                self.circuit = gr.Dropdown([], label="Saved circuit", elem_id="own-saved-circuit")
                self.name = gr.Textbox("", label="New name", max_length=60, elem_id="own-new-name")
            with gr.Row(elem_classes="own-buttons"):
                self.file = gr.HTML("", elem_id="own-zip", apply_default_css=False)
                self.rename = _button("Rename", "own-rename")
                self.duplicate = _button("Duplicate", "own-duplicate")
                self.delete = _button("Delete", "own-delete")
            self.share = gr.Checkbox(False, label="Share with everyone", visible=False, container=False,
                                     elem_id="own-share")
            with gr.Row(elem_classes="own-buttons", visible=False) as self.sure:
                self.question = gr.HTML("", elem_id="own-question", apply_default_css=False)
                self.yes = _button("Delete it", "own-delete-yes")
                self.no = _button("Keep it", "own-delete-no")
            self.said = gr.HTML("", elem_id="own-said", apply_default_css=False)
        self._wire()

    @property
    def shown(self) -> list:
        return [self.circuit, self.name, self.file, self.share, self.sure, self.said]

    @property
    def own(self) -> StoredCatalog:
        return self.services.own

    def show(self, chosen: str | None = None, said: str | Markup = "") -> list:
        """Values of ``shown``: the list anew."""
        names = list(self.own)
        chosen = chosen if chosen in names else next(iter(names), None)
        return [gr.Dropdown(names, value=chosen), "", circuit_link(chosen) if chosen else "", self._sharing(chosen),
                gr.Row(visible=False), said]

    def choose(self, chosen: str | None) -> list:
        return self.show(chosen)

    def shared(self, chosen: str | None, shared: bool) -> list:
        try:
            self.own.share(chosen or "", shared)
        except KeyError:
            return self._gone(chosen)
        except (CircuitError, StoreError) as error:
            return self.show(chosen, _problem(str(error)))
        return self.show(chosen, _done(f"{chosen} is visible to {'everyone' if shared else 'you alone'}."))

    def renamed(self, chosen: str | None, name: str) -> list:
        return self._named(chosen, name, renamed, "{} is now called {}. Sessions on it keep the old name.")

    def duplicated(self, chosen: str | None, name: str) -> list:
        return self._named(chosen, name, duplicated, "{} is saved once more as {}.")

    def ask(self, chosen: str | None) -> list:
        """[the question, its row]"""
        if not chosen:
            return ["", gr.Row(visible=False)]
        versions = len(self.own.versions(chosen))
        what = f"all {versions} versions of it" if versions > 1 else "it"
        return [Markup('<p role="alert">Delete <b>{}</b>? This takes {} off the list; sessions keep the circuit that '
                       'they ran on.</p>').format(chosen, what), gr.Row(visible=True)]

    def deleted(self, chosen: str | None) -> list:
        try:
            kept = self.own.remove(chosen or "")
        except KeyError:
            return self._gone(chosen)
        except (CircuitError, StoreError) as error:
            return self.show(chosen, _problem(str(error)))
        stays = f" What sessions ran on ({kept} of its versions) stays with them." if kept else ""
        return self.show(None, _done(f"{chosen} is deleted.{stays}"))

    def _named(self, chosen: str | None, name: str, act: Callable[[Services, str, str], str], done: str) -> list:
        name = name.strip()
        if not chosen or not name:
            return self.show(chosen, _problem("Choose a saved circuit, and type its new name."))
        try:
            act(self.services, chosen, name)
        except KeyError:
            return self._gone(chosen)
        except (CircuitError, DraftError, StoreError) as error:
            shown = self.show(chosen, _problem(str(error)))
            return [shown[0], name, *shown[2:]]
        return self.show(name, _done(done.format(chosen, name)))

    def _gone(self, chosen: str | None) -> list:
        return self.show(None, _problem(f"There is no saved circuit {chosen!r}: it was deleted before."))

    def _sharing(self, chosen: str | None) -> gr.Checkbox:
        """The switch, where people come in by name; what is another's or everybody's is shared for good."""
        saved = self.own.saved(chosen) if chosen and self.services.named else None
        if saved is None:
            return gr.Checkbox(visible=False)
        mine = saved.mine and saved.owner != EVERYBODY
        owner = "" if mine else f" (by {saved.owner})" if saved.owner else " (saved for all)"
        return gr.Checkbox(saved.shared, label=f"Share with everyone{owner}", interactive=mine, visible=True)

    def _wire(self) -> None:
        self.panel.expand(self.choose, self.circuit, self.shown, **PRIVATE)
        self.circuit.input(self.choose, self.circuit, self.shown, **PRIVATE)
        self.rename.click(self.renamed, [self.circuit, self.name], self.shown, **PRIVATE)
        self.duplicate.click(self.duplicated, [self.circuit, self.name], self.shown, **PRIVATE)
        self.share.input(self.shared, [self.circuit, self.share], self.shown, **PRIVATE)
        self.delete.click(self.ask, self.circuit, [self.question, self.sure], **PRIVATE)
        self.yes.click(self.deleted, self.circuit, self.shown, **PRIVATE)
        self.no.click(self.choose, self.circuit, self.shown, **PRIVATE)


def _button(text: str, name: str) -> gr.Button:
    return gr.Button(text, size="sm", elem_id=name, elem_classes="quiet-button")


def _done(text: str) -> Markup:
    return Markup('<p role="status">{}</p>').format(text)


def _problem(text: str) -> Markup:
    return Markup('<div class="problem-list" role="alert">{}</div>').format(text)
