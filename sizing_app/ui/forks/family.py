"""Where a session comes from and what continues it, as links."""

from collections.abc import Sequence

from markupsafe import Markup

from sizing_app.store import SessionSummary
from sizing_app.ui.parts.render import reward


def family_html(line: Sequence[SessionSummary], children: Sequence[SessionSummary]) -> Markup:
    """Links to the sessions that led to this one, and to those that continue it; nothing for one that stands alone."""
    *before, own = line
    parts = []
    if before:
        places = [step.parent_turn for step in line[1:]]
        links = Markup(" \u203a ").join(
            Markup('{} <small class="quiet">{}</small>').format(_link(step), _after(place))
            for step, place in zip(before, places, strict=True))
        parts.append(Markup('<span>Continues {} \u203a <b>{}</b></span>').format(links, own.id))
    if children:
        links = Markup(", ").join(
            Markup('{} <small class="quiet">{}, {}, best {}</small>').format(
                _link(child), _after(child.parent_turn), child.policy,
                "\u2013" if child.best_reward is None else reward(child.best_reward)) for child in children)
        parts.append(Markup("<span>Continued by {}</span>").format(links))
    if not parts:
        return Markup("")
    return Markup('<nav class="family" aria-label="Family of the session">{}</nav>').format(Markup("").join(parts))


def _link(session: SessionSummary) -> Markup:
    return Markup('<a href="?session={}">{}</a>').format(session.id, session.id)


def _after(turn: int | None) -> str:
    return "from its best design" if turn is None else f"after turn {turn}"
