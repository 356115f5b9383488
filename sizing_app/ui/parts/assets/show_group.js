() => document.getElementById("NAME-group")?.scrollIntoView({ block: "start", behavior: "smooth" })
