"""The fields of a front below the next steps of a session: what is swept, against what, how finely."""

import gradio as gr

from sizing_app.errors import PolicyError, StoreError
from sizing_app.session.events import SessionState, fold
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.services import Services
from sizing_app.ui.signoff.asked import design_of
from sizing_app.ui.signoff.asked_front import (DESIGNS, POINTS, FrontWishes, ask_front, metric_choices, swept_metrics,
                                               usual_pair)


class FrontForm:
    """Made inside a gr.Blocks; ``update`` gives the values of ``outputs`` in a new phase."""

    def __init__(self, name: str, services: Services):
        self.services = services
        with gr.Accordion("Front: what one metric costs in another", open=False, visible=False,
                          elem_id=f"{name}-front-form") as self.accordion:
            gr.HTML('<p class="quiet">For each bound of the swept metric a stored session meets all specs, then pushes '
                    'the other metric. Each begins with what the others simulated.</p>', apply_default_css=False)
            with gr.Row(elem_classes="steering front-form"):
                self.metric = gr.Dropdown([], label="Sweep the bound of", elem_id="front-metric", min_width=80)
                self.against = gr.Dropdown([], label="Against", elem_id="front-against", min_width=80)
                self.low = gr.Textbox("", label="From", placeholder="half", max_lines=1, min_width=80,
                                      elem_id="front-low")
                self.high = gr.Textbox("", label="To", placeholder="twice", max_lines=1, min_width=80,
                                       elem_id="front-high")
                self.points = gr.Number(POINTS, label="Points", min_width=80, elem_id="front-points")
                self.designs = gr.Number(DESIGNS, label="Designs of each", min_width=80, elem_id="front-designs")
                self.start = gr.Button("Run front", size="sm", elem_id=f"{name}-front-start",
                                       elem_classes="quiet-button", scale=0)

    @property
    def fields(self) -> list:
        return [self.metric, self.against, self.points, self.designs, self.low, self.high]

    @property
    def outputs(self) -> list:
        return [self.accordion, self.metric, self.against]

    def update(self, state: SessionState) -> list:
        """For a session that has ended; hidden where there is nothing to sweep."""
        pair = usual_pair(state.task) if design_of(state) is not None else None
        if pair is None:
            return [gr.Accordion(visible=False), gr.skip(), gr.skip()]
        circuit = state.task.circuit
        return [gr.Accordion(visible=True),
                gr.Dropdown(metric_choices(circuit, swept_metrics(state.task)), value=pair[0]),
                gr.Dropdown(metric_choices(circuit), value=pair[1])]

    def connect(self, session_id: gr.Textbox, ticket: gr.Textbox, problem: gr.HTML, alert) -> None:
        """``alert`` writes what is wrong into ``problem``."""
        def begin(session: str, *fields) -> list:
            try:
                state = fold(self.services.store.events(session))
                return [f"{session} {ask_front(self.services, state, FrontWishes(*fields))}", ""]
            except (PolicyError, StoreError) as error:
                return [gr.skip(), alert(str(error))]

        self.start.click(begin, [session_id, *self.fields], [ticket, problem], **PRIVATE)
