"""Templates of testbenches: read, and filled in with the wiring of one circuit.

In a template, ``<in+>`` is the node with a role, ``<step>`` a setting, and ``<2*half+edge>`` arithmetic over settings
and nominal conditions that is done here. Inside braces a setting stays arithmetic over parameters and conditions of
each simulation; outside it becomes a number. A line of testbench.sp that begins with ``?role:`` is kept where a port
has the role (or a setting without default is given), one with ``!role:`` where none has. Analyses and metrics of
bench.toml have ``when`` for the same, a word or several in a list.
"""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.expressions import ExpressionError, evaluate
from sizing_app.circuit.folder import read_parts
from sizing_app.circuit.toml_table import Table
from sizing_app.testbenches.bench import Bench, BenchError
from sizing_app.testbenches.wiring import ROLES, Wiring, plain_number

DATA = Path(__file__).parent / "data"
_HOLE = re.compile(r"<([^<>]+)>")
_CONDITION = re.compile(r"([?!])([^:]+):\s*(.*)")


@dataclass(frozen=True)
class Setting:
    """A number of a template that people may change."""

    name: str
    title: str
    unit: str
    default: str | None
    """A number or arithmetic; None where the setting is left out unless it is given."""


@dataclass(frozen=True)
class Template:
    """A class of circuits and its testbench, holes included."""

    name: str
    title: str
    summary: str
    required: tuple[tuple[str, ...], ...]
    """Roles that some port must have; of several in one entry, one."""
    optional: tuple[str, ...]
    settings: tuple[Setting, ...]
    text: str
    table: Mapping
    """Analyses, metrics and probes as bench.toml has them. Probes are measured to tell the inputs apart, and only then.
    """
    polarity: Mapping[str, float] = field(default_factory=dict)
    """Metrics and probes that tell which input is which, in the order in which they are asked, each with the value
    that only an amplifier with the right input exceeds."""


def template_names() -> list[str]:
    return sorted(path.parent.name for path in DATA.glob("*/bench.toml"))


@functools.cache
def read_template(name: str) -> Template:
    """The template of a class. Raises BenchError."""
    if name not in template_names():
        raise BenchError(f"{name[:60]!r} is not a class with a ready testbench, only {', '.join(template_names())}")
    table = tomllib.loads((DATA / name / "bench.toml").read_text())
    settings = tuple(Setting(item["name"], item["title"], item["unit"], item.get("default"))
                     for item in table["settings"])
    return Template(name, table["title"], table["summary"], tuple(tuple(item.split("|")) for item in table["required"]),
                    tuple(table["optional"]), settings, (DATA / name / "testbench.sp").read_text(),
                    {key: table.get(key, []) for key in ("analyses", "metrics", "probes")}, table.get("polarity", {}))


def fill(template: Template, wiring: Wiring, nominal: Conditions, probes: bool = False) -> Bench:
    """The testbench for a circuit with this wiring, with the template's probes among its metrics if told so.

    Raises BenchError, or CircuitError for a wrong value."""
    holes = _Holes(template, wiring, nominal)
    lines = [line for line in map(holes.line, template.text.splitlines()) if line is not None]
    table = {key: [holes.entry(item) for item in items if holes.holds(item.get("when", []))]
             for key, items in template.table.items()}
    hidden = table.pop("probes")
    table["metrics"] += hidden if probes else []
    better = {item["name"]: item.pop("better") for item in table["metrics"]}
    analyses, metrics, measures = read_parts(Table(Path(f"testbench {template.name}"), table))
    return Bench("\n".join([*lines, *wiring.shared_lines()]) + "\n", analyses, metrics, measures, better)


class _Holes:
    """What stands in the holes of a template."""

    def __init__(self, template: Template, wiring: Wiring, nominal: Conditions):
        self._check(template, wiring)
        self._wiring = wiring
        self._settings = {setting.name: wiring.settings.get(setting.name, setting.default)
                          for setting in template.settings}
        self._numbers = {"nominal_supply": nominal.supply, "nominal_load": nominal.load,
                         "nominal_temperature": nominal.temperature}
        known = {"supply": nominal.supply, "load": nominal.load, "temperature": nominal.temperature}
        for name, text in self._settings.items():
            if text is not None:
                try:
                    self._numbers[name] = evaluate(text, known)
                except ExpressionError:
                    continue  # it holds parameters: good for braces, not for the numbers of an analysis

    @staticmethod
    def _check(template: Template, wiring: Wiring) -> None:
        for roles in template.required:
            if not any(wiring.nodes(role) for role in roles):
                raise BenchError(f"{template.name}: expected a port with the role {' or '.join(map(repr, roles))}")
        allowed = {role for roles in template.required for role in roles} | set(template.optional)
        for node, role in wiring.ports.items():
            if role not in allowed:
                raise BenchError(f"{template.name}: port {node} has the role {role!r}, for which this testbench has no "
                                 f"use: choose one of {', '.join(sorted(allowed))}")
        names = [setting.name for setting in template.settings]
        if unknown := sorted(set(wiring.settings) - set(names)):
            raise BenchError(f"{template.name}: {unknown[0][:60]!r} is no setting, only {', '.join(names)}")

    def holds(self, when: str | list[str]) -> bool:
        """Whether all conditions hold; ``!role`` is the contrary of ``role``."""
        return all(self._given(word.removeprefix("!")) != word.startswith("!")
                   for word in ([when] if isinstance(when, str) else when))

    def line(self, line: str) -> str | None:
        while match := _CONDITION.match(line):
            sign, word, line = match.groups()
            if self._given(word.strip()) == (sign == "!"):
                return None
        return self.text(line)

    def entry(self, value):
        """A value of bench.toml with its holes filled, without its condition."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.entry(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.entry(item) for key, item in value.items() if key != "when"}
        return value

    def text(self, text: str) -> str:
        pieces = re.split(r"(\{[^{}]*\})", text)
        return "".join(_HOLE.sub(self._in_braces if piece[:1] == "{" else self._outside, piece) for piece in pieces)

    def _given(self, word: str) -> bool:
        return bool(self._wiring.nodes(word)) if word in ROLES else self._settings[word] is not None

    def _in_braces(self, match: re.Match) -> str:
        text = self._settings.get(match[1])
        return self._outside(match) if text is None or plain_number(text) is not None else f"({text})"

    def _outside(self, match: re.Match) -> str:
        hole = match[1].strip()
        if hole in ROLES:
            return self._wiring.node(hole)
        if hole in self._settings and plain_number(self._settings[hole] or "") is not None:
            return self._settings[hole]
        try:
            return f"{evaluate(hole, self._numbers):.9g}"
        except ExpressionError as error:
            raise BenchError(f"{hole!r} must come to a number for an analysis: {error}") from None
