"""The responses of a design as SVG, drawn by matplotlib: the figures of the session page for paper."""

import io
import re
from collections.abc import Mapping

from markupsafe import Markup

from sizing_app.circuit.definition import Circuit
from sizing_app.ui.session.responses import figures

WIDTH, PANEL = 6.4, 1.9
"""Inches: of a figure, and the height of one of its panels."""


def response_plots(circuit: Circuit, vectors: Mapping, metrics: Mapping[str, float | None]) -> list[dict]:
    """Title, note and drawing of each analysis with more than one point."""
    return [{"title": figure["title"], "note": figure["note"], "svg": _svg(figure)}
            for figure in figures(circuit, vectors, metrics)]


def _svg(figure: Mapping) -> Markup:
    from matplotlib.figure import Figure  # a second to import
    layout = figure["layout"]
    axes_names = sorted({curve["yaxis"] for curve in figure["data"]})
    drawing = Figure(figsize=(WIDTH, PANEL * len(axes_names) + 0.6), layout="constrained")
    panels = drawing.subplots(len(axes_names), 1, sharex=True, squeeze=False)[:, 0]
    for panel, name in zip(panels, axes_names, strict=True):
        axis = layout[name.replace("y", "yaxis", 1)]
        for curve in figure["data"]:
            if curve["yaxis"] == name:
                panel.plot(curve["x"], [float("nan") if value is None else value for value in curve["y"]],
                           label=curve["name"], linewidth=1.2)
        panel.set_ylabel(axis["title"]["text"])
        panel.set_yscale(axis["type"])
        panel.grid(True, linewidth=0.4)
        if layout["xaxis"].get("type") == "log":
            panel.set_xscale("log")
        for line in layout["shapes"]:
            panel.axvline(line["x0"], linestyle=":", linewidth=0.8, color="gray")
    panels[-1].set_xlabel(layout["xaxis"]["title"]["text"])
    if layout["showlegend"]:
        panels[0].legend(fontsize="small")
    text = io.StringIO()
    drawing.savefig(text, format="svg", metadata={"Date": None})
    svg = re.sub(r"^.*?(?=<svg)", "", text.getvalue(), flags=re.DOTALL)
    return Markup(re.sub(r'(id="|href="#|url\(#)', rf"\1{figure['key']}-", svg))
