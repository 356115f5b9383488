"""What is chosen of a draft: subcircuit, models, testbench, ports, parameters, conditions, further metrics."""

from collections.abc import Mapping
from dataclasses import replace

import gradio as gr

from sizing_app.own.assembly import Assembled
from sizing_app.own.draft import Draft
from sizing_app.own.report import Report
from sizing_app.ui.forms.form import cells
from sizing_app.ui.own.choices import TABLES, Choices, fitting, read_tables, split_choices, tables
from sizing_app.ui.own.titles import TITLES
from sizing_app.ui.parts.components import cell_table

BY_TEXT = ""
"""In place of a subcircuit, a process or a testbench: what the text tells."""
OUTSIDE = "(outside all subcircuits)"


class ChoicesPanel:
    """Made inside a gr.Blocks; to be seen once a text was read."""

    def __init__(self):
        with gr.Column(visible=False, elem_classes="own-columns") as self.column:
            with gr.Column(elem_classes="sheet own-panel"):
                self._circuit()
            with gr.Column(elem_classes="sheet own-panel"):
                self._testbench()

    def _circuit(self) -> None:
        gr.HTML("<h3>2. Circuit and parameters</h3>", apply_default_css=False)
        with gr.Row(elem_classes="pair"):
            self.name = gr.Textbox("", label="Name", max_length=60, elem_id="own-name")
            self.title = gr.Textbox("", label="Title", max_length=200, elem_id="own-title")
        with gr.Row(elem_classes="pair"):
            self.top = gr.Dropdown([], label="Subcircuit", elem_id="own-top")
            self.process = gr.Dropdown([], label="Models", elem_id="own-process")
        self.as_written = gr.Checkbox(False, label="Simulate exactly what I wrote: no junction areas and fingers of "
                                      "the layout rule", container=False, elem_id="own-exact")
        with gr.Accordion("Models and values by hand", open=False):
            self.models = gr.Textbox("", label="Model = model of the process, with commas", max_length=2000,
                                     elem_id="own-models")
            self.values = gr.Textbox("", label="Parameter that the text does not define = value, with commas",
                                     max_length=2000, elem_id="own-values")
        self.parameters = cell_table(cells("Parameter", (), ()), label="Parameters", elem_id="own-parameters")
        with gr.Accordion("Split a parameter", open=False):
            self.split = gr.Dropdown([], label="Sizes that are to vary by themselves", multiselect=True,
                                     elem_id="own-split")
            self.split_name = gr.Textbox("", label="Name of the new parameter", max_length=80, elem_id="own-split-name")
            self.do_split = gr.Button("Split", size="sm", elem_id="own-do-split", elem_classes="quiet-button")
        gr.HTML('<p class="quiet note">Two parameters with the same name become one. A locked one keeps its value.</p>',
                apply_default_css=False)

    def _testbench(self) -> None:
        gr.HTML("<h3>3. Testbench</h3>", apply_default_css=False)
        self.testbench = gr.Dropdown([], label="Testbench", elem_id="own-testbench")
        self.ports = cell_table(cells("Port", (), ()), label="Ports", elem_id="own-ports")
        with gr.Accordion("Settings and conditions", open=False):
            self.settings = cell_table(cells("Setting", (), ()), label="Settings", elem_id="own-settings")
            self.conditions = cell_table(cells("Condition", (), ()), label="Conditions", elem_id="own-conditions")
        self.directions = cell_table(cells("Metric", (), ()), label="Metrics", elem_id="own-directions")
        gr.HTML("<h4>Further metrics</h4>", apply_default_css=False)
        self.metrics = cell_table(cells("Added", (), ()), label="Further metrics", elem_id="own-metrics")
        self.apply = gr.Button("Apply", size="sm", elem_id="own-apply", elem_classes="quiet-button")

    @property
    def fields(self) -> list:
        """The inputs of ``read``, in its order."""
        return [self.name, self.title, self.top, self.process, self.as_written, self.models, self.values,
                self.testbench, *(getattr(self, name) for name in TABLES)]

    @property
    def shown(self) -> list:
        return [self.column, *self.fields, self.split, self.split_name]

    def show(self, draft: Draft | None, made: Assembled | None, told: Report | None) -> list:
        """Values of ``shown``."""
        if draft is None:
            return [gr.Column(visible=False), *[gr.skip()] * (len(self.shown) - 1)]
        found = tables(told, draft)
        tops = [("As the text tells", BY_TEXT), *((name or OUTSIDE, name or OUTSIDE) for name in told.tops)]
        top = BY_TEXT if draft.top is None else draft.top or OUTSIDE
        return [gr.Column(visible=True), told.name, draft.title, gr.Dropdown(tops, value=top),
                _choice(told.processes, draft.process or BY_TEXT, told.process), draft.as_written,
                _pairs_text(draft.models), _pairs_text(draft.parameters),
                _choice(told.kinds, draft.testbench, told.kind), *(found[name] for name in TABLES),
                gr.Dropdown(split_choices(made), value=[], multiselect=True), ""]

    @staticmethod
    def read(made: Assembled, fields: list) -> Choices:
        """The draft of ``made`` with what the fields say."""
        name, title, top, process, as_written, models, values, testbench, *typed = fields
        found, before = read_tables(made, dict(zip(TABLES, typed, strict=True))), made.draft
        pairs = {"models": _pairs(models, "Models", found), "parameters": _pairs(values, "Values", found)}
        found.take(
            name=before.name if name.strip() == made.name else name.strip(), title=title.strip(),
            top=None if top in (BY_TEXT, None) else "" if top == OUTSIDE else top, process=process or None,
            as_written=bool(as_written), testbench=testbench or "", **pairs)
        if _place(found.draft) != _place(before):
            fitted = fitting(found.draft)
            found = replace(fitted, problems=[*found.problems, *fitted.problems])
        return found


def _place(draft: Draft) -> tuple:
    """What decides which parameters, ports and settings there are."""
    return (draft.top, draft.process, draft.testbench, draft.as_written, draft.models, draft.parameters)


def _choice(names, chosen: str, told: str) -> gr.Dropdown:
    """A choice of names, and of what the text tells."""
    named = f"As the text tells: {TITLES.get(told, told)}" if not chosen and told else "As the text tells"
    return gr.Dropdown([(named, BY_TEXT), *((TITLES.get(name, name), name) for name in names)], value=chosen)


def _pairs_text(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in pairs.items())


def _pairs(text: str, field: str, found: Choices) -> dict[str, str]:
    pairs = {}
    for word in filter(str.strip, text.split(",")):
        name, equals, value = (part.strip() for part in word.partition("="))
        if name and equals and value:
            pairs[name] = value
        else:
            found.problems.append(f"{field}: expected name = value, found {word.strip()[:60]!r}.")
    return pairs
