"""Turns to HTML: reasoning, simulator call with its parameters and what changed, result."""

import re
from collections.abc import Sequence

from markupsafe import Markup

from sizing_app.circuit.definition import Parameter, Parameters
from sizing_app.session.events import LiveTurn, SessionState
from sizing_app.task.definition import Task
from sizing_app.task.turn import Claim, Proposal, Turn
from sizing_app.ui.parts.render import WORDS, block, duration, met_count, percent, reward, verdict

OUTCOME = {"ok": "converged", "not_converged": "did not converge", "timeout": "timed out", "crashed": "crashed",
           "refused": "refused", "no_call": "no valid call"}
_EXPECTED = {True: "came true", False: "did not come true"}
_STATED = {True: "true", False: "not true"}
_TAIL = 1500
"""Characters of a model's thoughts that are shown while it thinks."""
_TAGS = re.compile(r"</?Analyze>|</?tool_call>|<Design End>")
_HALF_TAG = re.compile(r"</?[A-Za-z_ ]{0,10}$")


class Trace:
    """One block for every turn of a session, the newest first, so that what happens now stays in view. Made once for a
    session that grows: a finished turn is drawn once, and again where it becomes or ceases to be the best."""

    def __init__(self, lane: bool = False, forks: bool = True):
        """``lane`` and ``forks`` as for turn_block."""
        self._lane, self._forks, self._history, self._best = lane, forks, (), None
        self._finished: list[dict] = []
        """In the order of the history."""

    def blocks(self, state: SessionState) -> list[dict]:
        if state.history is not self._history:
            self._draw(state)
        current = state.current
        live = [] if current is None else [block(f"turn-{current.index}", _live_turn(state))]
        return [*live, *reversed(self._finished)]

    def _draw(self, state: SessionState) -> None:
        """The turns that are new, and those that are or were the best."""
        known = sum(1 for new, old in zip(state.history, self._history, strict=False) if new is old)
        if known < len(self._history):
            known = 0  # another session, or one that was replayed from the store
        best = state.best and state.best.index
        del self._finished[known:]
        for place, turn in enumerate(state.history):
            if place >= known:
                self._finished.append(self._block(state, turn, best))
            elif best != self._best and turn.index in (best, self._best):
                self._finished[place] = self._block(state, turn, best)
        self._history, self._best = state.history, best

    def _block(self, state: SessionState, turn: Turn, best: int | None) -> dict:
        return turn_block(state, turn, self._lane, self._forks, turn.index == best)


def trace(state: SessionState, forks: bool = True) -> list[dict]:
    """The turns of a session that is looked at once."""
    return Trace(forks=forks).blocks(state)


def turn_block(state: SessionState, turn: Turn, lane: bool = False, forks: bool = True, best: bool = False) -> dict:
    """A finished turn of ``state``; ``best`` marks it. ``forks``: with a button whose event ``fork`` has its index,
    where something answers it; in a ``lane`` beside others, without the button and with call and result folded away."""
    former = [earlier for earlier in state.history if earlier.index < turn.index]
    headline = _headline(turn, former, best)
    if lane:
        return block(f"turn-{turn.index}", _card(turn.index, headline, _folded(state.task, former, turn)))
    button = _fork_button(turn) if forks and turn.measurement is not None else ""
    return block(f"turn-{turn.index}", _card(turn.index, headline + button, turn_sections(state.task, former, turn)))


def turn_sections(task: Task, former: Sequence[Turn], turn: Turn) -> Markup:
    """Reasoning, call and result of a turn that follows the turns ``former``."""
    return Markup("").join((_reasoning(turn.proposal, turn.index, _checked(turn)),
                            _call(task, turn, former), _result(task, turn)))


def _folded(task: Task, former: Sequence[Turn], turn: Turn) -> Markup:
    """As turn_sections, with call and result in a part that opens."""
    return _reasoning(turn.proposal, turn.index, _checked(turn)) + Markup(
        '<details class="design"><summary>Call and result</summary>{}{}</details>').format(
            _call(task, turn, former), _result(task, turn))


def split_reply(text: str) -> tuple[str, str]:
    """Reasoning and call of a reply that may still be growing, without tags, half-written ones included."""
    text = _HALF_TAG.sub("", text)
    cut = min((place for place in (text.find("</Analyze>"), text.find("<tool_call>"), text.find("<Design End>"))
               if place >= 0), default=len(text))
    return _TAGS.sub("", text[:cut]).strip(), _TAGS.sub("", text[cut:]).strip()


