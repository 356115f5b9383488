"""Random samples judged by their mean and k standard deviations: the value, the order of simulations, the search."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.definition import Spec
from sizing_app.circuit.validation import Invalid
from sizing_app.search.search import Search
from sizing_app.session.turn import initial_turn
from sizing_app.task.over import read_aim, show_aim, with_samples
from sizing_app.task.reward import best_design, k_sigma, merit, ruled
from sizing_app.task.turn import Proposal
from sizing_app.task.validation import check_task, check_turn
from tests.builders import GOOD, SampledSimulator, a_task, turn_of


def sampled() -> SampledSimulator:
    return SampledSimulator(narrow=10e-6)


def over_samples(count: int, sigmas: float, **changes):
    task = replace(a_task(), initial=GOOD, **changes)
    return replace(task, plan=with_samples(None, task.conditions, Draw(1, 0), count, 1.0, sigmas))


def after(task, simulator, *designs):
    """The history of these designs."""
    history = (initial_turn(task, simulator),)
    for design in designs:
        history = (*history, turn_of(task, history, Proposal(design), simulator))
    return history


def test_samples_are_judged_by_mean_and_standard_deviations():
    """Gains of 60 dB less 0 to 8 dB: mean 56 dB, standard deviation sqrt(60 / 8) dB."""
    task = over_samples(9, 2.0)
    check_task(task)
    turn = initial_turn(task, sampled())
    gain, power = turn.score.specs
    assert gain.value == pytest.approx(56.0 - 2 * math.sqrt(7.5)) and turn.score.passed
    assert power.value == pytest.approx(1e-6) and turn.measurement.metrics["gain"] == gain.value
    assert (gain.at, task.place(gain.at)) == (1, "mean and 2 sigma of 9 samples")
    assert task.place(0) == task.conditions.show() and len(turn.points) == 10
    check_turn(task, turn, "turn")
    assert not initial_turn(over_samples(9, 3.0), sampled()).score.passed  # 47.8 dB


def test_the_side_with_less_room_counts():
    values = [1.0, 3.0]  # mean 2, standard deviation sqrt(2)
    assert k_sigma(Spec("x", low=0.0), values, 1.0) == pytest.approx(2 - math.sqrt(2))
    assert k_sigma(Spec("x", high=5.0), values, 1.0) == pytest.approx(2 + math.sqrt(2))
    assert k_sigma(Spec("x", low=0.0, high=3.5, scale=1.0), values, 1.0) == pytest.approx(2 + math.sqrt(2))
    assert k_sigma(Spec("x", low=0.5, high=9.0, scale=1.0), values, 1.0) == pytest.approx(2 - math.sqrt(2))


def test_a_sample_that_fails_leaves_no_value():
    turn = initial_turn(over_samples(10, 2.0), sampled())
    assert [part.value for part in turn.score.specs] == [None, None] and turn.reward == 0.0


def test_samples_come_last_and_together():
    task = over_samples(5, 2.0, specs=(Spec("gain", low=59.0, scale=20.0), Spec("power", high=2e-6)))
    history = after(task, sampled(), {"w": 60e-6, "m": 10.0}, {"w": 9e-6, "m": 9.0}, {"w": 10.5e-6, "m": 10.0})
    assert [turn.measured_at for turn in history] == [(), (0,), (), ()]
    assert dict(ruled({0: history[0].points[0], 1: history[0].points[1]}, task.specs, task.plan)) == {
        0: history[0].points[0]}, "samples do not count until all are there"


def test_leaving_out_never_changes_what_is_best():
    task = over_samples(6, 3.0, specs=(Spec("gain", low=55.0, scale=20.0), Spec("power", high=0.9e-6)))
    designs = [{"w": float(w), "m": 10.0} for w in np.random.default_rng(2).uniform(2e-6, 40e-6, 25)]
    history = after(task, sampled(), *designs)
    full = [initial_turn(replace(task, initial=design), sampled()) for design in (task.initial, *designs)]
    assert best_design(history).score == max(full, key=lambda turn: merit(turn.score)).score
    assert sum(turn.simulations for turn in history) < sum(turn.simulations for turn in full) / 2


def test_the_search_models_the_samples_as_one_point():
    task = over_samples(6, 3.0, specs=(Spec("gain", low=58.0, scale=20.0), Spec("power", high=2e-6)))
    search = Search(task)
    search.tell_turns(after(task, sampled(), {"w": 11e-6, "m": 10.0}))
    columns = search.columns()
    assert columns.pairs == ((0, 1),)
    fall = [-(2.5 + 3 * math.sqrt(3.5)) * scale / 20.0 for scale in (1.0, 1 / 1.1)]  # mean and sigma of 0 to 5
    assert columns.values[:, 2] == pytest.approx(fall)


@pytest.mark.parametrize("text, found, shown", [("95", (0.95, None), "95%"), ("99.5 %", (0.995, None), "99.5%"),
                                                ("3 sigma", (1.0, 3.0), "3 sigma"), ("4.5SIGMA", (1.0, 4.5),
                                                                                     "4.5 sigma")])
def test_an_aim_is_read_and_shown(text, found, shown):
    assert read_aim(text) == found
    task = a_task()
    assert show_aim(with_samples(None, task.conditions, Draw(1, 0), 5, *found)) == shown


@pytest.mark.parametrize("text", ["", "0", "101", "11 sigma", "0 sigma", "many", "-3 sigma", "nan"])
def test_another_aim_is_refused(text):
    with pytest.raises(Invalid, match="yield: expected a percentage up to 100"):
        read_aim(text)


def test_a_standard_deviation_needs_two_samples():
    with pytest.raises(Invalid, match="at least two samples"):
        check_task(over_samples(1, 3.0))
    task = over_samples(3, 3.0)
    with pytest.raises(Invalid, match="without a share"):
        check_task(replace(task, plan=replace(task.plan, share=0.9)))
