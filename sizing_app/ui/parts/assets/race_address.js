(race) => {
    if (!race) return;
    const address = new URL(window.location.href);
    address.search = `?race=${race}`;
    history.replaceState(null, "", address);
    document.getElementById("race-verdict")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
}
