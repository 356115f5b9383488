"""The default policy of a circuit: by a table of measured simulations, with one rule."""

from dataclasses import replace

import pytest

from sizing_app.circuit.folder import load_circuit
from sizing_app.evaluate.defaults import measured
from sizing_app.evaluate.results import Result
from sizing_app.policy import DEFAULT_POLICY, OWN_POLICY, POLICIES, default_for
from sizing_app.policy.default import TABLE, Measured, default_policy, read_table, write_table
from tests.builders import a_circuit

MODEL = Measured("OTA", "tl-grpo", 5, (2, None, 5, None))
SEARCH = Measured("OTA", "response-surface", 200, (31, 60, 150, 20))
BOTH = Measured("OTA", "tl-grpo+response-surface", 200, (2, 40, 5, 30))
ABLE = (MODEL.policy, SEARCH.policy, BOTH.policy)


@pytest.fixture
def table(tmp_path):
    write_table(tmp_path / "defaults.csv", [MODEL, SEARCH, BOTH])
    return tmp_path / "defaults.csv"


def test_the_best_share_within_the_budget_then_the_fewest_simulations(table):
    ota = load_circuit("OTA")
    assert MODEL.worth(5) == (0.5, -(2 + 5 + 5 + 5) / 4) and SEARCH.worth(50)[0] == 0.5
    assert default_policy(ota, ABLE, 5, table) == "tl-grpo", "as good as the other one, whose first turns are the same"
    assert default_policy(ota, ABLE, 200, table) == BOTH.policy, "as many as the search, sooner"
    assert default_policy(ota, ABLE[:2], 200, table) == SEARCH.policy
    assert default_policy(ota, ("bayes",), 200, table) == OWN_POLICY, "no row of what can size it"


def test_where_none_met_any_within_so_few_it_is_what_was_met_within_all_that_counts(table):
    miller = load_circuit("MILLER")
    lost, found = replace(MODEL, circuit="MILLER", met_after=(None,) * 4), replace(SEARCH, circuit="MILLER")
    write_table(table, [lost, found])
    assert default_policy(miller, ABLE, 5, table) == SEARCH.policy == default_policy(miller, ABLE, None, table)


def test_without_a_row_it_is_the_first_of_the_list_within_few_simulations_and_else_a_search(table, tmp_path):
    miller = load_circuit("MILLER")
    assert default_policy(miller, ABLE, 5, table) == DEFAULT_POLICY == default_policy(miller, ABLE, 5, tmp_path / "no")
    assert default_policy(miller, ABLE, 6, table) == OWN_POLICY == default_policy(miller, ABLE, None, table)
    assert default_policy(load_circuit("OTA"), ABLE, None, table) == MODEL.policy
    assert default_policy(a_circuit(), ABLE, 5, table) == OWN_POLICY
    assert default_policy(replace(load_circuit("OTA"), title="Mine"), ABLE, 5, table) == OWN_POLICY


def test_a_table_is_written_from_results_in_place_of_former_rows(table):
    rows = [Result("OTA", suite, query, "tl-grpo", 1.0, passed, 3 + query, 1.0)
            for suite in ("standard", "tight") for query, passed in ((1, 0), (0, 1))]
    write_table(table, measured(rows, 5))
    assert read_table(table) == (SEARCH, replace(MODEL, met_after=(3, None)), BOTH)


def test_the_shipped_table_names_circuits_and_policies_that_there_are():
    for row in read_table(TABLE):
        assert row.policy in POLICIES and len(row.met_after) >= 10 and load_circuit(row.circuit)
        assert all(count is None or 0 <= count <= row.budget for count in row.met_after)
    assert default_for(load_circuit("OTA"), 5) in POLICIES