def _live_turn(state: SessionState) -> str:
    current: LiveTurn = state.current
    thinking = current.thoughts and not current.text
    doing = ("waiting for you" if current.review else "simulating" if current.proposal
             else "thinking" if thinking else "reasoning")
    headline = Markup('<span class="busy">{}</span>').format(doing)
    if current.proposal is not None:
        call = _changes(state.task, current.proposal) + parameter_list(
            state.task, current.proposal.parameters, _latest_parameters(state.history))
        body = _reasoning(current.proposal, current.index) + _section("call", "simulate", call)
    else:
        reasoning, call = split_reply(current.text)
        text = Markup('<p class="prose live">{}</p>').format(reasoning)
        body = _live_thoughts(current) + _section("reasoning", "Reasoning", text)
        body += _section("call", "simulate", Markup("<pre>{}</pre>").format(call)) if call else ""
    return _card(current.index, headline, body)


def _live_thoughts(current: LiveTurn) -> Markup:
    """The latest of what a thinking model thinks, with their number of words as a sign of life."""
    body = Markup("")
    if current.notice:
        body += Markup('<p class="quiet" role="status">{}</p>').format(current.notice)
    if not current.thoughts:
        return body
    tail = current.thoughts[-_TAIL:]
    tail = tail if len(tail) == len(current.thoughts) else f"\N{HORIZONTAL ELLIPSIS} {tail}"
    text = Markup("" if current.text else '<p class="prose quiet">{}</p>').format(tail)
    return body + _section("thoughts", _thoughts_title(current.thoughts), text)


def _thoughts_title(thoughts: str) -> str:
    return f"Thoughts, {len(thoughts.split()):,} words"


def _thoughts(proposal: Proposal) -> Markup | str:
    if not proposal.thoughts:
        return ""
    return Markup('<details class="raw"><summary>{}</summary><pre>{}</pre></details>').format(
        _thoughts_title(proposal.thoughts), proposal.thoughts)


def _fork_button(turn: Turn) -> Markup:
    name = f"turn {turn.index}" if turn.index else "the initial design"
    return Markup('<button type="button" class="fork" data-event="fork" data-value="{}" aria-label="Fork after {}" '
                  'title="Sample several next turns from the history up to here">Fork</button>').format(
        turn.index, name)


def _card(index: int, headline: Markup, body: Markup) -> str:
    title = f"Turn {index}" if index else "Initial design"
    return Markup('<article class="turn" aria-label="{}"><header><h3>{}</h3>{}</header>'
                  '<div class="turn-body">{}</div></article>').format(title, title, headline, body)


def _headline(turn: Turn, former: Sequence[Turn], best: bool) -> Markup:
    if turn.score is None:
        return Markup('<span class="quiet">ended the session</span>')
    before = next((earlier.total for earlier in reversed(former) if earlier.score is not None), None)
    step = "" if before is None else f"{turn.total - before:+.3f}".replace("-", "\u2212")
    mark = Markup('<span class="badge">best</span>') if best else ""
    return Markup('<span class="reward">reward <b>{}</b></span><span class="quiet">{}</span>'
                  "<span>{} specs met</span>{}").format(reward(turn.total), step, met_count(turn.score), mark)


def _reasoning(proposal: Proposal, index: int, checked: Markup | str = "") -> Markup:
    text = proposal.reasoning or split_reply(proposal.text)[0]
    if not index:
        text = "Where the session starts. No policy proposed it, and it costs no simulation of the budget."
    problems = Markup("").join(Markup("<li>{}</li>").format(problem) for problem in proposal.problems)
    body = Markup('<p class="prose{}">{}</p>').format("" if text and index else " quiet", text or "No reasoning.")
    if problems:
        body += Markup('<ul class="problems" aria-label="Problems with the reply">{}</ul>').format(problems)
    body += checked + _thoughts(proposal) + _raw(proposal)
    return _section("reasoning", "Reasoning" if index else "Start", body)


def _checked(turn: Turn) -> Markup | str:
    """Each statement of the reasoning that can be checked, marked as true or not; what was expected, as come true."""
    said = [claim for claim in turn.claims if claim.true is not None]
    if not said:
        return ""
    marks = Markup("").join(_statement(claim) for claim in said)
    return Markup('<p class="quiet checked">Checked: {} of {} statements are true.</p><ul class="statements" '
                  'aria-label="Statements that were checked">{}</ul>').format(
        sum(claim.true for claim in said), len(said), marks)


def _statement(claim: Claim) -> Markup:
    words = _EXPECTED[claim.true] if claim.about == "expectation" else _STATED[claim.true]
    return Markup('<li><span class="verdict {}"><i aria-hidden="true">{}</i> {}</span> {}</li>').format(
        "met" if claim.true else "failed", WORDS["met" if claim.true else "failed"][0], words, claim.text)


