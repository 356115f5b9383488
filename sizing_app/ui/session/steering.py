"""What a person does to the session of a page: pause it, look at its proposals and edit them, continue it."""

from collections.abc import Collection

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.validation import is_whole
from sizing_app.errors import PolicyError, StoreError
from sizing_app.policy.plans import read_plan, takes_plans, why_no_plans
from sizing_app.session.control import Control
from sizing_app.session.events import SessionState, fold
from sizing_app.task.validation import MAX_BUDGET, MAX_HINT
from sizing_app.ui.forms.limit_form import proposal_table, read_edits
from sizing_app.ui.forms.task_form import TaskForm
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.components import cell_table, read_asset
from sizing_app.ui.parts.render import alert, designs
from sizing_app.ui.services import Services

DECIDED = "This proposal waits no more."
ELSEWHERE = {
    "front": "A front runs this session: it is stopped with the front, on the page of the session that the front began "
             "from, by the API (stop_check), or with Ctrl+C in its terminal.",
    "cli": "This session runs in a terminal: stop it there with Ctrl+C.",
    "notebook": "This session runs in a notebook: interrupt its cell there.",
}
OTHER_APP = "This session runs in another process of this database: stop it there."
"""What is said, by its source, of a session that this page cannot stop; of any other source, the last one."""
EMPTY = {"caption": "", "columns": [], "rows": []}


