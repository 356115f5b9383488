"""Whether a session from elsewhere makes sense and is safe to keep: its circuit could be simulated here, so nothing may
pass that the netlist rules refuse, and its turns fit its task, so that every page can show them."""

from pathlib import Path

from sizing_app.circuit.check import check_circuit
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.circuit.validation import Invalid, expect
from sizing_app.task.definition import Task
from sizing_app.task.turn import History
from sizing_app.task.validation import check_task, check_turn


class WrongSession(ValueError):
    """A session file is not what it should be; the message says where and what was expected."""


def check_session(task: Task, history: History) -> None:
    """Raise WrongSession unless a task and its turns may be stored and shown."""
    try:
        check_circuit(task.circuit, Path("circuit") / "circuit.toml")
        measured = {measure.metric for measure in task.circuit.measures}
        expect(measured == {metric.name for metric in task.circuit.metrics}, "circuit.measures", "one for each metric")
        check_task(task)
        for place, turn in enumerate(history):
            expect(turn.index == place, f"turn {place}", f"index {place}", turn.index)
            check_turn(task, turn, f"turn {place}")
    except CircuitError as error:
        raise WrongSession(f"The circuit is refused: {error}.") from error
    except Invalid as error:
        raise WrongSession(f"{error}.") from error
