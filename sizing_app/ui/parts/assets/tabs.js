// The address names the page that is shown. A person who chooses another page gets a new entry of the browser's history,
// without what the address said of the former page; Back and Forward choose the page of their address again. Each page
// adds its own keys.
function viewOf(address) {
    const query = address.searchParams;
    const keys = { race: "race", review: "sessions", compare: "compare" };
    return query.get("view") || keys[Object.keys(keys).find((key) => query.has(key))] || "run";
}

function choose(view) {
    const tab = document.querySelector(`#pages [role=tab][data-tab-id="${CSS.escape(view)}"]`);
    if (tab && tab.getAttribute("aria-selected") !== "true") tab.click();
    return Boolean(tab);
}

document.addEventListener("click", (event) => {
    const view = event.target.closest("#pages [role=tab][data-tab-id]")?.dataset.tabId;
    if (!view || !event.isTrusted) return;
    const address = new URL(window.location.href);
    if (viewOf(address) === view) return;
    for (const key of [...address.searchParams.keys()]) address.searchParams.delete(key);
    if (view !== "run") address.searchParams.set("view", view);
    history.pushState(null, "", address);
}, true);

window.addEventListener("popstate", () => choose(viewOf(new URL(window.location.href))));

// As soon as there are tabs; the server fills the page meanwhile.
const tabs = new MutationObserver(() => {
    if (!document.querySelector("#pages [role=tab]")) return;
    tabs.disconnect();
    choose(viewOf(new URL(window.location.href)));
});
tabs.observe(document.documentElement, { childList: true, subtree: true });
