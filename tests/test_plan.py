"""A task over several points: the worst one decides each spec, in the loop, in the store and in files."""

import json
import threading
from dataclasses import replace

import numpy as np
import pytest

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.definition import Spec
from sizing_app.circuit.validation import Invalid
from sizing_app.errors import PolicyError
from sizing_app.evaluate.monte_carlo import yield_of
from sizing_app.session.documents import session_document
from sizing_app.session.events import SessionState, TurnFinished, fold
from sizing_app.session.file import LINE, write_session
from sizing_app.session.loop import goes_on, run_session, take_round
from sizing_app.session.points import deciding_order
from sizing_app.session.turn import initial_turn
from sizing_app.store import SessionStore, record
from sizing_app.task.definition import Plan
from sizing_app.task.over import with_samples
from sizing_app.task.reward import best_design, judge, merit, score, worst
from sizing_app.task.turn import Measurement, Proposal
from sizing_app.task.validation import check_task, check_turn
from tests.builders import END, GOOD, POOR, QuadraticSimulator, SampledSimulator, ScriptedPolicy, a_task, turn_of, write


class WarmSimulator(QuadraticSimulator):
    """The gain falls by 0.1 dB a degree from 27 degrees on, the power grows with the supply; 125 degrees at ss fail."""

    def measure(self, circuit, parameters, conditions):
        found = super().measure(circuit, parameters, conditions)
        if conditions.corner == "ss" and conditions.temperature > 100:
            return Measurement("not_converged", dict.fromkeys(found.metrics), "no operating point")
        metrics = {"gain": found.metrics["gain"] - 0.1 * (conditions.temperature - 27),
                   "power": found.metrics["power"] * conditions.supply / 3.3}
        return replace(found, metrics=metrics, seconds=0.5, cpu=0.25)


def over(*places: tuple[str, float, float], **changes):
    """The toy task at the nominal conditions and at (corner, temperature, supply) places."""
    task = a_task(**changes)
    points = [replace(task.conditions, corner=corner, temperature=degrees, supply=volts)
              for corner, degrees, volts in places]
    return replace(task, plan=Plan((task.conditions, *points)))


HOT, HIGH = ("tt", 77.0, 3.3), ("tt", 27.0, 3.6)


def test_each_spec_is_decided_by_its_own_worst_point():
    task = over(HOT, HIGH)
    turn = initial_turn(replace(task, initial=GOOD), WarmSimulator())
    gain, power = turn.score.specs
    assert (gain.at, power.at) == (1, 2)
    assert (gain.value, power.value) == pytest.approx((55.0, 1e-6 * 3.6 / 3.3))
    assert turn.measurement.metrics == {"gain": gain.value, "power": power.value}
    assert [item.metrics["gain"] for item in turn.points] == pytest.approx([60.0, 55.0, 60.0])
    assert (turn.measurement.seconds, turn.measurement.cpu) == (1.5, 0.75)
    hard = replace(task, specs=(Spec("gain", low=58.0, scale=20.0), Spec("power", high=2e-6)), initial=GOOD)
    assert not initial_turn(hard, WarmSimulator()).score.passed
    assert initial_turn(replace(hard, plan=None), WarmSimulator()).score.passed


def test_one_point_is_judged_as_ever():
    task, simulator = a_task(), QuadraticSimulator()
    turn = initial_turn(task, simulator)
    measured = simulator.evaluate(task.circuit, task.initial, task.conditions)
    assert (turn.measurement, turn.score, turn.points) == (measured, score(measured, task.specs), ())
    assert judge({0: measured}, task.specs) == (measured, score(measured, task.specs))


def test_a_point_that_fails_makes_the_design_fail_and_is_named():
    turn = initial_turn(over(HOT, ("ss", 125.0, 3.3)), WarmSimulator())
    assert (turn.measurement.status, turn.reward) == ("not_converged", 0.0)
    assert turn.measurement.log == "point 3: no operating point"
    assert [item.status for item in turn.points] == ["ok", "ok", "not_converged"]


