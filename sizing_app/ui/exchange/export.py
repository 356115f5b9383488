"""A design as netlist, JSON, CSV, package or datasheet, a session as HTML or JSON Lines; the routes that serve them."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from sizing_app.circuit.expressions import ExpressionError
from sizing_app.circuit.netlist import sized_netlist
from sizing_app.circuit.pdk import ModelError
from sizing_app.errors import PolicyError, SimulatorError, StoreError
from sizing_app.evaluate.front_documents import front_csv
from sizing_app.evaluate.package import package
from sizing_app.session.documents import csv_text
from sizing_app.session.events import SessionState, fold
from sizing_app.report import datasheet as datasheet_report
from sizing_app.session.file import write_session
from sizing_app.task.definition import Task
from sizing_app.task.turn import Turn
from sizing_app.ui.exchange.report import report
from sizing_app.ui.parts.live_plot import PLOTLY_URL, plotly_script
from sizing_app.ui.services import Services
from sizing_app.ui.signoff.asked import checked_of, design_of, sheet_of
from sizing_app.ui.signoff.check_parts import own_checks
from sizing_app.ui.visitors import Busy, asked_by

PLACE = ("corner", "temperature", "supply", "load", "sample")
"""Columns of CSV that say where a metric was measured."""


def to_netlist(state: SessionState, turn: Turn) -> str:
    return sized_netlist(state.task.circuit, turn.proposal.parameters, state.task.conditions)


def to_json(state: SessionState, turn: Turn) -> str:
    """The design with everything needed to simulate it again, and where each metric was measured; SI units."""
    task, conditions, at = state.task, state.task.conditions, _points_of(state.task, turn)
    return json.dumps({
        "circuit": task.circuit.name, "policy": state.policy, "seed": task.seed, "turn": turn.index,
        "reward": turn.reward, "passed": turn.score.passed, "goal": task.goal and task.goal.show(),
        "goal_value": task.goal and task.goal.of(task.circuit, turn),
        "conditions": {"corner": conditions.corner, "temperature": conditions.temperature,
                       "supply": conditions.supply, "load": conditions.load},
        "plan": task.plan and {"rule": task.plan.rule, "share": task.plan.share, "sigmas": task.plan.sigmas,
                               "points": [point.document() for point in task.plan.points]},
        "parameters": dict(turn.proposal.parameters), "metrics": dict(turn.measurement.metrics),
        "metrics_at": {metric: _place(task, number) for metric, number in at.items()},
        "specs": [{"metric": spec.metric, "low": spec.low, "high": spec.high, "met": part.met}
                  for spec, part in zip(task.specs, turn.score.specs, strict=True)],
    }, indent=2, allow_nan=False) + "\n"


def to_csv(state: SessionState, turn: Turn) -> str:
    """One row a parameter and a metric: kind, name, value, unit, low, high, met; of a metric where it was measured."""
    task, circuit, at, rows = state.task, state.task.circuit, _points_of(state.task, turn), io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(("kind", "name", "value", "unit", "low", "high", "met", *PLACE))
    for parameter in circuit.parameters:
        value = turn.proposal.parameters[parameter.name]
        writer.writerow(("parameter", parameter.name, f"{value:.9g}", csv_text(parameter.unit), _bound(parameter.low),
                         _bound(parameter.high), "", *[""] * len(PLACE)))
    parts = {part.metric: part for part in turn.score.specs}
    specs = {spec.metric: spec for spec in task.specs}
    for metric in circuit.metrics:
        value, spec, part = turn.measurement.metrics.get(metric.name), specs.get(metric.name), parts.get(metric.name)
        writer.writerow(("metric", metric.name, "" if value is None else f"{value:.9g}", csv_text(metric.unit),
                         _bound(spec and spec.low), _bound(spec and spec.high),
                         "" if part is None else str(part.met).lower(), *_place_cells(task, at[metric.name])))
    return rows.getvalue()


def _points_of(task: Task, turn: Turn) -> dict[str, int]:
    """By metric, the number of the task's point that its value is of: where its spec has the least room; without a
    spec the first one. A point that failed stands for all."""
    parts = turn.score.specs
    first = min(turn.by_point(), default=0) if turn.measurement.ok or not parts else parts[0].at
    return {**{metric.name: first for metric in task.circuit.metrics}, **{part.metric: part.at for part in parts}}


def _place(task: Task, number: int) -> dict:
    """Corner, temperature, supply, load, and the sample if it is one; of samples that are judged as one, how many."""
    if task.plan is None or number not in task.plan.pooled:
        return task.points[number].document()
    return {**replace(task.points[number], draw=None).document(), "samples": len(task.plan.pooled),
            "sigmas": task.plan.sigmas}


def _place_cells(task: Task, number: int) -> tuple[str, ...]:
    """The columns of PLACE."""
    place = _place(task, number)
    sample = f"{place['sigmas']:g} sigma of {place['samples']}" if "samples" in place else ""
    if "draw" in place:
        sample = f"{place['draw']['sample']}"
    return csv_text(place["corner"]), *(f"{place[name]:.9g}" for name in PLACE[1:4]), sample


KINDS: dict[str, tuple[str, str, Callable[[SessionState, Turn], str]]] = {
    "netlist": ("sp", "text/plain", to_netlist),
    "json": ("json", "application/json", to_json),
    "csv": ("csv", "text/csv", to_csv),
}
PACKAGE = "zip"
"""The kind that runs in plain ngspice; the design is simulated for it."""
REPORT = {"datasheet": ("html", "text/html", datasheet_report.html),
          "datasheet-md": ("md", "text/markdown", datasheet_report.markdown)}
"""The datasheet of the best design, of what was checked; the rest is simulated for it."""
SESSION_KINDS = {"html": "text/html", "jsonl": "application/jsonl"}
FRONT = "front"
"""The kind that is the latest front from the best design, as a table."""


class NoSuchFile(ValueError):
    """The message says what there is instead."""


@dataclass(frozen=True)
class File:
    name: str
    media_type: str
    text: str | bytes


def routes(services: Services) -> list[Route]:
    """/export/SESSION/KIND, with ?turn=N for another design than the best one; and the plotting script."""

    def export(request: Request) -> Response:
        kind, session_id = request.path_params["kind"], request.path_params["session_id"]
        try:
            with asked_by(request):
                file = session_file(services, session_id, kind, request.query_params.get("turn"))
        except Busy as error:
            return PlainTextResponse(f"{error}\n", 429)
        except (StoreError, PolicyError, NoSuchFile) as error:
            return PlainTextResponse(f"{error}\n", 404)
        return Response(file.text, media_type=file.media_type,
                        headers={"Content-Disposition": f'attachment; filename="{file.name}"'})

    def plotly(_: Request) -> Response:
        return FileResponse(plotly_script(), media_type="text/javascript",
                            headers={"Cache-Control": "public, max-age=86400"})

    return [Route("/export/{session_id}/{kind}", export), Route(f"/{PLOTLY_URL}", plotly)]


def session_file(services: Services, session_id: str, kind: str, turn: str | None = None) -> File:
    """A session, or the design of one of its turns, the best one by default. Raises StoreError, NoSuchFile, or
    PolicyError where it cannot be simulated for it now."""
    kinds = (*KINDS, PACKAGE, *REPORT, *SESSION_KINDS, FRONT)
    if kind not in kinds:
        raise NoSuchFile(f"Unknown kind {kind!r}: one of {', '.join(kinds)}.")
    events = services.store.events(session_id)
    state = fold(events)
    name = f"{state.task.circuit.name}-{session_id}"
    if kind == "jsonl":
        return File(f"{name}.jsonl", SESSION_KINDS[kind], write_session(session_id, events))
    if kind == "html":
        notes = services.store.notes.read(session_id)
        return File(f"{name}.html", SESSION_KINDS[kind], report(state, session_id, notes, checked_of(services, state)))
    if kind == FRONT:
        return _front(services, state, name)
    found = state.best if turn is None else next((item for item in state.history if str(item.index) == turn), None)
    if found is None or found.proposal.parameters is None or found.score is None:
        raise NoSuchFile("This session has no simulated design there.")
    if kind in REPORT and found is not state.best:
        raise NoSuchFile("There is a datasheet of the best design alone.")
    if kind in REPORT:
        return _datasheet(services, state, session_id, kind, name)
    if kind == PACKAGE:
        return _package(services, state, found, f"{name}-turn{found.index}")
    ending, media_type, write = KINDS[kind]
    try:
        return File(f"{name}-turn{found.index}.{ending}", media_type, write(state, found))
    except ExpressionError as error:  # a design of a former version, with counts that are not whole
        raise NoSuchFile(f"This design cannot be written as a netlist: {error}.") from None


def _package(services: Services, state: SessionState, turn: Turn, name: str) -> File:
    """A design with all that plain ngspice needs. Raises NoSuchFile where it cannot be simulated, and Busy."""
    circuit = state.task.circuit
    try:
        with services.check() as simulator:
            found = package(circuit, turn.proposal.parameters, state.task.conditions, simulator)
    except (SimulatorError, ModelError, ExpressionError) as error:
        raise NoSuchFile(f"This design cannot be packed: {error}.") from None
    return File(f"{name}.zip", "application/zip", found.zipped(circuit.name))


def _front(services: Services, state: SessionState, name: str) -> File:
    """Raises NoSuchFile where there is none."""
    design = design_of(state)
    check = own_checks(state, services.checks.of(design)).get(FRONT) if design else None
    if check is None or check.result is None:
        raise NoSuchFile("There is no front of this session: run one on its page first.")
    return File(f"{name}-front.csv", "text/csv", front_csv(check.result))


def _datasheet(services: Services, state: SessionState, session_id: str, kind: str, name: str) -> File:
    """Raises NoSuchFile where the design cannot be simulated, and Busy."""
    ending, media_type, write = REPORT[kind]
    try:
        found = sheet_of(services, state)
    except SimulatorError as error:
        raise NoSuchFile(f"There is no datasheet of this design: {error}.") from None
    origin = f"Turn {state.best.index} of session {session_id}, {state.policy}, seed {state.task.seed}."
    return File(f"{name}-datasheet.{ending}", media_type, write(found, origin, state, state.best))


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}"
