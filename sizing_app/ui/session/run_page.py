"""The Run page: a form that becomes a task, and the session it starts. The page only follows; the hub runs it."""

from collections.abc import Iterator

import gradio as gr

from sizing_app.domain import Circuit, Task
from sizing_app.errors import PolicyError, StoreError
from sizing_app.events import SessionState
from sizing_app.ui.forms.task_form import PRIVATE, TaskForm
from sizing_app.ui.parts.circuit_panel import panel
from sizing_app.ui.parts.components import read_asset
from sizing_app.ui.services import Services
from sizing_app.ui.session.session_view import SessionView
from sizing_app.ui.session.steering import SteeringView

FOLLOWERS = 100
"""Browsers that may follow sessions at once; each takes a thread that mostly sleeps."""
STARTS = 8


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
                with gr.Row(elem_classes="actions"):
                    self.start = gr.Button("Start", variant="primary", elem_id="start")
                    self.halt = gr.Button("Stop", interactive=False, elem_id="stop")
            with gr.Column(elem_classes="result-column"):
                first = self.form.first
                self.view = SessionView("run", services)
                self.steering = SteeringView(services, self.review)
                with gr.Accordion(self._panel_title(first), open=True, elem_id="circuit-panel") as self.accordion:
                    self.panel = gr.HTML(panel(first), apply_default_css=False)
                self.view.body("run")
        self._wire()

    def connect(self, page: gr.Blocks) -> None:
        """Open the session that the address names."""
        opened = page.load(self.open_link, None, [self.session_id, self.accordion, self.panel, *self.form.fields],
                           **PRIVATE)
        self._follow(opened)

    def begin(self, review: bool, *fields) -> list:
        """Check the form and start a session; problems go back into the form and nothing starts."""
        filled = self.form.read(*fields)
        problems, session_id = filled.problems, ""
        if filled.task is not None:
            try:
                session_id = self.services.start(filled.task, filled.policies[0], parent=filled.parent, review=review)
            except (PolicyError, StoreError) as error:
                problems = (str(error),)
        return [session_id or gr.skip(), *self.form.answer(filled, problems),
                gr.Accordion(open=False) if session_id else gr.skip(),
                gr.Button(interactive=not session_id)]

    def follow(self, session_id: str) -> Iterator[list]:
        """Everything that shows the session, again and again until it ends."""
        if not session_id:  # a page just opened; whatever it shows by now is newer
            yield [gr.skip()] * len(self.followed)
            return
        former, drawn = SessionState(), {}
        try:
            for state in self.services.states(session_id):
                yield [*self.view.update(state, session_id, former, drawn),
                       *self.steering.update(state, session_id, former), *_buttons(state.running)]
                former = state
        except StoreError as error:
            missing = SessionState(status="failed", message=str(error))
            yield [*self.view.update(missing, ""), *self.steering.update(missing, "", former), *_buttons(False)]

    def stop(self, session_id: str) -> dict:
        if session_id:
            self.services.hub.stop(session_id)
        return gr.Button(interactive=False)

    def open_link(self, request: gr.Request) -> list:
        """The session of ?session=ID with its task in the form, so that it can be run again with a change."""
        query = request.query_params
        session_id = query.get("session", "")
        if not session_id:
            if query.get("circuit", "") in self.services.circuits and "view" not in query:
                return self.preset(query["circuit"], query.get("policy", ""))
            return [gr.skip()] * (3 + len(self.form.fields))
        task, policy = self._stored(session_id)
        if task is None or task.circuit.name not in self.services.circuits:
            return [session_id, *[gr.skip()] * (2 + len(self.form.fields))]
        circuit = self.services.circuits[task.circuit.name]
        return [session_id, gr.Accordion(open=False, label=self._panel_title(circuit)), panel(circuit),
                *self.form.fill(task, [policy])]

    def preset(self, name: str, policy: str) -> list:
        """A circuit and a policy chosen, nothing started: ?circuit=NAME&policy=NAME."""
        return [gr.skip(), *self.change_circuit(name), *self.form.preset(name, [policy])]

    def change_circuit(self, name: str) -> list:
        circuit = self.services.circuits[name]
        return [gr.Accordion(label=self._panel_title(circuit)), panel(circuit)]

    @property
    def followed(self) -> list:
        """The outputs of ``follow``."""
        return [*self.view.outputs, *self.steering.outputs, self.start, self.halt]

    def _wire(self) -> None:
        self.view.connect(self.session_id)
        self.steering.connect(self.session_id, self.form)
        self.form.circuit.input(self.change_circuit, self.form.circuit, [self.accordion, self.panel], **PRIVATE)
        begun = self.start.click(self.begin, [self.review, *self.form.fields],
                                 [self.session_id, *self.form.checked, self.accordion, self.start],
                                 concurrency_limit=STARTS, **PRIVATE)
        self._follow(begun.then(None, self.session_id, None, js=read_asset("permalink.js"), **PRIVATE))
        self.halt.click(self.stop, self.session_id, self.halt, queue=False, **PRIVATE)

    def _follow(self, event) -> None:
        event.then(self.follow, self.session_id, self.followed,
                   concurrency_limit=FOLLOWERS, concurrency_id="follow", **PRIVATE)

    def _stored(self, session_id: str) -> tuple[Task | None, str]:
        try:
            started = self.services.store.events(session_id)[0] if session_id else None
        except StoreError:
            started = None
        return (started.task, started.policy) if started else (None, "")

    @staticmethod
    def _panel_title(circuit: Circuit) -> str:
        return f"{circuit.name}: schematic, parameters, netlist"


def _buttons(running: bool) -> list:
    return [gr.Button(interactive=not running), gr.Button(interactive=running)]
