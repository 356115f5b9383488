"""The Race page: one task, two or three policies side by side. Every lane is an ordinary stored session."""

import gradio as gr

from sizing_app.errors import PolicyError, StoreError
from sizing_app.ui.forms.task_form import TaskForm
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.components import blocks, live_plot, open_stream, read_asset, stream
from sizing_app.ui.parts.live_plot import PLOTLY_URL
from sizing_app.ui.race.race_plot import figure
from sizing_app.ui.race.race_stream import words
from sizing_app.ui.race.races import LANES, read_race, running
from sizing_app.ui.services import Services

READERS = 8
"""Browsers whose buttons may be brought up to date at once."""
IDLE = "No race yet. Start lets the policies size the same circuit from the same design, each with the same budget."


class RacePage:
    """Built inside a gr.Blocks."""

    def __init__(self, services: Services):
        self.services = services
        self.race = gr.Textbox("", label="Race", visible="hidden", elem_id="race-id")
        with gr.Row(elem_classes="workbench"):
            with gr.Column(elem_classes="task-column"):
                self.form = TaskForm(services, "race-", LANES)
                with gr.Column(elem_classes="actions"):
                    self.form.problems.render()
                    with gr.Row():
                        self.start = gr.Button("Start race", variant="primary", elem_id="race-start")
                        self.halt = gr.Button("Stop", interactive=False, elem_id="race-stop")
            with gr.Column(elem_classes="result-column"):
                self.stream = stream("race")
                self.verdict = blocks(words(IDLE), label="Verdict", elem_id="race-verdict")
                self.plot = live_plot(figure({}, {}, ""), PLOTLY_URL, label="Best reward so far", elem_id="race-plot")
                with gr.Row(elem_classes="race-lanes"):
                    self.lanes = [blocks(label=f"Policy {lane + 1}", elem_id=f"race-lane-{lane + 1}")
                                  for lane in range(LANES)]
        self._wire()

    def connect(self, page: gr.Blocks) -> None:
        """Open the race that the address names."""
        page.load(self.open_link, None, [self.race, *self.form.fields], **PRIVATE)

    def begin(self, *fields) -> list:
        """Check the form and start all lanes; problems go back into the form and nothing starts."""
        filled = self.form.read(*fields)
        problems, race = list(filled.problems), ""
        if len(set(filled.policies)) < len(filled.policies):
            problems.append("Policies: choose different ones, since a policy plays the same session again.")
        if not problems:
            try:
                race = ",".join(self.services.start_race(filled.task, filled.policies))
            except (PolicyError, StoreError) as error:
                problems = [str(error)]
        return [race or gr.skip(), *self.form.answer(filled, problems), gr.Button(interactive=not race),
                gr.Button(interactive=True) if race else gr.skip()]

    def buttons(self, race: str) -> list:
        """Start and Stop as the race stands; lanes that another process runs are not stopped here."""
        here = any(self.services.control(session_id) for session_id in race.split(","))
        return [gr.Button(interactive=not running(self.services, race)), gr.Button(interactive=here)]

    def stop(self, race: str) -> dict:
        for session_id in filter(None, race.split(",")):
            self.services.hub.stop(session_id)
        return gr.Button(interactive=False)

    def open_link(self, request: gr.Request) -> list:
        """The race of ?race=ID,ID with its task and policies in the form."""
        race = request.query_params.get("race", "")
        if not race:
            return [gr.skip(), *self.form.listed()]
        try:
            started = [self.services.store.events(session_id)[0] for session_id in read_race(race)]
        except (StoreError, ValueError):
            started = []
        if not started or not self.form.shows(started[0].task.circuit):
            return [race, *self.form.listed()]
        return [race, *self.form.fill(started[0].task, [event.policy for event in started])]

    def _wire(self) -> None:
        open_stream(self.stream, self.race, "race")
        self.stream.phase(self.buttons, self.race, [self.start, self.halt], trigger_mode="always_last",
                          concurrency_limit=READERS, **PRIVATE)
        begun = self.start.click(self.begin, self.form.fields,
                                 [self.race, *self.form.checked, self.start, self.halt], **PRIVATE)
        begun.then(None, self.race, None, js=read_asset("race_address.js"), **PRIVATE)
        self.halt.click(self.stop, self.race, self.halt, queue=False, **PRIVATE)
