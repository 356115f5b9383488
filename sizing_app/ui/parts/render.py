"""SessionState to HTML: the header and the spec table. The same code for live, reloaded and replayed sessions.

All HTML is made with markupsafe.Markup, whose format() escapes what models and users wrote.
"""

from markupsafe import Markup

from sizing_app.circuit.definition import Conditions, Metric, Spec
from sizing_app.circuit.units import show_quantity
from sizing_app.session.events import SessionState
from sizing_app.task.definition import Task
from sizing_app.task.turn import Score, SpecScore, Turn

NEARLY = 0.10
"""A failed spec counts as nearly met while it misses by at most this share of its scale."""
WORDS = {"met": ("\u2713", "met"), "nearly": ("\u2248", "nearly"), "failed": ("\u2715", "failed"),
         "missing": ("\u2013", "no value")}
STATUS = {"running": "Running", "passed": "All specs met", "ended": "Ended by the policy", "budget": "Budget spent",
          "stopped": "Stopped", "failed": "Failed", "interrupted": "Interrupted"}
SESSION_FILES = (("html", "HTML", "The whole session as one page that works offline"),
                 ("jsonl", "JSON Lines", "The whole session, one event a line; can be imported"))
"""Kind of export, label, hint."""
MINUS = "\u2212"


def block(key: str, html: str) -> dict:
    """One keyed piece of escaped HTML for components.blocks; while its HTML stays, its node in the page stays."""
    return {"key": key, "html": str(html)}


def verdict(part: SpecScore) -> str:
    """met, nearly, failed or missing."""
    if part.value is None:
        return "missing"
    if part.met:
        return "met"
    return "nearly" if part.margin is not None and part.margin >= -NEARLY else "failed"


def percent(margin: float | None) -> str:
    """A margin relative to the spec's scale: +12 %, −3 %."""
    if margin is None:
        return ""
    size = abs(margin) * 100
    sign = "+" if margin >= 0 else MINUS
    if size >= 999.5:
        return f"{'>' if margin >= 0 else '<'} {sign}999 %"
    return f"{sign}{size:.1f} %" if size < 9.95 else f"{sign}{size:.0f} %"


def target(spec: Spec, unit: str) -> str:
    """The bounds of a spec: ≥ 75 dB, ≤ 420 µW, 60° … 88°, = 8."""
    return spec.show(unit).replace(">=", "\u2265").replace("<=", "\u2264").replace("..", "\u2026")


def reward(value: float) -> str:
    """Three decimals; a near miss never reads as 1.000."""
    return f"{value:.3f}" if value == 1.0 else f"{min(value, 0.999):.3f}"


def duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def met_count(score: Score | None) -> str:
    parts = score.specs if score else ()
    return f"{sum(part.met for part in parts)} of {len(parts)}"


def simulations(state: SessionState) -> int:
    """Turns that were spent of the budget."""
    return sum(1 for turn in state.history if turn.index > 0 and turn.measurement is not None)


def header(state: SessionState, session_id: str) -> str:
    """State, key figures, links. Without a session: what will appear here."""
    if state.task is None:
        return Markup('<section class="session-header idle"><p>{}</p></section>').format(
            state.message or "No session yet. Start (Ctrl+Enter) runs the design on the left; its reasoning, "
                             "simulations and reward appear here as they happen.")
    best = state.best
    figures = [
        ("Best reward", reward(best.reward) if best else "\u2013", f"turn {best.index}" if best else ""),
        ("Specs met", met_count(best.score) if best else "\u2013", "best design"),
        ("Simulations", f"{simulations(state)} of {state.task.budget}", "used"),
        ("Time", duration(sum(turn.seconds for turn in state.history)), "finished turns"),
    ]
    cells = Markup("").join(Markup('<div><dt>{}</dt><dd>{} <small>{}</small></dd></div>').format(*figure)
                            for figure in figures)
    return Markup(
        '<section class="session-header" aria-label="Session">'
        '<div class="status-line"><span class="status {status}" role="status">{word}</span>'
        '<span class="detail">{detail}</span><nav>{links}</nav></div>'
        '<dl class="figures">{cells}</dl><p class="task">{task}</p>{person}{problems}</section>').format(
            status=state.status, word=_status_word(state), detail=_detail(state), cells=cells,
            person=_person(state.task), links=_links(state, session_id),
            task=task_line(state.task, state.policy), problems=_problems(state))


def task_line(task: Task, policy: str) -> str:
    return (f"{task.circuit.name} \u00b7 {conditions_line(task)} \u00b7 policy {policy} \u00b7 "
            f"seed {task.seed}")


