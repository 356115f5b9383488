"""A design's random samples: yields with their intervals, histograms against the targets, the worst samples to open."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Metric, Spec
from sizing_app.circuit.mismatch import Deviation
from sizing_app.circuit.units import format_si, show_quantity, show_share
from sizing_app.evaluate.monte_carlo import Outcome, Spread, Yield
from sizing_app.evaluate.signoff import Samples
from sizing_app.evaluate.signoff_documents import show_interval, what_varies
from sizing_app.simulator.inspection import OperatingPoint
from sizing_app.task.definition import Task
from sizing_app.task.reward import spec_score
from sizing_app.task.turn import Measurement
from sizing_app.ui.parts.devices import device_table
from sizing_app.ui.parts.render import WORDS, block, margin_text, place, target, verdict

BINS = 24
"""Of a histogram, at most."""
HEIGHT = 170
"""Pixels of a histogram."""
GOOD, NEARLY = 0.995, 0.9
"""Yields from which on a spec counts as met, and as nearly met."""

TABLE = Markup(
    '<div class="scroll" tabindex="0"><table><caption class="sr-only">Yield of every spec</caption><thead><tr>'
    '<th scope="col">Spec</th><th scope="col" class="num">Target</th><th scope="col" class="num">Mean</th>'
    '<th scope="col" class="num">Sigma</th><th scope="col" class="num">Yield</th><th scope="col">95% interval</th>'
    '<th scope="col">Worst samples</th></tr></thead><tbody>{}</tbody></table></div>')


def sample_blocks(task: Task, random: Samples) -> list[dict]:
    found = random.outcome(task.circuit, task.specs)
    spreads = {spread.metric: spread for spread in found.spreads}
    rows = Markup("").join(_row(task, random, row.spec, row.met, spreads[row.spec.metric], row.worst)
                           for row in found.specs)
    title = f"{found.all_met.samples} samples at {place(task.conditions)}: {what_varies(random.draw)}"
    heading = Markup('<h3 class="panel-title">Monte Carlo <span class="quiet">{}</span></h3>').format(title)
    return [block("title", heading), block("yield", _total(task, found)), block("table", TABLE.format(rows))]


def share_kind(share: float) -> str:
    """The colour of a yield."""
    return "met" if share >= GOOD else "nearly" if share >= NEARLY else "failed"


def _total(task: Task, found: Outcome) -> Markup:
    low, high = found.all_met.interval
    failed = f" {found.failed} simulations failed; they meet no spec." if found.failed else ""
    return Markup(
        '<p class="yield"><b>{}</b> yield, all {} specs <span class="interval" aria-hidden="true">'
        '<i style="left:{:.1f}%;width:{:.1f}%"></i><u style="left:{:.1f}%"></u></span> '
        '<span class="quiet">95% interval {} ({} of {}).{}</span></p>').format(
            show_share(found.all_met.share), len(task.specs), 100 * low, 100 * (high - low), 100 * found.all_met.share,
            show_interval(found.all_met), found.all_met.met, found.all_met.samples, failed)


def _row(task: Task, random: Samples, spec: Spec, met: Yield, spread: Spread, worst: Sequence[int]) -> Markup:
    metric = task.circuit.metric(spec.metric)
    kind = share_kind(met.share)
    buttons = Markup(" ").join(
        Markup('<button type="button" class="quiet-button" data-event="open_sample" data-value="{0}" '
               'aria-label="Open sample {0}">{0}</button>').format(random.draw.sample + number) for number in worst)
    return Markup(
        '<tr><th scope="row">{}</th><td class="num">{}</td><td class="num">{}</td><td class="num">{}</td>'
        '<td class="num">'
        '<span class="verdict {}"><i aria-hidden="true">{}</i> {}</span></td><td class="whole">{}</td>'
        '<td class="whole">{}</td></tr>').format(
            metric.title, target(spec, metric.unit), metric.show(spread.mean),
            show_quantity(spread.sigma, metric.unit, 3), kind, WORDS[kind][0], show_share(met.share),
            show_interval(met), buttons)


def histograms(task: Task, random: Samples) -> dict:
    """A figure for every spec, for components.response_plots."""
    found = random.outcome(task.circuit, task.specs)
    return {"figures": [_histogram(task.circuit.metric(row.spec.metric), row.spec, random.measured, row.met)
                        for row in found.specs]}


def _histogram(metric: Metric, spec: Spec, measured: Sequence[Measurement], met: Yield) -> dict:
    """Samples that meet the spec and those that miss it, one upon the other; a line at each target that is near."""
    values = np.array([item.metrics[metric.name] for item in measured
                       if item.ok and item.metrics.get(metric.name) is not None])
    edges = _edges(values)
    good = np.array([spec_score(float(value), spec).met for value in values], bool)
    centres, width = (edges[1:] + edges[:-1]) / 2, float(edges[1] - edges[0])
    bars = [{"type": "bar", "name": name, "x": centres.tolist(), "width": width, "marker": {"color": colour},
             "y": np.histogram(values[chosen], edges)[0].tolist(), "hovertemplate": "%{y} samples around %{x}"
                                                                                     f"<extra>{name}</extra>"}
            for name, chosen, colour in (("met", good, "--met-fill"), ("missed", ~good, "--failed-fill"))]
    low, high = float(edges[0]), float(edges[-1])
    near = [bound for bound in (spec.low, spec.high) if bound is not None and 2 * low - high < bound < 2 * high - low]
    return {
        "title": metric.title, "command": "", "wide": False, "height": HEIGHT, "data": bars,
        "note": f"{target(spec, metric.unit)}; yield {show_share(met.share)}"
                + ("" if near else "; the target is far off"),
        "summary": f"{metric.title}: {met.met} of {met.samples} samples meet {target(spec, metric.unit)}.",
        "layout": {
            "barmode": "stack", "bargap": 0.05, "showlegend": False, "margin": {"l": 34, "r": 30, "t": 6, "b": 30},
            "xaxis": {"tickmode": "array", "tickvals": [low, high], "tickangle": 0,
                      "ticktext": [show_quantity(value, metric.unit, 3) for value in (low, high)]},
            "yaxis": {"nticks": 4}, "annotations": [],
            "shapes": [{"type": "line", "xref": "x", "yref": "paper", "x0": bound, "x1": bound, "y0": 0, "y1": 1,
                        "line": {"color": "--ink", "width": 1.5}} for bound in near]}}


def _edges(values: np.ndarray) -> np.ndarray:
    """Of the bins: from the smallest to the largest value, a little around where these are the same."""
    if not len(values):
        return np.array([0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    pad = 0.0 if high > low else 0.01 * abs(low) or 1.0
    return np.linspace(low - pad, high + pad, min(BINS, max(5, len(values) // 4)) + 1)


def opened_sample(task: Task, conditions: Conditions, measured: Measurement, shifts: Sequence[Deviation],
                  point: OperatingPoint) -> list[dict]:
    """One sample from within: its metrics, what each device has more than nominal, its operating point."""
    cells = []
    for spec in task.specs:
        part = spec_score(measured.metrics.get(spec.metric) if measured.ok else None, spec)
        metric, kind = task.circuit.metric(spec.metric), verdict(part)
        cells.append(Markup('<div><dt>{}</dt><dd>{} <span class="verdict {}"><i aria-hidden="true">{}</i> {}</span>'
                            '</dd></div>').format(metric.title, metric.show(part.value), kind, WORDS[kind][0],
                                             margin_text(metric, spec, part.value)))
    table = device_table(point) if point.ok else Markup('<p class="warning">{}</p>').format(point.log)
    heading = Markup('<h3 class="panel-title">Sample {} <span class="quiet">of seed {}</span></h3>').format(
        conditions.draw.sample, conditions.draw.seed)
    return [block("title", heading),
            block("metrics", Markup('<dl class="entries sample-metrics">{}</dl>').format(Markup("").join(cells))),
            block("shifts", _shifts(shifts)), block("devices", table)]


def _shifts(shifts: Sequence[Deviation]) -> Markup:
    items = Markup("").join(Markup("<li><b>{}</b> {}</li>").format(item.device.upper(), _shift(item))
                            for item in shifts)
    return Markup('<p class="quiet note">What each transistor has more than nominal by mismatch:</p>'
                  '<ul class="shifts">{}</ul>').format(items)


def _shift(item: Deviation) -> str:
    if item.model:
        return ", ".join(f"{name} {value:+.2%}" if name == "toxe" else f"{name} {_signed(value)}"
                         for name, value in item.model)
    return f"Vth {_signed(item.delvto)}V, current {item.mulu0 - 1:+.2%}"


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else ''}{format_si(value, 3)}"
