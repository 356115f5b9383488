"""Evaluation on the toy circuit: same numbers on any number of threads, resumable after a kill, honest tables."""

import csv
import json
import os
import time
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizing_app.circuit.definition import Spec
from sizing_app.circuit.folder import SPLITS, home, load_circuits, suite_names
from sizing_app.errors import PolicyError
from sizing_app.evaluate import compare
from sizing_app.evaluate.fingerprint import fingerprint
from sizing_app.evaluate.intervals import interval, interval_of_lead, pooled, share_interval
from sizing_app.evaluate.report import curves, draw_curves, summary
from sizing_app.evaluate.results import EvaluationError, Result, ResultFiles, TurnResult
from sizing_app.evaluate.runner import Job, evaluate, rows
from sizing_app.evaluate.suites import Query, SuiteError, load_queries
from sizing_app.evaluate.method_tables import at_budgets, lead, methods_by_circuits
from sizing_app.policy.bayesian import BayesianSearch
from sizing_app.policy.designs import initial_design
from sizing_app.policy.random_search import RandomSearch
from sizing_app.session.events import fold
from sizing_app.session.turn import initial_turn
from sizing_app.task.advantage import PLAY_TEMPERATURE
from sizing_app.task.turn import Measurement, Proposal
from sizing_app.train.command import parse, preset_of
from sizing_app.train.algorithms import ALGORITHMS
from sizing_app.train.config import RLConfig
from tests.builders import GOOD, POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, settled, turn_of, write

POLICIES = {"random": RandomSearch(), "bayes": BayesianSearch()}
COLUMNS = ["circuit", "suite", "query", "policy", "best_reward", "passed", "simulations", "seconds", "statements",
           "statements_true", "expectations", "expectations_true", "worst", "cpu", "moves", "moves_true", "fingerprint",
           "declared"]


def some_jobs(count: int = 4, policies=tuple(POLICIES)) -> list[Job]:
    circuit = a_circuit()
    queries = [Query(circuit.conditions.nominal, circuit.specs, initial_design(circuit, seed), seed, GOOD)
               for seed in range(count)]
    return [Job(circuit, "demo", number, query, policy) for policy in policies for number, query in enumerate(queries)]


def from_poor(policy: str) -> Job:
    """A query whose start meets not all specs."""
    (job,) = some_jobs(1, (policy,))
    return replace(job, query=replace(job.query, initial=POOR))


def run(folder, jobs, threads=1, policies=POLICIES) -> ResultFiles:
    files = ResultFiles(folder, {"budget": 3})
    evaluate(jobs, policies, QuadraticSimulator(), 3, files, threads)
    return files


def without_seconds(files: ResultFiles) -> list[Result]:
    return [replace(row, seconds=0.0, cpu=0.0) for row in files.results]


