"""One stored session under review: a turn drives reasoning, call, metrics, specs, differences and plot together."""

import gradio as gr
from markupsafe import Markup

from sizing_app.errors import StoreError
from sizing_app.session.events import SessionState, fold
from sizing_app.store.notes import Notes
from sizing_app.ui.library.difference import AGAINST, compared_with, difference
from sizing_app.ui.library.notes_panel import NotesPanel
from sizing_app.ui.parts.components import blocks, player
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.render import block
from sizing_app.ui.services import Services
from sizing_app.ui.session.session_view import SessionView

READERS = 8
"""Turns that may be rendered at once."""


class Review:
    """Made inside a gr.Blocks; ``opened`` and ``at`` give the values of ``outputs``."""

    def __init__(self, services: Services):
        self.services = services
        self.session_id = gr.Textbox("", label="Session", visible="hidden")
        self.back = gr.Button("\u2190 All sessions", size="sm", elem_classes="quiet-button", elem_id="back")
        self.view = SessionView("replay", services)
        self.notes = NotesPanel(services)
        self.player = player(label="Replay", elem_id="turn-slider")
        self.view.body("replay")
        with gr.Accordion("Differences", open=True, elem_id="differences", elem_classes="inspection"):
            self.against = gr.Radio(list(AGAINST), value="former", label="Compared with", elem_id="against")
            self.difference = blocks(label="Differences", elem_id="difference")

    @property
    def outputs(self) -> list:
        """What follows the turn."""
        return [self.player, *self.view.outputs, self.difference]

    @property
    def opening(self) -> list:
        """What ``opened`` fills."""
        return [self.session_id, *self.notes.outputs, *self.outputs]

    def opened(self, session_id: str, turn: int | None = None) -> list:
        """A session at a turn, the best one by default. Raises StoreError."""
        state, notes = fold(self.services.store.events(session_id)), self.services.store.notes.read(session_id)
        return [session_id, *self.notes.shown(notes), *self._at(state, session_id, turn, "former", fresh=True)]

    def closed(self) -> list:
        return ["", *self.notes.shown(Notes()), *self._at(SessionState(), "", 0, "former", fresh=True)]

    def connect(self, address: gr.HTML) -> None:
        self.view.connect(self.session_id)
        self.notes.connect(self.session_id)
        settings = {"trigger_mode": "always_last", "concurrency_limit": READERS, "concurrency_id": "review",
                    **PRIVATE}
        for event in (self.player.go, self.view.plot.choose):
            event(self.go, [self.session_id, self.against], [*self.outputs, address], **settings)
        self.against.change(self.compare, [self.session_id, self.player, self.against], self.difference, **settings)

    def go(self, session_id: str, against: str, event: gr.EventData) -> list:
        """Another turn, as the player or a point of the plot says."""
        if not session_id:
            return [gr.skip()] * (len(self.outputs) + 1)
        state = self._stored(session_id)
        return [*self._at(state, session_id, int(event.turn), against), {"turn": str(int(event.turn))}]

    def compare(self, session_id: str, position: dict, against: str) -> list[dict]:
        if not session_id:
            return []
        return _difference(self._stored(session_id), session_id, int(position["turn"]), against)

    def _stored(self, session_id: str) -> SessionState:
        try:
            return fold(self.services.store.events(session_id))
        except StoreError as error:
            raise gr.Error(str(error)) from error

    def _at(self, state: SessionState, session_id: str, turn: int | None, against: str, fresh: bool = False) -> list:
        last = state.history[-1].index if state.history else 0
        best = state.best.index if state.best is not None else last
        turn = best if turn is None else max(0, min(last, turn))
        return [_position(state, session_id, turn), *self.view.replay(state, session_id, turn, fresh),
                _difference(state, session_id, turn, against)]


def _position(state: SessionState, session_id: str, turn: int) -> dict:
    """Value of the player: the turn, and the seconds that each turn took."""
    return {"session": session_id, "turn": turn, "seconds": [round(item.seconds, 3) for item in state.history]}


def _difference(state: SessionState, session_id: str, turn: int, against: str) -> list[dict]:
    if state.task is None:
        return []
    before, after = compared_with(state.history, turn, state.best, against)
    blocks = [block("difference", difference(state.task, before, after))]
    if after is not None and after.score is not None:
        link = Markup('<p><a href="export/{}/netlist?turn={}" download>Netlist of turn {}</a></p>')
        blocks.append(block("netlist", link.format(session_id, turn, turn)))
    return blocks
