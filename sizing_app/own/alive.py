"""Signs that the design of a file does not work at all: then the import is wrong, and sizing would tell nothing."""

from collections.abc import Mapping

from sizing_app.circuit.definition import Circuit
from sizing_app.task.turn import Measurement

DEAD_UP_TO: Mapping[str, tuple[float, str]] = {
    "loop_gain": (0.0, "it does not amplify"),
    "unity_gain_frequency": (0.0, "its gain never falls through 1"),
    "right_decisions": (50.0, "it decides no better than by chance"),
}
"""Metric function to the largest value of a circuit that does not work, in the function's unit, and what it means."""
ADVICE = "The import may be wrong: look at ports, models, bias and notes before sizing it."


def signs_of_death(circuit: Circuit, original: Measurement) -> tuple[str, ...]:
    """Sentences on the file's own design as it was measured; none where it works."""
    if not original.ok:
        return (f"The file's own design does not simulate: {original.status}. {ADVICE}",)
    values = original.metrics
    if all(values.get(metric.name) is None for metric in circuit.metrics):
        return (f"No metric has a value for the file's own design. {ADVICE}",)
    found = []
    for measure in circuit.measures:
        value, (most, meaning) = values.get(measure.metric), DEAD_UP_TO.get(measure.function, (None, ""))
        if value is not None and most is not None and value <= most:
            metric = circuit.metric(measure.metric)
            found.append(f"{metric.title} of the file's own design is {metric.show(value)}: {meaning}. {ADVICE}")
    return tuple(found)
