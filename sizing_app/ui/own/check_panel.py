"""The check of a draft and its saving: progress, metrics, first specs, a name in the list of circuits."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.errors import PolicyError, StoreError
from sizing_app.own.draft import Draft, DraftError
from sizing_app.own.draft_check import DraftCheck, check_draft
from sizing_app.own.keeping import keep_original
from sizing_app.ui.catalogue.circuits_page import run_link
from sizing_app.ui.forms.form import cells, read_specs, spec_table
from sizing_app.ui.own.check_html import UNCHECKED, check_html, progress_html
from sizing_app.ui.own.recent import Recent
from sizing_app.ui.parts.components import cell_table
from sizing_app.ui.services import Services

RECENT = 200
"""Checks of all browsers that can still be saved; an older one is made again."""
PERIOD = 0.3
"""Seconds between two looks at a check that runs."""


class CheckPanel:
    """Made inside a gr.Blocks; to be seen once a text was read."""

    def __init__(self, services: Services):
        self.services = services
        self.running: dict[str, threading.Event] = {}
        """Browser session to the stop flag of its check."""
        self.recent: Recent[DraftCheck] = Recent(RECENT)
        self.checked = gr.Textbox("", visible="hidden", label="Key of the check that is shown")
        with gr.Column(visible=False, elem_classes="sheet own-panel", elem_id="own-checked") as self.column:
            gr.HTML("<h3>4. Check and specs</h3>", apply_default_css=False)
            self.result = gr.HTML(UNCHECKED, elem_id="own-result", apply_default_css=False)
            self.specs = cell_table(cells("Metric", (), ()), label="Specs", elem_id="own-specs", visible=False)
        with gr.Row(visible=False, elem_classes="own-buttons own-bar") as self.bar:
            self.check = gr.Button("Check", variant="primary", size="sm", elem_id="own-check")
            self.halt = gr.Button("Stop", size="sm", visible=False, elem_id="own-stop", elem_classes="quiet-button")
            self.save = gr.Button("Save circuit", variant="primary", size="sm", interactive=False, elem_id="own-save")
            self.saved = gr.HTML("", elem_id="own-saved", apply_default_css=False)

    @property
    def shown(self) -> list:
        return [self.column, self.bar, self.check, self.halt, self.checked, self.result, self.specs, self.save,
                self.saved]

    @staticmethod
    def cleared(draft: Draft | None, ready: bool) -> list:
        """Values of ``shown`` for a draft that is not checked; ``ready``: it can be."""
        read = draft is not None
        return [gr.Column(visible=read), gr.Row(visible=read), gr.Button(interactive=ready), gr.Button(visible=False),
                "", UNCHECKED, gr.update(visible=False), gr.Button(interactive=False), ""]

    def show(self, checked: DraftCheck) -> list:
        """Values of ``shown``, with first specs."""
        circuit, first = checked.found.circuit, checked.found.original.metrics
        table = spec_table(circuit, checked.circuit.specs)
        rows = [{**row, "note": f"file's design: {circuit.metric(row['name']).show(first.get(row['name']))}"}
                for row in table["rows"]]
        return [gr.Column(visible=True), gr.Row(visible=True), gr.Button(interactive=True), gr.Button(visible=False),
                self.recent.put(checked), check_html(checked), gr.update(value={**table, "rows": rows}, visible=True),
                gr.Button(interactive=True), ""]

    def run(self, draft: Draft, visitor: str) -> Iterator[tuple[int, int] | DraftCheck | str]:
        """Check a draft in a thread: how many simulations are done, then what was found, or why nothing was."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="own-check")
        try:
            with self.services.check() as simulator:
                self.running[visitor] = stop = simulator.stop
                try:
                    found = thread.submit(check_draft, draft, simulator, stop=stop)
                    while not found.done():
                        yield simulator.count
                        time.sleep(PERIOD)
                    yield found.result()
                finally:
                    stop.set()
                    self.running.pop(visitor, None)
        except (DraftError, CircuitError, PolicyError) as error:
            yield str(error)
        finally:
            thread.shutdown(wait=False)

    def progress(self, done: int, queued: int) -> list:
        """Values of ``shown`` while a check runs."""
        return [gr.skip(), gr.skip(), gr.Button(interactive=False), gr.Button(visible=True), "",
                progress_html(done, queued), gr.update(visible=False), gr.Button(interactive=False), ""]

    def stop(self, request: gr.Request) -> dict:
        if (stop := self.running.get(request.session_hash)) is not None:
            stop.set()
        return gr.Button(visible=False)

    def keep(self, checked: DraftCheck | None, draft: Draft | None, name: str, title: str, specs: dict) -> list:
        """Save what was checked; [what is said, the table of specs]."""
        problems: list[str] = []
        if checked is None or draft is None:
            return [_problems(["Save: press Check first."]), gr.skip()]
        wanted, table = read_specs(checked.found.circuit, specs, problems)
        circuit = replace(checked.circuit, name=name.strip(), title=title.strip() or checked.circuit.title,
                          specs=wanted)
        if not problems:
            problems = self.put(circuit)
        if problems:
            return [_problems(problems), table]
        keep_original(circuit, checked.found)
        versions = len(self.services.own.versions(circuit.name))
        return [saved_html(circuit, versions), table]

    def put(self, circuit: Circuit) -> list[str]:
        """Problems that kept it from being saved."""
        if circuit.name in self.services.shipped:
            return [f"Name: there is a circuit {circuit.name} that comes with the program, choose another one."]
        try:
            self.services.own.save(circuit)
        except (CircuitError, StoreError) as error:
            return [str(error)]
        return []


def saved_html(circuit: Circuit, versions: int) -> Markup:
    said = f", version {versions}" if versions > 1 else ""
    return Markup('<p class="own-kept" role="status">Saved as <b>{}</b>{}. '
                  '<a class="button" href="{}">Size this circuit</a></p>').format(
                      circuit.name, said, run_link(circuit.name))


def _problems(sentences: list[str]) -> Markup:
    items = Markup("").join(Markup("<li>{}</li>").format(text) for text in sentences)
    return Markup('<div class="problem-list" role="alert"><b>Not saved</b><ul>{}</ul></div>').format(items)
