"""Components of our own: gr.HTML with a few lines of JavaScript that keep what the user did over live updates.

Their value is JSON that the script draws; the template itself never changes. They are made by functions, since Gradio
writes a stub file beside every subclass of a component.
"""

from pathlib import Path

import gradio as gr
from sizing_app.ui.parts.events import PRIVATE

ASSETS = Path(__file__).parent / "assets"


def read_asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def blocks(value: list[dict] | None = None, **settings) -> gr.HTML:
    """Keyed pieces of HTML (render.block): only changed ones are redrawn; open details and selection survive."""
    return _component("blocks", value or [], streamed=True, **settings)


def cell_table(value: dict, **settings) -> gr.HTML:
    """A table of text cells that a person edits (form.cells); the browser writes edits into the value."""
    return _component("cell_table", value, **settings)


def session_table(value: dict, **settings) -> gr.HTML:
    """Rows of stored sessions. Events: ``choose`` with the id of a row, ``query`` with sort, descending and page."""
    return _component("session_table", value, html=read_asset("session_table.html"), **settings)


def live_plot(value: dict, script: str, **settings) -> gr.HTML:
    """A Plotly figure (live_plot.figure); ``script`` is the address of plotly.js. Event: ``choose`` with the x of a
    point that was clicked, as ``turn``."""
    return _component("live_plot", value, shared=read_asset("plotting.js"), streamed=True,
                      head=f'<script src="{script}"></script>', **settings)


def response_plots(value: dict | None = None, **settings) -> gr.HTML:
    """Several Plotly figures with titles (responses.figures); the page has plotly.js from live_plot."""
    return _component("response_plots", value or {"figures": []}, shared=read_asset("plotting.js"), streamed=True,
                      **settings)


def player(value: dict | None = None, **settings) -> gr.HTML:
    """Steps through the turns of a session (review.player_value). Event: ``go`` with a turn."""
    return _component("player", value or {"session": "", "turn": 0, "seconds": []}, html=read_asset("player.html"),
                      **settings)


def stream(name: str) -> gr.HTML:
    """Follows what ``open_stream`` names and hands its parts to the components NAME-PART. Event: ``phase``, when what
    the controls depend on has changed. To be seen only while the connection is lost."""
    return _component("stream", "", html=read_asset("stream.html"), elem_id=f"{name}-stream", elem_classes="stream")


def open_stream(component: gr.HTML, id: gr.Textbox, kind: str) -> None:
    """Let a stream follow the thing of a kind (live_routes) whose id is in a text box."""
    id.change(None, id, component, js=f"(id) => id && `live/{kind}?id=${{encodeURIComponent(id)}}`", **PRIVATE)


def address() -> gr.HTML:
    """Not to be seen: its value, query key to text, is written into the address of the page."""
    return _component("address", {}, elem_classes="unseen")


def flag(label: str) -> gr.Checkbox:
    """What a tab remembers of itself; gr.State would hold one of the six connections that a browser has in all."""
    return gr.Checkbox(False, label=label, visible="hidden")


def unless_named(*keys: str) -> str:
    """JavaScript: whether the address has none of the keys, or KEY=VALUE pairs, so that no view of it has to come."""
    return f"() => !/[?&]({'|'.join(keys)})/.test(location.search)"


def _component(name: str, value, shared: str = "", streamed: bool = False, html: str = "", **settings) -> gr.HTML:
    """``shared`` is JavaScript that comes before the component's own; ``streamed``: whether a stream may set it."""
    script = shared + read_asset(f"{name}.js") + (read_asset("streamed.js") if streamed else "")
    return gr.HTML(value, html_template=html or f'<div class="{name.replace("_", "-")}"></div>',
                   js_on_load=script, apply_default_css=False, **settings)
