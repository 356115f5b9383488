"""Circuits, designs and sessions as plain documents: what the command line prints with --json and the API returns.

SI units; what is not there is None.
"""

from collections.abc import Sequence
from dataclasses import asdict

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.circuit.folder import suite_names
from sizing_app.session.events import SessionState
from sizing_app.task.definition import Task
from sizing_app.task.reward import best_values
from sizing_app.task.turn import Measurement, Score, Turn


def circuit_document(circuit: Circuit) -> dict:
    """What may be tuned, what is measured and asked, and under which conditions."""
    space = circuit.conditions
    return {
        "name": circuit.name, "title": circuit.title, "summary": circuit.summary, "process": circuit.process,
        "parameters": [{"name": parameter.name, "unit": parameter.unit, "low": parameter.low, "high": parameter.high,
                        "scale": parameter.scale, "role": parameter.role} for parameter in circuit.parameters],
        "metrics": [{"name": metric.name, "title": metric.title, "unit": metric.unit,
                     "definition": metric.definition} for metric in circuit.metrics],
        "specs": [{"metric": spec.metric, "low": spec.low, "high": spec.high, "scale": spec.scale}
                  for spec in circuit.specs],
        "conditions": {"corners": space.corners, "temperatures": space.temperatures, "supplies": space.supplies,
                       "loads": space.loads},
        "suites": suite_names(circuit),
    }


def spec_rows(specs: Sequence[Spec], judged: Score) -> list[dict]:
    """Each spec with its value, score and margin, for JSON."""
    return [{"metric": spec.metric, "low": spec.low, "high": spec.high, "value": part.value, "score": part.score,
             "met": part.met, "margin": part.margin, "point": part.at}
            for spec, part in zip(specs, judged.specs, strict=True)]


def design_document(circuit: Circuit, parameters: Parameters, conditions: Conditions, measurement: Measurement,
                    judged: Score, specs: Sequence[Spec]) -> dict:
    """One design, simulated and scored against ``specs``."""
    return {"circuit": circuit.name, "conditions": conditions.document(), "parameters": dict(parameters),
            "status": measurement.status, "metrics": dict(measurement.metrics), "reward": judged.reward,
            "passed": judged.passed, "specs": spec_rows(specs, judged), "seconds": measurement.seconds,
            "log": measurement.log}


def csv_text(text: str) -> str:
    """A text as a cell of CSV. What a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV
    injection); numbers are no texts and stay as they are."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def session_document(id: str, state: SessionState) -> dict:
    """A session for --json; ``turns`` starts with turn 0, the initial design."""
    task, best = state.task, state.best
    return {
        "session_id": id, "circuit": task.circuit.name, "policy": state.policy, "status": state.status,
        "message": state.message, "seed": task.seed, "budget": task.budget, "conditions": task.conditions.document(),
        "best_reward": best.reward if best else None, "best_turn": best.index if best else None,
        "passed": state.passed, "simulations": state.simulations, "goal": task.goal and task.goal.show(),
        "best_values": best_values(task, state.history) if task.goal else None, **_verdicts(state),
        "turns": [_turn_document(task, turn) for turn in state.history],
    }


def _verdicts(state: SessionState) -> dict:
    """What the latest proposal says of the task as a whole."""
    proposal = state.history[-1].proposal if state.history else None
    found = {name: getattr(proposal, name, None) for name in ("infeasible", "settled")}
    return {name: verdict and asdict(verdict) for name, verdict in found.items()}


def _turn_document(task: Task, turn: Turn) -> dict:
    proposal, measurement = turn.proposal, turn.measurement
    return {
        "turn": turn.index, "reasoning": proposal.reasoning,
        "reasoning_by": "policy" if proposal.own_reasoning is None else "person",
        "own_reasoning": proposal.own_reasoning, "finished": proposal.finished,
        "problems": list(proposal.problems),
        "parameters": dict(proposal.parameters) if proposal.parameters is not None else None,
        "status": measurement.status if measurement else None,
        "metrics": dict(measurement.metrics) if measurement else None,
        "reward": turn.score.reward if turn.score else None,
        "passed": turn.score.passed if turn.score else False,
        "specs": spec_rows(task.specs, turn.score) if turn.score else [], "seconds": turn.seconds,
        "points": [{"conditions": point.document(), "status": item.status, "metrics": dict(item.metrics)}
                   for number, item in sorted(turn.by_point().items()) if turn.points
                   for point in [task.points[number]]],
        "simulations": turn.simulations, "goal_value": task.goal and task.goal.of(task.circuit, turn),
    }
