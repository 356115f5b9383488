"""The unified verifiable reward of the TL-GRPO paper (section 5.1.3): pure functions from measurements to [0, 1].

The paper names the parts (constant, quadratic and cubic segments, two tolerance thresholds proportional to the spec,
a geometric mean over specs) without equations; the ones here join them continuously and with equal slopes.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from sizing_app.circuit.definition import Spec
from sizing_app.task.turn import History, Measurement, Score, SpecScore, Turn, best_turn

D1 = 0.2
"""Shortfall relative to the spec's scale at which a score has fallen to 0.5."""
D2 = 2.5 * D1
"""Relative shortfall from which on a score is 0. The factor 2.5 makes the slopes at D1 equal."""
BELOW_ONE = math.nextafter(1.0, 0.0)
"""The best score that an unmet spec can have, so that rounding never turns a near miss into a pass."""


def shortfall_score(relative: float) -> float:
    """Score in [0, 1] of a shortfall >= 0 that is given relative to the spec's scale."""
    if relative <= 0.0:
        return 1.0
    if relative <= D1:
        part = relative / D1
        return 1.0 - part * part / 2
    if relative <= D2:
        part = (D2 - relative) / (D2 - D1)
        return part * part * part / 2
    return 0.0


def spec_score(value: float | None, spec: Spec) -> SpecScore:
    """Score one metric value against its spec; a missing or non-finite value scores 0.

    The margin is relative to the spec's scale: minus the shortfall where the spec fails, else the distance to the
    nearest bound. It is None where the scale is 0, and any shortfall then scores 0.
    """
    if value is None or not math.isfinite(value):
        return SpecScore(spec.metric, None, 0.0, False, None)
    met, scale = spec.met(value), spec.scale_at(value)
    room = min(abs(value - bound) for bound in (spec.low, spec.high) if bound is not None)
    margin = (room if met else -spec.shortfall(value)) / scale if scale else math.inf
    part = 1.0 if met else min(shortfall_score(-margin if scale else math.inf), BELOW_ONE)
    return SpecScore(spec.metric, value, part, met, margin if math.isfinite(margin) else None)


def score(measurement: Measurement, specs: tuple[Spec, ...]) -> Score:
    """Reward of one turn: the geometric mean of its spec scores; 0 for a failed simulation."""
    values = measurement.metrics if measurement.ok else {}
    return _score(tuple(spec_score(values.get(spec.metric), spec) for spec in specs), measurement.ok)


def judge(measurements: Sequence[Measurement], specs: tuple[Spec, ...]) -> tuple[Measurement, Score]:
    """What a design is worth over the points of a plan, by the rule *worst*.

    The measurement has for each metric with a spec the value that decides it, for the others those of the first point,
    and the seconds of all. A point that fails makes the design fail.
    """
    if len(measurements) == 1:
        return measurements[0], score(measurements[0], specs)
    seconds, cpu = math.fsum(item.seconds for item in measurements), math.fsum(item.cpu for item in measurements)
    for number, item in enumerate(measurements, 1):
        if not item.ok:
            failed = replace(item, log=f"point {number} of {len(measurements)}: {item.log}", seconds=seconds, cpu=cpu)
            return failed, score(failed, specs)
    parts = tuple(worst(spec, measurements) for spec in specs)
    metrics = {**measurements[0].metrics, **{part.metric: part.value for part in parts}}
    return Measurement("ok", metrics, measurements[0].log, seconds, cpu), _score(parts, True)


def worst(spec: Spec, measurements: Sequence[Measurement]) -> SpecScore:
    """The score of a spec where it has the least room; a value that is missing has less than any other."""
    found = [replace(spec_score(item.metrics.get(spec.metric), spec), at=number)
             for number, item in enumerate(measurements)]
    return min(found, key=lambda part: (part.met, -math.inf if part.margin is None else part.margin))


def _score(parts: tuple[SpecScore, ...], ok: bool) -> Score:
    if ok and all(part.met for part in parts):
        return Score(1.0, parts, True)
    if not ok or any(part.score == 0.0 for part in parts):
        return Score(0.0, parts, False)
    mean_log = math.fsum(math.log(part.score) for part in parts) / len(parts)
    return Score(min(math.exp(mean_log), BELOW_ONE), parts, False)


def reached(history: History) -> bool:
    """Whether some turn met every spec."""
    return any(turn.score is not None and turn.score.passed for turn in history)


def best_reward(history: History) -> float:
    """What a trajectory is worth (paper, eq. 5): the highest reward of its turns, 0 without a scored one."""
    best = best_turn(history)
    return best.reward if best else 0.0


def best_design(history: History) -> Turn | None:
    """The turn that people are shown, and handed out, as the best one; None without a scored turn.

    The one with the highest reward, as everywhere. Where that is a tie (one failed spec alone can make it 0): with the
    most specs met, then with the smallest sum of shortfalls (each in units of its spec's scale, at most 1), then the
    first one.
    """
    def merit(turn: Turn) -> tuple[float, int, float, int]:
        parts = turn.score.specs
        short = math.fsum(1.0 if part.margin is None else min(-part.margin, 1.0) for part in parts if not part.met)
        return turn.reward, sum(part.met for part in parts), -short, -turn.index

    return max((turn for turn in history if turn.score), key=merit, default=None)


def best_so_far(history: History) -> list[float]:
    """The highest reward up to each scored turn (paper, appendix D: the history-best curve)."""
    best, curve = 0.0, []
    for turn in history:
        if turn.score is not None:
            best = max(best, turn.score.reward)
            curve.append(best)
    return curve
