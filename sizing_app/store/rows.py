"""Sessions, circuits and turns to rows of the store's tables, and back."""

import secrets
import time

from pydantic import TypeAdapter
from sqlalchemy import case, func, or_

from sizing_app.circuit.definition import Circuit, content
from sizing_app.store.tables import CircuitRow, SessionRow, TurnRow
from sizing_app.task.definition import Task
from sizing_app.task.turn import Turn

TASK, TURN = TypeAdapter(Task), TypeAdapter(Turn)
ID_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def new_id() -> str:
    """Short and fit for a URL."""
    return "".join(secrets.choice(ID_LETTERS) for _ in range(10))


def circuit_row(circuit: Circuit) -> CircuitRow:
    return CircuitRow(digest=circuit.key, name=circuit.name, content=content(circuit))


def session_row(task: Task, policy: str, source: str, parent: str | None = None,
                parent_turn: int | None = None) -> SessionRow:
    """A session that has not begun."""
    return SessionRow(
        id=new_id(), created=time.time(), heartbeat=time.time(), circuit=task.circuit.name, digest=task.circuit.key,
        policy=policy, source=source, status="running", message="", budget=task.budget, seed=task.seed, turns=0,
        best_reward=None, passed=False, parent=parent, parent_turn=parent_turn,
        task=TASK.dump_python(task, mode="json", exclude={"circuit"}))


def after_turn(turn: Turn) -> dict:
    """The columns of a session that a finished turn changes."""
    changes = {"turns": SessionRow.turns + 1} if turn.index > 0 and turn.measurement is not None else {}
    if turn.score is not None:
        best, reward = SessionRow.best_reward, turn.score.reward
        changes["best_reward"] = case((or_(best.is_(None), best < reward), reward), else_=best)
        changes |= {"passed": True} if turn.score.passed else {}
    if turn.score is not None and turn.score.passed:
        changes["first_passed"] = func.coalesce(SessionRow.first_passed, turn.index)
    return changes


def turn_row(id: str, turn: Turn) -> TurnRow:
    """Token ids and log-probabilities are for the trainer only and are not stored."""
    content = TURN.dump_python(turn, mode="json", exclude={"proposal": {"reasoning", "tokens", "logprobs"}})
    return TurnRow(
        session_id=id, position=turn.index, reward=turn.score and turn.score.reward,
        passed=turn.score is not None and turn.score.passed, status=turn.measurement and turn.measurement.status,
        seconds=turn.seconds, reasoning=turn.proposal.reasoning, content=content)


def turn_of(row: TurnRow) -> Turn:
    proposal = {**row.content["proposal"], "reasoning": row.reasoning}
    return TURN.validate_python({**row.content, "proposal": proposal})
