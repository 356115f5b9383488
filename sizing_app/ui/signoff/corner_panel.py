"""A design over its corners: for each spec nominal and worst value, where, how far all of them spread."""

from collections.abc import Sequence

from markupsafe import Markup

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Spec
from sizing_app.evaluate.corners import Spots, WorstCase
from sizing_app.task.definition import Task
from sizing_app.task.over import covers_corners
from sizing_app.task.reward import spec_score
from sizing_app.task.turn import SpecScore
from sizing_app.ui.parts.render import WORDS, block, counted, margin_text, place, target, verdict
from sizing_app.ui.parts.spec_board import TICK, along

HEAD = Markup(
    '<thead><tr><th scope="col">Spec</th><th scope="col" class="num">Target</th>'
    '<th scope="col" class="num">Nominal</th>'
    '<th scope="col" class="bar"><span style="left:{:.1f}%">target</span></th><th scope="col" class="num">Worst</th>'
    '<th scope="col">Margin there</th><th scope="col" class="num">Fails at</th></tr></thead>')


def corner_blocks(task: Task, spots: Spots) -> list[dict]:
    """The weakest spec first."""
    cases = sorted(spots.worst(task.specs), key=lambda case: _room(case.score))
    rows = Markup("").join(_row(task, spots, case) for case in cases)
    return [block("title", Markup('<h3 class="panel-title">Corners <span class="quiet">{}</span></h3>').format(
                _where(spots.conditions))),
            block("table", Markup(
                '<div class="scroll"><table class="spec-board corner-board"><caption class="sr-only">Worst value of '
                'every spec over the corners</caption>{}<tbody>{}</tbody></table></div>').format(
                    HEAD.format(TICK), rows)),
            block("summary", _summary(task, spots))]


def _where(conditions: Sequence[Conditions]) -> str:
    kinds = (("corner", "process corner", ""), ("temperature", "temperature", ""), ("supply", "supply", "supplies"))
    words = [counted(len({getattr(point, name) for point in conditions}), title, plural)
             for name, title, plural in kinds]
    return f"{', '.join(words)}: {len(conditions)} conditions; the weakest spec first"


def _room(part: SpecScore) -> tuple[bool, float]:
    return part.met, -1e99 if part.margin is None else part.margin


def _row(task: Task, spots: Spots, case: WorstCase) -> Markup:
    spec, part = case.spec, case.score
    metric = task.circuit.metric(spec.metric)
    kind = verdict(part)
    icon, word = WORDS[kind]
    failed = sum(not _met(item, spec) for item in spots.measured)
    return Markup(
        '<tr><th scope="row" title="{}">{}</th><td class="num">{}</td><td class="num">{}</td><td class="bar">{}</td>'
        '<td class="num value">{}<small>{}</small></td><td><span class="verdict {}"><i aria-hidden="true">{}</i> '
        '<span class="word">{}</span> <b>{}</b></span></td><td class="num fails">{}</td></tr>').format(
            metric.definition, metric.title, target(spec, metric.unit),
            metric.show(spots.measured[0].metrics.get(spec.metric)), _dots(spots, spec), metric.show(part.value),
            place(case.conditions), kind, icon, word, margin_text(metric, spec, part.value),
            f"{failed} of {len(spots.measured)}" if failed else "none")


def _met(measured, spec: Spec) -> bool:
    return measured.ok and spec_score(measured.metrics.get(spec.metric), spec).met


def _dots(spots: Spots, spec: Spec) -> Markup:
    """One dot a condition, a lane for each process corner; right is better."""
    lanes = list(dict.fromkeys(point.corner for point in spots.conditions))
    dots = []
    for point, item in zip(spots.conditions, spots.measured, strict=True):
        part = spec_score(item.metrics.get(spec.metric) if item.ok else None, spec)
        if part.margin is not None:
            lane = 100 * (lanes.index(point.corner) + 0.5) / len(lanes)
            dots.append(Markup('<i class="{}" style="left:{:.1f}%;top:{:.0f}%"></i>').format(
                "met" if part.met else "failed", along(part.margin), lane))
    return Markup('<span class="dots" aria-hidden="true">{}<i class="tick" style="left:{:.1f}%"></i></span>').format(
        Markup("").join(dots), TICK)


def _summary(task: Task, spots: Spots) -> Markup:
    """How many conditions pass, and what to do about the others."""
    passing = sum(all(_met(item, spec) for spec in task.specs) for item in spots.measured)
    failed = f" {spots.failed} simulations failed." if spots.failed else ""
    lanes = ", ".join(dict.fromkeys(point.corner for point in spots.conditions))
    button = "" if covers_corners(task) else Markup(
        ' <button type="button" class="quiet-button" data-event="size_over" data-value="corners">'
        'Size over corners from here</button>')
    return Markup('<p class="next"><span>{} of {} conditions meet all {} specs.{}</span>{}</p>'
                  '<p class="quiet note">One dot a condition; lanes from the top: {}.</p>').format(
        passing, len(spots.measured), len(task.specs), failed, button, lanes)
