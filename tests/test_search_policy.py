"""The policy response-surface in sessions: the same proposals whatever was kept, and only true words."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sizing_app.policy import POLICIES, make_policy
from sizing_app.policy.handover import Handover
from sizing_app.policy.response_surface import ResponseSurface
from sizing_app.prompt.claims import claims
from sizing_app.session.events import TurnFinished, fold
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore, record
from sizing_app.task.reward import score
from sizing_app.task.turn import Measurement, Proposal, Turn
from sizing_app.ui.parts.conflict import conflict
from tests.builders import GOOD, QuadraticSimulator, a_task
from tests.closed_form import SquareLaw, impossible, miller_task

TURNS = 22


def run(policy, task, simulator=None, history=()):
    state = fold(run_session(task, policy, simulator or SquareLaw(), threading.Event(), history))
    assert state.status in ("budget", "passed"), state.message
    return state.history


def propose(policy, task, history) -> Proposal:
    *_, proposal = policy.propose(task, history, threading.Event())
    return proposal


@pytest.fixture(scope="module")
def session():
    return run(ResponseSurface(), miller_task(2, TURNS))


def test_it_is_one_of_the_searches():
    assert make_policy("response-surface").name == "response-surface" and POLICIES["response-surface"].kind == "search"


def test_a_cut_history_goes_on_with_the_same_proposals(session):
    task, copies = miller_task(2, TURNS), tuple(replace(turn) for turn in session)
    for length in range(1, TURNS + 1, 3):
        proposal = propose(ResponseSurface(), task, copies[:length])
        assert proposal.parameters == session[length].proposal.parameters
        assert proposal.text == session[length].proposal.text
    again = run(ResponseSurface(), task, history=copies[:11])
    assert [turn.proposal.parameters for turn in again] == [turn.proposal.parameters for turn in session]


def test_turns_that_somebody_else_made_are_used(session):
    """One turn of the latest round is a person's: the rest of the round is proposed from all that is known."""
    task = miller_task(2, TURNS)
    edited = replace(session[13], proposal=replace(session[13].proposal, parameters=session[0].proposal.parameters))
    other = propose(ResponseSurface(), task, (*session[:13], edited))
    assert other.parameters != session[14].proposal.parameters
    foreign = [Turn(place, Proposal(design), found, score(found, task.specs)) for place, design in
               enumerate([session[place].proposal.parameters for place in (0, 3, 5, 2)])
               for found in [SquareLaw().evaluate(task.circuit, design, task.conditions)]]
    assert propose(ResponseSurface(), task, tuple(foreign)).parameters
    empty = Turn(4, Proposal(None, problems=("no call",)), Measurement("no_call", {}),
                 score(Measurement("no_call", {}), task.specs))
    assert propose(ResponseSurface(), task, (*foreign, empty)).parameters


def test_what_it_says_is_true(session):
    """Of the state and the moves always, of the results in about nine of ten cases."""
    task, said = miller_task(2, TURNS), []
    for place, turn in enumerate(session[1:], 1):
        assert not turn.proposal.problems
        said += claims(task, session[:place], turn)
    assert all(claim.true for claim in said if claim.about != "expectation" and claim.true is not None)
    assert any(claim.about == "move" for claim in said) and any(claim.true is None for claim in said)
    expected = [claim.true for claim in said if claim.about == "expectation"]
    assert len(expected) > 40 and None not in expected and sum(expected) > 0.75 * len(expected)


def test_the_trace_tells_means_and_samples_local_and_global_apart(session):
    words = " ".join(turn.proposal.reasoning for turn in session)
    for phrase in ("Latin hypercube", "The mean of the surfaces is best here, within", "One sample of the surfaces",
                   "The mean of surfaces is best here, over the whole ranges", "One sample of surfaces is best here",
                   " follows ", " for +10% of the range", "With 90% I expect "):
        assert phrase in words


def test_sessions_at_the_same_time_share_nothing():
    policy, tasks = ResponseSurface(), [miller_task(seed // 2, 13) for seed in range(4)]

    def designs(task, own=None):
        return [turn.proposal.parameters for turn in run(own or policy, task)]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(designs, tasks)) == [designs(task, ResponseSurface()) for task in tasks]


def test_limits_are_kept_without_being_held():
    task = replace(miller_task(4, 14), limits={"i_b": (5e-6, 9e-6), "r_z": (1e3, 1e3)})
    task = replace(task, initial={**task.initial, "i_b": 6e-6, "r_z": 1e3})
    assert not any(turn.proposal.held for turn in run(ResponseSurface(), task))


def test_it_ends_once_all_specs_are_met():
    history = run(ResponseSurface(), replace(a_task(), initial=GOOD), QuadraticSimulator())
    assert len(history) == 2 and history[-1].proposal.finished


def test_a_round_is_planned_as_a_whole():
    task = replace(miller_task(2, TURNS), budget=12, round=4)
    first, again = run(ResponseSurface(), task), run(ResponseSurface(), task)
    assert [turn.seen for turn in first[1:9]] == [1] * 4 + [5] * 4
    assert len({tuple(turn.proposal.parameters.values()) for turn in first[:9]}) == 9
    assert [turn.proposal for turn in first] == [turn.proposal for turn in again]


def test_specs_that_cannot_be_met_together_are_told_stored_and_shown(tmp_path):
    """Evidence that a program can read too, in words, on the page; nothing while a design may still be found."""
    task, store = impossible(miller_task(6, 300)), SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    id, stop, events = store.create(task, "response-surface"), threading.Event(), []
    for event in record(store, id, run_session(task, ResponseSurface(), SquareLaw(), stop)):
        events.append(event)
        if isinstance(event, TurnFinished) and event.turn.proposal.infeasible is not None:
            stop.set()
    state = fold(events)
    found, nearest = state.history[-1].proposal.infeasible, state.history[state.history[-1].proposal.infeasible.nearest]
    assert set(found.missed) == {part.metric for part in nearest.score.specs if not part.met}
    assert set(found.missed) <= {item.spec.metric for item in found.conflict} > {"power"}
    assert all(not item.spec.met(item.value) and item.loosened.met(item.value) for item in found.conflict)
    stored = fold(store.events(id)).history[-1].proposal
    assert stored.infeasible == found and stored.reasoning.startswith("No design seems to meet all specs: of ")
    shown = conflict(state)
    assert all(task.circuit.metric(item.spec.metric).title in shown for item in found.conflict)
    assert f"that of turn {found.nearest};" in shown
    before = replace(state, history=state.history[:-1])
    assert all(turn.proposal.infeasible is None for turn in before.history) and conflict(before) == ""


def test_a_round_of_a_hybrid_is_the_search_s_once_the_model_is_done():
    class Ends:
        name, seen = "ends", 0

        def propose(self, task, history, stop):
            yield Proposal(None, finished=True)

    task = replace(miller_task(0, budget=24), round=4)
    history = run(Handover(Ends(), ResponseSurface()), task)
    for start in (13, 17, 21):  # after two rounds of the model, which ended in each, and one of the Latin hypercube
        told = {turn.proposal.reasoning.split(" is best here")[0].split(". ")[-1] for turn in history[start:start + 4]}
        assert len(told) == 4, told
