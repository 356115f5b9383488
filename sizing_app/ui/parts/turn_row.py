"""A turn in one line of the table: what the policy changed and whether what it said is true, what the simulator
measured and what is missed most."""

from collections.abc import Sequence

from markupsafe import Markup

from sizing_app.circuit.definition import Parameter
from sizing_app.task.definition import Task
from sizing_app.task.turn import Turn
from sizing_app.ui.parts.render import WORDS, block, duration, margin_text, met_count, reward, verdict
from sizing_app.ui.parts.turn_sections import OUTCOME, changed, latest_parameters

NAMED = 3
"""Changes that are written out; the others are counted."""
MISSED = 2
HEAD = Markup(
    '<div class="turn-head" aria-hidden="true"><span class="by">Turn</span><span>Reward</span>'
    '<span class="by policy">Policy: what it changed</span><span class="policy">What it said</span>'
    '<span class="by simulator">Simulator: met</span><span class="simulator">Missed most</span>'
    '<span class="simulator">Time</span></div>')


def with_head(blocks: list[dict]) -> list[dict]:
    """The turns below the titles of their columns."""
    return [block("head", HEAD), *blocks] if blocks else []


def turn_row(task: Task, former: Sequence[Turn], turn: Turn, best: bool) -> Markup:
    """The cells of a turn that follows the turns ``former``."""
    mark = Markup(' <span class="badge">best</span>') if best else ""
    cells = (("turn-name", Markup("{}{}").format(f"Turn {turn.index}" if turn.index else "Start", mark)),
             ("turn-reward reward", Markup('<span class="sr-only">reward </span>{}').format(reward(turn.reward))
              if turn.score else "\u2013"),
             ("policy", _by_person(turn) + _moves(task, former, turn)), ("policy", _said(turn)),
             ("simulator", Markup('{} <span class="sr-only">specs met</span>').format(met_count(turn.score))
              if turn.score else ""),
             ("simulator", _missed(task, turn)),
             ("simulator time", duration(turn.measurement.seconds) if turn.measurement else ""))
    return Markup("").join(Markup('<span class="{}">{}</span>').format(*cell) for cell in cells)


def _by_person(turn: Turn) -> Markup:
    """A mark where the policy acted on a person's words."""
    planned = turn.proposal.own_reasoning is not None
    return Markup('<span class="mine">a person\'s plan</span> ' if planned else "")


def _moves(task: Task, former: Sequence[Turn], turn: Turn) -> Markup | str:
    """Parameters that differ from the turn before, from and to."""
    values, before = turn.proposal.parameters, latest_parameters(former)
    if not turn.index:
        return "where the session starts"
    if values is None:
        return "ended the session" if turn.measurement is None else "no valid call"
    moved = [parameter for parameter in task.circuit.parameters
             if before is None or changed(before[parameter.name], values[parameter.name])]
    if not moved:
        return "nothing"
    shown = Markup(" ").join(_move(parameter, before and before[parameter.name], values[parameter.name])
                             for parameter in moved[:NAMED])
    more = len(moved) - NAMED
    return shown + (Markup(' <span class="quiet">+{}</span>').format(more) if more > 0 else "")


def _move(parameter: Parameter, before: float | None, value: float) -> Markup:
    was = "" if before is None else parameter.show(before, 3)
    now = parameter.show(value, 3)
    if was.rpartition(" ")[2] == now.rpartition(" ")[2] and " " in was:
        was = was.rpartition(" ")[0]
    return Markup('<span class="move"><code>{}</code> {}\u2192{}</span>').format(parameter.name, was, now)


def _said(turn: Turn) -> Markup | str:
    checked = [claim.true for claim in turn.claims if claim.true is not None]
    if not checked:
        return ""
    return Markup('<span class="verdict {}">{} of {} true</span>').format(
        "met" if all(checked) else "nearly", sum(checked), len(checked))


def _missed(task: Task, turn: Turn) -> Markup | str:
    """The specs that lack most, each by how much; why there is no value where the simulation failed."""
    if turn.measurement is None or turn.score is None:
        return ""
    if not turn.measurement.ok:
        return _mark("failed", OUTCOME[turn.measurement.status])
    missed = sorted(((part.margin if part.margin is not None else -1e9, place) for place, part
                     in enumerate(turn.score.specs) if not part.met))
    if not missed:
        return _mark("met", "none")
    marks = []
    for _, place in missed[:MISSED]:
        part, spec = turn.score.specs[place], task.specs[place]
        metric = task.circuit.metric(spec.metric)
        marks.append(_mark(verdict(part), f"{metric.name} {margin_text(metric, spec, part.value) or 'no value'}"))
    more = len(missed) - MISSED
    return Markup(" ").join(marks) + (Markup(' <span class="quiet">+{}</span>').format(more) if more > 0 else "")


def _mark(kind: str, text: str) -> Markup:
    return Markup('<span class="verdict {}"><i aria-hidden="true">{}</i> {}</span>').format(kind, WORDS[kind][0], text)
