"""Every spec in a row: target, value, a bar whose right side is always better, the margin in people's units, and how
each turn did. Below it, why the reward is what it is."""

from markupsafe import Markup

from sizing_app.circuit.definition import Metric, Spec
from sizing_app.evaluate.corners import Spots, spots_of
from sizing_app.session.events import SessionState
from sizing_app.task.reward import D1, D2
from sizing_app.task.turn import SpecScore, Turn
from sizing_app.ui.parts.heat_strip import strip
from sizing_app.ui.parts.render import WORDS, decided_at, margin_text, percent, reward, target, verdict

WORST, BEST = -0.5, 0.6
"""Margins, relative to the spec's scale, at the ends of a bar; at the left one the score is 0."""
FEW = 24
"""Turns whose cells have a size of their own; more share the width that there is (as in assets/heat_strip.js)."""
TICK = 100 * -WORST / (BEST - WORST)
"""Where the target is in a bar (percent of its width), the same in every row."""


def spec_board(state: SessionState, turn: Turn | None = None, corners: Spots | None = None) -> str:
    """The specs of ``turn``, by default of the best one; with ``corners`` where that one was checked afterwards."""
    shown = state.best if turn is None or turn.score is None else turn
    if state.task is None:
        return ""
    best = state.best and state.best.index
    spots = shown and (spots_of(state.task, shown) or (corners if shown is state.best else None))
    rows = Markup("").join(_row(state, number, spec, shown, best, spots)
                           for number, spec in enumerate(state.task.specs))
    return Markup(
        '<div class="scroll"><table class="spec-board{}"><caption class="sr-only">Target, value and margin of every '
        'spec</caption><thead><tr><th scope="col">Spec</th><th scope="col" class="num">Target</th>'
        '<th scope="col" class="num">{}</th><th scope="col" class="bar"><span style="left:{:.1f}%">target</span></th>'
        '<th scope="col">Margin</th><th scope="col" class="turns-of-spec">{}</th></tr></thead><tbody>{}</tbody>'
        '</table></div>{}{}').format(
            " long" if len(state.history) > FEW else "", _title(state, shown, best), TICK, _turns(state), rows,
            _legend(state, spots), _why(state, shown))


def _title(state: SessionState, shown: Turn | None, best: int | None) -> str:
    if shown is None:
        return "Value"
    return (f"Turn {shown.index}{', best' if shown.index == best else ''}"
            f"{', worst value' if len(state.task.points) > 1 else ''}")


def _legend(state: SessionState, spots: Spots | None) -> Markup | str:
    """What the line over a bar is."""
    if not spots:
        return ""
    points = len(state.task.points)
    count = len(spots.conditions)
    told = f"{count} of {points}" if 1 < points != count else f"{count}"
    rest = " The rest was left out: the design is no better than the best one, whatever they show." \
        if 1 < points != count else ""
    return Markup('<p class="quiet note"><i class="range-key" aria-hidden="true"></i> from the worst to the best value '
                  'over {} conditions.{}</p>').format(told, rest)


def _turns(state: SessionState) -> str:
    last = state.history[-1].index if state.history else 0
    return f"Turns 0 to {last}" if last else "Turn 0"


def _row(state: SessionState, number: int, spec: Spec, shown: Turn | None, best: int | None,
         spots: Spots | None) -> Markup:
    metric = state.task.circuit.metric(spec.metric)
    part = shown.score.specs[number] if shown is not None else None
    return Markup(
        '<tr><th scope="row" title="{}">{}</th><td class="num">{}</td><td class="num value">{}</td>'
        '<td class="bar">{}</td><td>{}</td><td class="turns-of-spec">{}</td></tr>').format(
            metric.definition, metric.title, target(spec, metric.unit),
            _value(state, metric, part), _bar(metric, spec, part, spots), _margin(metric, spec, part),
            strip(state, number, metric.title, best))


