"""What metrics were read from, as Plotly figures: frequency responses, noise, waveforms, sweeps; one an analysis.

A figure is a plain dict for components.response_plots; colours are names of CSS variables, which its script resolves.
Panels of a figure lie above each other and share the swept quantity: magnitude and phase, voltages and currents.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sizing_app.circuit.definition import Analysis, Circuit, Metric
from sizing_app.circuit.units import show_quantity
from sizing_app.circuit.sweeps import scale_of
from sizing_app.simulator.metrics import RESPONSES
from sizing_app.simulator.metrics.waveform import decibel

KINDS = {"ac": "AC response", "noise": "Noise density", "tran": "Transient", "dc": "DC sweep"}
AXES = {"frequency": "Frequency (Hz)", "time": "Time (s)", "v-sweep": "Swept voltage (V)",
        "i-sweep": "Swept current (A)", "res-sweep": "Swept resistance (Ohm)", "temp-sweep": "Temperature (\u00b0C)"}
QUANTITIES = {"V": "Voltage (V)", "A": "Current (A)", "S": "Conductance (S)", "": "Value"}
SERIES = 6
"""Colours of the style sheet; further curves are dashed."""
FORMED = {title for title, _ in RESPONSES.values()}
"""Titles of the responses that measures form out of saved vectors."""
POINTS = 4000
"""Curves with more samples are drawn by the smallest and largest of each stretch, so that no peak is lost."""
PANEL_GAP = 0.15
"""Share of a figure's height between all its panels."""
WIDE = 4
"""A figure with more curves takes the whole width."""
PANEL_HEIGHT, FRAME_HEIGHT = 170, 90
"""Pixels of one panel, and of axis and title around all."""


@dataclass(frozen=True)
class Panel:
    """Curves that share a y axis."""

    title: str
    curves: Mapping[str, np.ndarray]
    log: bool = False
    step: float | None = None
    """Distance of grid lines; decades on a log axis, None where Plotly chooses."""


def figures(circuit: Circuit, vectors: Mapping, metrics: Mapping[str, float | None]) -> list[dict]:
    """A figure for every analysis of more than one point, in the order of the testbench."""
    drawn = []
    for analysis in circuit.analyses:
        found = vectors.get(analysis.name, {})
        scale = scale_of(analysis.command)
        if scale in found and len(found[scale]) > 1:
            panels = _panels(circuit, analysis, vectors, scale)
            read = _metrics_of(circuit, analysis)
            drawn.append(_figure(analysis, found[scale].real, scale, panels, read, metrics))
    return drawn


def single_values(circuit: Circuit, vectors: Mapping) -> list[tuple[str, str, str]]:
    """(analysis, vector, value) of what analyses of one point saved: operating points, AC at one frequency."""
    rows = []
    for analysis in circuit.analyses:
        found, scale = vectors.get(analysis.name, {}), scale_of(analysis.command)
        if scale in found and len(found[scale]) > 1:
            continue
        at = f" at {show_quantity(found[scale][0].real, _scale_unit(scale))}" if scale in found else ""
        rows += [(analysis.name + at, name, _single(values[0], name)) for name, values in found.items()
                 if name != scale]
    return rows


def left_out(circuit: Circuit, vectors: Mapping) -> list[str]:
    """Analyses that this design did not get to."""
    return [analysis.name for analysis in circuit.analyses if analysis.name not in vectors]


def unit_of(vector: str) -> str:
    """V for v(out), A for i(vdd) and @m1[id], S for @m1[gm], V/sqrt(Hz) for a noise density."""
    if vector.startswith(("onoise", "inoise")):
        return "V/sqrt(Hz)"
    inner = re.search(r"\[(\w+)\]$", vector)
    kind = inner.group(1) if inner else vector
    return {"v": "V", "i": "A", "g": "S"}.get(kind[:1].lower(), "")


def thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At most POINTS samples: the extremes of equal stretches, in their order."""
    if len(x) <= POINTS:
        return x, y
    edges = np.linspace(0, len(x), POINTS // 2 + 1).astype(int)
    kept = {0, len(x) - 1}
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        kept |= {start + int(np.argmin(y[start:stop])), start + int(np.argmax(y[start:stop]))}
    order = sorted(kept)
    return x[order], y[order]


def _panels(circuit: Circuit, analysis: Analysis, vectors: Mapping, scale: str) -> list[Panel]:
    found = {name: values for name, values in vectors[analysis.name].items() if name != scale}
    kind = analysis.command.split()[0]
    if kind == "ac":
        return _bode(circuit, analysis, vectors, found)
    if kind == "noise":
        return [Panel("Density (V/\u221aHz)", {name: values.real for name, values in found.items()}, log=True,
                      step=1)]
    units = dict.fromkeys(unit_of(name) for name in found)
    return [Panel(QUANTITIES.get(unit, unit), {name: values.real for name, values in found.items()
                                               if unit_of(name) == unit}) for unit in units]


def _bode(circuit: Circuit, analysis: Analysis, vectors: Mapping, found: Mapping[str, np.ndarray]) -> list[Panel]:
    """Magnitude and phase: of the responses that measures form, and of saved vectors that none of these is made of."""
    curves: dict[str, np.ndarray] = {}
    drawn: list[dict] = []
    parts: set[object] = set()
    for measure in circuit.measures:
        arguments = dict(measure.arguments)
        ready = set(measure.analyses) <= set(vectors)
        if measure.function not in RESPONSES or arguments["analysis"] != analysis.name or not ready:
            continue
        if arguments not in drawn:
            title, respond = RESPONSES[measure.function]
            curves[title if title not in curves else f"{title} {len(drawn) + 1}"] = respond(vectors, **arguments)[1]
            drawn.append(arguments)
            parts |= set(arguments.values())
    curves |= {name: values for name, values in found.items() if name not in parts and unit_of(name) != "A"}
    currents = {name: decibel(values) for name, values in found.items() if name not in parts and unit_of(name) == "A"}
    panels = [Panel("Magnitude (dB)", {name: decibel(values) for name, values in curves.items()}),
              _phase_panel(curves),
              Panel("Current (dB A)", currents)]
    return [panel for panel in panels if panel.curves]


def _phase_panel(curves: Mapping[str, np.ndarray]) -> Panel:
    """Degrees, unwrapped, beginning between -180 and 180."""
    phases = {name: np.degrees(np.unwrap(np.angle(values))) for name, values in curves.items()}
    span = max(map(np.ptp, phases.values()), default=0.0)
    return Panel("Phase (deg)", phases, step=90 * math.ceil(span / 540) if span > 180 else None)


def _figure(analysis: Analysis, x: np.ndarray, scale: str, panels: list[Panel], read: list[Metric],
            metrics: Mapping[str, float | None]) -> dict:
    names = list(dict.fromkeys(name for panel in panels for name in panel.curves))
    logarithmic = scale == "frequency"
    layout = {
        "uirevision": analysis.name, "showlegend": len(names) > 1,
        "xaxis": {"title": {"text": AXES[scale]}, "exponentformat": "SI", "minexponent": 1,
                  "anchor": _axis("y", len(panels)),
                  **({"type": "log", "dtick": 1, "range": _decades(x)} if logarithmic else {})},
        "shapes": [], "annotations": [],
    }
    data = []
    for place, panel in enumerate(panels):
        layout[_axis("yaxis", place + 1)] = {
            "title": {"text": panel.title}, "domain": _domain(place, len(panels)), "exponentformat": "SI",
            "minexponent": 1, "type": "log" if panel.log else "linear", **({"dtick": panel.step} if panel.step else {})}
        shown = {curve["name"] for curve in data}
        data += [{**_curve(x, values, name, names.index(name), place), "showlegend": name not in shown}
                 for name, values in panel.curves.items()]
    if logarithmic:
        for name, value in _frequencies(x, panels, read, metrics).items():
            _mark(layout, x, name, value)
    values = ", ".join(f"{metric.title} {show_quantity(metrics.get(metric.name), metric.unit)}" for metric in read)
    title = f"{KINDS[analysis.command.split()[0]]}: {analysis.name}" + (f", {names[0]}" if len(names) == 1 else "")
    return {"key": analysis.name, "title": title, "note": values, "command": analysis.command,
            "wide": len(names) > WIDE, "height": FRAME_HEIGHT + PANEL_HEIGHT * max(len(panels), 1.2),
            "data": data, "layout": layout,
            "summary": f"{title}; {', '.join(names)} over {AXES[scale]}"}


def _curve(x: np.ndarray, y: np.ndarray, name: str, number: int, place: int) -> dict:
    kept_x, kept_y = thinned(x, y)
    return {"name": name, "x": _numbers(kept_x), "y": _numbers(kept_y), "type": "scatter", "mode": "lines",
            "xaxis": "x", "yaxis": _axis("y", place + 1), "legendgroup": name,
            "line": {"width": 1.8, "color": f"--series-{number % SERIES + 1}",
                     "dash": "solid" if number < SERIES else "dash"},
            "hovertemplate": "%{x:.4s}, %{y:.4s}"}


def _mark(layout: dict, x: np.ndarray, name: str, value: float) -> None:
    """A dotted line through all panels at a frequency (Hz), named at the foot of the first one."""
    first, last = _decades(x)
    left = 2 * math.log10(value) < first + last
    layout["shapes"].append({"type": "line", "xref": "x", "yref": "paper", "x0": value, "x1": value, "y0": 0, "y1": 1,
                             "line": {"width": 1, "dash": "dot", "color": "--plot-cursor"}})
    layout["annotations"].append({
        "text": f"{name} {show_quantity(value, 'Hz', 3)}", "x": math.log10(value), "xref": "x", "showarrow": False,
        "y": layout["yaxis"]["domain"][0], "yref": "paper", "yanchor": "bottom",
        "xanchor": "left" if left else "right", "xshift": 3 if left else -3})


def _frequencies(x: np.ndarray, panels: list[Panel], read: list[Metric],
                 metrics: Mapping[str, float | None]) -> dict[str, float]:
    """What is marked: metrics that are frequencies, such as corners; else where a loop gain last falls through 1."""
    found = {metric.name: metrics[metric.name] for metric in read
             if metric.unit == "Hz" and metrics.get(metric.name) is not None}
    loops = [level for name, level in panels[0].curves.items() if name in FORMED and not found]
    for level in loops:
        falls = np.nonzero((level[:-1] > 0) & (level[1:] <= 0))[0]
        if len(falls):
            at = falls[-1]
            share = level[at] / (level[at] - level[at + 1])
            found["unity gain"] = float(x[at] * (x[at + 1] / x[at]) ** share)
    return {name: value for name, value in found.items() if x[0] < value < x[-1]}


def _metrics_of(circuit: Circuit, analysis: Analysis) -> list[Metric]:
    """The metrics that are read from an analysis, alone or among others."""
    return [circuit.metric(measure.metric) for measure in circuit.measures if analysis.name in measure.analyses]


def _domain(place: int, count: int) -> list[float]:
    """The share of the height that a panel takes, the first one on top."""
    gap = PANEL_GAP / count
    height = (1 - gap * (count - 1)) / count
    bottom = 1 - height * (place + 1) - gap * place
    return [max(0.0, bottom), bottom + height]


def _decades(x: np.ndarray) -> list[float]:
    return [math.log10(x[0]), math.log10(x[-1])]


def _axis(name: str, number: int) -> str:
    return name if number == 1 else f"{name}{number}"


def _single(value: complex, vector: str) -> str:
    size = show_quantity(abs(value) if isinstance(value, complex) else value, unit_of(vector))
    return f"{size} ({float(decibel(value)):.1f} dB)" if isinstance(value, complex) else size


def _scale_unit(scale: str) -> str:
    return re.search(r"\((.*)\)", AXES[scale]).group(1)


def _numbers(values: np.ndarray) -> list[float | None]:
    """Six digits, None where a value is not finite, as JSON needs."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values]
