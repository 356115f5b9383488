"""What a turn is made of, to HTML: what the policy wrote, the simulator call with what changed, the result."""

import re
from collections.abc import Sequence

from markupsafe import Markup

from sizing_app.circuit.definition import Parameter, Parameters, Spec
from sizing_app.task.definition import Task
from sizing_app.task.turn import Claim, Proposal, SpecScore, Turn
from sizing_app.ui.parts.render import WORDS, duration, margin_text, verdict

OUTCOME = {"ok": "converged", "not_converged": "did not converge", "timeout": "timed out", "crashed": "crashed",
           "refused": "refused", "no_call": "no valid call"}
_EXPECTED = {True: "came true", False: "did not come true"}
_STATED = {True: "true", False: "not true"}
_TAGS = re.compile(r"</?Analyze>|</?tool_call>|<Design End>")
_HALF_TAG = re.compile(r"</?[A-Za-z_ ]{0,10}$")


def turn_sections(task: Task, former: Sequence[Turn], turn: Turn) -> Markup:
    """Reasoning, call and result of a turn that follows the turns ``former``."""
    return Markup("").join((reasoning_section(turn.proposal, turn.index, checked(turn)),
                            call_section(task, turn, former), result_section(task, turn)))


def reasoning_section(proposal: Proposal, index: int, checked: Markup | str = "") -> Markup:
    text = proposal.reasoning or split_reply(proposal.text)[0]
    if not index:
        text = "Where the session starts. No policy proposed it, and it costs no simulation of the budget."
    problems = Markup("").join(Markup("<li>{}</li>").format(problem) for problem in proposal.problems)
    body = Markup('<p class="prose{}">{}</p>').format("" if text and index else " quiet", text or "No reasoning.")
    if proposal.own_reasoning is not None:
        body = _mine(proposal)
    if problems:
        body += Markup('<ul class="problems" aria-label="Problems with the reply">{}</ul>').format(problems)
    body += checked + _thoughts(proposal) + _raw(proposal)
    title = "Start" if not index else "Reasoning" if proposal.own_reasoning is None else "Plan of a person"
    return section("reasoning", title, body)


def _mine(proposal: Proposal) -> Markup:
    """A person's plan, and what the policy had written in its place."""
    words = Markup('<p class="prose mine"><b>Plan by a person:</b> {}</p>').format(proposal.reasoning)
    if not proposal.own_reasoning:
        return words
    return words + Markup('<details class="raw"><summary>What the policy had written</summary>'
                          '<p class="prose quiet">{}</p></details>').format(proposal.own_reasoning)


def _thoughts(proposal: Proposal) -> Markup | str:
    if not proposal.thoughts:
        return ""
    return Markup('<details class="raw"><summary>{}</summary><pre>{}</pre></details>').format(
        thoughts_title(proposal.thoughts), proposal.thoughts)


def thoughts_title(thoughts: str) -> str:
    return f"Thoughts, {len(thoughts.split()):,} words"


def _raw(proposal: Proposal) -> Markup | str:
    if not proposal.text:
        return ""
    return Markup('<details class="raw"><summary>Reply as written</summary><pre>{}</pre></details>').format(
        proposal.text)


def checked(turn: Turn) -> Markup | str:
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


def call_section(task: Task, turn: Turn, former: Sequence[Turn]) -> Markup:
    measurement = turn.measurement
    if measurement is None:
        return section("call", "Design end", Markup('<p class="quiet">No further simulation was asked for.</p>'))
    title = Markup('simulate <span class="quiet">{}</span> <span class="outcome {}">{}</span>').format(
        duration(measurement.seconds), "ok" if measurement.ok else "bad", OUTCOME[measurement.status])
    body = changes(task, turn.proposal) + parameter_list(task, turn.proposal.parameters, latest_parameters(former))
    if measurement.log and measurement.status != "no_call":
        body += Markup('<details class="log" open><summary>{}</summary><pre>{}</pre></details>').format(
            "Notes of the measurement" if measurement.ok else "Simulator log", measurement.log[-4000:])
    return section("call", title, body)


def changes(task: Task, proposal: Proposal) -> Markup:
    """What was simulated in place of the policy's values, and why."""
    notes = Markup("")
    for changed, who in ((proposal.held, "Held to the limits"), (proposal.edited, "Edited by a person")):
        if changed:
            shown = {name: task.circuit.parameter(name).show for name in changed}
            texts = (f"{name} {shown[name](proposal.parameters[name])} (proposed {shown[name](value)})"
                     for name, value in changed.items())
            notes += Markup('<p class="mine"><b>{}:</b> {}</p>').format(who, ", ".join(texts))
    return notes


def result_section(task: Task, turn: Turn) -> Markup:
    if turn.score is None or turn.measurement is None or not turn.measurement.ok:
        return Markup("")
    judged = zip(task.specs, turn.score.specs, strict=True)
    rows = Markup("").join(_result_row(task, spec, part) for spec, part in judged)
    return section("result", "Result", Markup('<dl class="values">{}</dl>').format(rows))


def _result_row(task: Task, spec: Spec, part: SpecScore) -> Markup:
    metric, kind = task.circuit.metric(part.metric), verdict(part)
    icon, word = WORDS[kind]
    return Markup('<div title="{}"><dt>{}</dt><dd>{}</dd><dd class="verdict {}">'
                  '<i aria-hidden="true">{}</i><span class="sr-only">{}</span> <small>{}</small></dd></div>').format(
        f"{metric.title}: {word}", metric.name, metric.show(part.value), kind, icon, word,
        margin_text(metric, spec, part.value))


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


def latest_parameters(history) -> Parameters | None:
    return next((turn.proposal.parameters for turn in reversed(history) if turn.proposal.parameters is not None), None)


def section(kind: str, title: Markup | str, body: Markup) -> Markup:
    return Markup('<section class="{}"><h4>{}</h4>{}</section>').format(kind, title, body)


def split_reply(text: str) -> tuple[str, str]:
    """Reasoning and call of a reply that may still be growing, without tags, half-written ones included."""
    text = _HALF_TAG.sub("", text)
    cut = min((place for place in (text.find("</Analyze>"), text.find("<tool_call>"), text.find("<Design End>"))
               if place >= 0), default=len(text))
    return _TAGS.sub("", text[:cut]).strip(), _TAGS.sub("", text[cut:]).strip()
