"""What a set of sessions reached, counted by the database: the numbers behind the distributions."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, literal_column, select

from sizing_app.store.tables import SessionRow

PER_UNIT = literal_column("1000")
"""Steps of a best reward that are counted apart."""


@dataclass(frozen=True)
class Reached:
    """How many sessions of a policy on a circuit ended alike. ``first_passed``: designs until all specs were met,
    None where they never were."""

    circuit: str
    policy: str
    best_reward: float | None
    first_passed: int | None
    sessions: int


def reached_query() -> Select:
    """Sessions that ended alike, in the order of the index sessions_figures; conditions may be added."""
    groups = (SessionRow.circuit, SessionRow.policy, SessionRow.best_reward, SessionRow.first_passed)
    return select(*groups, func.count().label("sessions")).group_by(*groups)


def in_steps(query: Select) -> Select:
    """Rows of Reached, of a ``reached_query`` with its conditions: best rewards rounded, which are fewer."""
    found = query.subquery()
    reward = func.round(found.c.best_reward * PER_UNIT) / PER_UNIT
    groups = (found.c.circuit, found.c.policy, reward, found.c.first_passed)
    return select(*groups, func.sum(found.c.sessions)).group_by(*groups).order_by(found.c.circuit, found.c.policy)


def rows_of(result) -> Sequence[Reached]:
    return [Reached(*row, int(sessions)) for *row, sessions in result]
