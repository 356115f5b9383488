"""The top of a session: its verdict in words, what was checked, what to do next, and the task in one line."""

from markupsafe import Markup

from sizing_app.evaluate.signoff import UNCHECKED, Checked
from sizing_app.session.events import SessionState
from sizing_app.task.definition import Task
from sizing_app.ui.parts.conflict import conflict
from sizing_app.ui.parts.render import STATUS, designs, task_line
from sizing_app.ui.parts.settled import settled
from sizing_app.ui.parts.verdict import verdict_of

DESIGN_FILES = (("zip", "Download ZIP", "The best design with all that plain ngspice needs, and the values to expect"),
                ("netlist", "Netlist", "The best design as a sized netlist"),
                ("json", "JSON", "The best design with its metrics and specs"),
                ("csv", "CSV", "The best design as a table"))
SESSION_FILES = (("html", "HTML", "The whole session as one page to send, which works offline"),
                 ("jsonl", "JSON Lines", "The whole session, one event a line; can be imported"))
"""Kind of export, label, hint."""
MAIN = ("zip", "html")
"""What most people take away: shown as buttons."""
IDLE = ("No session yet. Start (Ctrl+Enter) runs the design on the left; its reasoning, simulations and reward appear "
        "here as they happen.")


def header(state: SessionState, session_id: str, checked: Checked = UNCHECKED) -> str:
    """The verdict with what it stands on, what was checked of the best design among that, and links. Without a session:
    what will appear here."""
    if state.task is None:
        return Markup('<section class="session-header idle"><p>{}</p></section>').format(state.message or IDLE)
    found = verdict_of(state, checked)
    refuted = state.status == "passed" and found.kind != "met"  # by a check: the word stays, its green goes
    unchecked = Markup(' <span class="open">{}</span>').format(found.open) if found.open else ""
    return Markup(
        '<section class="session-header {kind}" aria-label="Session">'
        '<p class="task">{task}</p>'
        '<h2 class="headline">{headline}{unchecked}</h2>{facts}{conflict}{settled}'
        '<div class="status-line"><span class="status {status}" role="status">{word}</span>'
        '<span class="detail">{detail}</span><nav aria-label="Files of the session">{links}</nav></div>'
        '{progress}{person}{problems}</section>').format(
            kind=found.kind, headline=found.headline, unchecked=unchecked,
            status="" if refuted else state.status,
            facts=Markup('<p class="facts">{}</p>').format(found.facts) if found.facts else "",
            conflict=conflict(state), settled=settled(state), progress=_progress(state),
            word=_status_word(state), detail=_detail(state), person=_person(state.task),
            links=_links(state, session_id), task=task_line(state.task, state.policy), problems=_problems(state))


def _progress(state: SessionState) -> Markup | str:
    """How much of the budget is spent, while it is being spent."""
    if not state.running:
        return ""
    used, budget = designs(state), state.task.budget
    return Markup('<progress value="{0}" max="{1}" aria-label="{0} of {1} designs">{0} of {1}</progress>').format(
        used, budget)


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
    files = SESSION_FILES
    if state.best is not None and state.best.proposal.parameters is not None:
        files = (*DESIGN_FILES, *SESSION_FILES)
    links = Markup("").join(
        Markup('<a class="{}" href="export/{}/{}" download title="{}">{}</a>').format(
            "button" if kind in MAIN else "", session_id, kind, hint, label) for kind, label, hint in files)
    return Markup('<a href="?session={}">Permalink</a>{}').format(session_id, links)


def _problems(state: SessionState) -> Markup | str:
    if not state.storage_problem:
        return ""
    return Markup('<p class="warning" role="alert">The latest turns are not stored: {}</p>').format(
        state.storage_problem)
