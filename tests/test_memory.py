"""What earlier sessions simulated, and searches that begin with it."""

import threading
from dataclasses import replace

import pytest

from sizing_app.circuit.conditions import Conditions
from sizing_app.policy import make_policy
from sizing_app.policy.response_surface import ResponseSurface
from sizing_app.search.earlier import BEST, SPREAD, TRIED, Earlier, elsewhere, known
from sizing_app.search.search import Search
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.session.turn import initial_turn
from sizing_app.store import SessionStore, memory, record
from sizing_app.store.bulk import IMPORTED, WholeSession
from sizing_app.task.definition import Plan, Task
from sizing_app.task.turn import Measurement
from tests.builders import GOOD, POOR, QuadraticSimulator, a_task
from tests.closed_form import SquareLaw, miller_task


ELSEWHERE = Conditions("ss", 125.0, 3.0, 1e-12)


@pytest.fixture
def store(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    yield store
    store.close()


def run(store: SessionStore, task: Task, simulator=None):
    """A stored session of response surfaces that may look up what the task names."""
    id = store.create(task, "response-surface", source="test")
    policy = make_policy("response-surface", recall=store.memory.recall)
    return id, fold(record(store, id, run_session(task, policy, simulator or SquareLaw(), threading.Event())))


def test_it_begins_with_what_was_simulated(store):
    first, former = run(store, miller_task(3, budget=200))
    assert former.passed and former.simulations > 20
    task = miller_task(8, budget=200)
    task = replace(task, earlier=store.memory.sessions(task))
    assert task.earlier == (first,)
    _, found = run(store, task)
    designs = [turn.proposal.parameters for turn in former.history if turn.measurement is not None]
    simulated = [turn for turn in found.history if turn.measurement is not None]
    assert found.passed and len(simulated) == 2 and found.history[1].proposal.parameters in designs
    count = min(len({str(design) for design in designs}), BEST + SPREAD)
    assert found.history[1].proposal.reasoning == (
        f"I begin with {count} designs of 1 earlier session at the same conditions. The best of them meets all 7 "
        "specs. It is simulated first.")


def test_harder_targets_take_fewer_simulations_than_without(store):
    run(store, miller_task(3, budget=200))
    specs = tuple(replace(spec, high=0.9 * spec.high) if spec.metric == "power" else spec
                  for spec in miller_task().specs)
    tasks = [miller_task(seed, budget=300, specs=specs) for seed in (9, 10)]
    earlier = store.memory.sessions(tasks[0])
    fresh = [fold(run_session(task, ResponseSurface(), SquareLaw(), threading.Event())) for task in tasks]
    known = [run(store, replace(task, earlier=earlier))[1] for task in tasks]
    found, again = known[0], run(store, replace(tasks[0], earlier=earlier))[1]
    counts = [[state.simulations for state in states] for states in (known, fresh)]
    assert all(state.passed for state in known) and sum(counts[0]) < 0.7 * sum(counts[1]), counts
    assert [turn.proposal for turn in found.history] == [turn.proposal for turn in again.history]
    assert "Latin hypercube" not in " ".join(turn.proposal.reasoning for turn in found.history)
    assert all(claim.true for turn in found.history for claim in turn.claims
               if claim.about != "expectation" and claim.true is not None)


def test_only_ended_sessions_of_the_circuit_count_and_few_at_other_conditions(store, monkeypatch):
    task = replace(a_task(budget=4), plan=None)
    mine, state = run(store, task, QuadraticSimulator())
    others = [run(store, replace(task, conditions=ELSEWHERE), QuadraticSimulator())[0] for _ in range(2)]
    run(store, miller_task(0, budget=2))
    store.create(task, "response-surface")
    assert store.memory.sessions(task) == (mine, *others)
    monkeypatch.setattr(memory, "OTHERS", 1)
    assert store.memory.sessions(task) == (mine, others[1])
    assert [item.parameters for item in store.memory.recall(replace(task, earlier=(mine,)))] == [
        turn.proposal.parameters for turn in state.history if turn.measurement is not None]
    assert store.memory.recall(replace(miller_task(0), earlier=(mine,))) == []
    assert store.memory.recall(replace(task, earlier=("nosuchid",))) == []


def test_sessions_from_files_and_their_forks_tell_nothing(store):
    task = replace(a_task(budget=4), plan=None)
    mine, _ = run(store, task, QuadraticSimulator())
    (file,) = store.insert([WholeSession(store.events(mine), IMPORTED, origin=mine)])

    def begun_from(parent: str, turn: int | None) -> str:
        id = store.create(task, "response-surface", parent, parent_turn=turn)
        for event in store.events(mine)[1:]:
            store.append(id, event)
        return id

    fork = begun_from(file, 2)
    forks = (fork, begun_from(fork, 3))
    anew = begun_from(file, None)  # its first design is of the file, its measurements are its own
    assert set(store.memory.sessions(task)) == {mine, anew}
    told = store.memory.recall(replace(task, earlier=(mine, file, *forks, anew)))
    assert {item.session for item in told} == {mine, anew}


def test_evaluations_know_nothing(store):
    """A policy that is made without a database takes no notice of what a task names."""
    task = replace(miller_task(3, budget=3), earlier=run(store, miller_task(3, budget=60))[:1])
    named, plain = (fold(run_session(asked, make_policy("response-surface"), SquareLaw(), threading.Event()))
                    for asked in (task, replace(task, earlier=())))
    assert [turn.proposal for turn in named.history] == [turn.proposal for turn in plain.history]


def test_designs_are_judged_anew_at_the_points_that_are_known():
    task = a_task()
    good, slow = Measurement("ok", {"gain": 60.0, "power": 1e-6}), Measurement("ok", {"gain": 40.0, "power": 1e-6})
    items = [Earlier("a", GOOD, {task.conditions: good, ELSEWHERE: slow}), Earlier("a", POOR, {ELSEWHERE: good}),
             Earlier("b", GOOD, {task.conditions: slow}), Earlier("b", {"w": 1e-6}, {task.conditions: good})]
    (found,) = known(task, items)
    assert found.parameters == GOOD and found.score.passed and found.whole and found.session == "a"
    assert not known(replace(task, limits={"w": (20e-6, 90e-6)}), items)
    over = replace(task, plan=Plan((task.conditions, ELSEWHERE)))
    assert not known(over, items)[0].score.passed and known(over, items)[0].score.specs[0].at == 1
    partly = known(over, items[2:])[0]
    assert not partly.whole and set(partly.points) == {0}


def test_of_many_designs_the_best_and_some_of_all_are_told():
    task = a_task()
    items = [Earlier("a", {"w": (1 + number / 10) * 1e-6, "m": 10.0}, {task.conditions: QuadraticSimulator().evaluate(
        task.circuit, {"w": (1 + number / 10) * 1e-6, "m": 10.0}, task.conditions)}) for number in range(900)]
    found = known(replace(task, specs=(task.specs[0],)), items)
    widths = [item.parameters["w"] for item in found]
    assert len(found) == BEST + SPREAD and widths == sorted(widths) and widths[-1] > 80e-6


def test_of_other_conditions_the_best_design_of_each_session_is_told():
    task = a_task()
    good, slow = Measurement("ok", {"gain": 60.0, "power": 1e-6}), Measurement("ok", {"gain": 40.0, "power": 1e-6})
    widths = [{"w": width * 1e-6, "m": 10.0} for width in range(20, 27)]
    items = [Earlier("a", widths[0], {ELSEWHERE: slow}), Earlier("a", widths[1], {ELSEWHERE: good}),
             Earlier("b", widths[2], {ELSEWHERE: slow}), Earlier("c", widths[1], {ELSEWHERE: good}),
             Earlier("d", widths[3], {ELSEWHERE: good, task.conditions: good}),
             Earlier("e", {"w": 1e-6}, {ELSEWHERE: good})]
    first, second = elsewhere(task, items)
    assert (first.parameters, first.conditions, first.score.passed) == (widths[1], ELSEWHERE, True)
    assert (second.session, second.parameters) == ("b", widths[2])
    assert not elsewhere(replace(task, limits={"w": (50e-6, 90e-6)}), items)
    assert [item.parameters for item in elsewhere(replace(task, initial=widths[1]), items)] == [widths[2], widths[0]]
    assert not elsewhere(replace(task, plan=Plan((task.conditions, ELSEWHERE))), items)
    many = [Earlier(str(place), design, {ELSEWHERE: good}) for place, design in enumerate(widths)]
    assert len(elsewhere(task, many)) == TRIED < len(many)


def test_designs_of_other_conditions_are_tried_first(store):
    task = miller_task(5, budget=300)
    there = replace(task.conditions, load=0.2 * task.conditions.load)
    former, seen = run(store, replace(task, conditions=there))
    task = replace(miller_task(8, budget=300), earlier=(former,))
    _, found = run(store, task)
    first = found.history[1].proposal
    assert seen.passed and first.parameters == seen.best.proposal.parameters
    assert f"({there.show()}), where 7 of the 7 specs hold" in first.reasoning
    assert "Latin hypercube" in found.history[2].proposal.reasoning and found.passed
    fresh = fold(run_session(replace(task, earlier=()), ResponseSurface(), SquareLaw(), threading.Event()))
    assert found.simulations < fresh.simulations, (found.simulations, fresh.simulations)


def test_of_designs_that_were_measured_at_the_nominal_point_alone_the_best_one_is_tried_first():
    task = a_task()
    plan = replace(task, plan=Plan((task.conditions, ELSEWHERE)))
    simulator = QuadraticSimulator()

    def seen(design, *points):
        return Earlier("a", design, {point: simulator.measure(task.circuit, design, point) for point in points})

    poor, good = seen(POOR, task.conditions), seen(GOOD, task.conditions)
    search = Search(plan, known(plan, [poor, poor, good, poor]))
    assert [item.whole for item in search.earlier] == [False, False] and search.best_earlier == 1
    search.tell_turns((initial_turn(plan, simulator),))
    assert search.ask(1)[0].parameters == GOOD
    whole = Search(plan, known(plan, [good, seen(POOR, *plan.points)]))
    assert whole.best_earlier == 1  # what holds everywhere is worth more than what may hold


def test_a_design_of_several_sessions_is_known_with_all_that_they_measured():
    task = a_task()
    plan = replace(task, plan=Plan((task.conditions, ELSEWHERE)))
    good, bad = (Measurement("ok", {"gain": gain, "power": 1e-6}) for gain in (65.0, 20.0))
    here = Earlier("a", GOOD, {task.conditions: good})
    there = Earlier("b", GOOD, {ELSEWHERE: bad, task.conditions: good})
    for order in ((here, there), (there, here)):
        (item,) = known(plan, order)
        assert item.whole and not item.score.passed and len(item.points) == 2 and item.session == order[0].session
