// The address names the page that a person chose; what it said of another page goes. Each page adds its own keys.
document.addEventListener("click", (event) => {
    const view = event.target.closest("[role=tab][data-tab-id]")?.dataset.tabId;
    if (!view) return;
    const address = new URL(window.location.href);
    for (const key of [...address.searchParams.keys()]) {
        if (key !== "session" || view !== "run") address.searchParams.delete(key);
    }
    if (view !== "run") address.searchParams.set("view", view);
    history.replaceState(history.state, "", address);
}, true);