def test_numbers_do_not_depend_on_threads(tmp_path):
    one, four = run(tmp_path / "one", some_jobs()), run(tmp_path / "four", some_jobs(), threads=4)
    assert without_seconds(one) == without_seconds(four)
    assert one.turns == four.turns
    with (tmp_path / "one" / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == COLUMNS and len(rows) == 8
    assert {int(row["simulations"]) for row in rows} <= {0, 1, 2, 3}


def test_a_killed_evaluation_goes_on_where_it_was(tmp_path):
    whole, asked = run(tmp_path / "whole", some_jobs()), []

    @dataclass
    class Counting:
        name: str = "random"

        def propose(self, task, history, stop):
            asked.append(task.seed)
            yield from RandomSearch().propose(task, history, stop)

    run(tmp_path / "killed", some_jobs(3, ("random",)))
    results, turns = tmp_path / "killed" / "results.csv", tmp_path / "killed" / "turns.csv"
    results.write_text(results.read_text()[:-8])  # the kill came while the third result was being written
    turns.write_text(turns.read_text() + "TOY,demo,3,random,0,0.1")
    resumed = run(tmp_path / "killed", some_jobs(), policies=POLICIES | {"random": Counting()})
    assert set(asked) == {2, 3}
    assert without_seconds(resumed) == without_seconds(whole)
    assert resumed.turns == whole.turns
    assert without_seconds(ResultFiles(tmp_path / "killed", {"budget": 3})) == without_seconds(whole)


def test_every_session_can_be_kept(tmp_path):
    kept = []
    files = ResultFiles(tmp_path, {"budget": 3})
    evaluate(some_jobs(2), POLICIES, QuadraticSimulator(), 3, files, 2, keep=lambda *session: kept.append(session))
    assert {job.key: round(fold(events).best.reward, 6) for job, events in kept} == {
        row.key: row.best_reward for row in files.results}


def test_other_settings_need_another_folder(tmp_path):
    run(tmp_path, some_jobs(1))
    with pytest.raises(EvaluationError, match="holds results with budget 3, not 5: choose another --out"):
        ResultFiles(tmp_path, {"budget": 5})


@pytest.mark.parametrize("threads", [1, 3])
def test_a_failing_policy_ends_the_evaluation_and_keeps_what_is_finished(tmp_path, threads):
    down = ScriptedPolicy([[PolicyError("the server is down")]])
    files = ResultFiles(tmp_path, {"budget": 3})
    with pytest.raises(EvaluationError, match="TOY demo query 0, down: the server is down"):
        evaluate([*some_jobs(2, ("random",)), *some_jobs(1, ("down",))], {**POLICIES, "down": down},
                 QuadraticSimulator(), 3, files, threads)
    assert {row.policy for row in ResultFiles(tmp_path, {"budget": 3}).results} <= {"random"}


def test_rows_of_another_checkpoint_or_suite_are_evaluated_again(tmp_path):
    """The queries keep their numbers, so that the names of a row alone do not tell."""
    circuit, models = write_suite(tmp_path), tmp_path / "models"
    (models / "tl-grpo").mkdir(parents=True)
    weights = models / "tl-grpo" / "model.safetensors"
    weights.write_bytes(b"before")
    marks = [fingerprint(circuit, "demo", "validation", policy, models) for policy in ("tl-grpo", "random")]
    assert marks == [fingerprint(circuit, "demo", "validation", policy, models) for policy in ("tl-grpo", "random")]
    weights.write_bytes(b"trained anew")
    assert fingerprint(circuit, "demo", "validation", "tl-grpo", models) != marks[0]
    assert fingerprint(circuit, "demo", "validation", "random", models) == marks[1]
    assert fingerprint(replace(circuit, testbench="other"), "demo", "validation", "random", models) != marks[1]
    assert fingerprint(write_suite(tmp_path, seed=2), "demo", "validation", "random", models) != marks[1]

    old = [replace(job, fingerprint="old") for job in some_jobs(2, ("random",))]
    assert {row.fingerprint for row in run(tmp_path / "out", old).results} == {"old"}
    files = ResultFiles(tmp_path / "out", {"budget": 3})
    assert files.drop(lambda row: row.fingerprint != "new") == 2 and files.results == files.turns == []
    evaluate([replace(job, fingerprint="new") for job in old], POLICIES, QuadraticSimulator(), 3, files)
    assert [row.fingerprint for row in ResultFiles(tmp_path / "out", {"budget": 3}).results] == ["new"] * 2


def test_passing_and_simulations_are_counted(tmp_path):
    """The policy works until its thread has spent a hundredth of a second: less may be rounded to none."""
    def work(_) -> None:
        started = time.thread_time()
        while time.thread_time() - started < 0.01:
            pass

    policy = ScriptedPolicy([write("no call", None, problems=("no call",)), write("a try", {"w": 3e-5, "m": 10.0}),
                             write("better", GOOD)], name="scripted", between=work)
    files = run(tmp_path, [from_poor("scripted")], policies={"scripted": policy})
    (row,) = files.results
    assert (row.best_reward, row.passed, row.simulations, row.worst) == (1.0, 1, 2, 1.0)
    assert 0.01 < row.cpu <= row.seconds + 0.002  # the policy's thread; these simulations take none
    assert [turn.status for turn in files.turns] == ["ok", "no_call", "ok", "ok"]


def test_what_the_simulator_refused_is_no_simulation():
    job, simulator = from_poor("scripted"), QuadraticSimulator()
    task = job.query.task(job.circuit, 3)
    start = initial_turn(task, simulator)
    measured = turn_of(task, (start,), Proposal(GOOD), simulator)
    refused = replace(measured, measurement=Measurement("refused", {}))
    assert [rows(job, (start, turn), 0.0, 0.0)[0].simulations for turn in (measured, refused)] == [1, 0]


def test_what_a_policy_simulates_after_success_does_not_count(tmp_path):
    policy = ScriptedPolicy([write("met", GOOD), write("more", {"w": 3e-5, "m": 10.0}), write("more", GOOD)],
                            name="scripted")
    (row,) = run(tmp_path, [from_poor("scripted")], policies={"scripted": policy}).results
    assert (row.passed, row.simulations) == (1, 1)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_bootstrap_interval_holds_the_mean_and_stays_in_the_data(values):
    low, high = interval(values)
    assert min(values) - 1e-9 <= low <= np.mean(values) + 1e-9
    assert np.mean(values) - 1e-9 <= high <= max(values) + 1e-9


def test_bootstrap_interval_has_the_width_of_theory():
    values = np.random.default_rng(1).normal(5.0, 1.0, 400)
    low, high = interval(values)
    assert (high - low) == pytest.approx(2 * 1.96 / np.sqrt(400), rel=0.15)


def test_an_interval_is_over_all_that_is_drawn_anew():
    """Runs that differ, and circuits that differ, widen it; strata that are kept do not."""
    queries = np.random.default_rng(1).normal(0.0, 1.0, (1, 400))
    runs = queries + np.array([[-1.0], [0.0], [1.0]])
    widths = [np.diff(interval(*given))[0] for given in ((queries,), (runs,))]
    assert widths[0] == pytest.approx(0.2, rel=0.15) and widths[1] > 5 * widths[0]
    circuits = ["A"] * 200 + ["B"] * 200
    apart = np.repeat([0.0, 1.0], 200)
    assert interval(apart, circuits) == pytest.approx((0.5, 0.5))
    assert interval(apart, circuits, resample_strata=True) == pytest.approx((0.0, 1.0))


def test_means_are_pooled_by_circuit():
    """One with more queries counts no more: 0.5 of A's four, 1 of B's one."""
    values, circuits = [0.0, 0.0, 1.0, 1.0, 1.0], ["A"] * 4 + ["B"]
    assert pooled(values, circuits) == 0.75 and pooled([values, [0.0] * 5], circuits) == 0.375
    assert interval(values, circuits) == pytest.approx((0.5, 1.0)) and interval([0.3]) == (0.3, 0.3)
    assert share_interval([1] * 40) == pytest.approx((0.912, 1.0), abs=1e-3)
    assert share_interval([0] * 20, ["a", "b"] * 10, resample_strata=True) == pytest.approx((0.0, 0.161), abs=1e-3)
    assert share_interval(values, circuits) == interval(values, circuits)


def test_a_lead_resamples_the_queries_of_both_together_and_their_runs_apart():
    queries = np.random.default_rng(1).normal(0.0, 1.0, (1, 400))
    assert interval_of_lead(queries + 0.5, queries) == pytest.approx((0.5, 0.5))
    assert np.diff(interval_of_lead(queries + np.array([[0.0], [1.0]]), queries))[0] == pytest.approx(1.0)


def test_summary_has_every_policy_and_paired_differences():
    results = [Result("TOY", "demo", query, policy, reward, int(reward == 1), 2, 0.1, worst=0.5, cpu=0.4)
               for policy, rewards in (("a", (1.0, 1.0)), ("b", (0.5, 1.0))) for query, reward in enumerate(rewards)]
    many = [Result("TOY", "long", query, "a", 1.0, 1, simulations, 0.1)
            for query, simulations in enumerate((1, 2, 60))]
    assert "| [1.000, 1.000] | - | 21.00 | 2.0 | - |" in summary(many, ["a"]).replace("| 1.000 [", "| [")
    text = summary(results, ["b", "a"])
    assert "| a | 2 | 100% [34%, 100%] | 1.000 [1.000, 1.000] | 0.500 | 2.00 | 2.0 | 0.40 | - | - |" in text
    assert "| b | 2 | 50% [0%, 100%] | 0.750 [0.500, 1.000] | 0.500 | 2.00 | 2.0 | 0.40 | - | - |" in text
    assert "| TOY | demo | a | -50% [-100%, +0%] | -0.250 [-0.500, +0.000] |" in text
    assert text.index("| demo | b |") < text.index("| demo | a |")


def test_tables_say_all_and_none_only_where_it_is_so():
    results = [Result("TOY", "demo", query, policy, 0.5, int((query == 0) == (policy == "one")), 2, 0.1)
               for query in range(300) for policy in ("one", "but one")]
    text = summary(results, ["one", "but one"])
    assert "| one | 300 | 1% [0%, 1%] |" in text and "| but one | 300 | 99% [99%, 100%] |" in text
    table = methods_by_circuits(results, ["one", "but one"], ())
    assert "| one | 1% | 1% [" in table and "| but one | 99% | 99% [" in table


def test_methods_stand_against_circuits():
    results = [Result(circuit, "demo", query, policy, reward, int(reward == 1), 2, 0.1)
               for circuit, policy, rewards in (("A", "p", (1.0, 0.5)), ("B", "p", (0.2, 0.4)), ("H", "p", (1.0, 1.0)),
                                                ("A", "q", (0.0, 0.1))) for query, reward in enumerate(rewards)]
    parts = methods_by_circuits(results, ["q", "p"], {"H"}).split("**demo: ")
    shares, rewards = (part.splitlines() for part in parts[1:])
    assert rewards[2] == "| | A | B | H | not held out | held out |"
    assert rewards[4] == "| q | 0.050 | - | - | - | - |"
    assert rewards[5].startswith("| p | 0.750 | 0.300 | 1.000 | 0.525 [0.2")
    assert rewards[5].endswith("| 1.000 [1.000, 1.000] |")
    assert shares[5].startswith("| p | 50% | 0% | 100% | 25% [0%, ")


def test_a_lead_counts_the_queries_that_both_played():
    results = [Result(circuit, "demo", query, policy, reward, int(reward == 1), 2, 0.1)
               for circuit, policy, rewards in (("A", "p", (1.0, 0.5)), ("B", "p", (0.4,)), ("H", "p", (1.0,)),
                                                ("A", "q", (0.4, 0.5)), ("B", "q", (0.1, 1.0)), ("A", "r", (1.0,)))
               for query, reward in enumerate(rewards)]
    lines = lead(results, ["p", "q", "r"], {"H"}).splitlines()
    assert lines[0] == ("| Suite | p minus | not held out: all specs met | mean best reward | held out: all specs met "
                        "| mean best reward |")
    assert lines[2].startswith("| demo | q | +25% [+0%, +100%] | +0.300 [") and lines[2].endswith("| - | - |")
    assert lines[3] == "| demo | r | +0% [+0%, +0%] | +0.000 [+0.000, +0.000] | - | - |"
    assert lead(results, ["p"], {"H"}) == ""


def test_variants_of_training_cost_the_same_and_are_compared_query_by_query():
    options = compare.parse(["--rollouts", "640", "--seeds", "1,2", "--variants", "tl-grpo,group-4,family"])
    commands = [parse(compare.training(name, 2, options)) for name in compare.VARIANTS]
    assert {(command.rollouts, command.seed, command.circuits) for command in commands} == {
        (640, 2, options.circuits)}
    assert {command.stage for command in commands} == set(ALGORITHMS) and commands[4].group == 4
    assert [command.no_family for command in commands] == [name != "family" for name in compare.VARIANTS]
    divided = {name: preset_of(command).rl.divide_by for name, command in zip(compare.VARIANTS, commands, strict=True)}
    rl = {name: preset_of(command).rl for name, command in zip(compare.VARIANTS, commands, strict=True)}
    assert (rl["cool"].temperature, rl["bonus-1"].all_specs_bonus, rl["floor"].temperature) == (0.6, 1.0, 1.0)
    assert {name: by for name, by in divided.items() if by != "std"} == {
        "no-division": "none", "floor": "floor", "by-mean": "mean"}

    rewards = {"tl-grpo/1": (1.0, 0.5), "tl-grpo/2": (0.5, 0.5), "group-4/1": (0.5, 0.0), "start/0": (0.0, 0.0)}
    results = [Result("TOY", suite, query, policy, reward, int(reward == 1), 2, 0.0) for suite in compare.SUITES
               for policy, found in rewards.items() for query, reward in enumerate(found)]
    whole = compare.table(results, options.variants.split(","))
    assert whole.startswith("**standard, tight, shifted**") and whole.count("| tl-grpo | 2 | 0.625 ") == 4
    lines = whole.split("**tight**")[1].splitlines()
    assert lines[4] == "| tl-grpo | 2 | 0.625 [0.500, 1.000] | 0.500, 0.750 | 25% [0%, 100%] | - | - |"
    assert lines[5] == ("| group-4 | 1 | 0.250 [0.000, 0.500] | 0.250, 0.250 | 0% [0%, 66%] | "
                        "+0.375 [+0.000, +0.500] | +25% [+0%, +100%] |")
    assert lines[6].startswith("| start | 1 | 0.000 ")


def test_suites_of_one_witness_are_one_draw():
    """Two queries in three suites each are two draws, not six: the interval is that of their means."""
    results = [Result("TOY", suite, query, "tl-grpo/1", reward, 0, 2, 0.0)
               for query, rewards in enumerate([(0.2, 0.4, 0.6), (0.8, 0.6, 1.0)])
               for suite, reward in zip(compare.SUITES, rewards, strict=True)]
    circuits, played = compare.by_seed(results, ["tl-grpo"], compare.SUITES)
    assert circuits == ["TOY", "TOY"] and played["tl-grpo"][0] == pytest.approx(np.array([[0.4, 0.8]]))
    assert "| tl-grpo | 1 | 0.600 [0.400, 0.800] |" in compare.table(results, ["tl-grpo"])
    unfinished = compare.by_seed(results[:-1], ["tl-grpo"], compare.SUITES)
    assert unfinished[0] == ["TOY"]


def test_ablations_are_chosen_without_test_queries():
    options = compare.parse(["--queries", "2"])
    assert {job.suite for job in compare.jobs_of("tl-grpo/1", options)} == set(compare.SUITES)
    told = {(job.circuit.name, job.query.seed) for job in compare.jobs_of("x", options)}
    asked = {(job.circuit.name, job.query.seed)
             for job in compare.jobs_of("x", compare.parse(["--queries", "2", "--split", "test"]))}
    assert not told & asked


def test_a_comparison_does_not_mix_starts(tmp_path, capsys):
    """A start that was trained anew under its old name is another one."""
    start = tmp_path / "sft"
    start.mkdir()
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        (start / name).write_bytes(b"old")
    options = ["--out", str(tmp_path / "runs"), "--start", str(start), "--circuits", "OTA"]
    ResultFiles(tmp_path / "runs", compare.settings_of(compare.parse(options)))
    ResultFiles(tmp_path / "runs", compare.settings_of(compare.parse(options)))
    (start / "model.safetensors").write_bytes(b"new")
    os.utime(start / "model.safetensors", (1, 1))
    assert compare.main(options) == 2
    assert "holds results with fingerprint of OTA, standard, " in capsys.readouterr().err


def test_a_comparison_is_played_at_one_temperature(tmp_path, capsys):
    """That at which checkpoints play in the app, unless told; rows of another one are not mixed with it."""
    given = ["--out", str(tmp_path), "--variants", "tl-grpo"]
    assert compare.parse(given).temperature == PLAY_TEMPERATURE == RLConfig.sampling_temperature
    options = compare.parse(given)
    stored = compare.settings_of(options) | {"temperature": 1.0}
    (tmp_path / "settings.json").write_text(json.dumps(stored))
    assert compare.main(given) == 2
    assert "holds results with temperature 1.0, not 0.5" in capsys.readouterr().err


def test_searches_are_compared_at_several_budgets():
    sessions = {("model", 0): (0.2, 0.8), ("model", 1): (0.4, 1.0),
                ("search", 0): (0.2, *[0.1] * 7, 1.0), ("search", 1): (0.4, *[0.0] * 12, 0.8)}
    turns = [TurnResult("TOY", "demo", query, policy, place, reward, int(reward == 1), "ok")
             for (policy, query), rewards in sessions.items() for place, reward in enumerate(rewards)]
    results = [Result("TOY", "demo", query, policy, max(rewards), 0, len(rewards) - 1, 3.0)
               for (policy, query), rewards in sessions.items()]
    turns.append(TurnResult("TOY", "demo", 2, "search", 0, 0.0, 0, "ok"))  # a query that the model did not play
    text = at_budgets(turns, results, ["model", "search"], 20).splitlines()
    assert text[0] == "**demo: reached at several budgets**"
    assert text[2] == "| | 5 simulations | 20 simulations | as good as model after 5 | seconds a session |"
    assert text[4] == "| model | 50% met, 0.900 | 50% met, 0.900 | 1 | 3.0 |"
    assert text[5] == "| search | 0% met, 0.300 | 50% met, 0.900 | 13 | 3.0 |"
    assert at_budgets([], [], ["model"], 20) == ""


def test_budgets_are_of_simulations_and_means_by_circuit_and_suite():
    """A circuit with more queries counts no more than the other; what was refused took no simulation."""
    sessions = [("A", "demo", query, 1, 5) for query in range(3)] + [("B", "demo", 0, 0, 5), ("A", "other", 0, 1, 6)]
    turns = [TurnResult(circuit, suite, query, "x", place, float(met and place == last), int(met and place == last),
                        "refused" if place == 1 else "ok")
             for circuit, suite, query, met, last in sessions for place in range(7)]
    results = [Result(circuit, suite, query, "x", met, met, last - 1, 1.0)
               for circuit, suite, query, met, last in sessions]
    text = at_budgets(turns, results, ["x"], 5)
    assert text.count("**") == 4 and "| x | 50% met, 0.500 | 4 | 1.0 |" in text
    assert "| x | 100% met, 1.000 | 5 | 1.0 |" in text


def test_curves_carry_the_last_reward_forward(tmp_path):
    turns = [TurnResult("TOY", "demo", query, "a", place, reward, 0, "ok")
             for query, rewards in enumerate([(0.2, 0.8, 0.4), (1.0,)]) for place, reward in enumerate(rewards)]
    mean, best = curves(turns, 3)["TOY", "demo", "a"]
    assert mean == pytest.approx([0.6, 0.9, 0.7, 0.7])
    assert best == pytest.approx([0.6, 0.9, 0.9, 0.9])
    draw_curves(turns, 3, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def write_suite(folder, version: int = 2, **changes):
    query = {"conditions": {"corner": "tt", "temperature": 27, "supply": 3.3, "load": 2e-12},
             "specs": [{"metric": "gain", "low": 50.0, "scale": 20.0}], "initial": {"w": 1e-5, "m": 10}, "seed": 1,
             "witness": GOOD} | changes
    (folder / "queries" / "validation").mkdir(parents=True, exist_ok=True)
    (folder / "queries" / "validation" / "demo.json").write_text(
        json.dumps({"version": version, "circuit": "TOY", "suite": "demo", "queries": [query]}))
    return settled(folder)


def test_queries_become_tasks(tmp_path):
    circuit = write_suite(tmp_path)
    (query,) = load_queries(circuit, "demo")
    task = query.task(circuit, 5)
    assert (task.budget, task.seed, task.specs[0].low, task.conditions) == (5, 1, 50.0, circuit.conditions.nominal)
    assert task.circuit is circuit


def test_a_query_may_bring_its_own_ranges(tmp_path):
    circuit = write_suite(tmp_path, ranges={"w": [5e-6, 2e-4]}, initial={"w": 2e-4, "m": 10})
    task = load_queries(circuit, "demo")[0].task(circuit, 5)
    assert [(parameter.low, parameter.high) for parameter in task.circuit.parameters] == [(5e-6, 2e-4), (1, 20)]
    assert home(task.circuit) == home(circuit) == tmp_path
    with pytest.raises(SuiteError, match="query 0.witness.w: 10 µm is outside 20 µm to 200 µm"):
        load_queries(write_suite(tmp_path, ranges={"w": [2e-5, 2e-4]}, initial={"w": 2e-4, "m": 10}), "demo")


def test_splits_are_apart_and_other_versions_are_refused(tmp_path):
    circuit = write_suite(tmp_path)
    assert (suite_names(circuit, "validation"), suite_names(circuit, "test")) == (["demo"], [])
    with pytest.raises(SuiteError, match="TOY has no test suite 'demo': choose one of none"):
        load_queries(circuit, "demo", "test")
    with pytest.raises(SuiteError, match="version: expected 2, found 3"):
        load_queries(write_suite(tmp_path, version=3), "demo")


@pytest.mark.parametrize("changes, message", [
    ({"seed": "many"}, "demo.json: queries.0.seed: .*integer"),
    ({"initial": {"w": 1e-5}}, "demo.json: query 0.initial: expected exactly the parameters of TOY: w, m"),
    ({"specs": [{"metric": "area", "high": 1.0}]}, "query 0.specs: expected each metric at most once, .* found area"),
])
def test_a_wrong_query_is_named(tmp_path, changes, message):
    with pytest.raises(SuiteError, match=message):
        load_queries(write_suite(tmp_path, **changes), "demo")


def test_an_unknown_suite_lists_those_there_are(tmp_path):
    with pytest.raises(SuiteError, match="TOY has no validation suite 'hard': choose one of demo"):
        load_queries(write_suite(tmp_path), "hard")


@pytest.mark.parametrize("circuit", load_circuits().values(), ids=lambda circuit: circuit.name)
def test_shipped_queries_are_whole(circuit):
    for split, suite in [(part, name) for part in SPLITS for name in suite_names(circuit, part)]:
        queries = load_queries(circuit, suite, split)
        assert len({query.seed for query in queries}) == len(queries)
        for query in queries:
            own = query.task(circuit, 0).circuit
            assert query.conditions in circuit.conditions.all()
            assert {spec.metric for spec in query.specs} == {spec.metric for spec in circuit.specs}
            for design in (query.initial, query.witness):
                assert all(own.parameter(name).contains(value) for name, value in design.items())


def test_stopping_drops_what_is_in_flight(tmp_path):
    class Interrupted(RandomSearch):
        def propose(self, task, history, stop):
            stop.set()
            yield from super().propose(task, history, stop)

    impossible = (Spec("gain", low=1000.0, scale=1.0),)
    jobs = [replace(job, query=replace(job.query, specs=impossible)) for job in some_jobs(3, ("random",))]
    assert run(tmp_path, jobs, policies={"random": Interrupted()}).results == []
