"""Which uploaded file a line means, and which lines of it: includes and library sections, never the disk."""

import posixpath
import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import takewhile

from sizing_app.spice.lines import Line
from sizing_app.spice.words import bare, split

NOMINAL = ("tt", "typ", "typical", "nom", "nominal", "t", "tt_lib")
"""Names of the section that is taken where none is asked for."""
INSTALLED = ((re.compile(r"sky130", re.IGNORECASE), "sky130", "SKY130"),
             (re.compile(r"sm141064|gf180|/design\.ngspice", re.IGNORECASE), "gf180mcu", "GF180MCU"),
             (re.compile(r"freepdk45|[np]mos_vt[lgh]\.inc", re.IGNORECASE), "freepdk45", "FreePDK45"))
"""Libraries of processes whose models are installed: pattern of the path, process, title."""
FOREIGN = re.compile(r"sg13g2|cornermos[lh]v", re.IGNORECASE)
"""IHP SG13G2."""
LTSPICE = re.compile(r"(standard\.(mos|dio|bjt|jft|cap|ind|res)|ltc\d*\.lib|\.asy)$", re.IGNORECASE)
"""What LTspice brings along."""


def reference(line: Line, files: Mapping[str, str]) -> tuple[str, str] | None:
    """(path, section) of an .include or .lib line; None where a .lib line begins a section of its own."""
    words = [bare(word) for word in split(line.text)]
    if len(words) < 2:
        return "", ""
    if words[0].lower() != ".lib":
        return " ".join(words[1:]), ""
    if len(words) == 2 and not find_files(words[1], files) and not re.search(r"[./\\]", words[1]):
        return None
    return words[1], words[2] if len(words) > 2 else ""


def find_files(path: str, files: Mapping[str, str], beside: str = "") -> list[str]:
    """The uploaded files that a path may mean: the one in that place as seen from the file ``beside``, else those that
    share the longest end of the path, at least the name."""
    named = [file for file in files if base_name(file) == base_name(path)]
    if len(named) < 2:
        return named
    there = _parts(path, posixpath.dirname(beside.replace("\\", "/")))
    exact = [file for file in named if _parts(file) == there]
    shared = {file: _same_end(_parts(file), _parts(path)) for file in named}
    return exact or [file for file in named if shared[file] == max(shared.values())]


def base_name(path: str) -> str:
    """The name without folders, in small letters."""
    return _parts(path)[-1]


@lru_cache(maxsize=4096)
def _parts(path: str, folder: str = "") -> tuple[str, ...]:
    """Folders and name of a path as seen from a folder, in small letters."""
    whole = posixpath.join(folder, path.replace("\\", "/"))
    return tuple(posixpath.normpath(whole).lower().split("/"))


def _same_end(one: tuple[str, ...], two: tuple[str, ...]) -> int:
    """How many last parts of two paths are equal."""
    pairs = zip(reversed(one), reversed(two), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def sections(lines: list[Line]) -> dict[str, list[Line]]:
    """Sections of a library, ``.lib NAME`` to ``.endl``, in small letters; "" has the lines outside all."""
    found: dict[str, list[Line]] = {"": []}
    name = ""
    for line in lines:
        words = line.text.lower().split()
        if words[0] == ".lib" and len(words) == 2 and not name and not re.search(r"[./\\]", words[1]):
            name = bare(words[1])
            found.setdefault(name, [])
        elif words[0].startswith(".endl"):
            name = ""
        else:
            found[name].append(line)
    return found


def nominal(names: list[str]) -> str:
    """The section that is taken where none is named."""
    return next((name for name in NOMINAL if name in names), names[0] if names else "")
