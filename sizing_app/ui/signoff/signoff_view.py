"""The next steps of a session that has ended: buttons below its verdict, and the panels that they fill."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.netlist import shifts_of
from sizing_app.checks import Kind
from sizing_app.errors import PolicyError, StoreError
from sizing_app.evaluate.signoff import corner_points
from sizing_app.session.events import SessionState, fold
from sizing_app.task.over import CORNERS, covers_corners, read_over
from sizing_app.ui.forms.task_form import BEST, TaskForm
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.components import blocks, response_plots
from sizing_app.ui.parts.render import alert, block
from sizing_app.ui.services import Services
from sizing_app.ui.signoff.asked import SAMPLES, ask, design_of, no_coefficients
from sizing_app.ui.signoff.front_form import FrontForm
from sizing_app.ui.signoff.sample_panel import opened_sample

OPEN_AGAIN = """(ticket) => {
    const [session, check] = (ticket || "").split(" ");
    return check ? `live/session?id=${encodeURIComponent(session)}&check=${encodeURIComponent(check)}` : undefined;
}"""
"""Lets the page's stream follow the session once more: it goes on until the check has ended."""


class SignoffView:
    """Made inside a gr.Blocks, the panels at once; ``update`` gives the values of ``outputs`` in a new phase."""

    def __init__(self, name: str, services: Services):
        self.services = services
        with gr.Row(elem_classes="steering next-steps", visible=False, elem_id=f"{name}-next-steps") as self.row:
            self.corners = gr.Button("Check corners", size="sm", elem_id="check-corners", elem_classes="quiet-button",
                                     scale=0)
            self.samples = gr.Button("Monte Carlo", size="sm", elem_id="monte-carlo", elem_classes="quiet-button",
                                     scale=0)
            self.count = gr.Number(SAMPLES, label="Samples", min_width=80, elem_id="samples")
            self.pelgrom = gr.Textbox("", label="Assumed A_VT, A_beta (mV um, % um)", placeholder="3,1", max_lines=1,
                                      min_width=80, visible=False, elem_id="pelgrom")
            self.sensitivity = gr.Button("Sensitivity", size="sm", elem_id="sensitivity", elem_classes="quiet-button",
                                         scale=0)
            self.report = gr.Button("Report", size="sm", elem_id="report", elem_classes="quiet-button", scale=0)
        self.front = FrontForm(name, services)
        self.problem = gr.HTML("", apply_default_css=False, elem_id=f"{name}-check-problem")
        self.ticket = gr.Textbox("", visible="hidden", label="Check")
        self.lines = blocks(label="Checks", elem_id=f"{name}-checks", elem_classes="check-lines")
        self.corner_panel = blocks(label="Corners", elem_id=f"{name}-corners", elem_classes="panel")
        with gr.Column(elem_classes="samples-panel"):
            self.sample_panel = blocks(label="Monte Carlo", elem_id=f"{name}-samples", elem_classes="panel")
            self.histograms = response_plots(label="Histograms", elem_id=f"{name}-histograms",
                                             elem_classes="histograms")
            self.opened = blocks(label="Sample", elem_id=f"{name}-sample", elem_classes="panel")
        self.sensitivity_panel = blocks(label="Sensitivity", elem_id=f"{name}-sensitivity", elem_classes="panel")
        with gr.Column(elem_classes="front-panel"):
            self.front_panel = blocks(label="Front", elem_id=f"{name}-front", elem_classes="panel")
            self.trade = response_plots(label="Trade", elem_id=f"{name}-trade", elem_classes="histograms")

    def connect(self, session_id: gr.Textbox, stream: gr.HTML) -> None:
        for button, kind in ((self.corners, "corners"), (self.samples, "samples"), (self.sensitivity, "sensitivity"),
                             (self.report, "report")):
            button.click(partial(self.start, kind), [session_id, self.count, self.pelgrom], [self.ticket, self.problem],
                         **PRIVATE)
        self.front.connect(session_id, self.ticket, self.problem, alert)
        self.ticket.change(None, self.ticket, stream, js=OPEN_AGAIN, **PRIVATE)
        self.lines.halt(self.halt, session_id, None, **PRIVATE)
        self.sample_panel.open_sample(self.open_sample, session_id, self.opened, **PRIVATE)

    @property
    def outputs(self) -> list:
        return [self.row, self.corners, self.pelgrom, self.problem, self.opened, *self.front.outputs]

    def update(self, state: SessionState, changed: Collection[str]) -> list:
        """The buttons for a phase of which ``changed`` is new."""
        if "session" not in changed and "running" not in changed:
            return [gr.skip()] * len(self.outputs)
        design = design_of(state)
        if design is None:
            return [gr.Row(visible=False), gr.skip(), gr.skip(), "", [], *self.front.update(state)]
        points, missing = len(corner_points(design.circuit, design.conditions)), no_coefficients(design)
        return [gr.Row(visible=True),
                gr.Button(f"Check {points} corners", visible=points > 1 and not covers_corners(state.task)),
                gr.Textbox(visible=bool(missing)), missing and hint(f"Monte Carlo: {missing}."), [],
                *self.front.update(state)]

    def start(self, kind: Kind, session_id: str, count: object, pelgrom: str) -> list:
        """Start a check; the page then follows the session again."""
        try:
            return [f"{session_id} {ask(self.services, self._state(session_id), kind, count, pelgrom)}", ""]
        except (PolicyError, StoreError) as error:
            return [gr.skip(), alert(str(error))]

    def halt(self, session_id: str, event: gr.EventData) -> None:
        design = design_of(self._state(session_id))
        if design is not None:
            self.services.checks.stop(design, event.value)

    def open_sample(self, session_id: str, event: gr.EventData) -> list[dict]:
        """One of the samples, simulated once more."""
        return sample_from_within(self.services, self._state(session_id), int(event.value))

    def size_over(self, session_id: str, form: TaskForm) -> list:
        """The values of the form's fields that size over all corners, from the best design of a session."""
        state = self._state(session_id)
        if not form.shows(state.task.circuit):
            raise gr.Error(f"{state.task.circuit.name} of this session is not among the circuits of this server: save "
                           "it first.", print_exception=False)
        task = state.task
        return form.fill(replace(task, plan=read_over(task.circuit, task.conditions, CORNERS)), [state.policy], BEST,
                         session_id)

    def _state(self, session_id: str) -> SessionState:
        return fold(self.services.store.events(session_id))


def sample_from_within(services: Services, state: SessionState, number: int) -> list[dict]:
    """A random sample of the best design that was checked: simulated once more, with its operating point."""
    design = design_of(state)
    random = design and services.checks.result(design, "samples")
    if not random:
        return [block("gone", alert("These samples are no longer there: run Monte Carlo again."))]
    circuit, parameters = design.circuit, design.parameters
    conditions = replace(design.conditions, draw=replace(random.draw, sample=number))
    return opened_sample(state.task, conditions, services.simulator.evaluate(circuit, parameters, conditions),
                         shifts_of(circuit, parameters, conditions),
                         services.simulator.operating_point(circuit, parameters, conditions))


def hint(text: str) -> str:
    return str(Markup('<p class="quiet note">{}</p>').format(text))
