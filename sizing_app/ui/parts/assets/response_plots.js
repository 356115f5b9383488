// A card for every figure: title, the values read from it, plot. Texts are set as text, never as markup.
const root = element.querySelector(".response-plots");

function text(tag, content, name) {
    const node = document.createElement(tag);
    node.textContent = content;
    node.className = name;
    return node;
}

// A legend needs a line for every few curves; the panels keep their height.
function height(figure, width) {
    const names = figure.layout.showlegend ? new Set(figure.data.map((curve) => curve.name)).size : 0;
    return figure.height + 20 * Math.ceil(names / Math.max(1, Math.floor(width / 130)));
}

function card(figure) {
    const section = document.createElement("section");
    section.classList.toggle("wide", figure.wide);
    const node = document.createElement("div");
    const draw = () => {
        const pixels = `${height(figure, root.clientWidth)}px`;
        if (node.style.height !== pixels) node.style.height = pixels;
        drawFigure(node, figure);
    };
    section.append(text("h4", figure.title, ""), text("code", figure.command, "quiet"), text("p", figure.note, "quiet"),
        node);
    keepFigure(node, draw);
    return [section, draw];
}

function draw() {
    const cards = (props.value?.figures || []).map(card);
    root.querySelectorAll(".js-plotly-plot").forEach((node) => Plotly.purge(node));
    root.replaceChildren(...cards.map(([section]) => section));
    cards.forEach(([, draw]) => draw());
}

watch("value", draw);
draw();
