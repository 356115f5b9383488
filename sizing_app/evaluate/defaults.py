"""What an evaluation says of default policies: rows of the table of policy/default.py."""

from collections.abc import Sequence
from itertools import groupby

from sizing_app.evaluate.results import Result
from sizing_app.policy.default import Measured

SUITE = "standard"


def measured(results: Sequence[Result], budget: int) -> list[Measured]:
    """Of each circuit and policy, after how many simulations each query of the suite standard was met."""
    rows = sorted((row for row in results if row.suite == SUITE), key=_group)
    return [Measured(circuit, policy, budget, tuple(row.simulations if row.passed else None for row in
                                                    sorted(group, key=lambda row: row.query)))
            for (circuit, policy), group in groupby(rows, key=_group)]


def _group(row: Result) -> tuple[str, str]:
    return row.circuit, row.policy
