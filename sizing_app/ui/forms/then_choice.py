"""The one field that says what happens once all specs are met: stop, or a goal to push. No Gradio here."""

from sizing_app.circuit.definition import Circuit
from sizing_app.task.goal import AREA, MARGIN, STOP, Goal

LABEL = "Then, once all specs are met"


def then_choices(circuit: Circuit) -> list[tuple[str, str]]:
    """(title, text of the goal): each metric the way its default spec wants it, both ways where that does not say."""
    ways = {spec.metric: {"lower": ("maximize",), "upper": ("minimize",), "range": ()}[spec.kind]
            for spec in circuit.specs}
    metrics = [(f"{way.capitalize()} {metric.title}", f"{way} {metric.name}") for metric in circuit.metrics
               for way in ways.get(metric.name, ("minimize", "maximize"))]
    return [("Stop", STOP), ("Widest margin of all specs", f"maximize {MARGIN}"),
            ("Minimize gate area", f"minimize {AREA}"), *metrics]


def then_text(goal: Goal | None) -> str:
    """What the field holds for a goal."""
    return STOP if goal is None else goal.show()
