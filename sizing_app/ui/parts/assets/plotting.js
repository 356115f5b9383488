// Shared by all plots: one look for every figure, colours by the names of CSS variables.
const config = {
    displaylogo: false, responsive: true, scrollZoom: false,
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
};

function resolve(value, style) {
    if (typeof value === "string" && value.startsWith("--")) return style.getPropertyValue(value).trim();
    if (Array.isArray(value)) return value.map((item) => resolve(item, style));
    if (value && typeof value === "object") {
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, style)]));
    }
    return value;
}

// Plotly.react with uirevision keeps node, zoom and hidden traces. Nothing is drawn while there is no room.
function drawFigure(node, figure) {
    if (!figure || !window.Plotly || !node.clientWidth) return;
    const style = getComputedStyle(node);
    const font = { family: style.fontFamily, size: 12, color: "--plot-text" };
    const axis = { gridcolor: "--plot-grid", linecolor: "--plot-grid", zeroline: false, ticks: "", automargin: true };
    const axes = Object.keys({ xaxis: 0, yaxis: 0, ...figure.layout }).filter((key) => /^[xy]axis\d*$/.test(key));
    const layout = resolve({
        autosize: true, margin: { l: 48, r: 12, t: 28, b: 40 }, hovermode: "closest",
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        modebar: { bgcolor: "rgba(0,0,0,0)", color: "--plot-grid", activecolor: "--plot-text" },
        legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, ...figure.layout, font,
        ...Object.fromEntries(axes.map((key) => [key, {
            ...axis, ...figure.layout[key], title: { font: { size: 12 }, ...figure.layout[key]?.title },
        }])),
    }, style);
    node.setAttribute("role", "figure");  // no img: its buttons can be reached
    node.setAttribute("aria-label", figure.summary);
    Plotly.react(node, resolve(figure.data, style), layout, config);
}

// Draw again with other colours, and fit a node that was hidden or changed its width.
function keepFigure(node, draw) {
    new MutationObserver(draw).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    new ResizeObserver(() => {
        if (node.data && node.clientWidth) Plotly.Plots.resize(node);
        else draw();
    }).observe(node);
}

