// Delegates clicks: a row opens its session, a column title sorts, the pager turns pages.
const root = element.querySelector(".session-table");

function draw() {
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    root.innerHTML = props.value?.html || "";
    if (focused) root.querySelector(`[data-focus="${focused}"]`)?.focus();
}

root.addEventListener("click", (event) => {
    const { sort, descending, page } = props.value;
    const title = event.target.closest("[data-sort]");
    const turn = event.target.closest("[data-page]");
    const row = event.target.closest("[data-id]");
    if (title) {
        const again = title.dataset.sort === sort;
        trigger("query", { sort: title.dataset.sort, descending: again ? !descending : true, page: 0 });
    } else if (turn) {
        trigger("query", { sort, descending, page: Number(turn.dataset.page) });
    } else if (row && !event.target.closest("a") && !String(window.getSelection())) {
        trigger("choose", { id: row.dataset.id });
    }
});

watch("value", draw);
draw();
