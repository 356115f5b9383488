"""Whether a session from elsewhere makes sense and is safe to keep: its circuit could be simulated here, so nothing may
pass that the netlist rules refuse, and its turns fit its task, so that every page can show them."""

import re
from collections.abc import Iterable
from pathlib import Path

from sizing_app.circuits import check_circuit, measure_arguments
from sizing_app.domain import Circuit, Conditions, History, Spec, Task, Turn
from sizing_app.pdk import PROCESSES
from sizing_app.toml_table import CircuitError

NAME = re.compile(r"[A-Za-z]\w{0,79}")


class WrongSession(ValueError):
    """A session file is not what it should be; the message says where and what was expected."""


def check_session(task: Task, history: History) -> None:
    """Raise WrongSession unless a task and its turns may be stored and shown."""
    _check_circuit(task.circuit)
    _check_conditions(task.circuit, task.conditions)
    if task.stated is not None:
        _check_conditions(task.circuit, task.stated)
    _check_specs(task.circuit, task.specs)
    _check_design(task.circuit, task.initial, "task.initial")
    _expect(0 <= task.budget <= 10_000, f"task.budget: expected 0 to 10000, found {task.budget}")
    for place, turn in enumerate(history):
        _expect(turn.index == place, f"turn {place}: expected index {place}, found {turn.index}")
        _check_turn(task, turn)


def _check_circuit(circuit: Circuit) -> None:
    names = [item.name for item in (*circuit.parameters, *circuit.metrics, *circuit.analyses)]
    for name in (circuit.name, *names, *circuit.devices):
        _expect(NAME.fullmatch(name), f"circuit: {name[:60]!r} is not a name of letters, digits and _")
    _expect("\n" not in circuit.title and "\r" not in circuit.title, "circuit.title: expected one line")
    _expect(circuit.parameters and circuit.metrics, "circuit: expected parameters and metrics")
    _expect(circuit.process in PROCESSES,
            f"circuit.process: expected one of {', '.join(PROCESSES)}, found {circuit.process[:60]!r}")
    models = PROCESSES[circuit.process].models
    for alias, model in circuit.devices.items():
        _expect(model in models, f"circuit.devices.{alias}: expected one of {', '.join(models)}, found {model[:60]!r}")
    for item in circuit.parameters:
        _expect(item.low < item.high and (item.low > 0 or item.scale == "linear"),
                f"circuit.parameters.{item.name}: expected low < high, both positive on a log scale")
        _expect(item.step is None or item.step > 0, f"circuit.parameters.{item.name}.step: expected a positive number")
    _check_specs(circuit, circuit.specs)
    for measure in circuit.measures:
        known = measure_arguments().get(measure.function)
        _expect(known is not None and set(measure.arguments) == set(known),
                f"circuit.measures.{measure.metric}: {measure.function[:60]!r} is no measure with these arguments")
    try:
        check_circuit(circuit, Path("circuit") / "circuit.toml")
    except CircuitError as error:
        raise WrongSession(f"The circuit is refused: {error}.") from error


def _check_conditions(circuit: Circuit, point: Conditions) -> None:
    corners = PROCESSES[circuit.process].corners
    _expect(point.corner in corners, f"conditions.corner: expected one of {', '.join(corners)}")
    _expect(-274 < point.temperature < 1000 and point.supply > 0 and point.load > 0,
            "conditions: expected a temperature in degrees Celsius, a positive supply and a positive load")


def _check_specs(circuit: Circuit, specs: Iterable[Spec]) -> None:
    metrics, specs = {metric.name for metric in circuit.metrics}, list(specs)
    _expect(specs, "specs: expected at least one")
    for spec in specs:
        _expect(spec.metric in metrics, f"specs: {spec.metric[:60]!r} is not a metric of {circuit.name}")
        _expect(spec.low is not None or spec.high is not None, f"specs.{spec.metric}: expected a bound, low or high")


def _check_design(circuit: Circuit, design: Iterable[str], where: str) -> None:
    _expect(set(design) == {parameter.name for parameter in circuit.parameters},
            f"{where}: expected exactly the parameters of {circuit.name}")


def _check_turn(task: Task, turn: Turn) -> None:
    where, metrics = f"turn {turn.index}", {metric.name for metric in task.circuit.metrics}
    if turn.proposal.parameters is not None:
        _check_design(task.circuit, turn.proposal.parameters, f"{where}: parameters")
    if turn.measurement is not None:
        _expect(set(turn.measurement.metrics) <= metrics, f"{where}: metrics: expected those of {task.circuit.name}")
        _expect(turn.measurement.status != "ok" or turn.proposal.parameters is not None,
                f"{where}: a simulation needs parameters")
    _expect((turn.score is None) == (turn.measurement is None), f"{where}: expected a score and a measurement together")
    if turn.score is not None:
        _expect([part.metric for part in turn.score.specs] == [spec.metric for spec in task.specs],
                f"{where}: score.specs: expected the metrics of the task's specs, in their order")
        _expect(0 <= turn.score.total <= 1, f"{where}: score.total: expected 0 to 1")


def _expect(holds: object, message: str) -> None:
    if not holds:
        raise WrongSession(message + ".")
