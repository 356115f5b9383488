"""Star, tags and note of the session that is reviewed; what a person enters is stored at once."""

import gradio as gr
from markupsafe import Markup

from sizing_app.errors import StoreError
from sizing_app.store.notes import MAX_NOTE, Notes, read_tags
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.services import Services

STAR = {False: "\u2606 Star", True: "\u2605 Starred"}


class NotesPanel:
    """Made inside a gr.Blocks; ``shown`` gives the values of ``outputs``."""

    def __init__(self, services: Services):
        self.notes = services.store.notes
        with gr.Row(elem_classes="notes"):
            self.star = gr.Button(STAR[False], size="sm", elem_id="star", elem_classes="quiet-button", scale=0,
                                  min_width=90)
            self.tags = gr.Textbox(label="Tags, with commas", max_lines=1, elem_id="tags", scale=1, min_width=120)
            self.note = gr.Textbox(label="Note", lines=1, max_lines=8, max_length=MAX_NOTE, elem_id="note", scale=3,
                                   min_width=160)
        self.told = gr.HTML("", elem_id="notes-told", apply_default_css=False)

    @property
    def outputs(self) -> list:
        return [self.star, self.tags, self.note, self.told]

    def shown(self, notes: Notes) -> list:
        imported = _told(f"Imported; where it ran its id was {notes.origin}.") if notes.origin else ""
        return [STAR[notes.starred], ", ".join(notes.tags), notes.note, imported]

    def connect(self, session_id: gr.Textbox) -> None:
        self.star.click(self._toggle, session_id, [self.star, self.told], **PRIVATE)
        self.note.change(self._write_note, [session_id, self.note], self.told, trigger_mode="always_last", **PRIVATE)
        for event in (self.tags.blur, self.tags.submit):
            event(self._write_tags, [session_id, self.tags], self.told, **PRIVATE)

    def _toggle(self, id: str) -> list:
        try:
            starred = not self.notes.read(id).starred
            self.notes.write(id, starred=starred)
        except StoreError as error:
            return [gr.skip(), _told(str(error), wrong=True)]
        return [STAR[starred], _told("Stored: starred." if starred else "Stored: not starred.")]

    def _write_note(self, id: str, note: str | None) -> str | dict:
        """Also called when a session is opened: what is stored already is not stored again."""
        try:
            if not id or self.notes.read(id).note == (note or ""):
                return gr.skip()
        except StoreError as error:
            return _told(f"Not stored: {error}", wrong=True)
        return self._write(id, "note", note=note or "")

    def _write_tags(self, id: str, text: str | None) -> str:
        try:
            tags = read_tags(text or "")
        except ValueError as error:
            return _told(f"Not stored: {error}.", wrong=True)
        return self._write(id, "tags", tags=tags)

    def _write(self, id: str, what: str, **values) -> str:
        try:
            self.notes.write(id, **values)
        except StoreError as error:
            return _told(f"Not stored: {error}", wrong=True)
        return _told(f"Stored: {what}.")


def _told(text: str, wrong: bool = False) -> str:
    return str(Markup('<p class="{}" role="{}">{}</p>').format("warning" if wrong else "quiet",
                                                              "alert" if wrong else "status", text))
