"""The part of a page where a turn's plan is edited: the turn is taken anew with a person's words, as a new session."""

import gradio as gr
from markupsafe import Markup

from sizing_app.errors import PolicyError, StoreError
from sizing_app.policy.plans import takes_plans, why_no_plans
from sizing_app.prompt.claims import unread
from sizing_app.session.events import SessionState, fold
from sizing_app.session.forks import ForkError
from sizing_app.task.validation import MAX_HINT
from sizing_app.ui.forks.forks import Forks
from sizing_app.ui.parts.components import read_asset
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.render import alert
from sizing_app.ui.services import Services, reads_hints

TITLE = "Edit a plan: take a turn anew with your words"
NOTE = ("The new session begins with the turns before this one. Then the model is given your plan as its reasoning and "
        "writes the call; its later turns are its own. Your words are stored and marked as yours. The small "
        "models read sentences like their own: I raise i_b and w_in, cut v_bp and shorten l_pmir. I expect gbw and "
        "power up.")
NOBODY = "No language model has words for this circuit, so that there is no plan to edit."


class PlanView:
    """Made inside a gr.Blocks; ``connect`` ties it to the session of a page."""

    def __init__(self, name: str, services: Services):
        self.name, self.services, self.forks = name, services, Forks(services)
        with gr.Accordion(TITLE, open=False, visible=False, elem_id=f"{name}-plan",
                          elem_classes="group") as self.accordion:
            self.note = gr.HTML(_quiet(NOTE), apply_default_css=False, elem_id=f"{name}-plan-note")
            with gr.Row(elem_classes="group-controls"):
                self.index = gr.Number(1, label="Turn", min_width=80, elem_id=f"{name}-plan-turn")
                self.policy = gr.Dropdown([], label="Policy", min_width=150)
                self.further = gr.Number(5, label="Simulations", min_width=80)
            self.words = gr.Textbox("", label="Plan", lines=3, max_length=MAX_HINT, elem_id=f"{name}-plan-words")
            self.unread = gr.HTML("", apply_default_css=False, elem_id=f"{name}-plan-unread")
            self.problem = gr.HTML("", apply_default_css=False, elem_id=f"{name}-plan-problem")
            self.act = gr.Button("Act on this plan", variant="primary", size="sm", elem_id=f"{name}-plan-act")
        self.target = gr.Textbox("", visible="hidden", label="Session of the plan", elem_id=f"{name}-plan-target")

    def connect(self, session_id: gr.Textbox, turns: gr.HTML) -> None:
        """``turns`` holds the buttons that edit a plan."""
        fields = [self.index, self.words]
        session_id.change(self.opened, session_id, [self.accordion, self.note, self.policy, self.act, *fields,
                                                    self.problem], **PRIVATE)
        turns.edit_plan(self.aim, session_id, [self.accordion, *fields, self.problem], **PRIVATE).then(
            None, None, None, js=read_asset("show_plan.js").replace("NAME", self.name), **PRIVATE)
        self.words.change(self.not_read, [session_id, self.words, self.policy], self.unread,
                          trigger_mode="always_last", **PRIVATE)
        self.index.input(self.plan_of, [session_id, self.index], self.words, **PRIVATE)
        self.act.click(self.begin, [session_id, *fields, self.policy, self.further], [self.target, self.problem],
                       **PRIVATE).then(None, self.target, None, js=read_asset("open_session.js"), **PRIVATE)

    def opened(self, session_id: str) -> list:
        """The models that can act on a plan of the session; one sentence where its own policy is none, or none is."""
        state = self._stored(session_id)
        if state.task is None:
            return [gr.Accordion(visible=False), *[gr.skip()] * 5, ""]
        offered = [(title, name) for title, name in self.services.policies_for(state.task.circuit.name)
                   if takes_plans(name)]
        names = [name for _, name in offered]
        note = NOBODY if not offered else NOTE if takes_plans(state.policy) else f"{why_no_plans(state.policy)} {NOTE}"
        chosen = state.policy if state.policy in names else names[0] if names else None
        return [gr.Accordion(visible=True), _quiet(note), gr.Dropdown(offered, value=chosen),
                gr.Button(interactive=bool(offered)), 1, self.plan_of(session_id, 1), ""]

    def aim(self, session_id: str, event: gr.EventData) -> list:
        """Open the controls at the turn whose button was pressed, with what was written there."""
        return [gr.Accordion(open=True), int(event.value), self.plan_of(session_id, int(event.value)), ""]

    def plan_of(self, session_id: str, index: object) -> str:
        """What stands as the reasoning of a turn."""
        turns = (turn for turn in self._stored(session_id).history if turn.index > 0 and turn.index == index)
        return next((turn.proposal.reasoning for turn in turns), "")

    def not_read(self, session_id: str, words: str, policy: str | None) -> str:
        """The sentences of a plan that a small model has no words for; a model of a server reads any."""
        task = self._stored(session_id).task if words.strip() and policy and not reads_hints(policy) else None
        found = unread(task.circuit, words) if task else []
        return _quiet(f"The model has no words for: {'. '.join(found)}. It may do anything there.") if found else ""

    def begin(self, session_id: str, index: float, words: str, policy: str | None, further: float) -> list:
        """Start the session; the browser then opens it."""
        try:
            return [self.forks.with_plan(session_id, index, words or "", policy or "", further), ""]
        except (ForkError, PolicyError, StoreError) as error:
            return ["", alert(str(error))]

    def _stored(self, session_id: str) -> SessionState:
        try:
            return fold(self.services.store.events(session_id)) if session_id else SessionState()
        except StoreError:
            return SessionState()


def _quiet(text: str) -> str:
    return str(Markup('<p class="quiet">{}</p>').format(text))
