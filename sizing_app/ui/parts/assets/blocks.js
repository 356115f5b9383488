// Keyed blocks: a block whose HTML is unchanged keeps its node; a changed one keeps which of its details are open.
// A button with data-event triggers that event, with its data-value. Gradio finds the names of events in this list.
const events = ["fork", "go_on"];
const root = element.querySelector(".blocks");
const known = new Map();

function draw() {
    const blocks = props.value || [];
    const wanted = new Set(blocks.map((block) => block.key));
    for (const [key, item] of known) {
        if (!wanted.has(key)) {
            item.node.remove();
            known.delete(key);
        }
    }
    blocks.forEach((block, position) => {
        let item = known.get(block.key);
        if (!item) {
            item = { node: document.createElement("div"), html: null };
            item.node.dataset.key = block.key;
            known.set(block.key, item);
        }
        if (item.html !== block.html) {
            const open = [...item.node.querySelectorAll("details[open]")].map((details) => details.className);
            item.node.innerHTML = block.html;
            item.html = block.html;
            for (const details of item.node.querySelectorAll("details")) {
                if (open.includes(details.className)) details.open = true;
            }
        }
        if (root.children[position] !== item.node) root.insertBefore(item.node, root.children[position] || null);
    });
}

root.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-event]");
    if (!button || !events.includes(button.dataset.event)) return;
    trigger(button.dataset.event, { value: button.dataset.value });
});

watch("value", draw);
draw();
