"""A long session at a glance: how far the designs are from meeting all specs, and each metric beside its target.

Points are characters of an attribute (``encoded``), drawn by assets/turn_plot.js: some kilobytes for a thousand turns.
"""

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from sizing_app.circuit.definition import Metric, Spec
from sizing_app.session.events import SessionState
from sizing_app.task.definition import Task
from sizing_app.task.reward import best_design
from sizing_app.task.turn import Turn
from sizing_app.ui.parts.render import WORDS, block, margin_text, target, verdict
from sizing_app.ui.parts.turns import LONG

DIGITS = "".join(chr(code) for code in range(35, 127) if chr(code) not in "&<>'\\")
"""Of a number, without those that HTML or JavaScript would change; the same as in assets/turn_plot.js."""
GAP = " "
"""In place of a point that has no value."""
SIDE = len(DIGITS) // 2
"""Heights that a metric is drawn with; those of designs that meet its spec use the second half of DIGITS."""
FINE = len(DIGITS) ** 2
"""Heights of the violation: two characters a point."""
LEAST, MOST = 1e-3, 30.0
"""Sums of shortfalls between which the violation is drawn, on a log scale; at the bottom all specs are met."""


class Search:
    """What is known of a session that grows; made once for it, as turns.Trace."""

    def __init__(self):
        self._history: Sequence[Turn] = ()
        self._best: list[int] = []
        self._violations: list[float | None] = []

    def blocks(self, state: SessionState) -> list[dict]:
        """Nothing for a session whose budget is short."""
        if state.task is None or state.task.budget <= LONG or len(state.history) < 3:
            return []
        self._follow(state.task, state.history)
        trade = [block("goal", self._trade(state))] if state.task.goal else []
        return [block("violation", self._violation(state)), *trade, *(
            block(spec.metric, self._multiple(state, place, spec)) for place, spec in enumerate(state.task.specs))]

    def _follow(self, task: Task, history: Sequence[Turn]) -> None:
        known = len(self._history)
        if known > len(history) or (known and history[known - 1] is not self._history[-1]):
            self._best, self._violations, known = [], [], 0
        best = history[self._best[-1]] if self._best else None
        for place in range(known, len(history)):
            turn = history[place]
            self._violations.append(violation(turn))
            if best_design((best, turn) if best is not None else (turn,), task) is turn and turn.score is not None:
                best = turn
                self._best.append(place)
        self._history = history

    def _violation(self, state: SessionState) -> Markup:
        points = "".join(GAP * 2 if value is None else _two(_log_height(value)) for value in self._violations)
        met = sum(value == 0.0 for value in self._violations)
        marks = _attribute((_log_height(value) / (FINE - 1), text) for value, text in
                           ((10.0, "1000 %"), (1.0, "100 %"), (0.1, "10 %"), (0.01, "1 %"), (0.0, "all met")))
        return Markup(
            '<figure class="violation"><figcaption><b>Distance from meeting all specs</b> <span class="quiet">sum of '
            'the shortfalls, each in units of its scale; line: the best design so far. {} of {} designs meet all.'
            '</span></figcaption><turn-plot role="img" aria-label="Distance from meeting all specs by simulation: {}" '
            'data-width="2" data-points="{}" data-best="{}" data-marks="{}" data-title="distance"></turn-plot>'
            '</figure>').format(met, len(self._violations), self._told(), points, self._steps(), marks)

    def _trade(self, state: SessionState) -> Markup:
        """What each design that meets all specs is worth for the goal, the worst of them at the bottom."""
        task, goal = state.task, state.task.goal
        values = [goal.of(task.circuit, turn) if turn.score and turn.score.passed else None for turn in state.history]
        found = sorted((value for value in values if value is not None), key=lambda value: goal.sign * value)
        ends = (found[0], found[-1]) if found else (0.0, 0.0)
        size = (ends[1] - ends[0]) or 1.0
        points = "".join(GAP * 2 if value is None else _two(round((0.05 + 0.9 * (value - ends[0]) / size) * (FINE - 1)))
                         for value in values)
        shown = [goal.show_value(task.circuit, value) for value in ends] if found else []
        marks = _attribute([(0.05, shown[0]), (0.95, shown[1])][:len(set(shown))])
        told = f"from {shown[0]} to {shown[1]}" if found else "no design meets all specs yet"
        return Markup(
            '<figure class="violation"><figcaption><b>{}</b> <span class="quiet">of the designs that meet all specs: '
            '{}; line: the best so far.</span></figcaption><turn-plot role="img" aria-label="{} by simulation: {}" '
            'data-width="2" data-points="{}" data-best="{}" data-marks="{}" data-title="{}"></turn-plot>'
            '</figure>').format(goal.show().capitalize(), told, goal.show().capitalize(), told, points, self._steps(),
                                marks, goal.expression)

    def _told(self) -> str:
        values = [self._violations[place] for place in self._best if self._violations[place] is not None]
        return f"from {values[0]:.0%} at the start to {values[-1]:.0%}" if values else "no design yet"

    def _multiple(self, state: SessionState, place: int, spec: Spec) -> Markup:
        metric = state.task.circuit.metric(spec.metric)
        values = [turn.score.specs[place].value if turn.score else None for turn in state.history]
        low, high = _range(values, spec, values[self._best[-1]] if self._best else None)
        points = "".join(_point(value, low, high, spec) for value in values)
        bounds = [(bound, metric.show(bound, 3)) for bound in (spec.low, spec.high) if bound is not None]
        marks = _attribute(((bound - low) / (high - low), text) for bound, text in bounds)
        best = state.history[self._best[-1]] if self._best else None
        return Markup(
            '<figure><figcaption><b title="{}">{}</b> <span class="quiet">{}</span> {}</figcaption>'
            '<turn-plot role="img" aria-label="{} by simulation" data-width="1" data-points="{}" data-best="{}" '
            'data-marks="{}" {} data-title="{}"></turn-plot></figure>').format(
                metric.definition, metric.title, target(spec, metric.unit), _value(metric, spec, best, place),
                metric.title, points, self._steps(), marks, _side(spec), metric.title)

    def _steps(self) -> str:
        return ",".join(map(str, self._best))


