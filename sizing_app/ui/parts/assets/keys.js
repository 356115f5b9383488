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
