"""Components of our own: gr.HTML with a few lines of JavaScript that keep what the user did over live updates.

Their value is JSON that the script draws; the template itself never changes. They are made by functions, since Gradio
writes a stub file beside every subclass of a component.
"""

from pathlib import Path

import gradio as gr

ASSETS = Path(__file__).parent / "assets"


def read_asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def blocks(value: list[dict] | None = None, **settings) -> gr.HTML:
    """Keyed pieces of HTML (render.block): only changed ones are redrawn; open details and selection survive."""
    return _component("blocks", value or [], **settings)


def cell_table(value: dict, **settings) -> gr.HTML:
    """A table of text cells that a person edits (form.cells); the browser writes edits into the value."""
    return _component("cell_table", value, **settings)


def session_table(value: dict, **settings) -> gr.HTML:
    """Rows of stored sessions. Events: ``choose`` with the id of a row, ``query`` with sort, descending and page."""
    return _component("session_table", value, html=read_asset("session_table.html"), **settings)


def live_plot(value: dict, script: str, **settings) -> gr.HTML:
    """A Plotly figure (live_plot.figure); ``script`` is the address of plotly.js. Event: ``choose`` with the x of a
    point that was clicked, as ``turn``."""
    return _component("live_plot", value, shared=read_asset("plotting.js"),
                      head=f'<script src="{script}"></script>', **settings)


def response_plots(value: dict | None = None, **settings) -> gr.HTML:
    """Several Plotly figures with titles (responses.figures); the page has plotly.js from live_plot."""
    return _component("response_plots", value or {"figures": []}, shared=read_asset("plotting.js"), **settings)


def player(value: dict | None = None, **settings) -> gr.HTML:
    """Steps through the turns of a session (review.player_value). Event: ``go`` with a turn."""
    return _component("player", value or {"session": "", "turn": 0, "seconds": []}, html=read_asset("player.html"),
                      **settings)


def address() -> gr.HTML:
    """Not to be seen: its value, query key to text, is written into the address of the page."""
    return _component("address", {}, elem_classes="unseen")


def _component(name: str, value, shared: str = "", html: str = "", **settings) -> gr.HTML:
    """``shared`` is JavaScript that comes before the component's own."""
    return gr.HTML(value, html_template=html or f'<div class="{name.replace("_", "-")}"></div>',
                   js_on_load=shared + read_asset(f"{name}.js"), apply_default_css=False, **settings)
