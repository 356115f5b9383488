"""The text of a draft: pasted, or uploaded as files or as a ZIP; and what was read of it, line by line."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import gradio as gr

from sizing_app.own.draft import Draft, DraftError
from sizing_app.own.examples import EXAMPLES
from sizing_app.own.report import Report
from sizing_app.own.upload import UploadError, files_in
from sizing_app.ui.own.report_html import listing_html

LONGEST = 400_000
"""Characters of all files of a draft on a page: it travels with every request, and stays in the browser. The box takes
one more, so that a longer text is told and not cut in silence."""
PASTED = "pasted.sp"


class NetlistPanel:
    """Made inside a gr.Blocks."""

    def __init__(self):
        with gr.Column(elem_classes="sheet own-panel"):
            gr.HTML("<h3>1. Netlist</h3>", apply_default_css=False)
            self.text = gr.Textbox("", label="SPICE text", lines=8, max_lines=16, max_length=LONGEST + 1,
                                   elem_id="own-text", elem_classes="mono")
            with gr.Row(elem_classes="own-buttons"):
                self.read = gr.Button("Read", variant="primary", size="sm", elem_id="own-read")
                self.upload = gr.UploadButton("Upload files or a ZIP", file_count="multiple", type="filepath",
                                              size="sm", elem_id="own-upload", elem_classes="quiet-button")
                self.restart = gr.Button("Start over", size="sm", elem_id="own-restart", elem_classes="quiet-button")
            with gr.Row(elem_classes="own-buttons", elem_id="own-examples") as self.first:
                gr.HTML('<p class="quiet">Nothing at hand? Try one of these:</p>', apply_default_css=False)
                self.examples = [(example, gr.Button(example.title, size="sm", elem_classes="quiet-button",
                                                     elem_id=f"own-example-{example.name.lower()}"))
                                 for example in EXAMPLES]
            self.main = gr.Dropdown([], label="File that is read first", visible=False, elem_id="own-main")
            self.listing = gr.HTML("", elem_id="own-listing", apply_default_css=False)

    @property
    def shown(self) -> list:
        return [self.text, self.first, self.main, self.listing]

    @staticmethod
    def show(draft: Draft | None, told: Report | None) -> list:
        """Values of ``shown``."""
        if draft is None:
            return ["", gr.Row(visible=True), gr.Dropdown([], value=None, visible=False), ""]
        names, main = list(draft.files), main_of(draft)
        return [draft.files[main], gr.Row(visible=False), gr.Dropdown(names, value=main, visible=len(names) > 1),
                listing_html(told, draft)]


def main_of(draft: Draft) -> str:
    return draft.main or next(iter(draft.files))


def pasted(draft: Draft | None, text: str) -> Draft:
    """The draft with the text of the box in place of its first file's. Raises DraftError."""
    if not text.strip():
        raise DraftError(())
    if draft is None:
        return bounded(Draft({PASTED: text}))
    files = {**draft.files, main_of(draft): text}
    return draft if files == draft.files else bounded(replace(draft, files=files))


def uploaded(paths: Sequence[str]) -> dict[str, str]:
    """Name to text of what was uploaded. Raises UploadError."""
    files: dict[str, str] = {}
    for path in map(Path, paths):
        try:
            files |= files_in(path.name, path.read_bytes())
        except OSError as error:
            raise UploadError(f"{path.name}: {error.strerror or error}") from None
    return files


def joined(draft: Draft | None, files: dict[str, str]) -> Draft:
    """Uploaded files beside those that are there; without a draft they are one. Raises DraftError."""
    return bounded(Draft(files) if draft is None else replace(draft, files={**draft.files, **files}))


def bounded(draft: Draft) -> Draft:
    """Raises DraftError, or UploadError for what is too long for a page."""
    if (letters := sum(map(len, draft.files.values()))) > LONGEST:
        raise UploadError(f"{letters:,} characters in all files, at most {LONGEST:,} on this page: "
                          "`python -m sizing_app circuits import` takes more")
    return draft

