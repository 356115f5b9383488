"""From a draft to its circuit, step by step; every step that can be taken is, and all problems are kept."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from sizing_app.circuit.conditions import ConditionSpace
from sizing_app.circuit.definition import Circuit, Metric, Parameters
from sizing_app.circuit.deck_rules import RefusedNetlist
from sizing_app.circuit.expressions import ExpressionError
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.circuit.toml_table import CircuitError
from sizing_app.circuit.validation import NAME
from sizing_app.own.around import Around, around
from sizing_app.own.conditions import assumed, conditions_of
from sizing_app.own.deck_bench import Driven, bench_from, driven_supply, has_own_bench
from sizing_app.own.draft import DECK, Change, Draft, DraftError
from sizing_app.own.loose import without_driven, without_unused
from sizing_app.own.ports import Port, biased, ports_for, wiring_of
from sizing_app.spice import groups
from sizing_app.spice.build import BuildError, build_circuit, original, problems_of, written_cell
from sizing_app.spice.cell import Cell, Choices
from sizing_app.spice.deck import Deck
from sizing_app.spice.groups import Proposal, ProposalError
from sizing_app.spice.lines import NOWHERE, Remark
from sizing_app.spice.mapping import map_cell
from sizing_app.spice.propose import propose
from sizing_app.spice.read import read_deck
from sizing_app.spice.roles import class_of, port_roles
from sizing_app.spice.write import Written
from sizing_app.testbenches.added import add_expression, add_measure
from sizing_app.testbenches.bench import Bench, BenchError
from sizing_app.testbenches.template import Template, fill, read_template
from sizing_app.testbenches.wiring import Wiring


@dataclass
class Assembled:
    """What came of a draft; a step that could not be taken left None."""

    draft: Draft
    deck: Deck | None = None
    cell: Cell | None = None
    found: dict[str, str] = field(default_factory=dict)
    """Port to role, as spice/roles.py tells."""
    ports: tuple[Port, ...] = ()
    proposal: Proposal | None = None
    kind: str = ""
    """Class of the testbench, or DECK."""
    template: Template | None = None
    written: Written | None = None
    around: Around = Around()
    """What a ready testbench takes over from the text."""
    driven: Driven | None = None
    """What drives the supply in the text's own testbench, where that is taken over."""
    conditions: ConditionSpace | None = None
    wiring: Wiring | None = None
    bench: Bench | None = None
    circuit: Circuit | None = None
    notes: list[Remark] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.draft.name or proposed_name(self.draft, self.cell)

    @property
    def original(self) -> Parameters:
        """The design that the file has."""
        return original(self.proposal)


def make_circuit(draft: Draft) -> Circuit:
    """The circuit, without specs where the draft has none. Raises DraftError with all problems."""
    return assemble_whole(draft).circuit


def assemble_whole(draft: Draft) -> Assembled:
    """As ``assemble``, up to a circuit. Raises DraftError with all problems where there is none."""
    made = assemble(draft)
    if made.circuit is None:
        raise DraftError(tuple(made.problems))
    return made


def assemble(draft: Draft) -> Assembled:
    """Take all steps. Where a text's own testbench cannot be taken over and nobody asked for it, a ready one stands in
    its place, with a note of each line that was in the way."""
    made = _assembled(draft)
    if made.kind != DECK or draft.testbench or not made.problems or made.written is None:
        return made
    ready = _assembled(draft, own_bench=False)
    if ready.circuit is None or ready.kind == "generic":
        return made
    reasons = [replace(problem, text=f"{problem.text}: so the ready testbench stands in place of the text's own")
               for problem in made.problems]
    return replace(ready, notes=[*ready.notes, *reasons])


def _assembled(draft: Draft, own_bench: bool = True) -> Assembled:
    made = Assembled(draft)
    for step in (_read, partial(_map, own_bench=own_bench), _propose, _surround, _build):
        step(made)
    if made.deck:
        read = [*_of_the_deck(made), *made.around.notes, *(made.driven.notes if made.driven else ()),
                *(made.cell.notes if made.cell else ())]
        made.notes = [*sorted(read, key=lambda note: (note.line.file, note.line.number)), *made.notes]
    made.problems = list(dict.fromkeys(made.problems))
    return made


