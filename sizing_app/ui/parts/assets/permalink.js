(session) => {
    if (!session) return;
    const address = new URL(window.location.href);
    address.search = `?session=${session}`;
    history.replaceState(null, "", address);
    const header = document.getElementById("run-header");
    if (header && header.getBoundingClientRect().top > window.innerHeight * 0.6) {
        header.scrollIntoView({ block: "start", behavior: "smooth" });
    }
}
