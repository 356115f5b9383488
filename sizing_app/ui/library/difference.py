"""What changed from one design to another: parameters, then the lines of the sized netlist."""

import difflib
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from sizing_app.circuit.netlist import sized_netlist
from sizing_app.task.definition import Task
from sizing_app.task.turn import History, Turn
from sizing_app.ui.parts.render import MINUS
from sizing_app.ui.parts.turn_sections import change_text, changed

AGAINST = (("The turn before", "former"), ("The best design", "best"))


def compared_with(history: History, turn: int, best: Turn | None, against: str) -> tuple[Turn | None, Turn | None]:
    """The two designs: the one that ``against`` names, and the one of ``turn``; None where there is none."""
    designs = [item for item in history if item.proposal.parameters is not None]
    shown = next((item for item in designs if item.index == turn), None)
    if against == "best":
        return best, shown
    return next((item for item in reversed(designs) if item.index < turn), None), shown


def difference(task: Task, before: Turn | None, after: Turn | None) -> Markup:
    """Readable difference of two designs."""
    if after is None:
        return _words("This turn has no design.")
    if before is None or before.index == after.index:
        return _words("There is no other design to compare with: "
                      f"{'this is the first one' if before is None else 'this is the best one'}.")
    names = [item for item in task.circuit.parameters
             if changed(before.proposal.parameters[item.name], after.proposal.parameters[item.name])]
    if not names:
        return _words(f"The same design as in turn {before.index}.")
    rows = Markup("").join(
        Markup('<tr><th scope="row"><code>{}</code></th><td class="num">{}</td><td class="num">{}</td>'
               '<td class="num">{}</td><td>{}</td></tr>').format(
            item.name, _value(before, item), _value(after, item),
            change_text(item, after.proposal.parameters[item.name], before.proposal.parameters[item.name]), item.role)
        for item in names)
    titles = Markup("").join(Markup('<th scope="col"{}>{}</th>').format(
        "" if title in ("Parameter", "Role") else Markup(' class="num"'), title)
        for title in ("Parameter", f"Turn {before.index}", f"Turn {after.index}", "Change", "Role"))
    return Markup('<div class="difference"><div class="scroll" tabindex="0"><table><caption class="sr-only">Parameters '
                  "that differ</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>{}</div>").format(
        titles, rows, _netlist_lines(task, before, after))


def _value(turn: Turn, parameter) -> str:
    return parameter.show(turn.proposal.parameters[parameter.name])


def _netlist_lines(task: Task, before: Turn, after: Turn) -> Markup:
    try:
        old, new = (_elements(task, turn) for turn in (before, after))
    except (ValueError, KeyError) as error:
        return _words(f"The netlist cannot be written: {error}.")
    lines = list(_changed_lines(old, new))
    spans = Markup("").join(Markup('<span class="{}">{} {}</span>').format(
        "new" if sign == "+" else "gone", sign, line) for sign, line in lines)
    return Markup('<details class="netlist-lines" open><summary>{} netlist lines differ</summary>'
                  '<pre tabindex="0">{}</pre></details>').format(sum(sign == "+" for sign, _ in lines), spans)


def _changed_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(sign, line): what is gone and what is new; lines that were replaced one by one stand together."""
    for kind, start, stop, begin, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "replace" and stop - start == end - begin:
            for gone, came in zip(old[start:stop], new[begin:end], strict=True):
                yield from ((MINUS, gone), ("+", came))
        elif kind != "equal":
            yield from ((MINUS, line) for line in old[start:stop])
            yield from (("+", line) for line in new[begin:end])


def _elements(task: Task, turn: Turn) -> Sequence[str]:
    """The sized netlist without its comments."""
    text = sized_netlist(task.circuit, turn.proposal.parameters, task.conditions)
    return [line for line in text.splitlines() if not line.startswith("*")]


def _words(text: str) -> Markup:
    return Markup('<p class="quiet">{}</p>').format(text)
