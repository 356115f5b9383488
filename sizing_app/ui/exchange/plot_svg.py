"""A figure of live_plot as SVG, for places without a script: the same data, drawn as lines and markers."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 30, 40
RADIUS = 4.5


def svg(figure: Mapping) -> Markup:
    """Axes from the figure's ranges; colours stay names of CSS variables. Nothing for a figure without points."""
    if not any(trace["y"] for trace in figure["data"]):
        return Markup("")
    scale = _Scale(figure["layout"])
    parts = [scale.axes(), *(_trace(trace, scale) for trace in figure["data"]), _legend(figure["data"])]
    return Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, figure["summary"], Markup("").join(parts))


class _Scale:
    """Numbers of the figure to places in the drawing."""

    def __init__(self, layout: Mapping):
        self.layout = layout
        self.x_low, self.x_high = layout["xaxis"]["range"]
        self.y_low, self.y_high = layout["yaxis"]["range"]

    def x(self, value: float) -> float:
        return round(LEFT + (value - self.x_low) / (self.x_high - self.x_low) * (WIDTH - LEFT - RIGHT), 2)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - self.y_low) / (self.y_high - self.y_low) * (HEIGHT - TOP - BOTTOM), 2)

    def axes(self) -> Markup:
        """Grid lines, numbers and titles."""
        parts = []
        for value in _ticks(self.x_low, self.x_high, self.layout["xaxis"]["dtick"]):
            parts += [_line(self.x(value), TOP, self.x(value), HEIGHT - BOTTOM),
                      _text(self.x(value), HEIGHT - BOTTOM + 16, "middle", f"{value:g}")]
        for value in _ticks(self.y_low, self.y_high, self.layout["yaxis"]["dtick"]):
            parts += [_line(LEFT, self.y(value), WIDTH - RIGHT, self.y(value)),
                      _text(LEFT - 6, self.y(value) + 4, "end", f"{value:g}")]
        parts.append(_text((LEFT + WIDTH) / 2, HEIGHT - 6, "middle", self.layout["xaxis"]["title"]["text"]))
        middle = (TOP + HEIGHT - BOTTOM) / 2
        title = self.layout["yaxis"]["title"]["text"]
        parts.append(Markup('<text x="12" y="{0}" text-anchor="middle" transform="rotate(-90 12 {0})">{1}</text>')
                     .format(middle, title))
        return Markup("").join(parts)


def _ticks(low: float, high: float, step: float) -> Sequence[float]:
    first = int(-(-low // step))
    return [round(place * step, 6) for place in range(first, int(high // step) + 1)]


def _trace(trace: Mapping, scale: _Scale) -> Markup:
    color = f"var({trace['line']['color']})"
    points = [(scale.x(x), scale.y(y)) for x, y in zip(_places(trace), trace["y"], strict=True)]
    path = "M" + " L".join(f"{x} {y}" for x, y in points)
    if trace["line"].get("shape") == "hv":
        path = f"M{points[0][0]} {points[0][1]}" + "".join(f" H{x} V{y}" for x, y in points[1:])
    width = trace["line"]["width"]
    lines = Markup('<path d="{}" fill="none" stroke="{}" stroke-width="{}"/>').format(path, color, width)
    drawn = lines if "lines" in trace["mode"] else Markup("")
    if "markers" not in trace["mode"]:
        return drawn
    symbols = trace["marker"]["symbol"]
    symbols = [symbols] * len(points) if isinstance(symbols, str) else symbols
    shapes = (_marker(x, y, symbol, text, color) for (x, y), symbol, text in
              zip(points, symbols, _titles(trace), strict=True))
    return drawn + Markup("").join(shapes)


def _titles(trace: Mapping) -> list[str]:
    """What Plotly says over each point."""
    said = trace["hovertemplate"].removesuffix("<extra></extra>").replace("%{y}", "%{y:.3f}")
    texts = trace.get("text") or [""] * len(trace["y"])
    return [said.replace("%{x}", str(x)).replace("%{y:.3f}", f"{y:.3f}").replace("%{text}", text)
            for x, y, text in zip(_places(trace), trace["y"], texts, strict=True)]


def _places(trace: Mapping) -> Sequence[float]:
    """The x of every point, counted from x0 where they are not listed."""
    return trace["x"] if "x" in trace else range(trace["x0"], trace["x0"] + len(trace["y"]))


def _marker(x: float, y: float, symbol: str, text: str, color: str) -> Markup:
    if symbol == "diamond":
        size = RADIUS + 1.5
        shape = Markup('<path d="M{} {} L{} {} L{} {} L{} {} Z" fill="{}">').format(
            x, y - size, x + size, y, x, y + size, x - size, y, color)
        return shape + Markup("<title>{}</title></path>").format(text)
    shape = Markup('<circle cx="{}" cy="{}" r="{}" fill="{}">').format(x, y, RADIUS, color)
    return shape + Markup("<title>{}</title></circle>").format(text)


def _legend(traces: Sequence[Mapping]) -> Markup:
    parts = Markup("")
    for place, trace in enumerate(traces):
        left = LEFT + 160 * place
        parts += Markup('<line x1="{}" y1="14" x2="{}" y2="14" stroke="var({})" stroke-width="3"/>').format(
            left, left + 20, trace["line"]["color"])
        parts += _text(left + 26, 18, "start", trace["name"])
    return parts


def _line(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(x1, y1, x2, y2)


def _text(x: float, y: float, anchor: str, text: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(x, y, anchor, text)
