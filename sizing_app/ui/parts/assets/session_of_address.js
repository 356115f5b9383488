() => new URLSearchParams(window.location.search).get("session") || ""
