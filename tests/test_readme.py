"""The tables of README.md are what the rows of models/evaluation say."""

import re
from pathlib import Path

import pytest

from sizing_app.evaluate.report import REWARD, SHARE, mean_with_interval
from sizing_app.evaluate.results import Result, read_results

README = Path(__file__).resolve().parents[1] / "README.md"
SUITES, SIX = ("standard", "tight", "shifted"), ("OTA", "MILLER", "ACCIA", "ADCL", "SimLDO", "ADC2")
UNSEEN = ("OPAMP1", "OPAMP2", "OPAMP3", "OPAMP4")
TABLES = {"| Policy | Standard: all specs met": (SUITES, SIX, 40),
          "| Policy | Moved: all specs met": (("moved",), UNSEEN, 5)}
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
