"""The page Own circuit: a draft that the browser keeps, and four panels that show and change it.

Every handler gets the draft as text, makes another one of it, and shows everything anew. What the browser sends is
read as any text from outside (own/draft.py).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.toml_table import CircuitError
from sizing_app.own.assembly import Assembled, assemble
from sizing_app.own.draft import Draft, DraftError, draft_text, read_draft
from sizing_app.own.draft_check import DraftCheck
from sizing_app.own.examples import Example
from sizing_app.own.report import report_of
from sizing_app.own.upload import UploadError, circuit_in, is_circuit
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.own.check_panel import CheckPanel, saved_html
from sizing_app.ui.own.choices import Choices, fitting, split
from sizing_app.ui.own.choices_panel import ChoicesPanel
from sizing_app.ui.own.netlist_panel import NetlistPanel, bounded, joined, pasted, uploaded
from sizing_app.ui.own.saved_panel import SavedPanel
from sizing_app.ui.own.report_html import verdict_html
from sizing_app.ui.parts.components import flag, read_asset
from sizing_app.ui.services import Services

STORED = "own-circuit-draft"
"""Of the browser's storage. What is kept there is no secret to whoever sits at the browser."""
CHECKS, READERS = 2, 4
"""Browsers whose drafts may be checked, and read, at once."""

SHOW_CHECK = "() => document.getElementById('own-checked').scrollIntoView({block: 'start'})"
"""What was pressed may be far from what it shows."""


