// A table of inputs. Edits go into props.value, which is what the server gets; text is never parsed as HTML.
const root = element.querySelector(".cell-table");

function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
}

function edit(rowIndex, key, text) {
    const rows = props.value.rows.map((row, index) => index !== rowIndex ? row : {
        ...row, cells: { ...row.cells, [key]: text }, errors: { ...row.errors, [key]: "" },
    });
    props.value = { ...props.value, rows };
}

// The sentence on what is wrong in a cell, below its row; none where nothing is.
function explain(input, problem) {
    const id = `${input.id}-error`, row = input.closest("tr");
    root.querySelector(`#${CSS.escape(id)}`)?.parentElement.remove();
    input.removeAttribute("title");
    if (problem) row.after(make("tr", { class: "error" }, make("td", { id, colspan: row.children.length }, problem)));
}

// Show what the server reads in a cell, where it is not what stands there. Only the latest answer counts.
function understand(input, understood, unit) {
    clearTimeout(input.waiting);
    input.waiting = setTimeout(async () => {
        const text = input.value;
        const query = new URLSearchParams({ text, unit });
        const answer = await fetch(`understood?${query}`).then((response) => response.json()).catch(() => ({}));
        if (input.value !== text) return;
        understood.textContent = answer.value && answer.value !== text.trim() ? `= ${answer.value}` : "";
        explain(input, answer.problem);
    }, 150);
}

function kind(column) {
    return Array.isArray(column.entry) ? "choice" : column.entry;
}

// What a cell is filled in with: a text, a tick, or one of some words.
function entry(how, text, attributes) {
    if (Array.isArray(how)) {
        const choice = make("select", attributes, ...how.map((word) => make("option", { value: word }, word || "\u2013")));
        choice.value = text;
        return choice;
    }
    if (how === "check") {
        const tick = make("input", { ...attributes, type: "checkbox" });
        tick.checked = Boolean(text);
        return tick;
    }
    const input = make("input", {
        ...attributes, type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false", placeholder: "\u2013",
    });
    input.value = text;
    return input;
}

function cell(row, rowIndex, column) {
    const error = row.errors[column.key];
    const id = `${element.id}-${row.name}-${column.key}`;
    const unit = row.unit ? `, in ${row.unit}` : "";
    const input = entry(column.entry, row.cells[column.key] ?? "", {
        id, "aria-label": `${row.title}, ${column.title.toLowerCase()}${unit}`,
        "data-row": row.name, "data-column": column.key,
    });
    const understood = make("small", { class: "understood", role: "status" });
    const holder = make("td", { class: `cell ${kind(column)}` }, input, understood);
    if (error) {
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", `${id}-error`);
        input.title = error;
    }
    input.addEventListener("input", () => {
        input.removeAttribute("aria-invalid");
        edit(rowIndex, column.key, input.type === "checkbox" ? (input.checked ? "yes" : "") : input.value);
        if (column.entry === "quantity") understand(input, understood, row.unit || "");
    });
    return holder;
}

function draw() {
    const { caption, columns, rows } = props.value || { columns: [], rows: [] };
    const units = rows.some((row) => row.unit);
    const head = make("tr", {}, make("th", { scope: "col" }, caption || ""),
        ...units ? [make("th", { scope: "col" }, "Unit")] : [],
        ...columns.map((column) => make("th", { scope: "col", class: `cell ${kind(column)}` }, column.title)));
    const body = make("tbody");
    rows.forEach((row, index) => {
        const name = make("th", { scope: "row" }, row.title);
        if (row.note) name.append(make("small", {}, row.note));
        if (row.hint) name.title = row.hint;
        body.append(make("tr", {}, name, ...units ? [make("td", { class: "unit" }, row.unit)] : [],
            ...columns.map((column) => cell(row, index, column))));
        for (const column of columns) {
            if (!row.errors[column.key]) continue;
            body.append(make("tr", { class: "error" }, make("td", {
                colspan: columns.length + 1 + units, id: `${element.id}-${row.name}-${column.key}-error`,
            }, row.errors[column.key])));
        }
    });
    root.replaceChildren(make("table", {}, make("thead", {}, head), body));
    root.querySelector("[aria-invalid]")?.focus();
}

watch("value", draw);
draw();
