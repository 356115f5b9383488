// Keeps the page's address in step: every key of the value is set in the query, or removed where its text is empty.
function write() {
    const address = new URL(window.location.href);
    for (const [key, text] of Object.entries(props.value || {})) {
        if (text) address.searchParams.set(key, text);
        else address.searchParams.delete(key);
    }
    if (address.href !== window.location.href) history.replaceState(history.state, "", address);
}

watch("value", write);
write();