def _call(task: Task, turn: Turn, former: Sequence[Turn]) -> Markup:
    measurement = turn.measurement
    if measurement is None:
        return _section("call", "Design end", Markup('<p class="quiet">No further simulation was asked for.</p>'))
    title = Markup('simulate <span class="quiet">{}</span> <span class="outcome {}">{}</span>').format(
        duration(measurement.seconds), "ok" if measurement.ok else "bad", OUTCOME[measurement.status])
    body = _changes(task, turn.proposal) + parameter_list(task, turn.proposal.parameters, _latest_parameters(former))
    if measurement.log and measurement.status != "no_call":
        body += Markup('<details class="log" open><summary>{}</summary><pre>{}</pre></details>').format(
            "Notes of the measurement" if measurement.ok else "Simulator log", measurement.log[-4000:])
    return _section("call", title, body)


def _changes(task: Task, proposal: Proposal) -> Markup:
    """What was simulated in place of the policy's values, and why."""
    notes = Markup("")
    for changed, who in ((proposal.held, "Held to the limits"), (proposal.edited, "Edited by a person")):
        if changed:
            shown = {name: task.circuit.parameter(name).show for name in changed}
            texts = (f"{name} {shown[name](proposal.parameters[name])} (proposed {shown[name](value)})"
                     for name, value in changed.items())
            notes += Markup('<p class="mine"><b>{}:</b> {}</p>').format(who, ", ".join(texts))
    return notes


def _result(task: Task, turn: Turn) -> Markup:
    if turn.score is None or turn.measurement is None or not turn.measurement.ok:
        return Markup("")
    rows = Markup("").join(_result_row(task, part) for part in turn.score.specs)
    return _section("result", "Result", Markup('<dl class="values">{}</dl>').format(rows))


def _result_row(task: Task, part) -> Markup:
    metric, kind = task.circuit.metric(part.metric), verdict(part)
    icon, word = WORDS[kind]
    return Markup('<div title="{}"><dt>{}</dt><dd>{}</dd><dd class="verdict {}">'
                  '<i aria-hidden="true">{}</i><span class="sr-only">{}</span> <small>{}</small></dd></div>').format(
        f"{metric.title}: {word}", metric.name, metric.show(part.value), kind, icon, word,
        percent(part.margin))


def parameter_list(task: Task, parameters: Parameters | None, before: Parameters | None) -> Markup:
    """Every parameter with its value; those that differ from ``before`` are marked."""
    if parameters is None:
        return Markup('<p class="quiet">No design was proposed.</p>')
    cells = Markup("").join(_parameter(parameter, parameters[parameter.name], (before or {}).get(parameter.name))
                            for parameter in task.circuit.parameters if parameter.name in parameters)
    return Markup('<dl class="values">{}</dl>').format(cells)


def _parameter(parameter: Parameter, value: float, before: float | None) -> Markup:
    differs = before is not None and changed(before, value)
    note = change_text(parameter, value, before) if differs else ""
    return Markup('<div class="{}" title="{}"><dt>{}</dt><dd>{}</dd>'
                  '<dd class="change">{}</dd></div>').format(
        "changed" if differs else "", _parameter_title(parameter, before), parameter.name, parameter.show(value),
        note)


def changed(before: float, value: float) -> bool:
    return abs(value - before) > 1e-6 * abs(before)


def change_text(parameter: Parameter, value: float, before: float) -> str:
    """▲ ×1.3 on a log scale, ▲ 40 mV on a linear one."""
    arrow = "\u25b2" if value > before else "\u25bc"
    if parameter.scale == "log" and before > 0:
        return f"{arrow} \u00d7{value / before:.2f}"
    return f"{arrow} {parameter.show(abs(value - before), 3)}"


def _parameter_title(parameter: Parameter, before: float | None) -> str:
    was = f", was {parameter.show(before)}" if before is not None else ""
    return f"{parameter.role}, {parameter.show(parameter.low)} to {parameter.show(parameter.high)}{was}"


def _latest_parameters(history) -> Parameters | None:
    return next((turn.proposal.parameters for turn in reversed(history) if turn.proposal.parameters is not None), None)


def _raw(proposal: Proposal) -> Markup | str:
    if not proposal.text:
        return ""
    return Markup('<details class="raw"><summary>Reply as written</summary><pre>{}</pre></details>').format(
        proposal.text)


def _section(kind: str, title: Markup | str, body: Markup) -> Markup:
    return Markup('<section class="{}"><h4>{}</h4>{}</section>').format(kind, title, body)
