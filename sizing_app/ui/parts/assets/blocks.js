// Keyed blocks: a block whose HTML is unchanged keeps its node; a changed one keeps the details as a person left them.
// Details with data-src are filled from there when they are opened.
// A button with data-event triggers that event, with its data-value. Gradio finds the names of events in this list.
const events = ["edit_plan", "fork", "go_on", "halt", "open_sample", "size_over"];
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
            item = { node: document.createElement("div"), html: null, left: new Map() };
            item.node.dataset.key = block.key;
            known.set(block.key, item);
        }
        if (item.html !== block.html) {
            item.node.innerHTML = block.html;
            item.html = block.html;
            for (const details of item.node.querySelectorAll("details")) {
                if (item.left.has(details.className)) details.open = item.left.get(details.className);
            }
        }
        if (root.children[position] !== item.node) root.insertBefore(item.node, root.children[position] || null);
    });
}

root.addEventListener("click", (event) => {
    const details = event.target.closest("summary")?.parentElement;
    if (details) known.get(details.closest("[data-key]").dataset.key)?.left.set(details.className, !details.open);
    const button = event.target.closest("button[data-event]");
    if (!button || !events.includes(button.dataset.event)) return;
    trigger(button.dataset.event, { value: button.dataset.value });
});

// The event does not bubble.
root.addEventListener("toggle", async (event) => {
    const details = event.target, body = details.querySelector(".turn-body");
    if (!details.open || !details.dataset.src || body.childElementCount) return;
    body.innerHTML = '<div class="skeleton" role="status" aria-label="Reading the turn"></div>';
    const answer = await fetch(details.dataset.src).catch(() => null);
    if (answer?.ok) body.innerHTML = await answer.text();
    else body.textContent = "The turn cannot be read now. Close and open the row to try again.";
}, true);

watch("value", draw);
draw();
