"""Where a search holds that no design meets all specs: which ones are in each other's way, and what would do."""

from markupsafe import Markup

from sizing_app.session.events import SessionState
from sizing_app.task.infeasible import Infeasible

NOTE = ("Found by trying, so no proof. Loosen one of the bounds, give a parameter more room, or let the search go on: "
        "it keeps trying.")


def conflict(state: SessionState) -> Markup:
    """What the latest turn says; nothing where a design meets all specs, or where no search says so."""
    found = state.history[-1].proposal.infeasible if state.history else None
    if found is None or state.best is None or state.best.score.passed:
        return Markup("")
    circuit, rows = state.task.circuit, Markup("")
    for item in found.conflict:
        metric = circuit.metric(item.spec.metric)
        rows += Markup('<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>').format(
            metric.title, item.spec.show(metric.unit), metric.show(item.value), item.loosened.show(metric.unit))
    return Markup(
        '<section class="conflict" role="note"><h3>No design seems to meet all specs together</h3><p>{}</p>'
        '<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Spec</th><th scope="col">Asked</th>'
        '<th scope="col">At best, all others held</th><th scope="col">This alone would do</th></tr></thead>'
        '<tbody>{}</tbody></table></div><p class="quiet">{}</p></section>').format(_nearest(state, found), rows, NOTE)


def _nearest(state: SessionState, found: Infeasible) -> str:
    where = "one of an earlier session" if found.nearest is None else f"that of turn {found.nearest}"
    missed = ", ".join(state.task.circuit.metric(name).title for name in found.missed)
    return f"Of {found.designs} designs the nearest is {where}; it misses {missed}."
