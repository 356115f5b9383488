"""A front: the trade as a picture, its designs in a table, the session of each bound."""

from markupsafe import Markup

from sizing_app.circuit.definition import Metric
from sizing_app.circuit.units import show_quantity
from sizing_app.evaluate.front import Bound, Front, Point
from sizing_app.ui.parts.render import block, counted

HEIGHT = 300
"""Pixels of the picture."""
HEAD = ('<div class="scroll" tabindex="0"><table><caption class="sr-only">Designs of the front</caption><thead><tr>'
        '<th scope="col" class="num">{}</th><th scope="col" class="num">{}</th><th scope="col">Design</th>'
        '</tr></thead><tbody>{}</tbody></table></div>')
NO_FRONT = {"figures": []}


def front_blocks(front: Front, session_id: str) -> list[dict]:
    """Title, and once there is a design a table; the sessions of the bounds, below."""
    asked = front.sweep
    swept, against = _metrics(front)
    title = Markup('<h3 class="panel-title">Front <span class="quiet">{} against {}: {} of {} bounds, {:,} simulations'
                   '</span></h3>').format(swept.title, against.title, len(front.sessions), len(asked.bounds),
                                          sum(item.simulations for item in front.sessions))
    if not front.sessions:
        return [block("title", title)]
    rows = Markup("").join(_row(point, swept, against) for point in front.points)
    table = Markup(HEAD).format(swept.title, against.title, rows) if front.points else Markup(
        '<p class="quiet">No design meets all specs at any of these bounds.</p>')
    csv = Markup('<p class="next"><span>{} that no other one beats in both.</span> <a class="button" download '
                 'href="export/{}/front">Download CSV</a></p>').format(counted(len(front.points), "design"), session_id)
    return [block("title", title), block("table", table), *([block("csv", csv)] if front.points else []),
            block("sessions", _sessions(front, swept, against))]


def front_figure(front: Front) -> dict:
    """The trade, for components.response_plots: the front, and the best design of each bound."""
    swept, against = _metrics(front)
    if not front.points:
        return NO_FRONT
    best = [item.best for item in front.sessions if item.best is not None]
    data = [_curve("Front", front.points, swept, against, {
        "mode": "lines+markers", "line": {"width": 1.5, "color": "--plot-turn"},
        "marker": {"size": 8, "color": "--plot-turn"}}),
        _curve("Best design of a bound", best, swept, against, {
            "mode": "markers", "marker": {"size": 14, "symbol": "circle-open", "color": "--plot-best",
                                          "line": {"width": 2}}})]
    return {"figures": [{
        "title": "", "command": "", "note": "", "wide": True, "height": HEIGHT, "data": data,
        "summary": f"Front of {len(front.points)} designs: {against.title} against {swept.title}.",
        "layout": {"showlegend": True, "uirevision": "front", "margin": {"l": 70, "r": 16, "t": 30, "b": 44},
                   "xaxis": _axis(swept, [point.swept for point in (*front.points, *best)]),
                   "yaxis": _axis(against, [point.against for point in (*front.points, *best)])}}]}


def _metrics(front: Front) -> tuple[Metric, Metric]:
    circuit = front.sweep.base.circuit
    return circuit.metric(front.sweep.metric), circuit.metric(front.sweep.against)


def _curve(name: str, points, swept: Metric, against: Metric, style: dict) -> dict:
    return {"type": "scatter", "name": name, "x": [point.swept for point in points],
            "y": [point.against for point in points],
            "text": [f"{swept.title} {swept.show(point.swept)}<br>{against.title} {against.show(point.against)}<br>"
                     f"turn {point.turn} of {point.session}" for point in points],
            "hovertemplate": "%{text}<extra></extra>", **style}


def _axis(metric: Metric, values: list[float]) -> dict:
    """With ends and middle as people write them."""
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    ticks = [low, (low + high) / 2, high] if high > low else [low]
    return {"title": {"text": metric.title}, "range": [low - room, high + room], "tickmode": "array",
            "tickvals": ticks, "ticktext": [show_quantity(tick, metric.unit, 3) for tick in ticks]}


def _row(point: Point, swept: Metric, against: Metric) -> Markup:
    return Markup('<tr><td class="num">{}</td><td class="num">{}</td><td>{}</td></tr>').format(
        swept.show(point.swept), against.show(point.against), _link(point))


def _link(point: Point) -> Markup:
    return Markup('<a href="?review={0}&amp;turn={1}">turn {1} of {0}</a>').format(point.session, point.turn)


def _sessions(front: Front, swept: Metric, against: Metric) -> Markup:
    sign = "\u2264" if front.sweep.spec.kind == "upper" else "\u2265"
    items = Markup("").join(Markup('<li>{} {} {}: {} <a href="?session={}">session {}</a></li>').format(
        swept.title, sign, swept.show(item.bound), _ended(item, against), item.session, item.session)
        for item in front.sessions)
    return Markup('<details><summary>The session of each bound</summary><ul class="front-sessions">{}</ul></details>'
                  ).format(items)


def _ended(item: Bound, against: Metric) -> str:
    found = "not met" if item.best is None else f"{against.title} {against.show(item.best.against)}"
    return f"{found}, {counted(item.simulations, 'simulation')}."
