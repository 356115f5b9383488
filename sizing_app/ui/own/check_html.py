"""A check of a draft, as HTML: progress, then the file's own design beside plain ngspice and random designs."""

from markupsafe import Markup

from sizing_app.circuit.definition import Metric
from sizing_app.own.check import OwnCheck
from sizing_app.own.draft_check import DraftCheck
from sizing_app.ui.parts.render import duration

LONGEST_LOG = 2_000
"""Characters of a message of ngspice."""

UNCHECKED = Markup('<p class="quiet">Check simulates the file\'s own design, the same text in plain ngspice where that '
                   'can run, and random designs; first specs are 10% easier than the file\'s own design.</p>')
"""What stands in place of a check."""


def progress_html(done: int, queued: int) -> Markup:
    return Markup('<p role="status">{0} of {1} simulations</p><progress value="{0}" max="{1}"></progress>').format(
        done, max(queued, 1))


def check_html(checked: DraftCheck) -> Markup:
    found = checked.found
    warnings = Markup("").join(map(Markup('<p class="warning" role="alert">{}</p>').format, checked.warnings))
    return Markup('<div class="own-check">{}<ul class="plain">{}</ul>{}{}</div>').format(
        warnings, Markup("").join(Markup('<li><span class="verdict {}">{}</span> {}</li>').format(*line)
                        for line in _findings(checked)), _table(found), _logs(found))


def _findings(checked: DraftCheck) -> list[tuple[str, str, str]]:
    """Kind, word, sentence."""
    found = checked.found
    first = found.original
    missing = [metric.title for metric in found.circuit.metrics if first.metrics.get(metric.name) is None]
    said = (f"has no value of {', '.join(missing)}" if missing else f"has all {len(found.circuit.metrics)} metrics")
    lines = [("failed", "original", f"the file's own design ends with: {first.status}") if not first.ok else
             ("nearly" if missing else "met", "original", f"the file's own design simulates and {said}")]
    lines += _polarity(checked)
    kind = "met" if found.simulated > 0.5 else "nearly" if found.simulated else "failed"
    lines.append((kind, "random", f"{round(found.simulated * found.designs)} of {found.designs} random designs "
                                  f"simulate, {duration(found.cpu)} of CPU time each"))
    if found.different:
        lines.append(("failed", "plain ngspice", f"gives another value of {', '.join(found.different)}: look at what "
                                                 "was converted or left out (values near zero and of steep edges "
                                                 "differ by the solver's tolerance)"))
    elif found.plain:
        lines.append(("met", "plain ngspice", "gives the same values" + (
            ", before areas and fingers follow the layout rule" if found.as_written else "")))
    else:
        lines.append(("plain", "plain ngspice", f"not compared: {found.plain_log[:300] or 'no metric to compare'}"))
    return lines


def _polarity(checked: DraftCheck) -> list[tuple[str, str, str]]:
    way = checked.polarity
    if way is None:
        return []
    return [("met" if way.clear and not way.swapped else "nearly", "polarity", way.sentence)]


def _table(found: OwnCheck) -> Markup:
    head = Markup("").join(Markup('<th scope="col" class="num">{}</th>').format(title) for title in (
        "File's design", *(["As written"] if found.as_written else []), *(["Plain ngspice"] if found.plain else []),
        "Random: lowest", "middle", "highest"))
    body = Markup("").join(_row(metric, found) for metric in found.circuit.metrics)
    return Markup('<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Metric</th>{}</tr></thead>'
                  '<tbody>{}</tbody></table></div>').format(head, body)


def _row(metric: Metric, found: OwnCheck) -> Markup:
    spread = found.spread.get(metric.name)
    beside = [metric.show(values.get(metric.name)) for values in (found.as_written, found.plain) if values]
    drawn = [metric.show(value) for value in (spread.low, spread.middle, spread.high)] if spread else ["\u2013"] * 3
    cells = (metric.show(found.original.metrics.get(metric.name)), *beside, *drawn)
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(
        metric.title, Markup("").join(Markup('<td class="num">{}</td>').format(text) for text in cells))


def _logs(found: OwnCheck) -> Markup:
    if not found.original.log:
        return Markup("")
    return Markup('<details><summary>ngspice says</summary><pre tabindex="0">{}</pre></details>').format(
        found.original.log[-LONGEST_LOG:])
