"""A session as a stream: what all who look at it are shown, and the phase that the controls of pages depend on."""

from collections.abc import Iterator

from sizing_app.errors import StoreError
from sizing_app.session.control import Control
from sizing_app.session.events import SessionState
from sizing_app.ui.live.board import Parts
from sizing_app.ui.parts.design_panel import design_blocks
from sizing_app.ui.parts.live_plot import figure
from sizing_app.ui.parts.search_board import Search
from sizing_app.ui.parts.turn_row import with_head
from sizing_app.ui.parts.turns import Trace
from sizing_app.ui.services import Services
from sizing_app.ui.signoff.check_parts import NO_CHECKS, check_parts
from sizing_app.ui.session.session_view import header_blocks, spec_blocks


def session_stream(services: Services, session_id: str) -> Iterator[Parts]:
    """The session now and after every change until it ends, then the checks of its best design until none of them
    runs; a session that is not stored is named."""
    trace, search, former, results = Trace(session_id=session_id), Search(), None, {}
    try:
        for state in services.states(session_id):
            if former is None or state.history is not former.history or state.running != former.running:
                results = {"specs": spec_blocks(state), "design": design_blocks(state, session_id),
                           "plot": figure(state, session_id), "search": search.blocks(state)}
            former = state
            shown = {"header": header_blocks(state, session_id), **results, **NO_CHECKS,
                     "turns": with_head(trace.blocks(state)),
                     "phase": phase(state, session_id, services.control(session_id))}
            if state.running:
                yield shown
    except StoreError as error:
        state = missing(error)
        yield {"header": header_blocks(state, ""), "specs": [], "design": [], "plot": figure(state, ""), "search": [],
               **NO_CHECKS, "turns": [], "phase": phase(state, session_id, None)}
        return
    for parts, checked in check_parts(services, state, session_id):
        yield {**shown, "header": header_blocks(state, session_id, checked),
               "specs": spec_blocks(state, corners=checked.corners), **parts}


def missing(error: StoreError) -> SessionState:
    """What is shown in place of a session that cannot be read."""
    return SessionState(status="failed", message=str(error))


def phase(state: SessionState, session_id: str, control: Control | None) -> dict:
    """What the controls depend on; ``waiting`` is the number of the proposal that waits for a person, or 0."""
    here = state.running and control is not None
    return {"session": session_id, "running": state.running, "here": here, "paused": here and control.paused,
            "waiting": state.current.review if here and state.current is not None else 0}
