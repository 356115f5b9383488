// One Plotly node for the life of the page. A click on a point chooses its turn.
const node = element.querySelector(".live-plot");
let listening = false;

function draw() {
    drawFigure(node, props.value);
    if (listening || !node.on) return;
    listening = true;
    node.on("plotly_click", (event) => trigger("choose", { turn: event.points[0].x }));
}

keepFigure(node, draw);
watch("value", draw);
draw();
