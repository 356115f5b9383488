"""The components that show a session, on every page the same: verdict, specs, design, plot, turns.

A session that is looked at turn by turn comes as values of the components (``replay``), one that may be running as a
stream (session_stream.py); both are drawn by the same functions.
"""

from dataclasses import replace

import gradio as gr

from sizing_app.evaluate.corners import Spots
from sizing_app.evaluate.signoff import UNCHECKED, Checked
from sizing_app.session.events import SessionState
from sizing_app.task.turn import Turn
from sizing_app.ui.forks.group_view import GroupView
from sizing_app.ui.forks.plan_view import PlanView
from sizing_app.ui.parts.components import blocks, live_plot
from sizing_app.ui.parts.design_panel import design_blocks
from sizing_app.ui.parts.header import header
from sizing_app.ui.parts.live_plot import PLOTLY_URL, figure
from sizing_app.ui.parts.render import block
from sizing_app.ui.parts.search_board import Search
from sizing_app.ui.parts.spec_board import spec_board
from sizing_app.ui.parts.turns import turn_block
from sizing_app.ui.services import Services
from sizing_app.ui.session.inspection_view import InspectionView
from sizing_app.ui.signoff.asked import checked_of


class SessionView:
    """Made inside a gr.Blocks; ``replay`` gives the values of ``outputs``."""

    def __init__(self, name: str, services: Services):
        self.services = services
        self.header = blocks(header_blocks(SessionState(), ""), label="Session", elem_id=f"{name}-header")
        self.family = blocks(label="Family of the session", elem_id=f"{name}-family")

    def body(self, name: str) -> None:
        """Specs, design, plot and turns; apart from the header, so that a page can put controls between."""
        self.specs = blocks(label="Specs", elem_id=f"{name}-specs", elem_classes="panel")
        with gr.Row(elem_classes="charts"):
            self.design = blocks(label="Best design", elem_id=f"{name}-design")
            self.plot = live_plot(figure(SessionState(), ""), PLOTLY_URL, label="Reward by turn",
                                  elem_id=f"{name}-plot")
        self.search = blocks(label="Search", elem_id=f"{name}-search", elem_classes="panel")
        self.inspection = InspectionView(name, self.services)
        self.group = GroupView(name, self.services)
        self.plan = PlanView(name, self.services)
        self.turns = blocks(label="Turns", elem_id=f"{name}-turns")

    def connect(self, session_id: gr.Textbox) -> None:
        """Tie the parts that work on demand to the session that the page shows."""
        self.inspection.connect(session_id)
        self.group.connect(session_id, self.turns, self.family)
        self.plan.connect(session_id, self.turns)

    @property
    def outputs(self) -> list:
        return [self.header, self.specs, self.design, self.plot, self.search, self.turns, self.inspection.accordion]

    def replay(self, state: SessionState, session_id: str, turn: int, fresh: bool = False) -> list:
        """The session as it stood after ``turn``, and that turn alone; ``fresh`` if another one was shown before."""
        past = SessionState(state.task, state.policy, tuple(item for item in state.history if item.index <= turn))
        last = past.history[-1] if past.history else None
        shown = [] if last is None else [turn_block(past, last, best=state.best is last, opened=True)]
        checked = checked_of(self.services, state)
        corners = checked.corners if last is state.best else None
        return [header_blocks(state, session_id, checked), spec_blocks(past, last, corners),
                design_blocks(replace(state, history=past.history), session_id, last),
                figure(state, session_id, turn), Search().blocks(state), shown, self.inspection.shown(state, fresh)]


def header_blocks(state: SessionState, session_id: str, checked: Checked = UNCHECKED) -> list[dict]:
    return [block("header", header(state, session_id, checked))]


def spec_blocks(state: SessionState, turn: Turn | None = None, corners: Spots | None = None) -> list[dict]:
    return [block("specs", spec_board(state, turn, corners))]