def violation(turn: Turn) -> float | None:
    """The sum of the shortfalls of all specs, each in units of its scale; one without a value counts 1."""
    if turn.score is None:
        return None
    return math.fsum(1.0 if part.margin is None else -part.margin for part in turn.score.specs if not part.met)


def _log_height(value: float) -> int:
    """0 where all specs are met; else on a log scale, above a lane that is left for those."""
    if value == 0.0:
        return 0
    part = math.log(min(max(value, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return round((0.08 + 0.92 * part) * (FINE - 1))


def _two(height: int) -> str:
    return DIGITS[height // len(DIGITS)] + DIGITS[height % len(DIGITS)]


def _range(values: Sequence[float | None], spec: Spec, best: float | None) -> tuple[float, float]:
    """From the 5th to the 95th percentile of the values, and as far as the bounds and the best design; with room."""
    known = sorted(value for value in values if value is not None)
    wanted = [bound for bound in (spec.low, spec.high, best) if bound is not None]
    if known:
        wanted += [known[len(known) // 20], known[-1 - len(known) // 20]]
    low, high = min(wanted), max(wanted)
    room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room


def _point(value: float | None, low: float, high: float, spec: Spec) -> str:
    """One character: the height, in the second half of DIGITS where the spec is met."""
    if value is None:
        return GAP
    height = round(min(max((value - low) / (high - low), 0.0), 1.0) * (SIDE - 1))
    return DIGITS[height + (SIDE if spec.met(value) else 0)]


def _side(spec: Spec) -> Markup:
    """Which side of the marks is shaded as the one that meets the spec."""
    kind = {"lower": "above", "upper": "below", "range": "between"}[spec.kind]
    return Markup('data-good="{}"').format(kind)


def _attribute(marks: Iterable[tuple[float, str]]) -> str:
    """Heights from 0 to 1 with their words."""
    return ";".join(f"{height:.4f} {text}" for height, text in marks)


def _value(metric: Metric, spec: Spec, best: Turn | None, place: int) -> Markup | str:
    if best is None:
        return ""
    part = best.score.specs[place]
    kind = verdict(part)
    return Markup('<span class="now">{} <span class="verdict {}"><i aria-hidden="true">{}</i> {}</span></span>').format(
        metric.show(part.value), kind, WORDS[kind][0], margin_text(metric, spec, part.value))