class OwnPage:
    """Built inside a gr.Blocks."""

    def __init__(self, services: Services):
        self.services = services
        self.draft = gr.BrowserState("", storage_key=STORED, secret=STORED)
        self.ready = flag("The draft of the browser is shown")
        with gr.Column(elem_classes="own-page"):
            self.verdict = gr.HTML(verdict_html(None), elem_id="own-verdict", apply_default_css=False)
            self.netlist = NetlistPanel()
            self.choices = ChoicesPanel()
            self.check = CheckPanel(services)
            self.saved = SavedPanel(services)
        self._wire()

    def connect(self, tab: gr.Tab) -> None:
        """Show the draft that the browser has once the page is opened."""
        tab.select(self.restore, [self.draft, self.ready], [self.ready, *self.shown], **PRIVATE)

    @property
    def shown(self) -> list:
        return [self.draft, self.verdict, *self.netlist.shown, *self.choices.shown, *self.check.shown]

    def restore(self, text: str, ready: bool) -> list:
        if ready or not text:
            return [True, *[gr.skip()] * len(self.shown)]
        return [True, *self.show(*_kept(text))]

    def read(self, text: str, box: str) -> list:
        """The text of the box."""
        draft, problems = _kept(text)
        try:
            found = pasted(draft, box)
        except (DraftError, UploadError) as error:
            return self.show(draft, [str(error) or "Paste a netlist first."])
        return self._fitted(found, problems)

    def upload(self, text: str, paths: Sequence[str]) -> list:
        """Files beside those that are there, or the folder of a circuit, which is saved as it is."""
        draft, problems = _kept(text)
        try:
            files = uploaded(paths)
            if is_circuit(files):
                return self._save_folder(draft, files, Path(paths[0]).stem)
            found = joined(draft, files)
        except (DraftError, UploadError, CircuitError) as error:
            return self.show(draft, [str(error)])
        return self._fitted(found, problems)

    def begin_with(self, example: Example) -> list:
        """One of the guide's circuits in place of a text."""
        return self.show(example.draft())

    def choose_main(self, text: str, name: str) -> list:
        draft, problems = _kept(text)
        if draft is None or name not in draft.files:
            return self.show(draft, problems)
        return self._fitted(replace(draft, main=name), problems)

    def choose(self, text: str, box: str, *fields) -> list:
        """The fields of the panels."""
        found = self._chosen(text, box, fields)
        return self.show(found and found.draft, found.problems if found else ["Paste a netlist first."])

    def split(self, text: str, chosen: list[str], name: str) -> list:
        draft, problems = _kept(text)
        if draft is None:
            return self.show(None, problems)
        found = split(assemble(draft), chosen or [], name or "")
        return self.show(found.draft, found.problems)

    def check_now(self, request: gr.Request, text: str, box: str, *fields) -> Iterator[list]:
        """Take the fields, then simulate."""
        found = self._chosen(text, box, fields)
        if found is None or found.problems or (made := assemble(found.draft)).circuit is None:
            yield self.show(found and found.draft, found.problems if found else ["Paste a netlist first."])
            return
        yield self._shown(found.draft, made, ())
        still = len(self.shown) - len(self.check.shown)
        for step in self.check.run(found.draft, request.session_hash):
            if isinstance(step, DraftCheck):
                shown = self._shown(step.draft, assemble(step.draft), ())
                yield [*shown[:still], *self.check.show(step)]
            elif isinstance(step, str):
                yield self._shown(found.draft, made, [step])
            else:
                yield [*[gr.skip()] * still, *self.check.progress(*step)]

    def save(self, text: str, key: str, name: str, title: str, specs: dict) -> list:
        (draft, _), checked = _kept(text), self.check.recent.get(key)
        same = checked is not None and draft is not None and _unnamed(checked.draft) == _unnamed(draft)
        return self.check.keep(checked if same else None, draft, name, title, specs)

    def show(self, draft: Draft | None, problems: Sequence[str] = ()) -> list:
        """Values of ``shown``: a draft that is not checked."""
        return self._shown(draft, assemble(draft) if draft else None, problems)

    def _shown(self, draft: Draft | None, made: Assembled | None, problems: Sequence[str]) -> list:
        told = report_of(made) if made else None
        return [draft_text(draft) if draft else "", verdict_html(told, tuple(problems)),
                *self.netlist.show(draft, told), *self.choices.show(draft, made, told),
                *self.check.cleared(draft, bool(told and told.key))]

    def _fitted(self, draft: Draft, problems: Sequence[str]) -> list:
        found = fitting(draft)
        return self.show(found.draft, [*problems, *found.problems])

    def _chosen(self, text: str, box: str, fields: Sequence) -> Choices | None:
        draft, _ = _kept(text)
        try:
            written = pasted(draft, box)
        except (DraftError, UploadError) as error:
            return Choices(draft, [str(error) or "Paste a netlist first."]) if draft else None
        if draft is None:
            return fitting(written)
        found = self.choices.read(assemble(draft), list(fields))
        if written.files != draft.files:
            fitted = fitting(replace(found.draft, files=written.files))
            found = replace(fitted, problems=[*found.problems, *fitted.problems])
        return found

    def _save_folder(self, draft: Draft | None, files: dict[str, str], name: str) -> list:
        circuit = circuit_in(files, name)
        problems = self.check.put(circuit)
        shown = self.show(draft, problems)
        if not problems:
            shown[1] = Markup("{}{}").format(saved_html(circuit, 1), shown[1])
        return shown

    def _wire(self) -> None:
        fields = [self.draft, self.netlist.text, *self.choices.fields]
        self._reads(self.netlist.read.click, self.read, [self.draft, self.netlist.text])
        for example, button in self.netlist.examples:
            self._reads(button.click, partial(self.begin_with, example), [])
        self._reads(self.netlist.upload.upload, self.upload, [self.draft, self.netlist.upload])
        self._reads(self.netlist.main.input, self.choose_main, [self.draft, self.netlist.main])
        self._reads(self.choices.apply.click, self.choose, fields)
        for field in (self.choices.top, self.choices.process, self.choices.testbench, self.choices.as_written):
            self._reads(field.input, self.choose, fields)
        self._reads(self.choices.do_split.click, self.split,
                    [self.draft, self.choices.split, self.choices.split_name])
        self.netlist.restart.click(partial(self.show, None), None, self.shown, **PRIVATE)
        self.check.check.click(None, None, None, js=SHOW_CHECK, **PRIVATE)
        self.check.check.click(self.check_now, fields, self.shown, concurrency_limit=CHECKS, **PRIVATE)
        self.check.halt.click(self.check.stop, None, self.check.halt, queue=False, **PRIVATE)
        kept = self.check.save.click(
            self.save, [self.draft, self.check.checked, self.choices.name, self.choices.title, self.check.specs],
            [self.check.saved, self.check.specs], **PRIVATE)
        kept.then(self.saved.choose, self.choices.name, self.saved.shown, **PRIVATE)

    def _reads(self, event: Callable, handler: Callable, inputs: list) -> None:
        """Let an event read a draft and show it; the page takes nothing else meanwhile."""
        read = event(handler, inputs, self.shown, js=read_asset("own_busy.js"), concurrency_limit=READERS,
                     concurrency_id="own", **PRIVATE)
        read.then(None, None, None, js=read_asset("own_free.js"), **PRIVATE)


def _kept(text: str) -> tuple[Draft | None, list[str]]:
    """The draft of a text that came from the browser; none, and why, of one that cannot be read."""
    try:
        return (bounded(read_draft(text)), []) if text else (None, [])
    except (DraftError, UploadError) as error:
        return None, [f"The draft of this browser cannot be read: {error}"]


def _unnamed(draft: Draft) -> Draft:
    return replace(draft, name="", title="")
