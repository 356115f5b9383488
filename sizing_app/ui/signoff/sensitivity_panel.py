"""What limits a design: for each metric the parameters that change it most, and the devices that make its spread."""

from collections.abc import Sequence

from markupsafe import Markup

from sizing_app.circuit.definition import Metric, Spec
from sizing_app.circuit.units import show_quantity
from sizing_app.evaluate.sensitivity import Effect, MismatchShares
from sizing_app.evaluate.signoff import Sensitivity
from sizing_app.evaluate.signoff_documents import named_devices, what_spreads
from sizing_app.task.definition import Task
from sizing_app.ui.parts.render import MINUS, block

RANKED = 5
"""Parameters of one metric that have a bar."""


def sensitivity_blocks(task: Task, found: Sensitivity) -> list[dict]:
    specs = {spec.metric: spec for spec in task.specs}
    ordered = sorted(task.circuit.metrics, key=lambda metric: metric.name not in specs)
    shares = {item.metric: item for item in found.shares}
    cards = Markup("").join(_card(metric, specs.get(metric.name), _of(found.effects, metric), shares.get(metric.name))
                            for metric in ordered)
    missing = Markup('<p class="quiet note">No spread by mismatch: {}.</p>').format(found.missing.rstrip(".")) \
        if found.missing else ""
    return [block("title", Markup('<h3 class="panel-title">Sensitivity <span class="quiet">what 1% more of a parameter '
                                  'does, one at a time; green helps the spec, orange hurts it</span></h3>{}'
                                  ).format(missing)),
            block("cards", Markup('<div class="sensitivity">{}</div>').format(cards)),
            block("table", _table(task, ordered, found.effects))]


def _of(effects: Sequence[Effect], metric: Metric) -> list[Effect]:
    """Of a metric, the largest first."""
    mine = [item for item in effects if item.metric == metric.name and item.per_percent is not None]
    return sorted(mine, key=lambda item: -abs(item.per_percent))


def _card(metric: Metric, spec: Spec | None, effects: Sequence[Effect], shares: MismatchShares | None) -> Markup:
    top = effects[:RANKED]
    largest = max((abs(item.per_percent) for item in top), default=0.0) or 1.0
    rows = Markup("").join(
        Markup('<tr><th scope="row"><code>{}</code></th><td class="bar">{}</td><td class="num">{}</td></tr>').format(
            item.parameter, _bar(item.per_percent / largest, _helps(spec, item.per_percent)),
            _signed(item.per_percent, metric)) for item in top)
    return Markup('<section><h4>{}</h4><table><caption class="sr-only">Parameters that change {} most</caption>'
                  '<tbody>{}</tbody></table>{}</section>').format(
                      metric.title, metric.title, rows, _spread(metric, shares))


def _helps(spec: Spec | None, change: float) -> str:
    """Whether a change is to the good of a spec; for one with two bounds that is not asked."""
    if spec is None or (spec.low is not None and spec.high is not None):
        return "plain"
    return "met" if (change > 0) == (spec.low is not None) else "failed"


def _bar(part: float, kind: str) -> Markup:
    """From the middle to the left for less, to the right for more."""
    left, width = (50.0, 50 * part) if part >= 0 else (50 + 50 * part, -50 * part)
    return Markup('<span class="effect {}" aria-hidden="true"><i style="left:{:.1f}%;width:{:.1f}%"></i></span>'
                  ).format(kind, left, width)


def _spread(metric: Metric, shares: MismatchShares | None) -> Markup | str:
    if shares is None or shares.sigma == 0:
        return ""
    words = what_spreads(shares, metric.unit)
    if shares.sigma is None:
        return Markup('<p class="quiet note">Mismatch: no sigma. {}.</p>').format(words[0].upper() + words[1:])
    named = named_devices(shares)
    parts = Markup("").join(Markup('<i style="flex-grow:{:.3f}" title="{} {:.0%}"></i>').format(
        row.share, row.device, row.share) for row in named)
    rest = Markup('<i class="rest" style="flex-grow:{:.3f}"></i>').format(max(0.0, 1 - sum(row.share for row in named)))
    sign = " of the value with its sign" if shares.signed else ""
    return Markup('<p class="quiet note">Mismatch: sigma {}{}, of which {}</p>'
                  '<span class="shares" aria-hidden="true">{}{}</span>').format(
                      show_quantity(shares.sigma, metric.unit, 3), sign, words, parts, rest)


def _table(task: Task, metrics: Sequence[Metric], effects: Sequence[Effect]) -> Markup:
    """All parameters and metrics."""
    found = {(item.parameter, item.metric): item for item in effects}
    head = Markup("").join(Markup('<th scope="col" class="num">{}</th>').format(metric.title) for metric in metrics)
    rows = Markup("").join(
        Markup('<tr><th scope="row"><code>{}</code></th>{}</tr>').format(parameter.name, Markup("").join(
            Markup('<td class="num">{}</td>').format(_signed(found[parameter.name, metric.name].per_percent, metric))
            for metric in metrics)) for parameter in task.circuit.parameters)
    return Markup('<details class="all-effects"><summary>All parameters and metrics, for 1% more</summary><div '
                  'class="scroll" tabindex="0"><table><thead><tr><th scope="col">Parameter</th>{}</tr></thead><tbody>{}'
                  '</tbody></table></div></details>').format(head, rows)


def _signed(change: float | None, metric: Metric) -> str:
    if change is None:
        return "\u2013"
    if change == 0:
        return "0"
    return f"{'+' if change > 0 else MINUS}{show_quantity(abs(change), metric.unit, 3)}"
