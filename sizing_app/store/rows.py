"""Sessions, circuits and turns to rows of the store's tables, and back."""

import hashlib
import json
import secrets
import time
from dataclasses import replace

from pydantic import TypeAdapter
from sqlalchemy import case, func, or_

from sizing_app.circuit.definition import Circuit
from sizing_app.store.tables import CircuitRow, SessionRow, TurnRow
from sizing_app.task.definition import Task
from sizing_app.task.turn import Turn

CIRCUIT, TASK, TURN = TypeAdapter(Circuit), TypeAdapter(Task), TypeAdapter(Turn)
ID_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def new_id() -> str:
    """Short and fit for a URL."""
    return "".join(secrets.choice(ID_LETTERS) for _ in range(10))


def circuit_row(circuit: Circuit) -> CircuitRow:
    content = CIRCUIT.dump_python(replace(circuit, folder=""), mode="json")
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return CircuitRow(digest=digest, name=circuit.name, content=content)


def session_row(task: Task, digest: str, policy: str, source: str, parent: str | None = None,
                parent_turn: int | None = None) -> SessionRow:
    """A session that has not begun. ``digest``: that of its circuit_row."""
    return SessionRow(
        id=new_id(), created=time.time(), heartbeat=time.time(), circuit=task.circuit.name, digest=digest,
        policy=policy, source=source, status="running", message="", budget=task.budget, seed=task.seed, turns=0,
        best_reward=None, passed=False, parent=parent, parent_turn=parent_turn,
        task=TASK.dump_python(task, mode="json", exclude={"circuit"}))


def after_turn(turn: Turn) -> dict:
    """The columns of a session that a finished turn changes."""
    changes = {"turns": SessionRow.turns + 1} if turn.index > 0 and turn.measurement is not None else {}
    if turn.score is not None:
        best, reward = SessionRow.best_reward, turn.score.total
        changes["best_reward"] = case((or_(best.is_(None), best < reward), reward), else_=best)
        changes |= {"passed": True} if turn.score.passed else {}
    if turn.score is not None and turn.score.passed:
        changes["first_passed"] = func.coalesce(SessionRow.first_passed, turn.index)
    return changes


def turn_row(id: str, turn: Turn) -> TurnRow:
    """Token ids and log-probabilities are for the trainer only and are not stored."""
    content = TURN.dump_python(turn, mode="json", exclude={"proposal": {"reasoning", "tokens", "logprobs"}})
    return TurnRow(
        session_id=id, position=turn.index, reward=turn.score and turn.score.total,
        passed=turn.score is not None and turn.score.passed, status=turn.measurement and turn.measurement.status,
        seconds=turn.seconds, reasoning=turn.proposal.reasoning, content=content)


def turn_of(row: TurnRow) -> Turn:
    proposal = {**row.content["proposal"], "reasoning": row.reasoning}
    return TURN.validate_python({**row.content, "proposal": proposal})
