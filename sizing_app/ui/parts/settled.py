"""Where a search has ended because its goal does not become any better: on what evidence, and what can be done."""

from markupsafe import Markup

from sizing_app.search.words import promise
from sizing_app.session.events import SessionState


def settled(state: SessionState) -> Markup:
    """What the latest turn says; nothing while the goal is pushed."""
    found = state.history[-1].proposal.settled if state.history else None
    if found is None or state.task.goal is None or state.running:
        return Markup("")
    return Markup(
        '<p class="settled" role="note"><b>Settled</b> after {} designs, before the budget was spent. {} Found by '
        'trying, so no proof: Continue goes on past it.</p>').format(found.designs, promise(state.task, found))
