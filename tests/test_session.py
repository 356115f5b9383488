"""The loop: how turns follow each other, how a session ends, and that its events fold to its state."""

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.errors import PolicyError
from sizing_app.session.events import (Proposed, SessionFinished, SessionStarted, SessionState, StorageFailed,
                                       StorageRestored, TurnFinished, TurnStarted, Wrote, advance, fold)
from sizing_app.session.loop import run_session, sample_group, take_turn
from sizing_app.session.turn import initial_turn
from sizing_app.task.turn import Delta, Measurement, Proposal
from tests.builders import END, GOOD, POOR, QuadraticSimulator, ScriptedPolicy, a_circuit, a_task, write


def run(script, budget=5, stop=None, simulator=None, history=(), between=None, task=None):
    policy = ScriptedPolicy(script, between=between)
    stop = stop or threading.Event()
    return list(run_session(task or a_task(budget=budget), policy, simulator or QuadraticSimulator(), stop, history))


def test_a_session_that_meets_its_specs_and_ends():
    events = run([write("too wide", POOR), write("narrower", GOOD), END])
    state = fold(events)
    assert [type(event) for event in events if not isinstance(event, Wrote)] == [
        SessionStarted, TurnFinished, *[TurnStarted, Proposed, TurnFinished] * 3, SessionFinished]
    assert (state.status, state.passed, state.best.index) == ("passed", True, 2)
    assert state.rewards[-1] == 1.0 and len(state.rewards) == 3, "the ending turn has no reward"
    assert state.best_so_far == [max(state.rewards[:end]) for end in (1, 2, 3)]
    assert state.history[3].measurement is None and state.current is None


@pytest.mark.parametrize("script, budget, reason, turns", [
    ([write("a", POOR)], 3, "budget", 3),
    ([write("a", GOOD)], 2, "passed", 2),
    ([write("a", POOR), END], 5, "ended", 2),
    ([write("no call", problems=("There is no tool call.",))], 2, "budget", 2),
    ([write("a", POOR)], 0, "budget", 0),
    ([write("a", GOOD, finished=True)], 5, "passed", 1),
])
def test_why_a_session_ends(script, budget, reason, turns):
    state = fold(run(script, budget))
    assert state.status == reason and len(state.history) == turns + 1


def test_an_invalid_call_costs_a_turn_and_scores_0():
    state = fold(run([write("hm", problems=("There is no tool call.",)), write("now", GOOD), END]))
    turn = state.history[1]
    assert (turn.measurement.status, turn.score.reward) == ("no_call", 0.0)
    assert turn.measurement.log == "There is no tool call."
    assert turn.measurement.metrics == {"gain": None, "power": None}
    assert state.status == "passed"


@pytest.mark.parametrize("parameters, sentence", [
    ({"w": 1e-6}, "Missing parameters: m."),
    ({**GOOD, "x": 1.0}, "Unknown parameters: x."),
    ({"w": float("nan"), "m": 2.0}, "Not finite: w."),
    ({"w": 101e-6, "m": 2.0}, "w = 101 µm is outside 1 µm to 100 µm."),
    ({"w": 10e-6, "m": 2.5}, "m = 2.5 is not a whole number, as a count must be."),
])
def test_no_policy_gets_bad_parameters_past_the_loop(parameters, sentence):
    turn = fold(run([write("a", parameters)], budget=1)).history[1]
    assert turn.proposal.parameters is None and turn.proposal.problems == (sentence,)
    assert turn.measurement.status == "no_call"


def test_incomplete_initial_parameters_are_refused_with_a_sentence():
    task = a_task()
    turn = initial_turn(type(task)(task.circuit, task.specs, task.conditions, {"w": 1e-6}), QuadraticSimulator())
    assert (turn.measurement.status, turn.measurement.log, turn.reward) == ("refused", "Missing parameters: m.", 0.0)


@pytest.mark.parametrize("error, message", [
    (PolicyError("The model server is down."), "The model server is down."),
    (KeyError("w"), "Unexpected error (KeyError): the log of the program has the details."),
])
def test_a_failing_policy_ends_the_session_and_loses_nothing(error, message):
    state = fold(run([write("a", POOR), [Delta("I will"), error]]))
    assert (state.status, state.message) == ("failed", message)
    assert len(state.history) == 2 and state.current is None


def test_a_policy_without_a_proposal_fails_the_session():
    assert "ended turn 1 without a proposal" in fold(run([[Delta("well")]])).message


def test_a_failed_simulation_is_a_turn_like_any_other():
    class Hangs(QuadraticSimulator):
        def measure(self, circuit, parameters, conditions):
            return Measurement("timeout", {"gain": None, "power": None}, "no answer within 5 s")

    state = fold(run([write("a", POOR)], budget=2, simulator=Hangs()))
    assert state.rewards == [0.0, 0.0, 0.0] and state.status == "budget"


