"""``evaluate --causal`` on the toy circuit: what a policy does not read costs nothing to change, what it reads does."""

from dataclasses import dataclass, field, replace

import pytest

from sizing_app.circuit.definition import Spec
from sizing_app.evaluate.causal import HISTORIES, PLANS, UNTOUCHED, named, policy_of, table, variants
from sizing_app.evaluate.results import ResultFiles
from sizing_app.evaluate.runner import Job, evaluate
from sizing_app.evaluate.suites import Query
from sizing_app.prompt.analysis import inverted
from sizing_app.session.loop import initial_turn
from sizing_app.task.reward import score
from sizing_app.task.turn import Proposal, Turn
from tests.builders import GOOD, CountingSimulator, QuadraticSimulator, a_circuit

BUDGET = 3
SPECS = (Spec("gain", low=50.0, scale=20.0), Spec("power", low=0.8e-6, high=1.25e-6))
"""Met from 8 to 12.5 um at a ratio of 10."""


def queries(count: int = 4) -> list[Query]:
    circuit = a_circuit()
    return [Query(circuit.conditions.nominal, SPECS, {"w": (30 + seed) * 1e-6, "m": 10.0}, seed, GOOD)
            for seed in range(count)]


def played(policy, folder, count: int = 4) -> ResultFiles:
    circuit, simulator = a_circuit(), QuadraticSimulator()
    jobs = [Job(circuit, "demo", number, query, policy.name) for number, query in enumerate(queries(count))]
    makers = variants(policy, [job.query.task(circuit, BUDGET) for job in jobs], simulator)
    files = ResultFiles(folder, {})
    evaluate([replace(job, policy=name) for name in makers for job in jobs], makers, simulator, BUDGET, files)
    return files


def rewards(files: ResultFiles, policy: str, title: str) -> list[float]:
    return [row.best_reward for row in files.results if row.policy == named(policy, title)]


@dataclass
class Reader:
    """Knows that the power is proportional to the width, and makes it 1 uW by the last result."""

    name: str = "reader"
    seen: list = field(default_factory=list)

    def propose(self, task, history, stop):
        self.seen.append(history)
        last = history[-1]
        area = last.proposal.parameters["w"] * last.proposal.parameters["m"]
        width = area * 1e-6 / last.measurement.metrics["power"] / 10.0
        yield Proposal({"w": min(max(width, 1e-6), 100e-6), "m": 10.0})


@dataclass
class Constant:
    name: str = "constant"

    def propose(self, task, history, stop):
        yield Proposal(GOOD)


@dataclass
class Planner:
    """Says which way it moves the width; ``obedient``: and moves it as the plan says."""

    name: str = "planner"
    obedient: bool = True
    takes_plans: bool = True

    def propose(self, task, history, stop):
        verb = "cut" if history[-1].proposal.parameters["w"] > 10e-6 else "raise"
        yield from self.act(task, history, f"I {verb} w.", stop)

    def act(self, task, history, plan, stop):
        width = history[-1].proposal.parameters["w"]
        up = "raise" in plan if self.obedient else width <= 10e-6
        moved = min(max(width * 1.45 if up else width / 1.45, 1e-6), 100e-6)
        yield Proposal({"w": moved, "m": 10.0}, reasoning=plan)


def test_who_reads_no_results_loses_nothing(tmp_path):
    files = played(Constant(), tmp_path)
    assert {row.policy for row in files.results} == {named("constant", title) for title in (UNTOUCHED, *HISTORIES)}
    assert all(row.passed for row in files.results)
    text = table(files.results)
    assert text.startswith("**constant on demo: TOY, 4 queries**")
    assert text.count("| 100% [51%, 100%] | +0% [+0%, +0%] | 1.000 [1.000, 1.000] | +0.000 [+0.000, +0.000] |") == 3