def proposed_name(draft: Draft, cell: Cell | None) -> str:
    """Of the top cell, else of the file; letters, digits and _."""
    stem = re.split(r"[/\\]", draft.main or next(iter(draft.files)))[-1].partition(".")[0]
    name = re.sub(r"\W+", "_", (cell.top if cell else "") or stem, flags=re.ASCII).strip("_")[:60]
    return name if NAME.fullmatch(name) else f"own_{name}".rstrip("_")


# ---- steps

def _read(made: Assembled) -> None:
    draft = made.draft
    if not NAME.fullmatch((draft.name or "x").replace("-", "_")):
        _tell(made, draft.name, "is no name of a circuit: letters, digits, _ and -")
    try:
        made.deck = read_deck(draft.files, draft.main or None)
    except RefusedNetlist as error:
        _tell(made, "", str(error))


def _map(made: Assembled, own_bench: bool) -> None:
    deck, draft = made.deck, made.draft
    if deck is None:
        return
    made.kind = draft.testbench or (DECK if own_bench and has_own_bench(deck) and not draft.top else "")
    top = MAIN if made.kind == DECK else draft.top
    try:
        made.cell = map_cell(deck, Choices(top, draft.process, draft.models, draft.as_written, draft.parameters))
    except KeyError as error:
        known = ", ".join(filter(None, deck.subcircuits)) or "there is none"
        _tell(made, str(error.args[0]), f"is no subcircuit of the text ({known}), or no process "
                                        f"({', '.join(PROCESSES)}, own)")
        made.problems += deck.problems
    except ExpressionError as error:
        _tell(made, "", str(error))


def _propose(made: Assembled) -> None:
    if made.cell is None:
        return
    made.found = port_roles(made.cell)
    if unknown := [net for net in made.draft.roles if net not in made.found]:
        _tell(made, unknown[0], f"is no port: {', '.join(made.found) or 'there is none'}")
    told = {net: made.draft.roles.get(net, role) for net, role in made.found.items()}
    proposal = propose(made.cell, told)
    if made.kind == DECK and made.deck.top != MAIN:
        proposal = _surroundings_locked(proposal)
    for change in made.draft.changes:
        try:
            proposal = changed(proposal, change)
        except ProposalError as error:
            _tell(made, "", str(error))
    made.proposal = proposal
    made.kind = made.kind or class_of(made.cell, told)
    made.problems += problems_of(made.cell, proposal)


def _surround(made: Assembled) -> None:
    """The text of the cell, the conditions, and what surrounds it."""
    if made.proposal is None or made.problems:
        return
    told = {net: made.draft.roles.get(net, role) for net, role in made.found.items()}
    with _telling(made, BenchError):
        _surroundings(made, told)
    made.conditions = conditions_of(made.draft, made.cell, told, made.around, made.driven)
    if made.problems:
        return
    with _telling(made, BuildError, BenchError, CircuitError, ExpressionError):
        made.written = written_cell(made.cell, made.proposal, told, made.driven.dc if made.driven else None)
        made.bench = _deck_bench(made, told) if made.kind == DECK else _class_bench(made)
        for metric in made.draft.metrics:
            with _telling(made, BenchError):
                made.bench = _added(made.bench, metric)
        better = {name: word for name, word in made.draft.better.items() if name in made.bench.better}
        made.bench = replace(made.bench, better={**made.bench.better, **better})
        made.notes += [Remark(NOWHERE, "", note) for note in made.bench.notes]


def _build(made: Assembled) -> None:
    if made.bench is None or made.problems:
        return
    draft = made.draft
    told = {net: draft.roles.get(net, role) for net, role in made.found.items()}
    with _telling(made, BuildError, CircuitError, ExpressionError):
        made.proposal, notes = without_unused(made.proposal, made.written.netlist, made.bench)
        made.notes += notes
        made.circuit = build_circuit(made.cell, made.proposal, told, made.bench, made.conditions, made.name,
                                     draft.title, draft.summary, next(iter(draft.files)), draft.specs, made.written)


# ---- parts of steps

