"""Read the query sets of a circuit: ``circuits/NAME/queries/SPLIT/SUITE.json``, which evaluate/queries.py makes.

A file holds an object: ``version``, ``circuit``, ``suite``, ``split``, ``recipe``, ``seed``, ``simulations``,
``command``, and ``queries``, objects with

- ``conditions``: corner, temperature (degrees Celsius), supply (V), load (F)
- ``specs``: list of {metric, low, high, scale}, as circuit.definition.Spec; a bound that is not there is left out
- ``initial``: parameter name to value in SI units, the design of turn 0
- ``stated``, in the suite *shifted*: the conditions that a policy is told, which differ from the true ones
- ``ranges``, in the suites *moved*: parameter name to [low, high] in SI units, instead of the circuit's ranges
- ``seed``: integer that seeds the policy
- ``witness``: parameter name to value in SI units, a simulated design that meets the specs (never shown to a policy)
- ``drivers``: the metrics that the witness was pulled towards (never shown either)
"""

from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter, ValidationError

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.circuit.folder import VALIDATION, home, settle, suite_names, suite_path
from sizing_app.circuit.validation import Invalid, check_design
from sizing_app.pools.query_rules import impossible
from sizing_app.task.definition import Task
from sizing_app.task.limits import narrowed
from sizing_app.task.validation import check_task

VERSION = 2


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
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    drivers: tuple[str, ...] = ()

    def task(self, circuit: Circuit, budget: int) -> Task:
        """Of the circuit with the query's own ranges, beside the same files."""
        own = narrowed(circuit, self.ranges) if self.ranges else circuit
        if self.ranges and (folder := home(circuit)):
            settle(own, folder)
        return Task(own, self.specs, self.conditions, self.initial, budget, self.seed, self.stated)

    def impossible(self, circuit: Circuit) -> "Query":
        """The query with targets that no design meets, as far as anybody knows (pools/query_rules.py)."""
        return replace(self, specs=impossible(circuit, self.specs, self.drivers))


@dataclass(frozen=True)
class Suite:
    """One file of queries."""

    circuit: str
    suite: str
    queries: list[Query]
    version: int


_SUITE = TypeAdapter(Suite)


def load_queries(circuit: Circuit, suite: str, split: str = VALIDATION) -> list[Query]:
    """All queries of a suite, checked, in the order of the file. Raises SuiteError."""
    path = suite_path(circuit, suite, split)
    if suite not in suite_names(circuit, split):
        raise SuiteError(f"{circuit.name} has no {split} suite {suite!r}: choose one of "
                         f"{', '.join(suite_names(circuit, split)) or 'none'}")
    try:
        found = _SUITE.validate_json(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: expected a readable text file: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SuiteError(f"{path}: {place or 'the document'}: {first['msg']}") from error
    if found.version != VERSION:
        raise SuiteError(f"{path}: version: expected {VERSION}, found {found.version}")
    for number, query in enumerate(found.queries):
        try:
            task = query.task(circuit, 0)
            check_task(task, f"query {number}")
            check_design(task.circuit, query.witness, f"query {number}.witness")
        except Invalid as error:
            raise SuiteError(f"{path}: {error}") from error
    return found.queries
