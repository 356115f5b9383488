"""What a set of sessions reached, counted by the database: the numbers behind the distributions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, literal_column, select

from sizing_app.store.tables import SessionRow

PER_UNIT = literal_column("1000")
"""Steps of a best reward that are counted apart."""


@dataclass(frozen=True)
class Reached:
    """How many sessions of a policy on a circuit ended alike. ``first_passed``: simulations until all specs were met,
    None where they never were."""

    circuit: str
    policy: str
    best_reward: float | None
    first_passed: int | None
    sessions: int


def reached_query() -> Select:
    """Rows of Reached over all sessions; conditions may be added."""
    reward = func.round(SessionRow.best_reward * PER_UNIT) / PER_UNIT
    groups = (SessionRow.circuit, SessionRow.policy, reward, SessionRow.first_passed)
    return select(*groups, func.count()).group_by(*groups).order_by(SessionRow.circuit, SessionRow.policy)


def rows_of(result) -> Sequence[Reached]:
    return [Reached(*row) for row in result]