def _surroundings(made: Assembled, told: Mapping[str, str]) -> None:
    """The ports of a ready testbench, and what the text around the cell says of them."""
    if made.kind == DECK:
        made.driven = driven_supply(made.cell, told)
        return
    made.template = read_template(made.kind)
    made.ports = ports_for(made.template, made.found, made.draft.roles)
    roles = {port.net: port.role for port in made.ports}
    made.around = around(made.cell, roles, made.draft, tuple(item.name for item in made.template.settings))
    made.notes += assumed(made.draft, made.cell, roles, made.around)


def _of_the_deck(made: Assembled) -> list[Remark]:
    """What the reader dropped, and files that nobody uploaded. A ready testbench takes over nothing of a script."""
    missing = [replace(item, text="is a file on your machine that was not uploaded: left out" if item.word else
                       "names no file: left out") for item in made.deck.missing]
    return [*missing, *(replace(note, text=note.text.partition(";")[0]) if note.word == ".control" and made.kind != DECK
                        else note for note in made.deck.notes)]


def _class_bench(made: Assembled) -> Bench:
    """A ready testbench around the cell."""
    nets = made.written.nets
    values = {net: text for net, text in made.around.values.items() if net in nets} | {**made.draft.values}
    made.wiring = wiring_of(made.cell, made.template, made.ports, nets, values, made.draft.settings)
    made.ports = biased(made.ports, made.wiring, nets, made.around.values)
    made.notes += [Remark(NOWHERE, port.net, port.note) for port in made.ports if port.note]
    bench = fill(made.template, made.wiring, made.conditions.nominal)
    lines = {device.name: device.element.line for device in made.cell.scopes[made.cell.top]}
    made.written, notes = without_driven(made.written, made.wiring, bench, lines)
    made.notes += notes
    return bench


def _deck_bench(made: Assembled, told: dict[str, str]) -> Bench:
    made.ports = tuple(Port(net, role) for net, role in told.items())
    bench = bench_from(made.deck, made.written, made.proposal, made.draft.better)
    made.written = replace(made.written, sources="")
    return bench


def _added(bench: Bench, metric) -> Bench:
    text = metric.text.strip()
    if re.match(r"\.?meas(ure)?\s", text, re.IGNORECASE):
        return add_measure(bench, text if text.startswith(".") else f".{text}", metric.better, metric.analysis,
                           metric.unit)
    own = Metric(metric.name, metric.name, metric.unit or "", text[:400])
    return add_expression(bench, own, text, metric.better, metric.analysis)


def changed(proposal: Proposal, change: Change) -> Proposal:
    """A proposal after one change. Raises ProposalError."""
    actions: dict[str, Callable[[], Proposal]] = {
        "join": lambda: groups.join(proposal, change.names, change.new_name),
        "split": lambda: groups.split(proposal, change.names[0], change.members, change.new_name),
        "rename": lambda: groups.rename(proposal, change.names[0], change.new_name or ""),
        "lock": lambda: groups.lock(proposal, change.names[0]),
        "unlock": lambda: groups.lock(proposal, change.names[0], False),
        "range": lambda: _ranged(proposal, change)}
    if not change.names:
        raise ProposalError(f"{change.action}: expected the name of a parameter")
    return actions[change.action]()


def _ranged(proposal: Proposal, change: Change) -> Proposal:
    if change.low is None or change.high is None:
        raise ProposalError(f"{change.names[0]}: expected a range of two numbers")
    return groups.set_range(proposal, change.names[0], change.low, change.high)


def _surroundings_locked(proposal: Proposal) -> Proposal:
    """Loads and feedback of a text that is a testbench keep their values; people may let them vary."""
    for group in proposal.groups:
        if all(member.scope == MAIN and member.device for member in group.members):
            proposal = groups.lock(proposal, group.name)
    return proposal


def _tell(made: Assembled, word: str, text: str) -> None:
    made.problems.append(Remark(NOWHERE, word, text))


@contextmanager
def _telling(made: Assembled, *errors: type[Exception]) -> Iterator[None]:
    """Errors of a step become problems of the draft."""
    try:
        yield
    except errors as error:
        if isinstance(error, BuildError):
            made.problems += error.problems
            return
        for line in str(error).splitlines():
            _tell(made, "", line.removeprefix(f"{made.name}/circuit.toml: "))
