"""A front: sessions over a swept bound, and the designs that none beats."""

import csv
import io
import threading
from dataclasses import replace

import pytest

from sizing_app.circuit.definition import Spec
from sizing_app.circuit.validation import Invalid
from sizing_app.evaluate.front import SOURCE, run_front, sweep
from sizing_app.evaluate.front_documents import front_csv, front_document
from sizing_app.policy import make_policy
from sizing_app.session.events import fold
from sizing_app.store import SessionStore
from tests.builders import QuadraticSimulator, a_circuit, a_task

SPECS = (Spec("gain", low=20.0, scale=20.0), Spec("power", high=2e-6))
CIRCUIT = replace(a_circuit(), specs=SPECS)
BASE = replace(a_task(CIRCUIT, budget=48), initial={"w": 9e-6, "m": 2.0})


@pytest.fixture
def store(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    yield store
    store.close()


def making(store):
    return lambda task: make_policy("response-surface", recall=store.memory.recall)


def test_bounds_go_from_the_loosest_to_the_tightest():
    asked = sweep(BASE, "power", "gain", 3)
    assert asked.bounds == pytest.approx((4e-6, 2e-6, 1e-6)) and asked.goal.show() == "maximize gain"
    assert asked.task(1e-6).specs == (SPECS[0], Spec("power", high=1e-6))
    asked = sweep(BASE, "gain", "power", 3, (55.0, 59.0))
    assert asked.bounds == (55.0, 57.0, 59.0) and asked.goal.show() == "minimize power"
    assert sweep(BASE, "gain", "power", 2).bounds == (10.0, 30.0), "decibels: half of the scale beside the bound"
    for metric, against, ends in (("gain", "gain", None), ("speed", "gain", None), ("power", "gain", (1.0, 1.0))):
        with pytest.raises(Invalid, match="front"):
            sweep(BASE, metric, against, 3, ends)


def test_a_front_follows_the_closed_form_and_goes_on_where_it_was(store):
    """gain = 60 - 2 (w/10u - 1)^2 and power = 0.01 w m: at m = 1, the gain for a power P is that of w = 100 P."""
    asked, stop, first = sweep(BASE, "power", "gain", 4, (20e-9, 80e-9)), threading.Event(), None
    for first in run_front(asked, store, making(store), QuadraticSimulator(), stop):
        if len(first.sessions) == 2:
            stop.set()
    front = list(run_front(asked, store, making(store), QuadraticSimulator(), threading.Event()))[-1]
    assert front.sessions[:2] == first.sessions and len(front.sessions) == 4
    assert len(store.list(source=SOURCE)) == 4
    states = {item.session: fold(store.events(item.session)) for item in front.sessions}
    assert all(state.task.goal.show() == "maximize gain" and state.passed for state in states.values())
    for item in front.sessions:
        width = min(100 * item.bound, 10e-6)
        assert item.best.against > 60 - 2 * (width / 10e-6 - 1) ** 2 - 0.3
        assert states[item.session].best.index == item.best.turn
    points = front.points
    assert [point.swept for point in points] == sorted((point.swept for point in points), reverse=True)
    assert [point.against for point in points] == sorted((point.against for point in points), reverse=True)
    for point in points:
        turn = next(turn for turn in states[point.session].history if turn.index == point.turn)
        assert turn.proposal.parameters == point.parameters and turn.measurement.metrics["gain"] == point.against
        for state in states.values():
            assert not any(turn.measurement is not None and turn.measurement.metrics["power"] <= point.swept
                           and turn.measurement.metrics["gain"] > point.against for turn in state.history)


def test_the_table_of_a_front(store):
    from sizing_app.cli.front import _line
    asked = sweep(BASE, "power", "gain", 2, (40e-9, 80e-9))
    first, front = run_front(asked, store, making(store), QuadraticSimulator(), threading.Event())
    rows = list(csv.DictReader(io.StringIO(front_csv(front))))
    assert [float(row["power"]) for row in rows] == [point.swept for point in front.points]
    document = front_document(front)
    assert document["goal"] == "maximize gain" and len(document["sessions"]) == 2
    assert document["sessions"][0]["session_id"] == first.sessions[0].session and document["sessions"][0]["passed"]
    assert "power <= 80 nW, best turn" in _line(first)
