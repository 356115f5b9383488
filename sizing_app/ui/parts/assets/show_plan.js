() => document.getElementById("NAME-plan")?.scrollIntoView({ block: "start", behavior: "smooth" })