def test_who_reads_results_loses_by_wrong_ones(tmp_path):
    """One reply reaches the power whatever the start was, from the results alone."""
    files = played(Reader(), tmp_path, 8)
    assert rewards(files, "reader", UNTOUCHED) == [1.0] * 8
    assert sum(rewards(files, "reader", "results replaced")) < 6
    assert sum(rewards(files, "reader", "history hidden")) == 8  # the start says all that it needs


def test_only_results_are_changed_and_only_for_the_policy(tmp_path):
    reader, simulator, circuit = Reader(), CountingSimulator(), a_circuit()
    task = queries(1)[0].task(circuit, 2)
    history = ()
    for index, width in enumerate((50e-6, 20e-6, 5e-6)):
        proposal = Proposal({"w": width, "m": 10.0})
        measured = simulator.measure(circuit, proposal.parameters, task.conditions)
        history = (*history, Turn(index, proposal, measured, score(measured, task.specs)))
    makers = variants(reader, [task], simulator)
    changed = makers[named("reader", "results replaced")]
    for size in (1, 2, 3):
        list(changed.propose(task.told(), history[:size], None))
    assert simulator.count == 3  # one more for each turn
    reader.seen.clear()
    for title in HISTORIES:
        list(makers[named("reader", title)].propose(task.told(), history, None))
    replaced, shuffled, hidden = reader.seen
    powers = [turn.measurement.metrics["power"] for turn in history]
    for shown in (replaced, shuffled):
        assert [turn.proposal for turn in shown] == [turn.proposal for turn in history]
        assert all(turn.measurement.metrics["power"] != power for turn, power in zip(shown, powers, strict=True))
        assert all(turn.score == score(turn.measurement, task.specs) for turn in shown)
    assert sorted(turn.measurement.metrics["power"] for turn in shuffled) == sorted(powers)
    assert hidden == history[:1]


@pytest.mark.parametrize("obedient", [True, False])
def test_an_inverted_plan_is_followed_or_is_decoration(tmp_path, obedient):
    files = played(Planner(obedient=obedient), tmp_path)
    rows = {title: [row for row in files.results if row.policy == named("planner", title)]
            for title in (UNTOUCHED, *PLANS)}
    assert all(rows.values())
    followed = {title: sum(row.moves_true for row in own) / sum(row.moves for row in own)
                for title, own in rows.items()}
    assert followed[UNTOUCHED] == 1.0
    assert followed["plan inverted"] == (1.0 if obedient else 0.0)
    ahead = sum(rewards(files, "planner", UNTOUCHED)) - sum(rewards(files, "planner", "plan inverted"))
    assert ahead > 1 if obedient else ahead == 0


def test_the_plan_of_another_query_is_what_that_one_wrote(tmp_path):
    circuit, simulator, planner = a_circuit(), QuadraticSimulator(), Planner()
    narrow, wide = ({"w": width, "m": 10.0} for width in (2e-6, 50e-6))
    tasks = [replace(query, initial=start).task(circuit, BUDGET)
             for query, start in zip(queries(2), (narrow, wide), strict=True)]
    other = variants(planner, tasks, simulator)[named("planner", "plan of another query")]
    (proposal,) = other.propose(tasks[0], (initial_turn(tasks[0], simulator),), None)
    assert proposal.reasoning.endswith("I cut w.")


def test_moves_and_effects_are_inverted_and_nothing_else():
    text = "Turn 1 misses gbw by 14%, 6 of 8 specs are met. I raise w_in and i_up, shorten l_cas. I expect gbw up."
    assert inverted(text) == ("Turn 1 misses gbw by 14%, 6 of 8 specs are met. I cut w_in and i_up, lengthen l_cas. "
                              "I expect gbw down.")
    assert inverted(inverted(text)) == text
    assert inverted("Turn 2 meets all 8 specs.") == "Turn 2 meets all 8 specs."


def test_a_variant_knows_its_policy():
    assert policy_of(named("tl-grpo", "plan inverted")) == "tl-grpo"
