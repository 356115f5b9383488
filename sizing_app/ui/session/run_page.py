"""The Run page: a form that becomes a task, and the session it starts. The page only follows; the hub runs it.

What the session does comes as a stream (session_stream.py). The controls are Gradio's: they are asked for when the
stream says that the session has entered another phase.
"""

from collections.abc import Callable
from functools import partial

import gradio as gr

from sizing_app.circuit.definition import Circuit
from sizing_app.errors import PolicyError, StoreError
from sizing_app.task.definition import Task
from sizing_app.ui.forms.task_form import TaskForm
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.circuit_panel import panel
from sizing_app.ui.parts.components import open_stream, read_asset, stream
from sizing_app.ui.services import Services
from sizing_app.ui.session.examples import Example, Examples
from sizing_app.ui.session.session_stream import missing, phase
from sizing_app.ui.session.session_view import SessionView
from sizing_app.ui.session.steering import SteeringView
from sizing_app.ui.signoff.signoff_view import SignoffView

STARTS = READERS = 8
"""Browsers that may start sessions, and whose controls may be brought up to date, at once."""


class RunPage:
    """Built inside a gr.Blocks."""

    def __init__(self, services: Services):
        self.services = services
        self.session_id = gr.Textbox("", label="Session", visible="hidden", elem_id="session-id")
        with gr.Row(elem_classes="workbench"):
            with gr.Column(elem_classes="task-column"):
                self.form = TaskForm(services)
                self.review = gr.Checkbox(False, label="Show me every proposal before it is simulated",
                                          elem_id="review", container=False)
                with gr.Column(elem_classes="actions"):
                    self.form.problems.render()
                    with gr.Row():
                        self.start = gr.Button("Start", variant="primary", elem_id="start")
                        self.halt = gr.Button("Stop", interactive=False, elem_id="stop")
            with gr.Column(elem_classes="result-column"):
                first = self.form.first
                self.stream = stream("run")
                self.shown = gr.JSON({}, visible="hidden", label="Phase that the controls show")
                self.view = SessionView("run", services)
                self.signoff = SignoffView("run", services)
                self.examples = Examples(services)
                self.steering = SteeringView(services, self.review)
                self.view.body("run")
                with gr.Accordion(self._panel_title(first), open=True, elem_id="circuit-panel") as self.accordion:
                    self.panel = gr.HTML(panel(first), apply_default_css=False)
        self._wire()

    def connect(self, page: gr.Blocks) -> None:
        """Open the session that the address names; the browser does so alone, while the form waits for the server."""
        page.load(None, None, self.session_id, js=read_asset("session_of_address.js"), **PRIVATE)
        page.load(self.open_link, None, [self.accordion, self.panel, *self.form.fields], **PRIVATE)

    def begin(self, review: bool, *fields) -> list:
        """Check the form and start a session; problems go back into the form and nothing starts."""
        filled = self.form.read(*fields)
        problems, session_id = filled.problems, ""
        if filled.task is not None:
            try:
                policy, task = filled.policies[0], filled.task
                task = self.services.remembering(task, policy) if filled.remembers else task
                session_id = self.services.start(task, policy, parent=filled.parent, review=review)
            except (PolicyError, StoreError) as error:
                problems = (str(error),)
        return [session_id or gr.skip(), *self.form.answer(filled, problems),
                gr.Accordion(open=False) if session_id else gr.skip(),
                gr.Button(interactive=not session_id), gr.Button(interactive=True) if session_id else gr.skip()]

    def controls(self, session_id: str, shown: dict) -> list:
        """The controls as the session stands; what is as in the phase that they show already is left alone."""
        try:
            state = self.services.state(session_id)
        except StoreError as error:
            state = missing(error)
        control = self.services.control(session_id)
        now = phase(state, session_id, control)
        changed = {name for name, value in now.items() if name not in shown or shown[name] != value}
        return [now, *self.steering.update(state, control, now, changed), *self.signoff.update(state, changed),
                self.view.inspection.shown(state),
                gr.Button(interactive=not state.running), gr.Button(interactive=now["here"])]

    def stop(self, session_id: str) -> dict:
        if session_id:
            self.services.hub.stop(session_id)
        return gr.Button(interactive=False)

    def open_link(self, request: gr.Request) -> list:
        """The task of ?session=ID in the form, so that it can be run again with a change."""
        query = request.query_params
        if "session" not in query and query.get("circuit", "") in self.services.circuits and "view" not in query:
            return self.preset(query["circuit"], query.get("policy", ""))
        task, policy = self._stored(query.get("session", ""))
        if task is None or not self.form.shows(task.circuit):
            return [gr.skip(), gr.skip(), *self.form.listed()]
        return [gr.Accordion(open=False, label=self._panel_title(task.circuit)), panel(task.circuit),
                *self.form.fill(task, [policy])]

    def preset(self, name: str, policy: str) -> list:
        """A circuit and a policy chosen, nothing started: ?circuit=NAME&policy=NAME."""
        return [*self.change_circuit(name), *self.form.preset(name, [policy])]

    def fill_example(self, example: Example) -> list:
        return [*self.change_circuit(example.circuit), *self.examples.fields(example, self.form)]

    def change_circuit(self, name: str) -> list:
        circuit = self.services.circuits.get(name)
        if circuit is None:  # somebody removed it; the form says so
            return [gr.skip(), gr.skip()]
        return [gr.Accordion(label=self._panel_title(circuit)), panel(circuit)]

    def _wire(self) -> None:
        open_stream(self.stream, self.session_id, "session")
        self.stream.phase(self.controls, [self.session_id, self.shown],
                          [self.shown, *self.steering.outputs, *self.signoff.outputs, self.view.inspection.accordion,
                           self.start, self.halt],
                          trigger_mode="always_last", concurrency_limit=READERS, **PRIVATE)
        self.view.connect(self.session_id)
        self.steering.connect(self.session_id, self.shown, self.form)
        self.signoff.connect(self.session_id, self.stream)
        self.form.circuit.input(self.change_circuit, self.form.circuit, [self.accordion, self.panel], **PRIVATE)
        self._begins(self.start.click)
        for example, button in self.examples.buttons:
            filled = button.click(partial(self.fill_example, example), None,
                                  [self.accordion, self.panel, *self.form.fields], **PRIVATE)
            self._begins(filled.success)
        over = self.signoff.corner_panel.size_over(lambda session: self.signoff.size_over(session, self.form),
                                                   self.session_id, self.form.fields, **PRIVATE)
        self._begins(over.success)
        self.halt.click(self.stop, self.session_id, self.halt, queue=False, **PRIVATE)

    def _begins(self, event: Callable) -> None:
        """Let an event start the session that the form says."""
        begun = event(self.begin, [self.review, *self.form.fields],
                      [self.session_id, *self.form.checked, self.accordion, self.start, self.halt],
                      concurrency_limit=STARTS, **PRIVATE)
        begun.then(None, self.session_id, None, js=read_asset("permalink.js"), **PRIVATE)

    def _stored(self, session_id: str) -> tuple[Task | None, str]:
        try:
            started = self.services.store.events(session_id)[0] if session_id else None
        except StoreError:
            started = None
        return (started.task, started.policy) if started else (None, "")

    @staticmethod
    def _panel_title(circuit: Circuit) -> str:
        return f"{circuit.name}: schematic, parameters, netlist"
