"""Tasks to start from at once, on the page that shows no session yet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import gradio as gr
from markupsafe import Markup

from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.policy import can_size
from sizing_app.task.definition import Task
from sizing_app.ui.forms.form import initial_values
from sizing_app.ui.forms.policy_choice import FIRST
from sizing_app.ui.forms.task_form import TaskForm
from sizing_app.ui.parts.circuit_panel import schematic
from sizing_app.ui.parts.render import target
from sizing_app.ui.services import Services

SHOWN = 3
"""Specs that a card names."""


@dataclass(frozen=True)
class Example:
    title: str
    button: str
    circuit: str
    policy: str
    budget: int
    bounds: Mapping[str, tuple[float | None, float | None]]
    """Metric to its lower and upper bound, in place of the default ones; SI units. A card names these first."""

    def task(self, circuit: Circuit) -> Task:
        specs = tuple(self._spec(spec) for spec in circuit.specs)
        return Task(circuit, specs, circuit.conditions.nominal, initial_values(circuit, "random", 0), self.budget)

    def _spec(self, spec: Spec) -> Spec:
        low, high = self.bounds.get(spec.metric, (spec.low, spec.high))
        return replace(spec, low=low, high=high)


EXAMPLES = (
    Example("An OTA, by the model", "Size this OTA", "OTA", "tl-grpo", 5, {}),
    Example("A faster Miller op-amp, by the model", "Size this op-amp", "MILLER", "tl-grpo", 8,
            {"gbw": (42e6, None), "power": (None, 300e-6)}),
    Example("Hard targets, by search", "Search this op-amp", "MILLER", "response-surface", 200,
            {"gbw": (60e6, None), "power": (None, 260e-6), "slew": (25e6, None)}),
)


class Examples:
    """Made inside a gr.Blocks: a card for every example whose circuit and policy are there."""

    def __init__(self, services: Services):
        self.services = services
        self.buttons: list[tuple[Example, gr.Button]] = []
        with gr.Row(elem_id="examples", elem_classes="examples"):
            for example in EXAMPLES:
                circuit = services.circuits.get(example.circuit)
                if circuit is not None and example.policy in services.policies and can_size(example.policy, circuit):
                    with gr.Column(elem_classes="example", min_width=220):
                        gr.HTML(card(example, circuit), apply_default_css=False)
                        self.buttons.append((example, gr.Button(example.button, size="sm",
                                                                elem_classes="quiet-button")))

    def fields(self, example: Example, form: TaskForm) -> list:
        """The values of the form's fields."""
        return form.fill(example.task(self.services.circuits[example.circuit]), [example.policy], "random")


def card(example: Example, circuit: Circuit) -> str:
    """Schematic, what is asked, how it is looked for."""
    task = example.task(circuit)
    specs = sorted(task.specs, key=lambda spec: spec.metric not in example.bounds)[:SHOWN]
    rows = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(
            circuit.metric(spec.metric).title, target(spec, circuit.metric(spec.metric).unit)) for spec in specs)
    more = len(task.specs) - len(specs)
    return str(Markup('<h3>{}</h3><figure>{}</figure><dl class="entries">{}</dl><p class="quiet">{}; {} more specs. '
                      "{}, at most {} simulations.</p>").format(
        example.title, schematic(circuit), rows, circuit.title, more, FIRST[example.policy], example.budget))
