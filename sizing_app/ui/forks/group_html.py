"""A group of turns to HTML: what training would make of it, and every proposal with its advantage."""

from markupsafe import Markup

from sizing_app.session.groups import GroupState, Sampled
from sizing_app.task.advantage import ALL_SPECS_BONUS, FORMAT_PENALTY, format_errors
from sizing_app.task.turn import Turn
from sizing_app.ui.parts.render import MINUS, block, met_count, reward
from sizing_app.ui.parts.turn_sections import turn_sections

GROUP_STATUS = {"running": "Sampling", "complete": "Complete", "stopped": "Stopped", "failed": "Failed",
                "interrupted": "Interrupted"}
CLASSES = {"running": "running", "complete": "complete", "failed": "failed", "interrupted": "interrupted"}
LARGEST_BAR = 2.5
"""Advantage, in standard deviations, that fills a bar."""
EXPLANATION = (f"Training's reward is the score of the design, {ALL_SPECS_BONUS:g} more if it meets all specs, "
               f"{FORMAT_PENALTY:g} less for an error of form. The advantage is (reward {MINUS} mean) / spread: what "
               "TL-GRPO multiplies the gradient of the proposal with.")


def proposals(state: GroupState) -> list[dict]:
    """One block a proposal, in the order of their numbers."""
    members = zip(state.members, state.rewards, state.advantages, strict=True)
    return [block(f"proposal-{member.number}", _proposal(state, member, earned, advantage))
            for member, earned, advantage in members]


def group_head(state: GroupState) -> list[dict]:
    """How far it is, mean and spread, and what they mean."""
    if state.task is None:
        return []
    figures = [("Proposals", f"{len(state.members)} of {state.size}", "simulated")]
    if state.members:
        best = max(state.members, key=lambda member: member.turn.reward)
        figures += [("Mean reward", f"{state.mean:.3f}", "of training"),
                    ("Spread", f"{state.spread:.3f}", "standard deviation"),
                    ("Best reward", reward(best.turn.reward), f"proposal {best.number + 1}")]
    cells = Markup("").join(Markup("<div><dt>{}</dt><dd>{} <small>{}</small></dd></div>").format(*figure)
                            for figure in figures)
    html = Markup('<section class="group-head" aria-label="Group"><div class="status-line">'
                  '<span class="status {}" role="status">{}</span><span class="detail">{}</span></div>'
                  '<dl class="figures">{}</dl>{}{}<p class="quiet note">{}</p></section>').format(
        CLASSES.get(state.status, ""), GROUP_STATUS[state.status], _detail(state), cells, _verdict(state),
        _storage(state), EXPLANATION)
    return [block("head", html)]


def _proposal(state: GroupState, member: Sampled, earned: float, advantage: float) -> Markup:
    turn = member.turn
    title = f"Proposal {member.number + 1}"
    return Markup('<article class="turn proposal" aria-label="{}"><header><h3>{}</h3>{}{}{}</header>'
                  '<p class="prose">{}</p><details class="design"><summary>Reply, call and result</summary>'
                  '<div class="turn-body">{}</div></details></article>').format(
        title, title, _rewards(state, turn, earned), _bar(advantage), _continue(member),
        turn.proposal.reasoning or "No reasoning.", turn_sections(state.task, state.history, turn))


def _rewards(state: GroupState, turn: Turn, earned: float) -> Markup:
    met = f"{met_count(turn.score)} specs met" if turn.score else "ended the session"
    errors = format_errors(turn, state.history)
    note = Markup(' <small title="{}">error of form</small>').format(" ".join(errors)) if errors else ""
    return Markup('<span class="reward">reward <b>{}</b></span><span>{}</span>'
                  '<span class="quiet">training {:.3f}{}</span>').format(
        reward(turn.reward) if turn.score else "\u2013", met, earned, note)


def _bar(advantage: float) -> Markup:
    """The advantage as a number and a bar to the left or right of the middle."""
    width = min(abs(advantage) / LARGEST_BAR, 1.0) * 50
    left = 50 if advantage >= 0 else 50 - width
    kind = "up" if advantage > 0 else "down" if advantage < 0 else ""
    return Markup('<span class="advantage {}"><span>advantage <b>{}</b></span><span class="bar" aria-hidden="true">'
                  '<i style="left:{:.1f}%;width:{:.1f}%"></i></span></span>').format(
        kind, signed(advantage), left, width)


def signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", MINUS) if value else "0"


def _continue(member: Sampled) -> Markup | str:
    if member.turn.measurement is None:
        return ""
    return Markup('<button type="button" class="fork" data-event="go_on" data-value="{}" aria-label="Continue '
                  'proposal {} as a new session">Continue</button>').format(member.number, member.number + 1)


def _detail(state: GroupState) -> str:
    after = state.history[-1].index
    place = f"from the history up to turn {after}" if after else "from the initial design"
    return f"{place}, policy {state.policy}" + (f": {state.message}" if state.message else "")


def _verdict(state: GroupState) -> Markup | str:
    """What the group would teach, once it is complete."""
    if state.running or len(state.members) < 2:
        return ""
    if state.alike:
        text = ("All proposals are the same: from this history the policy always proposes the same design. Without any "
                "spread every advantage is 0, and nothing could be learnt from the group.")
    elif not state.teaches:
        text = ("The proposals differ, but their rewards do not: every advantage is 0, and training would drop the "
                "group.")
    else:
        above = sum(advantage > 0 for advantage in state.advantages)
        text = (f"Training would make {above} of the {len(state.members)} proposals more likely from this history, and "
                f"{len(state.members) - above} less likely.")
    return Markup('<p class="verdict-line">{}</p>').format(text)


def _storage(state: GroupState) -> Markup | str:
    if not state.storage_problem:
        return ""
    return Markup('<p class="warning" role="alert">The latest proposals are not stored: {}</p>').format(
        state.storage_problem)
