"""A text and the files that it includes as one text, for plain ngspice: nothing read, mapped or left out but comments
and ``.control``."""

from collections.abc import Mapping

from sizing_app.spice.expand import Expansion
from sizing_app.spice.lines import read_lines


def flat_text(files: Mapping[str, str], main: str | None = None, corner: str | None = None) -> str:
    """Every logical line in a line, the title first, without ``.end``; ``corner`` takes the place of the sections that
    the text asks for, as in Expansion. Raises RefusedNetlist as read_deck does."""
    main = next(iter(files)) if main is None else main
    expansion = Expansion(files, {name: read_lines(text, name) for name, text in files.items()}, main,
                          corner)
    lines = [line.text for line in expansion.lines()]
    return "\n".join([f"* {expansion.title}", *lines]) + "\n"