def _status_word(state: SessionState) -> str:
    waits = state.paused or (state.current is not None and state.current.review)
    return "Waiting for you" if waits else STATUS[state.status]


def _person(task: Task) -> Markup | str:
    """Hint and limits, marked as a person's."""
    parts = [f"hint \u201c{task.hint}\u201d"] if task.hint else []
    for name, (low, high) in task.limits.items():
        show = task.circuit.parameter(name).show
        parts.append(f"{name} locked at {show(low)}" if low == high else
                     f"{name} within {show(low)} \u2026 {show(high)}")
    return Markup('<p class="mine"><b>By a person:</b> {}</p>').format("; ".join(parts)) if parts else ""


def conditions_line(task: Task) -> str:
    text = _conditions(task.conditions)
    return text if task.stated is None else f"{text} (the policy was told: {_conditions(task.stated)})"


def _conditions(point: Conditions) -> str:
    return (f"{point.corner} corner, {show_quantity(point.temperature, 'C')}, {show_quantity(point.supply, 'V')}, "
            f"{show_quantity(point.load, 'F')} load")


def spec_table(state: SessionState) -> str:
    """Target, best and latest of every spec; met, nearly or failed in words and colour."""
    if state.task is None:
        return ""
    scored = [turn for turn in state.history if turn.score is not None]
    best, latest = state.best, scored[-1] if scored else None
    rows = Markup("").join(_spec_row(state.task, index, spec, best, latest)
                           for index, spec in enumerate(state.task.specs))
    return Markup(
        '<div class="scroll"><table class="spec-table"><caption class="sr-only">Target, best and latest value of '
        'every spec</caption><thead><tr><th scope="col">Metric</th><th scope="col" class="num">Target</th>'
        '<th scope="col" class="num">Best{}</th><th scope="col" class="num">Latest{}</th></tr></thead>'
        "<tbody>{}</tbody></table></div>").format(_turn_note(best), _turn_note(latest), rows)


def _spec_row(task: Task, index: int, spec: Spec, best: Turn | None, latest: Turn | None) -> Markup:
    metric = task.circuit.metric(spec.metric)
    return Markup('<tr><th scope="row" title="{}">{}</th><td class="num">{}</td>{}{}</tr>').format(
        metric.definition, metric.title, target(spec, metric.unit), _value_cell(best, index, metric),
        _value_cell(latest, index, metric))


def _value_cell(turn: Turn | None, index: int, metric: Metric) -> Markup:
    if turn is None:
        return Markup('<td class="num">\u2013</td>')
    part = turn.score.specs[index]
    kind = verdict(part)
    icon, word = WORDS[kind]
    return Markup('<td class="num"><span class="value">{}</span> <span class="verdict {}">'
                  '<i aria-hidden="true">{}</i> <span>{}</span> <small>{}</small></span></td>').format(
        metric.show(part.value), kind, icon, word, percent(part.margin))


def _turn_note(turn: Turn | None) -> Markup | str:
    return Markup(" <small>turn {}</small>").format(turn.index) if turn else ""


def _detail(state: SessionState) -> str:
    """What happens now, or why it ended."""
    if not state.running:
        return state.message
    if not state.history:
        return "simulating the initial design"
    if state.paused:
        return f"paused after turn {state.history[-1].index}"
    if state.current is None:
        return f"turn {state.history[-1].index} finished"
    if state.current.review:
        return f"turn {state.current.index}: look at the proposal"
    if state.current.proposal is not None:
        return f"turn {state.current.index}: simulating"
    return f"turn {state.current.index}: " + ("reasoning" if state.current.text else "waiting for the policy")


def _links(state: SessionState, session_id: str) -> Markup:
    """The permalink, the best design as files once there is one, and the whole session; nothing without an id."""
    if not session_id:
        return Markup("")
    links = [(f"?session={session_id}", "Permalink", "")]
    if state.best is not None and state.best.proposal.parameters is not None:
        links += [(f"export/{session_id}/{kind}", label, "The best design as a file")
                  for kind, label in (("netlist", "Netlist"), ("json", "JSON"), ("csv", "CSV"))]
    links += [(f"export/{session_id}/{kind}", label, hint) for kind, label, hint in SESSION_FILES]
    return Markup(" ").join(
        Markup('<a href="{}"{}>{}</a>').format(url, Markup(' download title="{}"').format(hint) if hint else "", label)
        for url, label, hint in links)


def _problems(state: SessionState) -> Markup | str:
    if not state.storage_problem:
        return ""
    return Markup('<p class="warning" role="alert">The latest turns are not stored: {}</p>').format(
        state.storage_problem)