def test_a_value_that_is_missing_is_the_worst():
    spec = Spec("gain", low=50.0, scale=20.0)
    values = [Measurement("ok", {"gain": value}) for value in (60.0, 40.0, None, 30.0)]
    assert [worst(spec, dict(enumerate(values[:count]))).at for count in (1, 2, 3, 4)] == [0, 1, 2, 2]
    both = [Measurement("ok", {"gain": value}) for value in (55.0, 51.0, 59.5)]
    assert worst(Spec("gain", 50.0, 60.0), dict(enumerate(both))).at == 2


@pytest.mark.parametrize("points, said", [(1, "2 to 1000 points"), (2, "the task's conditions as its first point")])
def test_a_plan_begins_at_the_task_s_conditions(points, said):
    task = a_task()
    other = replace(task.conditions, temperature=99.0)
    with pytest.raises(Invalid, match=said):
        check_task(replace(task, plan=Plan((other,) * points)))


def test_sessions_over_a_plan_are_stored_exported_and_read_again(tmp_path):
    task = over(HOT, HIGH)
    store = SessionStore(f"sqlite:///{tmp_path / 's.db'}")
    id = store.create(task, "scripted")
    script = ScriptedPolicy([write("poor", POOR), write("good", GOOD), END])
    state = fold(record(store, id, run_session(task, script, WarmSimulator(), threading.Event())))
    assert state.status == "passed" and [len(turn.points) for turn in state.history[:3]] == [3, 1, 3]
    assert fold(store.events(id)) == state
    document = session_document(id, state)
    assert json.loads(json.dumps(document))["turns"][2]["specs"][0]["point"] == 1
    assert [point["conditions"]["temperature"] for point in document["turns"][2]["points"]] == [27.0, 77.0, 27.0]
    assert state.history[1].measured_at == (0,)
    for turn in state.history:
        check_turn(task, turn, "turn")
    exported = [LINE.validate_json(line) for line in write_session(id, store.events(id)).splitlines()]
    assert exported[0].task == task and [line.turn for line in exported[1:-1]] == list(state.history)
    store.close()


# Rounds

class Planner(ScriptedPolicy):
    """Proposes designs of a round that know of each other: a row of widths from the history's length on."""

    def propose_round(self, task, history, stop, n):
        return [Proposal({"w": (len(history) * 10 + number) * 1e-6, "m": 10.0}) for number in range(n)]


def test_a_round_has_one_history_and_numbers_of_its_own():
    task = replace(a_task(budget=7), round=3)
    state = fold(run_session(task, Planner([END]), QuadraticSimulator(), threading.Event()))
    assert state.status == "passed" and [turn.index for turn in state.history] == list(range(8))
    assert [turn.seen for turn in state.history] == [None, 1, 1, 1, 4, 4, 4, None]
    assert [round(turn.proposal.parameters["w"] * 1e6) for turn in state.history[1:7]] == [10, 11, 12, 40, 41, 42]


def test_others_are_asked_several_times_with_seeds_of_their_own():
    seeds = []

    class Seeded(ScriptedPolicy):
        def propose(self, task, history, stop):
            seeds.append(task.seed)
            yield Proposal({"w": 1e-5 + task.seed * 1e-13, "m": 10.0})

    task = replace(a_task(budget=4), round=4)
    history = (initial_turn(task, QuadraticSimulator()),)
    rounds = [fold(take_round(task, history, Seeded([END]), QuadraticSimulator(), threading.Event(), 4)).history
              for _ in range(2)]
    assert [turn.index for turn in rounds[0]] == [1, 2, 3, 4] and len(set(seeds)) == 4
    assert [turn.proposal for turn in rounds[0]] == [turn.proposal for turn in rounds[1]]
    assert not goes_on(task, (*history, *rounds[0])) and goes_on(task, (*history, *rounds[0][:3]))


