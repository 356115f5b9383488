// Ctrl+Enter presses Start and Ctrl+Shift+Enter presses Stop of the page that is shown, wherever the cursor is.
document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const shown = [...document.querySelectorAll(".actions")].find((row) => row.getClientRects().length);
    const [start, stop] = shown?.querySelectorAll("button") ?? [];
    const button = event.shiftKey ? stop : start;
    if (!button || button.disabled) return;
    event.preventDefault();
    button.click();
}, true);
// A list of choices that Tab has left is closed; Gradio leaves it open.
document.addEventListener("keydown", (event) => {
    const list = event.target;
    if (event.key !== "Tab" || !list.matches("[role=combobox]")) return;
    list.addEventListener("blur", () => setTimeout(() => {
        if (list.getAttribute("aria-expanded") !== "true") return;
        list.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    }), { once: true });
}, true);
// The first stop of the keyboard leads to Start of the page that is shown, or to its first field.
document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-skip]")) return;
    event.preventDefault();
    const seen = (node) => node.getClientRects().length;
    const start = [...document.querySelectorAll(".actions button.primary")].find(seen);
    (start ?? [...document.querySelectorAll("[role=tabpanel] input")].find(seen))?.focus();
});
