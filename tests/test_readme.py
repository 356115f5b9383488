"""The tables of README.md are what the rows of models/evaluation say, docs/search.md what models/defaults.csv does."""

import re
from pathlib import Path

import pytest

from sizing_app.evaluate.report import REWARD, SHARE, mean_with_interval
from sizing_app.evaluate.results import Result, read_results
from sizing_app.policy.default import read_table

README = Path(__file__).resolve().parents[1] / "README.md"
SUITES, SIX = ("standard", "tight", "shifted"), ("OTA", "MILLER", "ACCIA", "ADCL", "SimLDO", "ADC2")
UNSEEN = ("OPAMP1", "OPAMP2", "OPAMP3", "OPAMP4")
TABLES = {"| Policy | Standard: all specs met": (SUITES, SIX, 40),
          "| Policy | Moved: all specs met": (("moved",), UNSEEN, 40)}
"""How a table begins: its suites, circuits and queries a circuit."""


@pytest.fixture(scope="module")
def stored() -> list[Result]:
    return read_results(README.parent / "models" / "evaluation")


@pytest.mark.parametrize("begins", TABLES)
def test_a_table_of_the_readme_is_what_the_stored_rows_say(begins, stored):
    suites, circuits, queries = TABLES[begins]
    written = re.search(rf"{re.escape(begins)}.*\n\|[ \-|]*\n((?:\|.*\n)+)", README.read_text())[1].splitlines()
    assert len(written) >= 5
    for line in written:
        policy, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        expected = []
        for suite in suites:
            rows = [row for row in stored if row.policy == policy and row.suite == suite and row.circuit in circuits
                    and row.query < queries]
            assert len(rows) == queries * len(circuits), (policy, suite)
            names = [row.circuit for row in rows]
            expected += [mean_with_interval([row.passed for row in rows], SHARE, names),
                         mean_with_interval([row.best_reward for row in rows], REWARD, names)]
        assert cells == expected, policy


def test_the_defaults_of_the_search_page_are_those_of_the_file():
    text = " ".join((README.parent / "docs" / "search.md").read_text().split())
    rows = {(row.circuit, row.policy): row for row in read_table(README.parent / "models" / "defaults.csv")}

    def listed(values) -> str:
        first, last = [f"{value:.0f}" for value in values][:-1], f"{values[-1]:.0f}"
        return f"{', '.join(first)} and {last}"

    def met(policy: str) -> list[int]:
        return [sum(count is not None for count in rows[name, policy].met_after) for name in SIX]

    def spent(policy: str) -> list[float]:
        return [-rows[name, policy].worth(200)[1] for name in SIX]

    both = "tl-grpo+response-surface"
    assert sum(met(both)) == 60
    assert (f"the checkpoint within 5 simulations meets {listed(met('tl-grpo'))} of the ten, response surfaces within "
            f"200 meet {listed(met('response-surface'))}, and `{both}` within 200 all sixty, after "
            f"{listed(spent(both))} simulations on average where response surfaces alone take "
            f"{listed(spent('response-surface'))}") in text
