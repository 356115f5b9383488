"""The search over the points of a plan: what its surfaces are fitted to, and that it solves tasks over corners."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from sizing_app.circuit.conditions import Conditions
from sizing_app.policy.response_surface import ResponseSurface
from sizing_app.search.deciding import MOST, columns
from sizing_app.search.objective import Objective
from sizing_app.search.search import Search
from sizing_app.session.events import fold
from sizing_app.session.loop import run_session
from sizing_app.task.definition import Plan
from sizing_app.task.turn import Measurement
from tests.builders import GOOD, DirectSimulator, QuadraticSimulator, a_task
from tests.closed_form import SquareLaw, miller_task

TASK = a_task()
OBJECTIVE = Objective(TASK.circuit, TASK.specs)
"""gain >= 50 dB in units of 20 dB; power <= 2 uW in logarithms."""


def levels(gain: float, power: float) -> np.ndarray:
    return OBJECTIVE.levels(np.array([gain, power]))


def test_columns_are_nominal_levels_and_differences_at_the_points_that_decide():
    found = [{0: levels(60, 1e-6), 3: levels(55, 1e-6), 7: levels(60, 1.2e-6)}, {0: levels(58, 1.1e-6)},
             {0: levels(62, 1e-6), 3: levels(56, 1e-6), 7: levels(62, 1.3e-6)}]
    made = columns(OBJECTIVE, found, [(3, 7), (3, 0)])
    assert made.pairs == ((0, 3), (1, 7))
    assert made.values[:, 0] == pytest.approx([3.0, 2.9, 3.1])
    assert made.values[:, 2] == pytest.approx([-0.25, -0.275, -0.3])  # too few to model: the mean where unknown
    assert made.values[:, 3] == pytest.approx(np.log([1.2, np.sqrt(1.2 * 1.3), 1.3]))
    worst, which = made.worst(made.values)
    assert worst[0] == pytest.approx(levels(55, 1.2e-6)) and which.tolist() == [[0, 1]] * 3
    assert made.deviation(np.array([0, -1]), np.array([0.3, 0.1, 0.4, 0.2])) == pytest.approx([0.5, 0.1])


def test_a_point_without_an_answer_is_told_from_one_that_was_not_measured():
    missing = np.array([np.nan, levels(60, 1e-6)[1]])
    nominal = levels(60, 1e-6)
    found = [{0: nominal, 3: missing}] * 2 + [{0: nominal}, {0: nominal, 3: levels(58, 1e-6)}]
    made = columns(OBJECTIVE, found, [(3, 0)])
    assert np.array_equal(made.values[:, -1], [1.0, 1.0, np.nan, 0.0], equal_nan=True)
    expected = made.cost(np.array([3.0, levels(60, 1e-6)[1], -0.1, 1.0]))
    assert expected > made.cost(np.array([3.0, levels(60, 1e-6)[1], -0.1, 0.0])) + 1.0


def test_few_points_are_modelled_for_one_spec():
    found = [{point: levels(60 - point, 1e-6) for point in range(9)}] * 5
    made = columns(OBJECTIVE, found, [(8, 0), (7, 1), (8, 2), (6, 3), (5, 4)])
    assert made.pairs == ((0, 8), (0, 7), (0, 6), (1, 1), (1, 2), (1, 3)) and MOST == 3


def test_a_design_that_was_not_measured_everywhere_is_never_the_best():
    search = Search(TASK)
    good, better = (Measurement("ok", {"gain": gain, "power": 3e-6}) for gain in (52.0, 58.0))
    search.tell(GOOD, good, {0: good, 1: good}, (1, 1))
    search.tell({"w": 11e-6, "m": 10.0}, better, {0: better}, (0, 0), whole=False)
    assert search.best == 0 and search.shortfalls[1] == search.shortfalls[0]


class Cornered(DirectSimulator):
    """The amplifier of formulas: hot is slow and noisy, a high supply costs power, ss slews less."""

    def measure(self, circuit, parameters, conditions):
        found = dict(SquareLaw().evaluate(circuit, parameters, conditions).metrics)
        hot, high = 1 + 0.002 * (conditions.temperature - 27), conditions.supply / 1.8
        factors = {"gbw": 1 / hot, "noise": hot, "power": high**2, "slew": 0.85 if conditions.corner == "ss" else 1.0}
        return Measurement("ok", {name: value * factors.get(name, 1.0) if value is not None else None
                                  for name, value in found.items()})


def over_corners(seed: int, budget: int):
    task = miller_task(seed)
    nominal = replace(task.conditions, corner="tt", temperature=27.0, supply=1.8)
    points = [Conditions(corner, degrees, volts, nominal.load) for corner in ("tt", "ff", "ss")
              for degrees in (-40.0, 27.0, 85.0) for volts in (1.65, 1.8, 1.95)]
    loosened = tuple(replace(spec, high=spec.high * 1.25) if spec.metric == "power" else spec for spec in task.specs)
    return replace(task, conditions=nominal, budget=budget, round=4, specs=loosened,
                   plan=Plan((nominal, *(point for point in points if point != nominal))))


def test_it_solves_a_task_over_corners_with_few_simulations():
    """27 points: most designs are measured at a few of them."""
    spent = []
    for seed in (1, 2):
        state = fold(run_session(over_corners(seed, 400), ResponseSurface(), Cornered(), threading.Event()))
        if state.status == "passed":
            spent.append(state.simulations / len(state.history))
            assert len(state.history[-1].points or state.best.points) in (0, 1, 27)
            assert len(state.best.points) == 27
    assert spent and np.mean(spent) < 27 / 2


def test_one_point_is_searched_as_ever():
    """A plan of one other point that changes nothing: the same designs as without a plan."""
    task = a_task(budget=16)
    plain = fold(run_session(task, ResponseSurface(), QuadraticSimulator(), threading.Event()))
    other = replace(task, plan=Plan((task.conditions, replace(task.conditions, temperature=30.0))))
    over = fold(run_session(other, ResponseSurface(), QuadraticSimulator(), threading.Event()))
    assert [turn.proposal.parameters for turn in plain.history[:9]] == \
        [turn.proposal.parameters for turn in over.history[:9]]
