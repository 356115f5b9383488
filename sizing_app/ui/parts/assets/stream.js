// Server-sent events (live/routes.py), one connection for all parts of a page. What arrives goes to the components
// whose id is NAME-PART. Event: phase. A browser has six connections to a server for all of its tabs, so a tab that
// nobody sees gives its own back; everything is sent once more when it is seen again.
const name = element.parentElement.closest("[id]").id.replace(/-stream$/, "");
const lost = element.querySelector(".warning");
const AGAIN = 3000;
let source = null;
let over = false;  // nothing more will come
let parts = new Map();  // name of a part to its value, or to the order of its blocks and their HTML
let phase = "";

function open() {
    source?.close();
    source = null;
    lost.hidden = true;
    if (props.value && !over && !document.hidden) follow(new EventSource(props.value));
}

// A browser connects again by itself; not where the answer was no stream, as that of a proxy whose server is away.
function follow(opened) {
    source = opened;
    source.onopen = () => {
        parts = new Map();
        lost.hidden = true;
    };
    source.onmessage = (event) => update(JSON.parse(event.data));
    source.addEventListener("end", () => {
        over = true;
        opened.close();
    });
    source.onerror = () => {
        lost.hidden = false;
        if (opened.readyState === EventSource.CLOSED) setTimeout(() => source === opened && open(), AGAIN);
    };
}

function update(pieces) {
    const changed = new Set();
    for (const piece of pieces) {
        const part = parts.get(piece.part) || { html: new Map() };
        if (piece.key) part.html.set(piece.key, piece.html);
        else Object.assign(part, piece);
        parts.set(piece.part, part);
        changed.add(piece.part);
    }
    for (const part of changed) {
        if (part !== "phase") show(part, parts.get(part));
    }
    enter(JSON.stringify(parts.get("phase").value));
}

// A run of keys is sent as [stem, first, last], counting down.
function whole(keys) {
    return keys.flatMap((run) => typeof run === "string" ? [run]
        : Array.from({ length: run[1] - run[2] + 1 }, (_, place) => `${run[0]}-${run[1] - place}`));
}

function show(part, { keys, html, value }) {
    const node = document.getElementById(`${name}-${part}`);
    node.streamed = keys ? whole(keys).map((key) => ({ key, html: html.get(key) })) : value;
    node.dispatchEvent(new CustomEvent("streamed"));
}

function enter(now) {
    if (now === phase) return;
    phase = now;
    trigger("phase");
}

watch("value", () => {
    over = false;
    open();
});
document.addEventListener("visibilitychange", open);
open();
