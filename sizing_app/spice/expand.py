"""Which lines a deck has: its title away, included files and library sections in place, up to ``.end``."""

import re
from collections.abc import Iterator, Mapping

from sizing_app.circuit.deck_rules import DEEPEST, RefusedNetlist
from sizing_app.spice.arithmetic import is_number
from sizing_app.spice.elements import WrongElement, read_element
from sizing_app.spice.files import FOREIGN, INSTALLED, LTSPICE, base_name, find_files, nominal, reference, sections
from sizing_app.spice.lines import MOST_FILE_LINES, Line, Lines, Remark, is_spectre

MOST_EXPANDED = MOST_FILE_LINES
"""Lines with all included files in place, each as often as it is included."""


class Expansion:
    """All lines of one reading, with ``corner`` in place of the library sections that the netlist asks for."""

    def __init__(self, files: Mapping[str, str], read: Mapping[str, Lines], main: str, corner: str | None = None):
        self.files, self.read, self.main, self.corner = files, read, main, corner
        self.title = ""
        self.notes: list[Remark] = []
        self.problems: list[Remark] = []
        self.missing: list[Remark] = []
        """Files that are not uploaded; a problem only where something is undefined."""
        self.chosen: list[tuple[str, str]] = []
        """File and section, where the netlist asks for one."""
        self.offered: list[list[str]] = []
        """The sections that these files have."""
        self.processes: dict[str, str] = {}
        """Installed processes that paths were recognised as, to the section asked for."""
        self.included: set[str] = {main}
        self._seen = 0
        """Lines so far, those of included files each time that they are included."""
        self._sections: dict[str, dict[str, list[Line]]] = {}

    def lines(self) -> list[Line]:
        """All lines in their order. Raises RefusedNetlist beyond MOST_EXPANDED."""
        lines = self._with_title(list(self.read[self.main].logical))
        spectre = next((line for line in lines if is_spectre(line)), None)
        if spectre:
            self._problem(spectre, spectre.text.split()[0], "is of the Spectre language: export the netlist as SPICE")
            return []
        return [*self._expanded(lines, ()), *self._not_included()]

    def _with_title(self, lines: list[Line]) -> list[Line]:
        """The lines without a title; an element on line 1, at nets of others, is one, which ngspice would not read."""
        text = self.files[self.main].removeprefix("\ufeff").splitlines()
        first = next((number for number, raw in enumerate(text, 1) if raw.strip()), 0)
        if not lines or lines[0].number != first:
            self.title = text[first - 1].strip("* \t").strip() if first else ""
            return lines
        if lines[0].text[0] == ".":
            return lines
        if is_spectre(lines[0]) or _is_certain(lines[0], lines[1:]):
            self._note(lines[0], lines[0].text.split()[0], "is read as an element; ngspice would take line 1 as title")
            return lines
        self.title = lines[0].text
        self._note(lines[0], "", "is taken as the title")
        return lines[1:]

    def _expanded(self, lines: list[Line], above: tuple[str, ...]) -> Iterator[Line]:
        """Lines with those of included files in place, up to .end or .alter."""
        inside = False
        for line in lines:
            self._count(line)
            word = line.text.split(None, 1)[0].lower()
            if word in (".end", ".alter") and not above:
                self._after(line, lines)
                return
            if word == ".endl":
                inside = False
            elif word in (".include", ".inc", ".incl", ".lib") and not inside:
                found = reference(line, self.files)
                if found is None:
                    inside = True
                    self._note(line, line.text.split()[1], "is a section of a library that nothing asks for")
                else:
                    yield from self._file(line, *found, above)
            elif not inside:
                yield line

    def _count(self, line: Line) -> None:
        self._seen += 1
        if self._seen > MOST_EXPANDED:
            raise RefusedNetlist(f"{line.place}: with all included files in place the netlist has more than "
                                 f"{MOST_EXPANDED:,} lines")

    def _sections_of(self, name: str) -> dict[str, list[Line]]:
        if name not in self._sections:
            self._sections[name] = sections(self.read[name].logical)
        return self._sections[name]

    def _after(self, end: Line, lines: list[Line]) -> None:
        left = sum(line.number > end.number for line in lines)
        if left:
            self._note(end, end.text.split()[0], f"ends the netlist: {left} lines behind it are not read")

    def _file(self, line: Line, path: str, section: str, above: tuple[str, ...]) -> Iterator[Line]:
        """The lines of a file that a line asks for."""
        names = find_files(path, self.files, line.file)
        name = names[0] if names else None
        if len(names) > 1:
            self._problem(line, path, f"may be {' or '.join(names)}: write the folder too")
        elif name is not None and (name, section) in above or len(above) > DEEPEST:
            self._problem(line, path, "includes itself, or is included too deeply")
        elif name is not None and (name != self.main or section):
            self.included.add(name)
            lines = self._section(line, name, section, self._sections_of(name), bool(above))
            yield from self._expanded(lines, (*above, (name, section)))
        else:
            self._not_uploaded(line, path, section)

    def _section(self, line: Line, name: str, section: str, found: dict[str, list[Line]], nested: bool) -> list[Line]:
        """The lines of a section, or what is outside all sections where none is named."""
        names = [key for key in found if key]
        if not section and not (names and not found[""]):
            return found[""]
        wanted = section.lower() or nominal(names)
        if not nested:
            wanted = self.corner if self.corner in names else wanted
            self.chosen.append((name, wanted))
            self.offered.append(names)
        if wanted not in found:
            self._problem(line, section, f"is no section of {name}, only {', '.join(names) or 'none'}")
        return [*(found[""] if not section else []), *found.get(wanted, [])]

    def _not_uploaded(self, line: Line, path: str, section: str) -> None:
        known = next(((process, title) for pattern, process, title in INSTALLED if pattern.search(path)), None)
        if known:
            self.processes.setdefault(known[0], section.lower())
            self._note(line, path, f"is a file on your machine. Recognised as {known[1]}"
                                   + (f", {section}" if section else "") + ": the installed models are used")
        elif FOREIGN.search(path):
            self._problem(line, path, "is IHP SG13G2, which needs Verilog-A models that this ngspice cannot load")
        elif LTSPICE.search(path):
            self._note(line, path, "is a library that comes with LTspice: left out")
        else:
            self.missing.append(Remark(line, path, "is a file on your machine: upload it too"))

    def _not_included(self) -> Iterator[Line]:
        """Files that were uploaded and that no line asks for: models, most likely."""
        asked = {base_name(name): name for name in self.included if name != self.main}
        for name, lines in self.read.items():
            if name in self.included or not lines.logical:
                continue
            if other := asked.get(base_name(name)):
                self._note(lines.logical[0], "", f"the file is not read: {other} is included")
                continue
            self.included.add(name)
            found = self._sections_of(name)
            names = [key for key in found if key]
            first = lines.logical[0]
            self._note(first, "", "the file is read as well, though no line includes it"
                                  + (f": section {nominal(names)}" if names else ""))
            yield from self._expanded(self._section(first, name, nominal(names), found, False) if names else found[""],
                                      ((name, ""),))
            if names:
                yield from self._expanded(found[""], ((name, ""),))

    def _note(self, line: Line, word: str, text: str) -> None:
        self.notes.append(Remark(line, word, text))

    def _problem(self, line: Line, word: str, text: str) -> None:
        self.problems.append(Remark(line, word, text))


def _is_certain(line: Line, others: list[Line]) -> bool:
    """Whether line 1 is an element beyond doubt: it reads as one, has a number or a setting, and a net of others."""
    try:
        element = read_element(line)
    except WrongElement:
        return False
    words = (*element.values, *element.settings.values())
    used = {word for other in others for word in re.split(r"[\s(),=]+", other.text.lower())}
    return bool((set(element.nets) - {"0"}) & used) and (bool(element.settings) or any(map(is_number, words)))
