"""Everything that is known of a draft, at once and before anything is simulated: what pages, API and command show."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sizing_app.circuit.conditions import ConditionSpace
from sizing_app.circuit.definition import Analysis, Circuit, Metric, Spec
from sizing_app.circuit.own_models import OWN
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.own.assembly import Assembled, assemble
from sizing_app.own.draft import DECK, Draft
from sizing_app.own.ports import Port
from sizing_app.spice.cell import Device, Quantity
from sizing_app.spice.groups import Group, outside
from sizing_app.spice.lines import NOWHERE, Remark
from sizing_app.testbenches.template import Setting, template_names
from sizing_app.testbenches.wiring import ROLES


@dataclass(frozen=True)
class Row:
    """A device as it was read and as it is simulated."""

    place: str
    """Line of the file."""
    written: str
    """The line."""
    scope: str
    name: str
    kind: str
    nets: tuple[str, ...]
    model: str
    """Of the process, or an own card."""
    sizes: Mapping[str, Quantity]
    """As written, and converted (SI)."""


@dataclass(frozen=True)
class Report:
    """What became of a draft. Nothing is missing where there are no problems."""

    name: str
    top: str
    tops: tuple[str, ...]
    """Subcircuits that may be chosen; "" is what stands outside all."""
    process: str
    processes: tuple[str, ...]
    devices: tuple[Row, ...]
    notes: tuple[Remark, ...]
    """What was dropped, converted or added, each with its line where it has one."""
    taken: tuple[Remark, ...]
    """Lines around a subcircuit that a ready testbench takes over, and for what."""
    problems: tuple[Remark, ...]
    groups: tuple[Group, ...]
    ports: tuple[Port, ...]
    roles: tuple[str, ...]
    kind: str
    """Class of the testbench, or "deck"."""
    kinds: tuple[str, ...]
    settings: tuple[Setting, ...]
    analyses: tuple[Analysis, ...]
    metrics: tuple[Metric, ...]
    better: Mapping[str, str]
    """Metric to high, low or near."""
    conditions: ConditionSpace | None
    specs: tuple[Spec, ...]
    netlist: str
    testbench: str
    key: str
    """Of the circuit; empty where none can be made."""

    def document(self) -> dict:
        """As plain JSON values; remarks as text too."""
        values = asdict(self)
        for group in values["groups"]:
            group["members"] = [" ".join(filter(None, (member["scope"], member["device"], member["quantity"])))
                                for member in group["members"]]
            del group["uses"]
        values |= {"notes": _told(self.notes), "taken": _told(self.taken), "problems": _told(self.problems)}
        return values


def report(draft: Draft) -> Report:
    """Read a draft and tell everything."""
    return report_of(assemble(draft))


def report_of(made: Assembled) -> Report:
    cell, bench, circuit = made.cell, made.bench, made.circuit
    notes = [*made.notes, *(Remark(NOWHERE, "", text) for text in (outside(made.proposal) if made.proposal else ()))]
    return Report(
        made.name, cell.top if cell else "", tuple(made.deck.subcircuits) if made.deck else (),
        cell.process if cell else "", (*PROCESSES, OWN), tuple(map(_row, cell.devices)) if cell else (),
        tuple(notes), made.around.taken, tuple(made.problems), made.proposal.groups if made.proposal else (),
        made.ports or _found(made),
        ROLES, made.kind, (*template_names(), DECK), made.template.settings if made.template else (),
        bench.analyses if bench else (), bench.metrics if bench else (), bench.better if bench else {},
        made.conditions, made.draft.specs, *_texts(circuit))


def _texts(circuit: Circuit | None) -> tuple[str, str, str]:
    return (circuit.netlist, circuit.testbench, circuit.key) if circuit else ("", "", "")


def _found(made: Assembled) -> tuple[Port, ...]:
    """Ports where no testbench could be chosen."""
    return tuple(Port(net, role if role in ROLES else "") for net, role in made.found.items())


def _row(device: Device) -> Row:
    line = device.element.line
    return Row(line.place, line.text, device.scope, device.name, device.kind, device.nets, device.model, device.sizes)


def _told(remarks: tuple[Remark, ...]) -> list[dict]:
    return [{"place": item.line.place if item.line.number else "", "word": item.word[:60], "text": item.text,
             "sentence": str(item)} for item in remarks]
