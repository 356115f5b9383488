"""The checks of a session's best design as parts of its page: what runs, and what was found."""

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from sizing_app.checks import Check, Kind
from sizing_app.evaluate.signoff import UNCHECKED, Checked
from sizing_app.session.events import SessionState
from sizing_app.ui.live.board import Parts
from sizing_app.ui.parts.render import block, duration
from sizing_app.ui.services import Services
from sizing_app.ui.signoff.asked import SheetBasis, checked_of, design_of, sheet_basis
from sizing_app.ui.signoff.asked_front import is_front_of
from sizing_app.ui.signoff.corner_panel import corner_blocks
from sizing_app.ui.signoff.front_panel import NO_FRONT, front_blocks, front_figure
from sizing_app.ui.signoff.sample_panel import histograms, sample_blocks
from sizing_app.ui.signoff.sensitivity_panel import sensitivity_blocks

NO_CHECKS: Parts = {"checks": [], "corners": [], "samples": [], "histograms": {"figures": []}, "sensitivity": [],
                    "front": [], "trade": NO_FRONT}
TITLES: dict[Kind, str] = {"corners": "Corners", "samples": "Monte Carlo", "sensitivity": "Sensitivity",
                           "report": "Report", "front": "Front"}
STOP = Markup('<p class="check"><button type="button" class="quiet-button" data-event="halt" data-value="{}" '
              'aria-label="Stop {}">Stop</button></p>')


def check_parts(services: Services, state: SessionState, session_id: str) -> Iterator[tuple[Parts, Checked]]:
    """The parts now and after every change until no check runs; with each what is known for the verdict."""
    design = design_of(state)
    if design is None:
        yield NO_CHECKS, UNCHECKED
        return
    for checks in services.checks.follow(design):
        checks = own_checks(state, checks)
        checked, task = checked_of(services, state), state.task
        corners, random = checked.corners, checked.random
        found, front = (checks[kind].result if kind in checks else None for kind in ("sensitivity", "front"))
        lines = _lines(checks, session_id, sheet_basis(services, state))
        yield {"checks": lines, "corners": corner_blocks(task, corners) if corners else [],
               "samples": sample_blocks(task, random) if random else [],
               "histograms": histograms(task, random) if random else NO_CHECKS["histograms"],
               "sensitivity": sensitivity_blocks(task, found) if found else [],
               "front": front_blocks(front, session_id) if front else [],
               "trade": front_figure(front) if front else NO_FRONT}, checked


def own_checks(state: SessionState, checks: Mapping[Kind, Check]) -> dict[Kind, Check]:
    """Those of a design's checks that are of this session: a report by other specs, or a front of another task, is of
    another one that has found the same design."""
    return {kind: check for kind, check in checks.items()
            if (kind != "report" or check.settings.specs == state.task.specs)
            and (kind != "front" or is_front_of(state, check.settings))}


def _lines(checks: Mapping[Kind, Check], session_id: str, basis: SheetBasis) -> list[dict]:
    """A line for each check that is not at its end or not shown elsewhere. The button that stops one is a piece of its
    own: it stays while the progress beside it is redrawn, under a finger that presses it and with the focus."""
    lines = []
    for kind, title in TITLES.items():
        if kind in checks and (line := _line(title, checks[kind], session_id, basis)):
            lines += [block(kind, line)]
            lines += [block(f"{kind}-stop", STOP.format(kind, title))] if checks[kind].status == "running" else []
    return lines


def _line(title: str, check: Check, session_id: str, basis: SheetBasis) -> Markup | str:
    if check.status == "running":
        done, most, what = _progress(check)
        return Markup(
            '<p class="check"><b class="busy">{0}</b> <progress value="{1}" max="{2}" aria-label="{0}: {3}">'
            '</progress> <span class="quiet">{3}</span></p>').format(title, done, most, what)
    if check.status == "failed":
        return Markup('<p class="warning" role="alert">{} failed: {}</p>').format(title, check.message)
    if check.status == "stopped":
        return Markup('<p class="check quiet" role="status">{} stopped after {} simulations.</p>').format(
            title, check.done)
    if check.kind == "report" and check.settings != basis:
        return Markup('<p class="check quiet" role="status">Report outdated: other checks have ended '
                      'since it was made.</p>')
    if check.kind == "report":
        return Markup('<p class="check" role="status"><b>Report ready</b> <a class="button" download '
                      'href="export/{0}/datasheet">Download HTML</a> '
                      '<a download href="export/{0}/datasheet-md">Markdown</a></p>').format(session_id)
    return Markup('<p class="check quiet" role="status">{}: {} simulations in {}.</p>').format(
        title, check.done, duration(check.seconds))


def _progress(check: Check) -> tuple[int, int, str]:
    """How much is done, of how much, and in words: simulations, of a front bounds as well."""
    if check.kind == "front" and check.result is not None:
        done, most = len(check.result.sessions), len(check.result.sweep.bounds)
        return done, most, f"{done} of {most} bounds, {check.done} simulations"
    most = check.submitted or 1
    return check.done, most, f"{check.done} of {most} simulations"