class SteeringView:
    """Made inside a gr.Blocks; ``update`` gives the values of ``outputs`` when a session enters another phase."""

    def __init__(self, services: Services, review: gr.Checkbox):
        """``review``: whether proposals wait for a person, also in a session that runs already."""
        self.services, self.review = services, review
        with gr.Row(elem_classes="steering", visible=False, elem_id="steering") as self.running:
            self.pause = gr.Button("Pause", size="sm", elem_id="pause", elem_classes="quiet-button", scale=0)
            gr.HTML('<p class="quiet">The turn under way is finished first.</p>', apply_default_css=False)
        self.elsewhere = gr.HTML("", apply_default_css=False, elem_id="elsewhere")
        with gr.Column(visible=False, elem_classes="review", elem_id="review-panel") as self.panel:
            self.title = gr.HTML("", apply_default_css=False)
            self.table = cell_table(EMPTY, label="Proposed design", elem_id="proposal")
            self.problem = gr.HTML("", apply_default_css=False, elem_id="proposal-problem")
            self.accept = gr.Button("Simulate", variant="primary", size="sm", elem_id="accept")
            self.plan = gr.Textbox("", label="Plan", lines=3, max_length=MAX_HINT, elem_id="review-plan")
            self.act = gr.Button("Act on this plan", size="sm", elem_id="act", elem_classes="quiet-button")
        with gr.Row(elem_classes="steering", visible=False, elem_id="continue-panel") as self.ended:
            self.further = gr.Number(5, label="Further simulations", min_width=80, elem_id="further")
            self.go_on = gr.Button("Continue", size="sm", elem_id="go-on", elem_classes="quiet-button", scale=0)
            self.best = gr.Button("New session from the best design", size="sm", elem_id="from-best",
                                  elem_classes="quiet-button", scale=0)
        self.failure = gr.HTML("", apply_default_css=False, elem_id="continue-problem")
        self.target = gr.Textbox("", visible="hidden", label="Continued session")

    def connect(self, session_id: gr.Textbox, shown: gr.JSON, form: TaskForm) -> None:
        """``shown``: the phase that the controls show (session_stream.phase)."""
        self.form = form
        self.pause.click(self.toggle_pause, session_id, self.pause, **PRIVATE)
        self.review.input(self.set_review, [session_id, self.review], None, **PRIVATE)
        self.accept.click(self.decide, [session_id, shown, self.table], [self.table, self.problem], **PRIVATE)
        self.act.click(self.act_on, [session_id, shown, self.plan], self.problem, **PRIVATE)
        self.go_on.click(self.extend, [session_id, self.further, *form.fields],
                         [self.target, self.failure, *form.checked], **PRIVATE).then(
            None, self.target, None, js=read_asset("open_session.js"), **PRIVATE)
        self.best.click(lambda session: ["best", gr.Textbox(session, visible=True), gr.update(visible=False)],
                        session_id, [form.kind, form.source, form.initial], **PRIVATE)

    @property
    def outputs(self) -> list:
        return [self.running, self.pause, self.review, self.elsewhere, self.panel, self.title, self.table, self.problem,
                self.plan, self.act, self.ended, self.go_on, self.further]

    def update(self, state: SessionState, control: Control | None, phase: dict, changed: Collection[str]) -> list:
        """The controls for a phase (session_stream.phase), of which ``changed`` is new; what a person may be typing
        into is left alone until something else is asked."""
        fresh = "session" in changed
        return [gr.Row(visible=phase["here"]), gr.Button("Go on" if phase["paused"] else "Pause"),
                control.review if fresh and phase["here"] else gr.skip(), self._elsewhere(phase),
                *self._proposal(state, phase["waiting"], fresh or "waiting" in changed),
                *self._continuation(state, fresh or "running" in changed)]

    def toggle_pause(self, session_id: str) -> dict:
        control = self.services.control(session_id)
        if control is None:
            return gr.skip()
        control.go_on() if control.paused else control.pause()
        return gr.Button("Go on" if control.paused else "Pause")

    def set_review(self, session_id: str, review: bool) -> None:
        control = self.services.control(session_id)
        if control is not None:
            control.set_review(review)

    def decide(self, session_id: str, shown: dict, table: dict) -> list:
        """Simulate the proposal as it stands in the table, unless something is wrong with it."""
        control, state = self.services.control(session_id), self.services.state(session_id)
        if control is None or not _waits(state, session_id, shown):
            return [gr.skip(), alert(DECIDED)]
        edits, problems, table = read_edits(state.task.circuit, state.current.proposal.parameters, state.task.limits,
                                            table)
        if problems:
            return [table, alert(" ".join(problems))]
        control.decide(state.current.review, edits)
        return [gr.skip(), ""]

    def act_on(self, session_id: str, shown: dict, words: str) -> str:
        """Ask the model for another proposal, by a person's plan."""
        control, state = self.services.control(session_id), self.services.state(session_id)
        if control is None or not _waits(state, session_id, shown):
            return alert(DECIDED)
        try:
            control.act_on(state.current.review, read_plan(state.policy, words or ""))
        except PolicyError as error:
            return alert(str(error))
        return ""

    def extend(self, session_id: str, further: object, *fields) -> list:
        """Continue an ended session with what the form says of policy, limits and hint; the browser then opens it."""
        filled = self.form.read(*fields)
        problem = " ".join(filled.problems)
        if not problem:
            try:
                return [self._extend(session_id, further, filled), "", *self.form.answer(filled, ())]
            except (ValueError, PolicyError, StoreError) as error:
                problem = str(error)
        return ["", alert(problem), *self.form.answer(filled, filled.problems)]

    def _extend(self, session_id: str, further: object, filled) -> str:
        state = fold(self.services.store.events(session_id))
        history = tuple(turn for turn in state.history if turn.measurement is not None)
        spent = designs(state)
        if state.running or not history:
            raise ValueError("Only a session that has ended, with at least its initial design, can be continued.")
        if filled.task.circuit.name != state.task.circuit.name:
            raise ValueError(f"The form shows {filled.task.circuit.name}, but this session sizes "
                             f"{state.task.circuit.name}: choose that circuit again.")
        if not is_whole(further, 1, MAX_BUDGET - spent):
            raise ValueError(f"Further simulations: expected a whole number from 1 to {MAX_BUDGET - spent}.")
        return self.services.extend(state.task, filled.task, filled.policies[0], history, int(further), session_id)

    def _elsewhere(self, phase: dict) -> str:
        """Where a session that is not in the hub runs, and how it is stopped."""
        if phase["here"] or not phase["running"]:
            return ""
        source = self.services.store.summary(phase["session"]).source
        return Markup('<p class="quiet">{}</p>').format(ELSEWHERE.get(source, OTHER_APP))

    @staticmethod
    def _proposal(state: SessionState, waiting: int, fresh: bool) -> list:
        """Panel, title and table of the proposal that is waiting, what is wrong with it, its plan and the button that
        acts on another one."""
        if not fresh:
            return [gr.skip()] * 6
        if not waiting:
            return [gr.Column(visible=False), *[gr.skip()] * 5]
        proposal, planning = state.current.proposal, takes_plans(state.policy)
        plans = ("Or edit the plan and let the model act on it: its new proposal waits again." if planning else
                 why_no_plans(state.policy))
        title = Markup("<h3>Turn {} waits for you</h3><p class=\"quiet\">Change what you want to, then simulate. "
                       "Your changes are stored with the turn and marked as yours. {}</p>").format(
            state.current.index, plans)
        table = proposal_table(state.task.circuit, proposal.parameters, state.task.limits)
        return [gr.Column(visible=True), str(title), table, "", gr.Textbox(proposal.reasoning, visible=planning),
                gr.Button(visible=planning)]

    @staticmethod
    def _continuation(state: SessionState, fresh: bool) -> list:
        """Row, button and number of an ended session: one that was cut short is offered the rest of its budget."""
        if not fresh:
            return [gr.skip(), gr.skip(), gr.skip()]
        if state.running or state.task is None:
            return [gr.Row(visible=False), gr.skip(), gr.skip()]
        rest = state.task.budget - designs(state)
        cut = state.status in ("interrupted", "stopped", "failed") and rest > 0
        return [gr.Row(visible=True), gr.Button("Resume" if cut else "Continue"), rest if cut else 5]


def _waits(state: SessionState, session_id: str, shown: dict) -> bool:
    """Whether the proposal that the controls show (the phase ``shown``) still waits: no person decides on another one
    than they saw."""
    number = state.current.review if state.current is not None else 0
    return number > 0 and (shown.get("session"), shown.get("waiting")) == (session_id, number)