def test_a_proposal_that_fails_does_not_lose_the_others_of_its_round():
    class Failing(ScriptedPolicy):
        def propose(self, task, history, stop):
            if task.seed:
                raise PolicyError("The model server is down.")
            yield Proposal(POOR)

    task = replace(a_task(budget=4), round=2)
    state = fold(run_session(task, Failing([END]), QuadraticSimulator(), threading.Event()))
    assert (state.status, state.message) == ("failed", "The model server is down.")
    assert [turn.proposal.parameters for turn in state.history[1:]] == [POOR]


def test_all_simulations_of_a_round_are_queued_at_once():
    batches = []

    class Queue(QuadraticSimulator):
        def submit(self, jobs):
            batches.append(len(jobs))
            return super().submit(jobs)

    task = replace(over(HOT, HIGH, budget=4), round=4)
    history = (initial_turn(task, QuadraticSimulator()),)
    turns = fold(take_round(task, history, Planner([END]), Queue(), threading.Event(), 4)).history
    assert batches == [4, 8] and [len(turn.points) for turn in turns] == [3] * 4


# Stages

class Counting(WarmSimulator):
    """Notes the conditions of every simulation."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def measure(self, circuit, parameters, conditions):
        self.asked.append(conditions)
        return super().measure(circuit, parameters, conditions)


MANY = [("tt", 27.0, 3.0), ("tt", 27.0, 3.1), ("tt", 27.0, 3.2), HOT, ("tt", 60.0, 3.3), HIGH, ("tt", 40.0, 3.4)]
HARD = (Spec("gain", low=56.0, scale=20.0), Spec("power", high=1.05e-6))


def after(task, simulator, *designs):
    """The history of these designs."""
    history = (initial_turn(task, simulator),)
    for design in designs:
        history = (*history, turn_of(task, history, Proposal(design), simulator))
    return history


def test_a_design_that_is_no_better_at_nominal_is_measured_there_alone():
    simulator = Counting()
    task = replace(over(*MANY), initial={"w": 12e-6, "m": 10.0}, specs=HARD)
    history = after(task, simulator, {"w": 60e-6, "m": 10.0})
    assert [len(turn.points) for turn in history] == [8, 1] and len(simulator.asked) == 9
    assert history[1].measured_at == (0,) and history[1].simulations == 1
    assert simulator.asked[-1] == task.conditions
    check_turn(task, history[1], "turn")
    document = session_document("x", fold(map(TurnFinished, history), SessionState(task=task)))
    assert document["simulations"] == 9 and len(document["turns"][1]["points"]) == 1


def test_points_that_decided_come_first_and_a_new_best_is_measured_everywhere():
    simulator = Counting()
    task = replace(over(*MANY), initial={"w": 12e-6, "m": 10.0}, specs=HARD)
    history = after(task, simulator)
    assert deciding_order(task, history)[:3] == [0, 4, 6]  # the hot point and the high supply failed
    simulator.asked.clear()
    history = after(task, simulator, {"w": 11e-6, "m": 10.0}, {"w": 11.5e-6, "m": 10.0})
    assert [turn.measured_at for turn in history] == [(), (), (0, 4, 6)]
    assert [turn.simulations for turn in history] == [8, 8, 3]


def test_stopping_early_never_changes_what_is_best():
    """Random designs: the best one, and its reward, are those of measuring all designs at all points."""
    rng = np.random.default_rng(4)
    task = replace(over(*MANY, ("ss", 125.0, 3.3), ("ss", 50.0, 3.0)), specs=HARD)
    task = replace(task, plan=Plan(task.points[:-2] + task.points[-1:]))
    for _ in range(20):
        designs = [{"w": float(w), "m": 10.0} for w in rng.uniform(1e-6, 30e-6, 12)]
        history = after(task, WarmSimulator(), *designs)
        full = [initial_turn(replace(task, initial=design), WarmSimulator()) for design in (task.initial, *designs)]
        best = max(full, key=lambda turn: merit(turn.score))
        assert best_design(history).score == best.score and not best_design(history).measured_at
        assert all(part.reward >= whole.reward for part, whole in zip(history, full, strict=True))


def test_a_point_that_fails_ends_the_measuring_of_a_design():
    task = over(("ss", 125.0, 3.3), *MANY)
    history = after(task, WarmSimulator(), {"w": 9e-6, "m": 10.0})
    assert history[1].measurement.status == "not_converged" and history[1].measured_at == (0, 1, 2)
    assert history[1].score.specs[0].at == 1


class RefusingSimulator(QuadraticSimulator):
    """Refuses one temperature, as a netlist without a value there does."""

    def measure(self, circuit, parameters, conditions):
        found = super().measure(circuit, parameters, conditions)
        return replace(found, status="refused", metrics=dict.fromkeys(found.metrics)) \
            if conditions.temperature == 77.0 else found


def test_simulations_are_counted_point_by_point():
    turn = initial_turn(over(HIGH, HOT, ("ff", 27.0, 3.3)), RefusingSimulator())
    assert [item.status for item in turn.points] == ["ok", "ok", "refused", "ok"]
    assert turn.measurement.status == "refused" and turn.simulations == 3


# Samples

@pytest.mark.parametrize("share, gain, at", [(1.0, None, 10), (0.9, 52.0, 9), (0.8, 53.0, 8), (0.05, 60.0, 0)])
def test_of_random_samples_the_worst_ones_are_spared(share, gain, at):
    """Ten samples; gains of 60 dB less 0 to 8 dB, and one without an answer. Other points are never spared."""
    task = a_task()
    plan = with_samples(None, task.conditions, Draw(1, 0), 10, share)
    turn = initial_turn(replace(task, initial=GOOD, plan=plan), SampledSimulator())
    assert (turn.score.specs[0].value, turn.score.specs[0].at) == (gain, at)
    assert turn.score.passed == (gain is not None)
    check_task(replace(task, plan=plan))
    met = 9 if task.specs[0].low <= 52.0 else 0
    assert yield_of(replace(task, plan=plan), turn).met == met and yield_of(task, turn) is None


def test_a_share_of_samples_stops_early_and_exactly():
    """Stopping early gives the same best design as measuring all."""
    task = replace(a_task(), specs=(Spec("gain", low=52.0, scale=20.0), Spec("power", high=0.9e-6)))
    task = replace(task, plan=with_samples(None, task.conditions, Draw(1, 0), 12, 0.8))
    designs = [{"w": float(w), "m": 10.0} for w in np.random.default_rng(2).uniform(2e-6, 40e-6, 25)]
    history = after(task, SampledSimulator(), *designs)
    full = [initial_turn(replace(task, initial=design), SampledSimulator()) for design in (task.initial, *designs)]
    assert best_design(history).score == max(full, key=lambda turn: merit(turn.score)).score
    assert sum(turn.simulations for turn in history) < sum(turn.simulations for turn in full) / 2


def test_a_plan_of_samples_is_stored_as_it_is(tmp_path):
    task = a_task()
    task = replace(task, plan=with_samples(None, task.conditions, Draw(1, 0, True, (3e-9, 1e-8)), 3, 0.9))
    store = SessionStore(f"sqlite:///{tmp_path / 's.db'}")
    id = store.create(task, "scripted")
    script = ScriptedPolicy([write("good", GOOD), END])
    state = fold(record(store, id, run_session(task, script, SampledSimulator(), threading.Event())))
    assert fold(store.events(id)) == state and state.task.plan == task.plan
    document = session_document(id, state)
    assert json.loads(json.dumps(document))["turns"][1]["points"][3]["conditions"]["draw"]["sample"] == 2
    exported = [LINE.validate_json(line) for line in write_session(id, store.events(id)).splitlines()]
    assert exported[0].task == task
    store.close()
