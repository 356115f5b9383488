"""A whole session as one HTML file to send to a colleague: the same rendering as the pages, styles inlined.

It works offline and without a script; the one in it only follows the reader's choice of light or dark.
"""

from markupsafe import Markup

from sizing_app.circuit.netlist import sized_netlist
from sizing_app.evaluate.signoff import UNCHECKED, Checked
from sizing_app.session.events import SessionState
from sizing_app.store.notes import Notes
from sizing_app.ui.exchange.plot_svg import svg
from sizing_app.ui.parts.circuit_panel import panel
from sizing_app.ui.parts.components import read_asset
from sizing_app.ui.parts.header import header
from sizing_app.ui.parts.live_plot import figure
from sizing_app.ui.parts.spec_board import spec_board
from sizing_app.ui.parts.turns import trace

PAGE = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{styles}</style><script>{script}</script></head>
<body class="gradio-container"><main class="report"><h1>{title}</h1>
{header}{notes}<section class="block panel">{specs}</section>
<section class="block panel"><figure>{plot}</figure></section>
{turns}{netlist}<section class="inspection"><h2>{circuit_title}</h2>{circuit}</section></main></body></html>
""")
DARK = 'if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.classList.add("dark");'


def report(state: SessionState, session_id: str, notes: Notes, checked: Checked = UNCHECKED) -> str:
    """``checked``: what is known of the best design besides."""
    circuit = state.task.circuit
    title = f"{circuit.name}, {state.policy}, session {session_id}"
    styles = Markup(read_asset("style.css") + read_asset("report.css"))
    turns = Markup("").join(Markup(block["html"]) for block in reversed(trace(state, forks=False, opened=True)))
    return str(PAGE.format(
        title=title, styles=styles, script=Markup(DARK), header=Markup(header(state, "", checked)),
        notes=_notes(notes), plot=svg(figure(state, session_id)),
        specs=Markup(spec_board(state, corners=checked.corners)), turns=turns, netlist=_netlist(state),
        circuit_title=circuit.title, circuit=Markup(panel(circuit))))


def _notes(notes: Notes) -> Markup:
    parts = Markup("").join(Markup('<span class="tag">{}</span>').format(tag) for tag in notes.tags)
    if notes.origin:
        parts += Markup('<p class="quiet">Imported; where it ran its id was {}.</p>').format(notes.origin)
    if notes.note:
        parts += Markup('<p class="prose">{}</p>').format(notes.note)
    return Markup('<section class="notes">{}</section>').format(parts) if parts else Markup("")


def _netlist(state: SessionState) -> Markup:
    """The best design, sized."""
    if state.best is None or state.best.proposal.parameters is None:
        return Markup("")
    try:
        text = sized_netlist(state.task.circuit, state.best.proposal.parameters, state.task.conditions)
    except (ValueError, KeyError) as error:
        text = f"The netlist cannot be written: {error}."
    return Markup('<section class="inspection"><h2>Best design: turn {}</h2><details class="netlist"><summary>Sized '
                  'netlist</summary><pre tabindex="0">{}</pre></details></section>').format(state.best.index, text)
