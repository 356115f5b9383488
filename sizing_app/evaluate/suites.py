"""Read the query sets of a circuit: ``circuits/NAME/queries/SUITE.json``, which evaluate/queries.py makes.

A file holds an object whose ``queries`` are objects with

- ``conditions``: corner, temperature (degrees Celsius), supply (V), load (F)
- ``specs``: list of {metric, low, high, scale}, as domain.Spec; a bound that is not there is left out
- ``initial``: parameter name to value in SI units, the design of turn 0
- ``stated``, in the suite *shifted*: the conditions that a policy is told, which differ from the true ones
- ``seed``: integer that seeds the policy
- ``witness``: parameter name to value in SI units, a simulated design that meets the specs (never shown to a policy)
"""

from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from sizing_app.circuit.definition import Circuit, Conditions, Spec
from sizing_app.circuit.folder import suite_names, suite_path
from sizing_app.circuit.validation import Invalid, check_design
from sizing_app.task.definition import Task
from sizing_app.task.validation import check_task


class SuiteError(ValueError):
    """A query set is missing or wrong; the message names the file and what was expected."""


@dataclass(frozen=True)
class Query:
    """One evaluation query of a circuit; with a budget it becomes a Task."""

    conditions: Conditions
    specs: tuple[Spec, ...]
    initial: dict[str, float]
    seed: int
    witness: dict[str, float]
    stated: Conditions | None = None

    def task(self, circuit: Circuit, budget: int) -> Task:
        return Task(circuit, self.specs, self.conditions, self.initial, budget, self.seed, self.stated)


@dataclass(frozen=True)
class Suite:
    """One file of queries."""

    circuit: str
    suite: str
    queries: list[Query]


_SUITE = TypeAdapter(Suite)


def load_queries(circuit: Circuit, suite: str) -> list[Query]:
    """All queries of a suite, in the order of the file."""
    path = suite_path(circuit, suite)
    if suite not in suite_names(circuit):
        raise SuiteError(f"{circuit.name} has no suite {suite!r}: choose one of "
                         f"{', '.join(suite_names(circuit)) or 'none'}")
    try:
        queries = _SUITE.validate_json(path.read_text("utf-8-sig")).queries
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: expected a readable text file: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SuiteError(f"{path}: {place or 'the document'}: {first['msg']}") from error
    for number, query in enumerate(queries):
        try:
            check_task(query.task(circuit, 0), f"query {number}")
            check_design(circuit, query.witness, f"query {number}.witness")
        except Invalid as error:
            raise SuiteError(f"{path}: {error}") from error
    return queries
