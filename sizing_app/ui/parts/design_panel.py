"""The design that a session has come to: its drawing with values, and every parameter in a list."""

from markupsafe import Markup

from sizing_app.circuit.folder import file_of
from sizing_app.session.events import SessionState
from sizing_app.task.turn import Turn
from sizing_app.ui.parts.netlist_table import netlist_table
from sizing_app.ui.parts.render import block
from sizing_app.ui.parts.turn_sections import parameter_list


def design_blocks(state: SessionState, session_id: str, turn: Turn | None = None) -> list[dict]:
    """Of ``turn``, by default the best one; nothing before there is one."""
    shown = state.best if turn is None else turn
    if state.task is None or shown is None or shown.proposal.parameters is None:
        return []
    before = next((item for item in reversed(state.history) if item.index < shown.index
                   and item.proposal.parameters is not None), None)
    best = ", the best" if state.best is not None and shown.index == state.best.index else ""
    compared = Markup(' <span class="quiet">changes against turn {}</span>').format(before.index) if before else ""
    return [block("title", Markup('<h3 class="panel-title">Design of turn {}{}{}</h3>').format(
                shown.index, best, compared)),
            block("drawing", _drawing(state, session_id, shown)),
            block("values", parameter_list(state.task, shown.proposal.parameters,
                                           before.proposal.parameters if before else None))]


def _drawing(state: SessionState, session_id: str, turn: Turn) -> Markup:
    """The schematic as a picture of its own address (session/drawing.py), regions once the session has ended; without
    one the devices as a table."""
    if not file_of(state.task.circuit, "schematic.svg").is_file():
        return netlist_table(state.task.circuit, turn.proposal.parameters, state.task.conditions)
    if not session_id:
        return Markup("")
    source = f"drawing/{session_id}/{turn.index}" + ("" if state.running else "?regions=1")
    legend = "" if state.running else Markup(
        '<p class="quiet note">Green: saturation; every other region is written at its transistor. '
        'Currents are those of all fingers.</p>')
    return Markup('<a class="drawing" href="{0}" target="_blank" title="Open the schematic by itself">'
                  '<img class="schematic" src="{0}" alt="Schematic of {1} with the sizes of turn {2}"></a>{3}').format(
        source, state.task.circuit.title, turn.index, legend)