def _value(state: SessionState, metric: Metric, part: SpecScore | None) -> Markup | str:
    """With the place where it was measured, where there are several."""
    if part is None:
        return "\u2013"
    if len(state.task.points) == 1:
        return metric.show(part.value)
    return Markup("{}<small>{}</small>").format(metric.show(part.value), decided_at(state.task, part.at))


def _bar(metric: Metric, spec: Spec, part: SpecScore | None, spots: Spots | None) -> Markup | str:
    """From the target to the value, in units of the spec's scale; over it the range of ``spots``."""
    if part is None or part.value is None:
        return ""
    margin = part.margin if part.margin is not None else WORST
    at = along(margin)
    left, right = min(at, TICK), max(at, TICK)
    return Markup('<span class="track {}"><i class="fill" style="left:{:.1f}%;width:{:.1f}%"></i>{}'
                  '<i class="tick" style="left:{:.1f}%"></i><i class="dot{}" style="left:{:.1f}%"></i></span>').format(
        verdict(part), left, right - left, _range(metric, spec, spots), TICK,
        " beyond" if margin > BEST or margin < WORST else "", at)


def along(margin: float) -> float:
    """Where a margin is in a bar, in percent of its width."""
    return 100 * (min(max(margin, WORST), BEST) - WORST) / (BEST - WORST)


def _range(metric: Metric, spec: Spec, spots: Spots | None) -> Markup | str:
    """A capped line from the worst to the best margin."""
    margins = spots.margins(spec) if spots else []
    if not margins:
        return ""
    left, right = along(min(margins)), along(max(margins))
    values = spots.values(spec.metric)
    told = f"{metric.show(min(values))} to {metric.show(max(values))} over {len(spots.conditions)} conditions"
    return Markup('<i class="range" style="left:{:.1f}%;width:{:.1f}%" title="{}"></i>').format(
        left, right - left, told)


def _margin(metric: Metric, spec: Spec, part: SpecScore | None) -> Markup | str:
    if part is None:
        return ""
    kind = verdict(part)
    icon, word = WORDS[kind]
    return Markup('<span class="verdict {}" title="{}"><i aria-hidden="true">{}</i> <span class="word">{}</span> '
                  '<b>{}</b></span>').format(kind, _explained(metric, spec, part), icon, word,
                                             margin_text(metric, spec, part.value))


def _explained(metric: Metric, spec: Spec, part: SpecScore) -> str:
    """A margin and a score in a sentence."""
    if part.value is None:
        return f"{metric.title} has no value, which scores 0."
    size = percent(part.margin)
    scale = f", {size} of the scale {metric.show(spec.scale_at(part.value))}" if size else ""
    return (f"{metric.show(part.value)} against {target(spec, metric.unit)}: "
            f"{margin_text(metric, spec, part.value) or 'exactly'}{scale}. Score {reward(part.score)} of 1.")


def _why(state: SessionState, shown: Turn | None) -> Markup | str:
    """Each spec's scale and score, and what they make together."""
    if shown is None or shown.score is None:
        return ""
    rows = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{} <small>{} of the scale {}</small></dd></div>").format(
            state.task.circuit.metric(spec.metric).title, reward(part.score), percent(part.margin) or "no share",
            _scale(state, spec, part))
        for spec, part in zip(state.task.specs, shown.score.specs, strict=True))
    return Markup(
        '<details class="why"><summary>Why reward {}?</summary><p class="quiet">The geometric mean of the scores '
        'below: one spec of score 0 makes it 0. A met spec scores 1; a miss is measured in units of its scale and '
        'scores 0.5 at {:.0%}, 0 from {:.0%} on.</p><dl class="entries">{}</dl></details>').format(
            reward(shown.reward), D1, D2, rows)


def _scale(state: SessionState, spec: Spec, part: SpecScore) -> str:
    return state.task.circuit.metric(spec.metric).show(spec.scale_at(part.value if part.value is not None else 0.0))
