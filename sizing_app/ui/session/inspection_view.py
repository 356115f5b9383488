"""The best design from within: its transistors and responses, simulated when someone opens this part of a page."""

from collections.abc import Iterator

import gradio as gr
from markupsafe import Markup

from sizing_app.errors import StoreError
from sizing_app.session.events import SessionState, fold
from sizing_app.simulator.inspection import OperatingPoint, Waveforms
from sizing_app.task.turn import Turn
from sizing_app.ui.parts.components import blocks, response_plots
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.render import block, conditions_line, reward
from sizing_app.ui.services import Services
from sizing_app.ui.parts.devices import device_table, value_table
from sizing_app.ui.session.responses import figures, left_out, single_values

TITLE = "Best design: transistors and responses"
READERS = 4
"""Browsers that may be served at once; each waits for the simulator."""


class InspectionView:
    """Made inside a gr.Blocks: an accordion that fills itself when it is opened."""

    def __init__(self, name: str, services: Services):
        self.services = services
        with gr.Accordion(TITLE, open=False, visible=False, elem_id=f"{name}-inspection",
                          elem_classes="inspection") as self.accordion:
            self.tables = blocks(label="Transistors", elem_id=f"{name}-devices")
            self.plots = response_plots(label="Responses", elem_id=f"{name}-responses")

    def connect(self, session_id: gr.Textbox) -> None:
        self.accordion.expand(self.inspect, session_id, [self.tables, self.plots],
                              concurrency_limit=READERS, concurrency_id="inspect", **PRIVATE)

    def shown(self, state: SessionState, fresh: bool = False) -> dict:
        """The accordion for a session: there once it has ended with a design, and closed for a ``fresh`` one."""
        ready = not state.running and _has_design(state)
        return gr.Accordion(visible=ready, open=False) if fresh or not ready else gr.Accordion(visible=True)

    def inspect(self, session_id: str) -> Iterator[list]:
        """Simulate the best design of a session once more and read everything."""
        yield [_words("Simulating the best design \u2026"), {"figures": []}]
        try:
            state = fold(self.services.store.events(session_id))
        except StoreError as error:
            yield [_words(str(error)), {"figures": []}]
            return
        if state.running or not _has_design(state):
            yield [_words("There is a best design once the session has ended."), {"figures": []}]
            return
        point, waves = self.services.inspect(state.task, state.best.proposal.parameters)
        yield [_tables(state, state.best, point, waves), _plots(state, state.best, waves)]


def _has_design(state: SessionState) -> bool:
    return state.best is not None and state.best.proposal.parameters is not None


def _words(text: str) -> list[dict]:
    return [block("words", Markup('<p class="quiet">{}</p>').format(text))]


def _tables(state: SessionState, turn: Turn, point: OperatingPoint, waves: Waveforms) -> list[dict]:
    circuit = state.task.circuit
    head = Markup('<p class="quiet">Turn {}, reward {}, {}.</p>').format(turn.index, reward(turn.reward),
                                                                       conditions_line(state.task))
    parts = [block("head", head)]
    parts.append(block("devices", device_table(point) if point.ok else _failure("The operating point", point)))
    if not waves.ok:
        parts.append(block("failure", _failure("The analyses", waves)))
        return parts
    skipped = left_out(circuit, waves.vectors)
    if skipped:
        parts.append(block("skipped", Markup('<p class="quiet">Analyses that this design did not get to: {}.</p>')
                           .format(", ".join(skipped))))
    parts.append(block("values", value_table(single_values(circuit, waves.vectors))))
    return parts


def _plots(state: SessionState, turn: Turn, waves: Waveforms) -> dict:
    return {"figures": figures(state.task.circuit, waves.vectors, turn.measurement.metrics)}


def _failure(what: str, found: OperatingPoint | Waveforms) -> Markup:
    return Markup('<p class="warning" role="alert">{} could not be simulated ({}): {}</p>').format(
        what, found.status.replace("_", " "), found.log[-2000:])
