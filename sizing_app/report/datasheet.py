"""The datasheet of a design as one HTML file that needs nothing else, or as Markdown."""

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined

from sizing_app.circuit.netlist import sized_netlist
from sizing_app.circuit.units import show_quantity, show_share
from sizing_app.evaluate.datasheet import Datasheet
from sizing_app.evaluate.signoff_documents import show_interval
from sizing_app.report.plots import response_plots
from sizing_app.report.schematic import sized_schematic
from sizing_app.session.events import SessionState
from sizing_app.simulator.device_table import COLUMNS, NOTE, device_cells
from sizing_app.task.turn import Turn


def html(found: Datasheet, origin: str, session: SessionState | None = None, turn: Turn | None = None) -> str:
    """``origin``: how the design was found, in words; ``session`` and ``turn``: those that found it."""
    plots = response_plots(found.circuit, found.waves.vectors, found.nominal.metrics) if found.waves.ok else []
    drawing = sized_schematic(found.circuit, found.parameters, found.conditions)
    return _templates(True).get_template("datasheet.html").render(_values(found, origin, session, turn),
                                                                  plots=plots, schematic=drawing)


def markdown(found: Datasheet, origin: str, session: SessionState | None = None, turn: Turn | None = None) -> str:
    """Without drawings."""
    return _templates(False).get_template("datasheet.md").render(_values(found, origin, session, turn))


@functools.cache
def _templates(escaped: bool) -> Environment:
    environment = Environment(loader=PackageLoader("sizing_app.report"), autoescape=escaped, undefined=StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    environment.filters["cell"] = lambda text: " ".join(str(text).split()).replace("|", "\\|")
    return environment


def _values(found: Datasheet, origin: str, session: SessionState | None, turn: Turn | None) -> dict:
    circuit = found.circuit
    return {
        "sheet": found, "circuit": circuit, "origin": origin, "rows": _rows(found), "verdict": _verdict(found),
        "parameters": [(parameter.name, parameter.show(found.parameters[parameter.name]), parameter.role)
                       for parameter in circuit.parameters],
        "yields": _yields(found), "device_head": [" ".join(column).strip() for column in COLUMNS],
        "devices": [device_cells(device) for device in found.point.devices], "device_note": NOTE,
        "netlist": sized_netlist(circuit, found.parameters, found.conditions), "turns": _turns(session),
        "reasoning": turn.proposal.reasoning if turn else "",
    }


def _verdict(found: Datasheet) -> str:
    """One sentence, with the conditions that were checked."""
    count = len(found.specs)
    nominal = f"{found.met_nominal} of {count} specs met at {found.conditions.show()}"
    corners = f"{found.met_corners} of {count} over {found.corners} corners, temperatures and supplies"
    failed = f" ({found.failed} of these simulations failed)" if found.failed else ""
    if found.spread is None:
        return f"{nominal}; {corners}{failed}; random variation not checked."
    share = found.spread.all_met
    return (f"{nominal}; {corners}{failed}; yield {show_share(share.share)} of {share.samples} samples "
            f"(95%: {show_interval(share)}).")


def _rows(found: Datasheet) -> list[dict]:
    rows = []
    for row in found.rows:
        metric, case = found.circuit.metric(row.metric), row.worst
        rows.append({"title": metric.title, "name": metric.name, "definition": metric.definition,
                     **{key: metric.show(getattr(row, key)) for key in ("low", "typical", "high")},
                     "target": case.spec.show(metric.unit) if case else "",
                     "nominal": "" if row.met_nominal is None else "met" if row.met_nominal else "missed",
                     "corners": "" if case is None else "met" if case.score.met else "missed",
                     "where": case.conditions.show() if case else ""})
    return rows


def _yields(found: Datasheet) -> list[tuple[str, ...]]:
    if found.spread is None:
        return []
    spreads, rows = {item.metric: item for item in found.spread.spreads}, []
    for row in found.spread.specs:
        metric, spread = found.circuit.metric(row.spec.metric), spreads[row.spec.metric]
        rows.append((metric.title, row.spec.show(metric.unit), show_quantity(spread.mean, metric.unit, 3),
                     show_quantity(spread.sigma, metric.unit, 3), show_share(row.met.share),
                     show_interval(row.met)))
    return rows


def _turns(session: SessionState | None) -> list[tuple[str, ...]]:
    if session is None:
        return []
    return [(str(turn.index), f"{turn.reward:.3f}", f"{sum(part.met for part in turn.score.specs)} of "
             f"{len(turn.score.specs)}", str(turn.simulations)) for turn in session.history if turn.score is not None]
