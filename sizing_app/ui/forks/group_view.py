"""The part of a page that forks a turn: controls, the stored groups of the session, and the one that is looked at."""

from collections.abc import Iterator

import gradio as gr

from sizing_app.errors import PolicyError, StoreError
from sizing_app.session.forks import ForkError
from sizing_app.session.groups import GroupState
from sizing_app.ui.forks.family import family_html
from sizing_app.ui.forks.forks import LEAST_SIZE, MOST_SIZE, SIZE, Forks
from sizing_app.ui.forks.group_html import group_head, proposals
from sizing_app.ui.forks.group_plot import figure
from sizing_app.ui.parts.components import blocks, live_plot, read_asset
from sizing_app.ui.parts.events import PRIVATE
from sizing_app.ui.parts.live_plot import PLOTLY_URL
from sizing_app.ui.parts.render import alert, block
from sizing_app.ui.services import Services

TITLE = "Fork a turn: sample a group of next turns"
FOLLOWERS = 50
"""Browsers that may follow groups at once."""


class GroupView:
    """Made inside a gr.Blocks; ``connect`` ties it to the session of a page."""

    def __init__(self, name: str, services: Services):
        self.name, self.services, self.forks = name, services, Forks(services)
        self._shown: dict[str, object] = {}
        """Browser page to a mark of what it follows now."""
        with gr.Accordion(TITLE, open=False, visible=False, elem_id=f"{name}-group",
                          elem_classes="group") as self.accordion:
            with gr.Row(elem_classes="group-controls"):
                self.position = gr.Number(0, label="After turn", min_width=80, elem_id=f"{name}-group-turn")
                self.size = gr.Number(SIZE, label=f"Proposals, {LEAST_SIZE} to {MOST_SIZE}", min_width=80)
                self.policy = gr.Dropdown([], label="Policy", min_width=150)
                self.further = gr.Number(5, label="Simulations when continued", min_width=80)
                self.choice = gr.Dropdown([], label="Groups of this session", min_width=220, visible=False)
            with gr.Row(elem_classes="group-actions"):
                self.start = gr.Button("Sample group", variant="primary", size="sm", elem_id=f"{name}-group-start")
                self.halt = gr.Button("Stop sampling", size="sm", interactive=False, elem_id=f"{name}-group-stop")
            self.problem = gr.HTML("", apply_default_css=False, elem_id=f"{name}-group-problem")
            self.head = blocks(label="Group", elem_id=f"{name}-group-head")
            self.plot = live_plot(figure(GroupState(), ""), PLOTLY_URL, label="Parameters of the group",
                                  elem_id=f"{name}-group-plot")
            self.proposals = blocks(label="Proposals", elem_id=f"{name}-group-proposals")
        self.group_id = gr.Textbox("", visible="hidden", label="Group", elem_id=f"{name}-group-id")
        self.target = gr.Textbox("", visible="hidden", label="New session", elem_id=f"{name}-target")

    def connect(self, session_id: gr.Textbox, turns: gr.HTML, family: gr.HTML) -> None:
        """``turns`` holds the fork buttons, ``family`` shows the sessions before and after."""
        opened = session_id.change(self.opened, session_id, [family, self.accordion, self.policy, self.choice,
                                                             self.group_id, self.problem], **PRIVATE)
        self._follow(opened)
        turns.fork(self.aim, None, [self.accordion, self.position], **PRIVATE).then(
            None, None, None, js=read_asset("show_group.js").replace("NAME", self.name), **PRIVATE)
        begun = self.start.click(self.sample, [session_id, self.position, self.policy, self.size],
                                 [self.group_id, self.choice, self.problem], **PRIVATE)
        chosen = self.choice.input(lambda choice: choice, self.choice, self.group_id, **PRIVATE)
        self._follow(begun)
        self._follow(chosen)
        self.halt.click(self.stop, self.group_id, self.halt, queue=False, **PRIVATE)
        self.proposals.go_on(self.go_on, [self.group_id, self.further], [self.target, self.problem], **PRIVATE).then(
            None, self.target, None, js=read_asset("open_session.js"), **PRIVATE)

    def opened(self, session_id: str) -> list:
        """The family of a session, its policy, its groups, and the newest of these. Of a circuit that the person may
        not size, the family alone. Nothing is closed: a fork button may have opened the controls in the meantime."""
        if not session_id:
            return [[], gr.Accordion(visible=False), *[gr.skip()] * 2, "", ""]
        try:
            line, children = self.forks.family(session_id)
            choices = self.forks.choices(session_id)
        except StoreError:
            return [[], gr.Accordion(visible=False), *[gr.skip()] * 2, "", ""]
        shown = [block("family", family_html(line, children))]
        offered = self.services.policies_for(line[-1].circuit)
        if not offered:
            return [shown, gr.Accordion(visible=False), *[gr.skip()] * 2, "", ""]
        names = [name for _, name in offered]
        own = line[-1].policy
        newest = choices[0][1] if choices else ""
        return [shown, gr.Accordion(visible=True, open=True) if newest else gr.Accordion(visible=True),
                gr.Dropdown(offered, value=own if own in names else names[0]),
                gr.Dropdown(choices, value=newest or None, visible=bool(choices)), newest, ""]

    def aim(self, event: gr.EventData) -> list:
        """Open the controls at the turn whose button was pressed."""
        return [gr.Accordion(open=True), int(event.value)]

    def sample(self, session_id: str, position: float, policy: str, size: float) -> list:
        try:
            group_id = self.forks.sample(session_id, position, policy, size)
        except (ForkError, PolicyError, StoreError) as error:
            return [gr.skip(), gr.skip(), alert(str(error))]
        return [group_id, gr.Dropdown(self.forks.choices(session_id), value=group_id, visible=True), ""]

    def follow(self, group_id: str, request: gr.Request) -> Iterator[list]:
        """Everything that shows the group, again and again until it is complete or the page shows another one."""
        page, mark = request.session_hash, object()
        self._shown[page] = mark
        try:
            for values in self._values(group_id):
                if self._shown.get(page) is not mark:
                    yield [gr.skip()] * len(values)  # Gradio shows the last values of a generator once more at its end
                    return
                yield values
        finally:
            if self._shown.get(page) is mark:
                del self._shown[page]

    def _values(self, group_id: str) -> Iterator[list]:
        if not group_id:
            yield [[], figure(GroupState(), ""), [], gr.Button(interactive=True), gr.Button(interactive=False)]
            return
        try:
            for state in self.forks.states(group_id):
                yield [group_head(state), figure(state, group_id), proposals(state),
                       gr.Button(interactive=not state.running), gr.Button(interactive=state.running)]
        except (StoreError, ForkError) as error:
            yield [[block("missing", alert(str(error)))], figure(GroupState(), ""), [], gr.Button(interactive=True),
                   gr.Button(interactive=False)]

    def stop(self, group_id: str) -> dict:
        if group_id:
            self.services.hub.stop(group_id)
        return gr.Button(interactive=False)

    def go_on(self, group_id: str, further: float, event: gr.EventData) -> list:
        """Start the session that continues a proposal; the browser then opens it."""
        try:
            return [self.forks.go_on(group_id, int(event.value), further), ""]
        except (ForkError, PolicyError, StoreError) as error:
            return ["", alert(str(error))]

    def _follow(self, event) -> None:
        outputs = [self.head, self.plot, self.proposals, self.start, self.halt]
        event.then(self.follow, self.group_id, outputs, trigger_mode="multiple", concurrency_limit=FOLLOWERS,
                   concurrency_id="follow-group", **PRIVATE)
