// Delegates clicks: a row opens its session, a column title sorts, the pager turns pages, ticks choose what to compare.
const root = element.querySelector(".session-table");
const part = (name) => root.querySelector(`[data-part=${name}]`);
const picked = new Set();

function draw() {
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    part("rows").innerHTML = props.value?.html || "";
    if (focused) root.querySelector(`[data-focus="${focused}"]`)?.focus();
    mark();
}

function mark() {
    for (const box of root.querySelectorAll("[data-pick]")) box.checked = picked.has(box.dataset.pick);
    root.querySelector(".picked").hidden = picked.size === 0;
    part("compare").textContent = picked.size === 1 ? "Compare 1 session" : `Compare ${picked.size} sessions`;
}

root.addEventListener("change", (event) => {
    const id = event.target.dataset.pick;
    if (!id) return;
    if (event.target.checked) picked.add(id);
    else picked.delete(id);
    mark();
});

root.addEventListener("click", (event) => {
    const { sort, descending, page } = props.value;
    const found = (selector) => event.target.closest(selector);
    const title = found("[data-sort]"), turn = found("[data-page]"), star = found("[data-star]"), row = found("[data-id]");
    if (title) {
        const again = title.dataset.sort === sort;
        trigger("query", { sort: title.dataset.sort, descending: again ? !descending : true, page: 0 });
    } else if (turn) {
        trigger("query", { sort, descending, page: Number(turn.dataset.page) });
    } else if (star) {
        trigger("star", { id: star.dataset.star, starred: star.getAttribute("aria-pressed") !== "true" });
    } else if (found("[data-part=compare]")) {
        trigger("compare", { ids: [...picked] });
    } else if (found("[data-part=none]")) {
        picked.clear();
        mark();
    } else if (row && !found("[data-pick]") && !String(window.getSelection())) {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        trigger("choose", { id: row.dataset.id });
    }
});

watch("value", draw);
draw();
