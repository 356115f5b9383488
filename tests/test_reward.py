"""Properties of the reward, each over many generated cases, and its formula at points computed by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing_app.circuit.definition import Spec
from sizing_app.task.reward import D1, D2, best_so_far, reached, score, shortfall_score, spec_score
from sizing_app.task.turn import Measurement, Proposal, Turn

values = st.one_of(st.none(), st.floats(-1e12, 1e12), st.sampled_from([math.nan, math.inf, -math.inf, 0.0]))
bounds = st.floats(-1e6, 1e6)
scales = st.one_of(st.none(), st.floats(1e-9, 1e6))


@st.composite
def specs(draw, metric: str = "x") -> Spec:
    low, high = sorted((draw(bounds), draw(bounds)))
    kind = draw(st.sampled_from(["lower", "upper", "range"]))
    return Spec(metric, None if kind == "upper" else low, None if kind == "lower" else high, draw(scales))


@st.composite
def cases(draw) -> tuple[Measurement, tuple[Spec, ...]]:
    targets = draw(st.lists(st.sampled_from("abcd").flatmap(specs), min_size=1, max_size=6))
    return Measurement("ok", {name: draw(values) for name in "abcd"}), tuple(targets)


@pytest.mark.parametrize("value, expected", [
    (100.0, 1.0), (150.0, 1.0), (90.0, 1 - 0.5 / 4), (80.0, 0.5), (65.0, 0.5 / 8), (50.0, 0.0), (-1e9, 0.0)])
def test_the_formula_at_points_computed_by_hand(value, expected):
    assert spec_score(value, Spec("x", low=100.0)).score == pytest.approx(expected, abs=1e-12)
    assert spec_score(-value, Spec("x", high=-100.0)).score == pytest.approx(expected, abs=1e-12)


def test_pieces_join_with_equal_values_and_slopes():
    step = 1e-7
    for joint, value, slope in ((0.0, 1.0, 0.0), (D1, 0.5, -1 / D1), (D2, 0.0, 0.0)):
        left, right = shortfall_score(joint - step), shortfall_score(joint + step)
        assert left == pytest.approx(value, abs=1e-5) and right == pytest.approx(value, abs=1e-5)
        assert (shortfall_score(joint) - left) / step == pytest.approx(slope, abs=1e-4)
        assert (right - shortfall_score(joint)) / step == pytest.approx(slope, abs=1e-4)


@given(cases())
def test_reward_is_in_the_unit_interval_and_1_only_where_all_pass(case):
    measurement, targets = case
    result = score(measurement, targets)
    assert 0.0 <= result.reward <= 1.0
    assert (result.reward == 1.0) == result.passed == all(part.met for part in result.specs)
    assert all(part.met == (part.score == 1.0) for part in result.specs)
    assert all(part.margin is None or math.isfinite(part.margin) for part in result.specs)


@given(cases(), st.randoms(use_true_random=False))
def test_order_of_specs_is_irrelevant(case, random):
    measurement, targets = case
    shuffled = random.sample(targets, len(targets))
    assert score(measurement, tuple(shuffled)).reward == score(measurement, targets).reward


@given(specs(), st.floats(-1e7, 1e7), st.floats(0, 1))
def test_score_and_margin_rise_toward_the_target(spec, value, fraction):
    target = spec.low if spec.low is not None and value < spec.low else spec.high
    if target is None:
        target = spec.low
    between = min(max(value + (target - value) * fraction, min(value, target)), max(value, target))  # rounding
    near, far = spec_score(between, spec), spec_score(value, spec)
    assert near.score >= far.score
    if not far.met and far.margin is not None and near.margin is not None:
        assert near.margin >= far.margin and far.margin <= 0.0


@given(cases(), st.sampled_from(["not_converged", "timeout", "crashed", "refused", "no_call"]))
def test_a_failed_simulation_never_beats_a_valid_one(case, status):
    measurement, targets = case
    failed = score(Measurement(status, measurement.metrics), targets)
    assert failed.reward == 0.0 and not failed.passed
    assert failed.reward <= score(measurement, targets).reward


@given(st.dictionaries(st.sampled_from("abcd"), values, max_size=3))
def test_a_missing_metric_scores_nothing(metrics):
    targets = tuple(Spec(name, low=-1e13) for name in "abcd")
    result = score(Measurement("ok", metrics), targets)
    assert result.reward == 0.0 and not result.passed
    assert [part.score for part in result.specs] == [
        float(math.isfinite(math.nan if metrics.get(name) is None else metrics[name])) for name in "abcd"]


def test_a_bound_of_0_without_a_scale_is_all_or_nothing():
    assert spec_score(0.0, Spec("x", low=0.0)).score == 1.0
    assert spec_score(-1e-9, Spec("x", low=0.0)).score == 0.0
    assert spec_score(-0.1, Spec("x", low=0.0, scale=1.0)).score == pytest.approx(1 - 0.5 / 4)


@pytest.mark.parametrize("value, margin", [(70.0, 0.1), (62.0, 0.02), (59.0, -0.01), (95.0, -0.07)])
def test_margin_of_a_range(value, margin):
    assert spec_score(value, Spec("pm", low=60.0, high=88.0, scale=100.0)).margin == pytest.approx(margin)


@given(st.lists(st.one_of(st.none(), st.floats(0, 300)), max_size=10))
def test_best_so_far_never_falls(gains):
    targets = (Spec("gain", low=100.0),)
    scores = [gain if gain is None else score(Measurement("ok", {"gain": gain}), targets) for gain in gains]
    history = tuple(Turn(index, Proposal({}), None, result) for index, result in enumerate(scores))
    curve = best_so_far(history)
    assert curve == sorted(curve) and len(curve) == len([gain for gain in gains if gain is not None])
    assert reached(history) == (bool(curve) and curve[-1] == 1.0)
