"""What is said while a deck is mapped: notes of what was done, each rule once, and problems."""

from sizing_app.spice.lines import Line, Remark


class Unmapped(ValueError):
    """A device cannot be mapped; says what to do. ``word`` is the word that is meant."""

    def __init__(self, word: str, text: str):
        super().__init__(text)
        self.word = word


class Log:
    def __init__(self):
        self.notes: list[Remark] = []
        self.problems: list[Remark] = []
        self._said: set[str] = set()

    def note(self, line: Line, word: str, text: str) -> None:
        self.notes.append(Remark(line, word, text))

    def once(self, rule: str, line: Line, word: str, text: str) -> None:
        """A note of a rule that is applied to many lines, at the first of them."""
        if rule not in self._said:
            self._said.add(rule)
            self.note(line, word, text)

    def problem(self, line: Line, word: str, text: str) -> None:
        self.problems.append(Remark(line, word, text))
