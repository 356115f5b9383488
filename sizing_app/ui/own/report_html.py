"""What was read of a draft, as HTML: the verdict, the text line by line with marks, devices, notes, the deck."""

import re
from collections import Counter, defaultdict

from markupsafe import Markup

from sizing_app.circuit.units import show_quantity
from sizing_app.own.draft import Draft
from sizing_app.own.report import Report, Row
from sizing_app.spice.cell import Quantity
from sizing_app.spice.lines import Remark
from sizing_app.ui.own.titles import TITLES

MOST_LINES = 400
"""Lines of the text that are shown; of a longer one those alone that have a mark."""
MOST_ROWS = 300
"""Devices, notes or problems that are shown."""
IDLE = ("Paste a netlist, or upload it with its models, and press Read. Nothing of it is executed: devices, sizes, "
        "sources, analyses and .meas lines are taken over as data, and every line that is not says why.")
KINDS = {"m": "transistor", "r": "resistor", "c": "capacitor", "l": "inductor", "q": "bipolar transistor",
         "d": "diode", "j": "JFET", "v": "voltage source", "i": "current source", "e": "controlled source",
         "g": "controlled source", "s": "switch"}
MARKS = {"read": ("\u2713", "read"), "note": ("\u2013", "changed or left out"), "problem": ("!", "needs you"),
         "": ("", "")}


def verdict_html(told: Report | None, problems: tuple[str, ...] = ()) -> Markup:
    """In a sentence what the draft is; ``problems`` are those of the last choices."""
    if told is None:
        return Markup('<section class="session-header idle"><p>{}</p>{}</section>').format(IDLE, _list(problems))
    counts = Counter(KINDS.get(row.kind, row.kind.upper()) for row in told.devices)
    facts = [_count(number, kind) for kind, number in counts.items()]
    facts += [_count(sum(not group.locked for group in told.groups), "free parameter"),
              _count(len(told.metrics), "metric"), f"models: {TITLES.get(told.process, 'none')}",
              f"testbench: {TITLES.get(told.kind, 'none')}"]
    wrong = len(told.problems)
    kind, words = ("failed", f"{_count(wrong, 'problem')} to solve.") if wrong else (
        "met", "is read. Check it next.")
    return Markup('<section class="session-header {}" aria-label="Your circuit"><h2 class="headline">{} {}</h2>'
                  '<p class="facts">{}</p>{}{}</section>').format(
        kind, f"{told.name}:" if wrong else told.name, words, " \u00b7 ".join(facts),
        _list(map(str, told.problems)), _list(problems))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def listing_html(told: Report, draft: Draft) -> Markup:
    """The text with marks, and everything else that was read below it."""
    main = draft.main or next(iter(draft.files))
    return Markup('<div class="own-report"><div class="scroll" tabindex="0"><table class="own-lines" '
                  'aria-label="Lines of {}"><tbody>{}</tbody></table></div>{}{}{}</div>').format(
        main, _lines(told, draft.files[main], main), _notes(told), _devices(told.devices), _deck(told))


def _lines(told: Report, text: str, main: str) -> Markup:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    marked = _marked(told, main)
    shown = [number for number in range(1, len(lines) + 1) if len(lines) <= MOST_LINES or number in marked]
    row = Markup('<tr class="{}"><td class="mark" title="{}">{}<span class="sr-only"> {}</span></td>'
                 '<td class="num">{}</td><td><code>{}</code></td><td class="why">{}</td></tr>')
    parts = []
    for number in shown[:MOST_LINES]:
        kind, said = marked.get(number, ("", ""))
        sign, word = MARKS[kind]
        parts.append(row.format(kind, word, sign, word, number, lines[number - 1][:200], said))
    return Markup("").join(parts)


def _marked(told: Report, main: str) -> dict[int, tuple[str, str]]:
    """Line number to its mark and what is said of it."""
    found = {}
    for row in told.devices:
        if (number := re.fullmatch(rf"(?:{re.escape(main)} )?line (\d+)", row.place)):
            found[int(number[1])] = ("read", _sizes(row))
    for kind, remarks in (("read", told.taken), ("note", told.notes), ("problem", told.problems)):
        said = defaultdict(list)
        for remark in remarks:
            if remark.line.number and remark.line.file in ("", main):
                said[remark.line.number].append(remark)
        for number, here in said.items():
            read = found.get(number, ("",))[0] == "read" and kind == "note" and not any(
                remark.text.startswith("is left out") for remark in here)
            found[number] = ("read" if read else kind, "; ".join(map(_said, here))[:160])
    return found


def _said(remark: Remark) -> str:
    return f"{remark.word[:60]} {remark.text}" if remark.word else remark.text


def _sizes(row: Row) -> str:
    return f"{row.model} " + " ".join(f"{name} = {_shown(size)}" for name, size in row.sizes.items())


def _shown(size: Quantity) -> str:
    return show_quantity(size.value, size.unit)


def _notes(told: Report) -> Markup:
    if not told.notes:
        return Markup("")
    return Markup('<details class="own-notes" open><summary>Dropped, converted or added: {}</summary><ul>{}</ul>'
                  '</details>').format(len(told.notes), _items(map(str, told.notes)))


def _devices(rows: tuple[Row, ...]) -> Markup:
    row = Markup('<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>')
    body = Markup("").join(row.format(
        item.name, item.place, " ".join(item.nets), item.model,
        "; ".join(f"{name} {size.written} is {_shown(size)}" for name, size in item.sizes.items()))
        for item in rows[:MOST_ROWS])
    more = f", {MOST_ROWS} of them shown" if len(rows) > MOST_ROWS else ""
    return Markup('<details><summary>Devices: {}{}</summary><div class="scroll" tabindex="0"><table><thead><tr>'
                  '<th scope="col">Device</th><th scope="col">Place</th><th scope="col">Nets</th><th scope="col">Model'
                  '</th><th scope="col">As written, and as it is read</th></tr></thead><tbody>{}</tbody></table></div>'
                  '</details>').format(len(rows), more, body)


def _deck(told: Report) -> Markup:
    if not told.key:
        return Markup("")
    return Markup('<details class="netlist"><summary>Netlist and testbench that are simulated</summary>'
                  '<pre tabindex="0">{}\n{}</pre></details>').format(told.netlist, told.testbench)


def _list(sentences) -> Markup:
    items = _items(sentences)
    return Markup('<div class="problem-list" role="alert"><ul>{}</ul></div>').format(items) if items else items


def _items(sentences) -> Markup:
    return Markup("").join(Markup("<li>{}</li>").format(text) for text in list(sentences)[:MOST_ROWS])
