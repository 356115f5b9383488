"""What a person has said so far of a circuit of their own: texts and choices. A value that is kept as JSON.

What follows from it: ``report`` (report.py: everything that was read, and all problems), ``make_circuit``
(assembly.py), ``check_draft`` (draft_check.py: simulates).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from sizing_app.circuit.definition import Spec
from sizing_app.circuit.validation import Invalid, check_leaves
from sizing_app.spice.lines import LARGEST_TEXT, NOWHERE, Remark
from sizing_app.spice.usage import Member
from sizing_app.testbenches.bench import Better

DECK = "deck"
"""In place of a class: the sources, analyses and .meas lines of the text itself are the testbench."""
MOST_FILES, MOST_CHOICES = 20, 500
"""Of one draft."""

STRICT = ConfigDict(extra="forbid")
"""Of what comes from outside: no words that nobody reads."""


class DraftError(ValueError):
    """No circuit can be made of a draft; ``problems`` has all reasons."""

    def __init__(self, problems: tuple[Remark, ...]):
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Change:
    """One change of the proposed parameters; they are made in their order."""

    __pydantic_config__ = STRICT

    action: Literal["join", "split", "rename", "lock", "unlock", "range"]
    names: tuple[str, ...]
    """The parameters that are joined; else the one that is meant."""
    new_name: str | None = None
    """Of join, split and rename."""
    members: tuple[Member, ...] = ()
    """What is split off."""
    low: float | None = None
    high: float | None = None
    """Of range, SI units."""


@dataclass(frozen=True)
class AddedMetric:
    """A metric on top of the testbench: a ``.meas`` line, or an expression with a name."""

    __pydantic_config__ = STRICT

    text: str
    better: Better = "near"
    analysis: str = ""
    """Where it is read; of a .meas line the first of its kind by default, of an expression none: over metrics alone."""
    name: str = ""
    """Of an expression."""
    unit: str | None = None


@dataclass(frozen=True)
class Draft:
    """What is left out is proposed from the text."""

    __pydantic_config__ = STRICT

    files: Mapping[str, str]
    """Name to text of the netlist and everything uploaded with it."""
    main: str = ""
    """The file that is read first; by default the first one."""
    name: str = ""
    title: str = ""
    summary: str = ""
    top: str | None = None
    """The subcircuit; "" for what stands outside all."""
    process: str | None = None
    """A process of circuit/pdk.py, or "own" for uploaded cards alone."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Model in the file's words to a model of the process."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values of parameters that the file uses and does not define."""
    as_written: bool = False
    """Simulate exactly what was written: no junction areas and fingers of ours."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Port in the file's words to its role (testbenches/wiring.py)."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Bias port to its current or voltage."""
    changes: tuple[Change, ...] = ()
    testbench: str = ""
    """A class with a ready testbench, or DECK."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the ready testbench."""
    metrics: tuple[AddedMetric, ...] = ()
    better: Mapping[str, Better] = field(default_factory=dict)
    """Metric to its direction, where another one than the testbench's is meant."""
    corners: tuple[str, ...] = ()
    temperatures: tuple[float, ...] = ()
    supplies: tuple[float, ...] = ()
    loads: tuple[float, ...] = ()
    specs: tuple[Spec, ...] = ()
    """By default 10% easier than the file's own design, once it was simulated."""

    def __post_init__(self):
        problems = list(_bounds(self))
        if problems:
            raise DraftError(tuple(Remark(NOWHERE, "", text) for text in problems))


_DRAFT = TypeAdapter(Draft)


def draft_text(draft: Draft) -> str:
    """JSON."""
    return _DRAFT.dump_json(draft).decode()


def read_draft(text: str | bytes) -> Draft:
    """Raises DraftError for anything but the JSON of a draft."""
    return _read(lambda: _DRAFT.validate_json(text))


def draft_of(document: object) -> Draft:
    """The same of plain JSON values."""
    return _read(lambda: _DRAFT.validate_python(document))


def _read(make: Callable[[], Draft]) -> Draft:
    try:
        return make()
    except ValidationError as error:
        first = error.errors()[0]
        if isinstance(bounds := first.get("ctx", {}).get("error"), DraftError):
            raise bounds from None
        where = ".".join(map(str, first["loc"]))
        raise DraftError((Remark(NOWHERE, where[:60], f"is no part of a draft: {first['msg']}"),)) from None


def _bounds(draft: Draft):
    if not draft.files:
        yield "there is no text: paste or upload a netlist"
    if len(draft.files) > MOST_FILES:
        yield f"{len(draft.files)} files, at most {MOST_FILES}"
    if (letters := sum(map(len, draft.files.values()))) > LARGEST_TEXT:
        yield f"{letters:,} characters in all files together, at most {LARGEST_TEXT:,}"
    if draft.main and draft.main not in draft.files:
        yield f"{draft.main[:60]!r} is none of the files"
    choices = (draft.models, draft.parameters, draft.roles, draft.values, draft.changes, draft.settings, draft.metrics,
               draft.better, draft.specs)
    if max(map(len, choices)) > MOST_CHOICES:
        yield f"at most {MOST_CHOICES} choices of a kind"
    try:
        check_leaves([*choices, list(draft.files), draft.name, draft.title, draft.summary, draft.top or "",
                      draft.temperatures, draft.supplies, draft.loads], "draft")
    except Invalid as error:
        yield str(error)