@pytest.mark.parametrize("stop_after, turns", [(1, 0), (3, 0), (4, 1), (7, 2)])
def test_stop_drops_the_turn_that_has_no_proposal(stop_after, turns):
    """Every turn is two pieces of text and a proposal; the flag is set before the piece number ``stop_after``."""
    stop, pieces = threading.Event(), iter(range(1, 100))

    def between(flag):
        if next(pieces) == stop_after:
            flag.set()

    proposal_is_next = stop_after % 3 == 0
    state = fold(run([write("12345678", POOR)], stop=stop, between=between))
    assert state.status == "stopped"
    assert len(state.history) == 1 + turns + proposal_is_next


def test_a_policy_that_is_cut_short_leaves_no_turn():
    class CutShort:
        name = "cut"

        def propose(self, task, history, stop):
            yield Delta("<Analyze>The ga")
            stop.set()
            yield Proposal(None, text="<Analyze>The ga", problems=("The output ends within <Analyze>.",))

    events = list(run_session(a_task(), CutShort(), QuadraticSimulator(), threading.Event()))
    assert fold(events).status == "stopped" and len(fold(events).history) == 1


def test_a_reader_that_leaves_closes_the_policy():
    closed = []

    class Open:
        name = "open"

        def propose(self, task, history, stop):
            try:
                while True:
                    yield Delta("more ")
            finally:
                closed.append(True)

    events = run_session(a_task(), Open(), QuadraticSimulator(), threading.Event())
    while not isinstance(next(events), Wrote):
        pass
    events.close()
    assert closed == [True]


def test_a_session_continues_from_a_history():
    first = fold(run([write("a", POOR), write("b", POOR), END], budget=5))
    second = fold(run([write("c", POOR)], budget=4, history=first.history))
    assert [turn.index for turn in second.history] == [0, 1, 2, 3, 4], "the ending turn makes room"
    assert second.history[:3] == first.history[:3] and second.status == "budget"


def test_a_group_is_taken_from_one_history():
    task, simulator, policy = a_task(), QuadraticSimulator(delay=0.01), ScriptedPolicy([write("a", POOR)])
    history = (initial_turn(task, simulator),)
    group = sample_group(task, history, policy, simulator, 6)
    assert len(group) == 6 and {turn.index for turn in group} == {1}
    assert policy.histories == [history] * 6
    assert len(fold(take_turn(task, history, policy, simulator, threading.Event())).history) == 1


def test_text_that_no_browser_takes_is_cleaned():
    bad = "gain\ud800 \0up"
    state = fold(run([[Delta(bad), Proposal(POOR, text=bad, reasoning=bad, problems=(bad,))]], budget=1))
    proposal = state.history[1].proposal
    for text in (proposal.text, proposal.reasoning, *proposal.problems):
        assert text.encode("utf-8") and "\0" not in text


@given(st.lists(st.sampled_from(["good", "poor", "none"]), max_size=6), st.integers(0, 5), st.booleans())
def test_any_session_ends_once_within_its_budget_and_folds_stepwise(moves, budget, ends):
    kinds = {"good": write("g", GOOD), "poor": write("p", POOR), "none": write("n")}
    events = run([kinds[move] for move in moves] + [END if ends else kinds["poor"]], budget)
    state = fold(events)
    assert [isinstance(event, SessionFinished) for event in events].count(True) == 1
    assert isinstance(events[-1], SessionFinished)
    assert [turn.index for turn in state.history] == list(range(len(state.history)))
    assert sum(turn.measurement is not None for turn in state.history[1:]) <= budget
    assert (state.status == "passed") == state.passed
    stepwise = SessionState()
    for event in events:
        stepwise = advance(stepwise, event)
    assert stepwise == state


def test_the_state_shows_the_turn_under_way_and_storage_problems():
    events = run([write("narrower", GOOD), END])
    proposed = next(at for at, event in enumerate(events) if isinstance(event, Proposed))
    writing = fold(events[:proposed])
    assert writing.running and (writing.current.index, writing.current.text) == (1, "narrower")
    assert writing.current.proposal is None
    assert fold(events[:proposed + 1]).current.proposal.parameters == GOOD
    failed = advance(writing, StorageFailed("locked"))
    assert failed.storage_problem == "locked" and failed.current == writing.current
    assert advance(failed, StorageRestored()).storage_problem == ""


def test_only_simulations_tell_what_a_policy_was_not_told():
    """The suite *shifted*: policies see the stated conditions, designs are simulated at the true ones."""
    true, stated = a_circuit().conditions.nominal, a_circuit().conditions.all()[-1]
    seen, simulated = [], []

    class Watching(QuadraticSimulator):
        def measure(self, circuit, parameters, conditions):
            simulated.append(conditions)
            return super().measure(circuit, parameters, conditions)

    class Told(ScriptedPolicy):
        def propose(self, task, history, stop):
            seen.append(task)
            yield from super().propose(task, history, stop)

    task = replace(a_task(), stated=stated)
    state = fold(run_session(task, Told([write("a", POOR), END]), Watching(), threading.Event()))
    assert state.task.conditions == true and set(simulated) == {true}
    assert all(task.conditions == stated and task.stated is None for task in seen)
