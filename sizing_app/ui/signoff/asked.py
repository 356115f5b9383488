"""What people ask of the best design of a session that has ended: which design that is, and a check of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sizing_app.checks import Kind
from sizing_app.circuit.conditions import Draw
from sizing_app.circuit.definition import Spec
from sizing_app.circuit.validation import Invalid, is_whole
from sizing_app.circuit.variation import first_sample, read_pelgrom
from sizing_app.errors import PolicyError
from sizing_app.evaluate.corners import Spots, spots_of
from sizing_app.evaluate.datasheet import Datasheet, datasheet
from sizing_app.evaluate.signoff import Checked, Design, check_corners, check_samples, check_sensitivity
from sizing_app.session.events import SessionState
from sizing_app.simulator.inspection import Inspector
from sizing_app.simulator.shared import Shared
from sizing_app.task.over import covers_corners
from sizing_app.ui.services import Services

SAMPLES, MOST_SAMPLES = 200, 2000
"""Of a Monte Carlo check, by default and at most."""


class CannotCheck(PolicyError):
    """The message says why."""


@dataclass(frozen=True)
class SheetBasis:
    """What a datasheet judges a design by; with other specs, or more that was checked, it is another datasheet."""

    specs: tuple[Spec, ...]
    checked: Checked


def design_of(state: SessionState) -> Design | None:
    """The best design of a session that has ended, under the session's own conditions."""
    best = state.best
    if state.running or best is None or best.proposal.parameters is None or not best.measurement.ok:
        return None
    return Design(state.task.circuit, best.proposal.parameters, state.task.conditions)


def corners_of(services: Services, state: SessionState) -> Spots | None:
    """Where the best design was measured: by the session itself if that is over all corners, else by a check."""
    design, task = design_of(state), state.task
    if design is None:
        return None
    if task.plan is not None and not task.plan.samples and covers_corners(task) and not state.best.measured_at:
        return spots_of(task, state.best)
    return services.checks.result(design, "corners")


def checked_of(services: Services, state: SessionState) -> Checked:
    """What is known of the best design now, for the verdict."""
    design = design_of(state)
    return Checked(corners_of(services, state), design and services.checks.result(design, "samples"))


def sheet_basis(services: Services, state: SessionState) -> SheetBasis:
    """Of a datasheet that is made now."""
    return SheetBasis(state.task.specs, checked_of(services, state))


def sheet_of(services: Services, state: SessionState) -> Datasheet:
    """The datasheet of the best design with all that was checked: the one that was made if it is that, else it is made
    now and counts as a check. Raises CannotCheck, Busy, and SimulatorError where it cannot be simulated."""
    design, basis = known(state), sheet_basis(services, state)
    made = services.checks.of(design).get("report")
    if made is not None and made.status == "done" and made.settings == basis:
        return made.result
    with services.check() as simulator:
        return _sheet(design, basis, simulator)


def ask(services: Services, state: SessionState, kind: Kind, count: object = SAMPLES, pelgrom: str = "") -> str:
    """Start a check, or join one that is the same; returns its id. ``count``: samples of Monte Carlo; ``pelgrom``:
    coefficients to assume where the foundry gives none. Raises CannotCheck, and Busy."""
    design, settings = known(state), None
    work: Callable[[Inspector], Any]
    match kind:
        case "corners":
            def work(simulator: Inspector) -> Spots:
                return check_corners(design, simulator)
        case "samples":
            if not is_whole(count, 2, MOST_SAMPLES):
                raise CannotCheck(f"Samples: expected a whole number from 2 to {MOST_SAMPLES}.")
            draw, number = _draw(design, pelgrom), int(count)
            settings = (draw, number)

            def work(simulator: Inspector):
                return check_samples(design, draw, number, simulator)
        case "sensitivity":
            settings = _assumed(pelgrom)

            def work(simulator: Inspector):
                return check_sensitivity(design, simulator, pelgrom=_assumed(pelgrom))
        case "report":
            settings = basis = sheet_basis(services, state)

            def work(simulator: Inspector) -> Datasheet:
                return _sheet(design, basis, simulator)
    return begin(services, design, kind, settings, work)


def begin(services: Services, design: Design, kind: Kind, settings: object, work: Callable[[Shared], Any]) -> str:
    """Start a check, or join one that is the same; returns its id. Raises Busy."""
    if (same := services.checks.standing(design, kind, settings)) is not None:
        return same
    with services.admitted(check=True) as room:
        id = services.checks.start(design, kind, settings, work, services.simulator)
        services.shares.note(id, room)
    return id


def no_coefficients(design: Design) -> str:
    """Why there are no random samples unless coefficients are assumed; empty where there are."""
    try:
        first_sample(design.circuit, design.conditions)
    except ValueError as error:
        return str(error)
    return ""


def known(state: SessionState) -> Design:
    """As ``design_of``. Raises CannotCheck where there is none."""
    design = design_of(state)
    if design is None:
        raise CannotCheck("There is a design to check once the session has ended with one that can be simulated.")
    return design


def _draw(design: Design, pelgrom: str) -> Draw:
    try:
        return first_sample(design.circuit, design.conditions, pelgrom=_assumed(pelgrom))
    except ValueError as error:
        raise CannotCheck(f"No random samples: {error}.") from error


def _assumed(pelgrom: str) -> tuple[float, float] | None:
    """Coefficients that a person assumes. Raises CannotCheck."""
    try:
        return read_pelgrom(pelgrom) if (pelgrom or "").strip() else None
    except Invalid as error:
        raise CannotCheck(f"{error}.") from error


def _sheet(design: Design, basis: SheetBasis, simulator: Inspector) -> Datasheet:
    return datasheet(design, basis.specs, simulator, basis.checked.corners, basis.checked.random)
