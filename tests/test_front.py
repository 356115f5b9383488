"""A front: sessions over a swept bound, and the designs that none beats."""

import csv
import threading
from dataclasses import replace
from functools import partial

import pytest

from sizing_app.circuit.definition import Spec
from sizing_app.circuit.validation import Invalid
from sizing_app.evaluate.front import SOURCE, pareto, run_front, sweep
from sizing_app.policy import make_policy
from sizing_app.store import SessionStore
from tests.builders import QuadraticSimulator, a_circuit, a_task

SPECS = (Spec("gain", low=20.0, scale=20.0), Spec("power", high=2e-6))
CIRCUIT = replace(a_circuit(), specs=SPECS)
BASE = replace(a_task(CIRCUIT, budget=48), initial={"w": 9e-6, "m": 2.0})
MAKE = partial(make_policy, "response-surface")


@pytest.fixture
def store(tmp_path):
    store = SessionStore(f"sqlite:///{tmp_path}/sessions.db")
    yield store
    store.close()


def test_bounds_go_from_the_loosest_to_the_tightest():
    asked = sweep(BASE, "power", "gain", 3)
    assert asked.bounds == pytest.approx((4e-6, 2e-6, 1e-6)) and asked.goal.show() == "maximize gain"
    assert asked.task(1e-6).specs == (SPECS[0], Spec("power", high=1e-6))
    asked = sweep(BASE, "gain", "power", 3, (55.0, 59.0))
    assert asked.bounds[0] == 55.0 and asked.bounds[2] == 59.0 and asked.goal.show() == "minimize power"
    for metric, against, ends in (("gain", "gain", None), ("speed", "gain", None), ("power", "gain", (1.0, 1.0))):
        with pytest.raises(Invalid, match="front"):
            sweep(BASE, metric, against, 3, ends)


def test_a_front_follows_the_closed_form_and_goes_on_where_it_was(store):
    """gain = 60 - 2 (w/10u - 1)^2 and power = 0.01 w m: at m = 1, the gain for a power P is that of w = 100 P."""
    asked, stop = sweep(BASE, "power", "gain", 4, (20e-9, 80e-9)), threading.Event()
    first = []
    for item in run_front(asked, store, MAKE, QuadraticSimulator(), stop):
        first.append(item)
        if len(first) == 2:
            stop.set()
    assert len(first) == 2
    found = list(run_front(asked, store, MAKE, QuadraticSimulator(), threading.Event()))
    assert [item[1] for item in found[:2]] == [item[1] for item in first] and len(found) == 4
    assert len(store.list(source=SOURCE)) == 4
    assert all(state.task.goal.show() == "maximize gain" and state.passed for _, _, state in found)
    for bound, _, state in found:
        width = min(100 * bound, 10e-6)
        best = 60 - 2 * (width / 10e-6 - 1) ** 2
        assert state.best.measurement.metrics["gain"] > best - 0.3
    front = pareto(asked, found)
    assert [point.swept for point in front] == sorted((point.swept for point in front), reverse=True)
    assert [point.against for point in front] == sorted((point.against for point in front), reverse=True)
    states = {id: state for _, id, state in found}
    for point in front:
        turn = next(turn for turn in states[point.session].history if turn.index == point.turn)
        assert turn.proposal.parameters == point.parameters and turn.measurement.metrics["gain"] == point.against
        for _, _, state in found:
            assert not any(turn.measurement is not None and turn.measurement.metrics["power"] <= point.swept
                           and turn.measurement.metrics["gain"] > point.against for turn in state.history)


def test_the_table_of_a_front(tmp_path, store):
    from sizing_app.cli.front import _document, _line, _write
    asked = sweep(BASE, "power", "gain", 2, (40e-9, 80e-9))
    found = list(run_front(asked, store, MAKE, QuadraticSimulator(), threading.Event()))
    front = pareto(asked, found)
    _write(tmp_path / "front.csv", asked, front)
    rows = list(csv.DictReader((tmp_path / "front.csv").open()))
    assert [float(row["power"]) for row in rows] == [point.swept for point in front]
    document = _document(asked, found, front)
    assert document["goal"] == "maximize gain" and len(document["sessions"]) == 2
    assert "power <= 80 nW, best turn" in _line(asked, *found[0])
