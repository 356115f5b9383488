// One Plotly node for the life of the page.
const node = element.querySelector(".live-plot");
const draw = () => drawFigure(node, props.value);

keepFigure(node, draw);
watch("value", draw);
draw();
