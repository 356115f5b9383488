(session) => {
    if (!session) return;
    const address = new URL(window.location.href);
    address.search = new URLSearchParams({ session }).toString();
    window.location.assign(address);
}
