"""The unified verifiable reward of the TL-GRPO paper (section 5.1.3): pure functions from measurements to [0, 1].

The paper names the parts (constant, quadratic and cubic segments, two tolerance thresholds proportional to the spec,
a geometric mean over specs) without equations; the ones here join them continuously and with equal slopes.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sizing_app.circuit.definition import Spec
from sizing_app.task.definition import Plan, Task
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


def judge(measured: Mapping[int, Measurement], specs: tuple[Spec, ...],
          plan: Plan | None = None) -> tuple[Measurement, Score]:
    """What a design is worth over the points of a plan, by number, by the rule *worst*.

    The measurement has for each metric with a spec the value that decides it, for the others those of the first point,
    and the seconds of all. A point that fails makes the design fail, a random sample only where the plan spares no more
    of them. More points never make a design better; samples that are judged as one (``ruled``) are one point in that.
    """
    first = measured[min(measured)]
    if len(measured) == 1:
        return first, score(first, specs)
    seconds, cpu = (math.fsum(getattr(item, key) for item in measured.values()) for key in ("seconds", "cpu"))
    samples, spared = (set(plan.samples), plan.spared) if plan else (set(), 0)
    points = ruled(measured, specs, plan)
    for number, item in sorted(points.items()):
        if not item.ok and number not in samples:
            failed = replace(item, log=f"point {number + 1}: {item.log}", seconds=seconds, cpu=cpu)
            judged = score(failed, specs)
            return failed, replace(judged, specs=tuple(replace(part, at=number) for part in judged.specs))
    parts = tuple(worst(spec, points, samples, spared) for spec in specs)
    metrics = {**first.metrics, **{part.metric: part.value for part in parts}}
    return Measurement("ok", metrics, first.log, seconds, cpu), _score(parts, True)


def ruled(measured: Mapping[int, Measurement], specs: Sequence[Spec], plan: Plan | None) -> Mapping[int, Measurement]:
    """What specs are judged at, by the number of the point: what was measured, but with k sigma all samples in one,
    with the values of ``k_sigma``; they do not count until all of them are measured."""
    pooled = plan.pooled if plan is not None else ()
    if not pooled:
        return measured
    others = {number: item for number, item in measured.items() if number not in pooled}
    if not set(pooled) <= set(measured):
        return others
    found = [measured[number] for number in pooled]
    values = {spec.metric: k_sigma(spec, [item.metrics.get(spec.metric) if item.ok else None for item in found],
                                   plan.sigmas) for spec in specs}
    return {**others, pooled[0]: Measurement("ok", values)}


def k_sigma(spec: Spec, values: Sequence[float | None], sigmas: float) -> float | None:
    """The mean of at least two samples, and ``sigmas`` of their standard deviations towards a bound of the spec, the
    one where there is less room; None where a value is missing."""
    if None in values:
        return None
    mean = math.fsum(values) / len(values)
    away = sigmas * math.sqrt(math.fsum((value - mean) * (value - mean) for value in values) / (len(values) - 1))
    ends = [end for end, bound in ((mean - away, spec.low), (mean + away, spec.high)) if bound is not None]
    return min(ends, key=lambda end: -math.inf if (margin := spec_score(end, spec).margin) is None else margin)


def worst(spec: Spec, measured: Mapping[int, Measurement], samples: Collection[int] = (),
          spared: int = 0) -> SpecScore:
    """The score of a spec where it has the least room; a value that is missing has less than any other. Of the points
    that are ``samples``, the worst ``spared`` ones do not count."""
    found = sorted((replace(spec_score(item.metrics.get(spec.metric), spec), at=number)
                    for number, item in sorted(measured.items())),
                   key=lambda part: (part.met, -math.inf if part.margin is None else part.margin))
    passed_over = [part for part in found if part.at in samples][:spared]
    return next(part for part in found if part not in passed_over)


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


def done(task: Task, history: History) -> bool:
    """Whether nothing is left to find: some turn met every spec, and there is no goal to push beyond."""
    return task.goal is None and reached(history)


def best_reward(history: History) -> float:
    """What a trajectory is worth (paper, eq. 5): the highest reward of its turns, 0 without a scored one."""
    best = best_turn(history)
    return best.reward if best else 0.0


def best_design(history: History, task: Task | None = None) -> Turn | None:
    """The turn that people are shown, and handed out, as the best one, by ``merit``, with the goal of a ``task``; of
    equal ones the first. None without a scored turn."""
    return max((turn for turn in history if turn.score), key=lambda turn: (turn_merit(turn, task), -turn.index),
               default=None)


def merit(judged: Score, gained: float = 0.0) -> tuple[float, int, float, float]:
    """What people order designs by: the reward, as everywhere; where that is a tie (one failed spec alone can make it
    0) the number of specs met, then the smaller sum of shortfalls (each in units of its spec's scale, at most 1). Of
    designs that meet all specs, what they ``gained`` for a goal.

    Of a plan: no point that is measured in addition makes it larger.
    """
    short = math.fsum(1.0 if part.margin is None else min(-part.margin, 1.0) for part in judged.specs if not part.met)
    return judged.reward, sum(part.met for part in judged.specs), -short, gained if judged.passed else 0.0


def gained(task: Task | None, value: float | None) -> float:
    """The value of a task's goal, larger where it is better; 0 without a goal, less than any other without a value."""
    if task is None or task.goal is None:
        return 0.0
    return -math.inf if value is None else task.goal.sign * value


def turn_merit(turn: Turn, task: Task | None) -> tuple[float, int, float, float]:
    """The merit of a scored turn in a task."""
    value = task.goal.of(task.circuit, turn) if task is not None and task.goal and turn.score.passed else None
    return merit(turn.score, gained(task, value))


def best_values(task: Task, history: History) -> list[float | None]:
    """The best value of a task's goal up to each scored turn, of those that meet every spec; None before there is
    one."""
    best, curve = None, []
    for turn in history:
        if turn.score is not None:
            value = task.goal.of(task.circuit, turn) if turn.score.passed else None
            if value is not None and (best is None or gained(task, value) > gained(task, best)):
                best = value
            curve.append(best)
    return curve


def best_so_far(history: History) -> list[float]:
    """The highest reward up to each scored turn (paper, appendix D: the history-best curve)."""
    best, curve = 0.0, []
    for turn in history:
        if turn.score is not None:
            best = max(best, turn.score.reward)
            curve.append(best)
    return curve
