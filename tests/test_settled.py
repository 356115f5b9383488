"""A goal that does not become any better: the verdict that ends a session, and going on past it."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from sizing_app.policy.response_surface import ResponseSurface
from sizing_app.search.region import FINEST, LEAP, follow
from sizing_app.session.documents import session_document
from sizing_app.session.events import SessionFinished, fold
from sizing_app.session.file import LINE, write_session
from sizing_app.session.loop import run_session
from sizing_app.store import SessionStore, record
from sizing_app.task.goal import read_goal
from sizing_app.ui.parts.header import header
from tests.builders import QuadraticSimulator, a_task

TASK = replace(a_task(budget=300, seed=2), goal=read_goal("minimize power"), round=4)
LEAST = 1e-2 * 1e-6 * 1
"""W: power is 0.01 w m, and w = 1 um, m = 1 meets the gain of 20 dB: 60 - 2 (w / 10 um - 1)^2."""


def run(task, history=()):
    return run_session(task, ResponseSurface(), QuadraticSimulator(), threading.Event(), history)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    store = SessionStore(f"sqlite:///{tmp_path_factory.mktemp('settled')}/sessions.db")
    id = store.create(TASK, "response-surface")
    state = fold(record(store, id, run(TASK)))
    yield state, store.events(id)
    store.close()


def test_a_session_ends_once_its_goal_is_settled(stored):
    state, events = stored
    last, found = state.history[-1], state.history[-1].proposal.settled
    assert state.status == "passed" and 100 < len(state.history) < 200 and last.proposal.finished
    assert found.value == pytest.approx(LEAST) and found.designs == len(state.history) - 1
    assert found.best == state.best.index < 100 and 0 <= found.promised < 0.01
    assert last.measurement.ok and all(turn.proposal.settled is None for turn in state.history[:-1])
    assert last.proposal.reasoning.startswith(f"Settled: to minimize power, 10 nW of turn {found.best} seems")
    assert not any(claim.true is False for claim in last.claims if claim.about != "expectation")


def test_the_verdict_is_stored_exported_and_shown(stored):
    state, events = stored
    found = state.history[-1].proposal.settled
    assert fold(events).history[-1].proposal.settled == found
    *_, last, _ = write_session("abc", events).splitlines()
    assert LINE.validate_json(last).turn.proposal.settled == found
    document = session_document("abc", state)
    assert document["settled"]["best"] == found.best and document["infeasible"] is None
    assert f"<b>Settled</b> after {found.designs} designs" in header(state, "abc")
    assert "settled" not in header(fold(item for item in events if not isinstance(item, SessionFinished)), "abc")
    assert session_document("abc", replace(state, history=state.history[:-1]))["settled"] is None


def test_a_person_may_go_on_past_it(stored):
    """In rounds and turn by turn; a session that lost its last turn says the same again."""
    state, _ = stored
    spent = len(state.history) - 1
    for size in (4, 1):
        further = fold(run(replace(TASK, budget=spent + 9, round=size), state.history))
        assert len(further.history) == spent + 10 and further.history[:spent + 1] == state.history
        assert all(turn.proposal.settled is None for turn in further.history[spent + 1:])
    again = fold(run(replace(TASK, round=1), state.history[:-1]))
    assert again.history[-1].proposal == state.history[-1].proposal and len(again.history) == spent + 1


def test_the_region_tells_when_it_became_too_narrow():
    """Of losses that never fall: the first design meets no spec, all others do."""
    points, losses = np.random.default_rng(0).random((301, 2)), np.full(301, -2 * LEAP)
    losses[:9] = 0.0
    narrowed = follow(points, losses, 9, 4).narrowed
    rounds = 2 * int(np.ceil(np.log(FINEST / 0.3) / np.log(0.6)))
    assert narrowed[0] == 9 + 4 + 4 * rounds and np.diff(narrowed).tolist() == [4 * rounds] * (len(narrowed) - 1)
    assert follow(points, losses + 2 * LEAP, 9, 4).narrowed == ()
