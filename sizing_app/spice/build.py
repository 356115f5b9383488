"""From a cell, its parameters and a testbench to a Circuit, held to the rules of every circuit from elsewhere."""

from collections.abc import Mapping
from pathlib import Path

from sizing_app.circuit.check import check_circuit
from sizing_app.circuit.conditions import ConditionSpace
from sizing_app.circuit.definition import Circuit, Origin, Parameters, Spec
from sizing_app.circuit.expressions import ExpressionError
from sizing_app.circuit.netlist import used_names
from sizing_app.circuit.own_models import ONLY, OWN
from sizing_app.circuit.pdk import PROCESSES
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.circuit.validation import MAX_TEXT
from sizing_app.spice.cell import Cell
from sizing_app.spice.groups import Proposal
from sizing_app.spice.lines import NOWHERE, Line, Remark
from sizing_app.spice.log import Unmapped
from sizing_app.spice.own_cards import models_of
from sizing_app.spice.roles import GROUND, SUPPLY, class_of, structure_of
from sizing_app.spice.structure import CASCODE, COMPENSATION, CROSS, INVERTER, PAIR, PASS, SECOND
from sizing_app.spice.surround import Surroundings
from sizing_app.spice.write import Written, write_cell
from sizing_app.testbenches.bench import Bench

TOPOLOGY = {CASCODE: "cascode", SECOND: "two-stage", COMPENSATION: "miller", CROSS: "latch", INVERTER: "inverters",
            PASS: "pass-device"}
"""Role of a device to the word for it among the words of a topology."""


class BuildError(ValueError):
    """A cell cannot become a circuit; ``problems`` has all reasons."""

    def __init__(self, problems: list[Remark] | tuple[Remark, ...]):
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def build_circuit(cell: Cell, proposal: Proposal, ports: Mapping[str, str], bench: Bench, conditions: ConditionSpace,
                  name: str, title: str = "", summary: str = "", source: str = "", specs: tuple[Spec, ...] = (),
                  written: Written | None = None) -> Circuit:
    """The circuit. ``ports`` are roles of ports, ``source`` the name of what was uploaded, ``written`` the text of the
    cell where it is known.

    Raises BuildError with all problems of the deck and its cell, CircuitError for what only the whole shows.
    """
    problems = problems_of(cell, proposal)
    if problems:
        raise BuildError(problems)
    written = written or written_cell(cell, proposal, ports)
    if problems := _of_one_temperature(f"{written.netlist}\n{written.sources}\n{bench.testbench}", bench):
        raise BuildError(problems)
    models = models_of(cell, conditions.corners)[0]
    if len(models) > MAX_TEXT and len(conditions.corners) > 1:
        raise BuildError([Remark(NOWHERE, "", f"the model cards of {len(conditions.corners)} corners have "
                                              f"{len(models):,} characters together, at most {MAX_TEXT:,}: choose "
                                              "fewer corners")])
    circuit = Circuit(
        name=name, title=title or f"{cell.top or cell.deck.title or name}"[:200], summary=summary or title or name,
        process=cell.process, parameters=tuple(group.parameter for group in proposal.free), metrics=bench.metrics,
        specs=specs, conditions=conditions, analyses=bench.analyses, measures=bench.measures, netlist=written.netlist,
        testbench="\n".join(filter(None, [written.sources, bench.testbench])), topology=topology(cell, ports),
        devices=dict(cell.aliases), models=models, as_written=cell.as_written,
        origin=Origin(_one_line(source or name), cell.deck.digest))
    check_circuit(circuit, Path(name) / "circuit.toml")
    return circuit


def problems_of(cell: Cell, proposal: Proposal) -> list[Remark]:
    """All that keeps a cell from becoming a circuit."""
    problems = [*cell.deck.problems, *cell.problems]
    if not problems and not cell.devices:
        problems.append(Remark(Line("", 1, ""), "", "no element was read: this is no netlist"))
    elif not problems and not proposal.free:
        problems.append(Remark(Line("", 1, ""), "", "no parameter is left to vary: unlock one"))
    return problems


def _of_one_temperature(text: str, bench: Bench) -> list[Remark]:
    """Lines with numbers that a sweep of the temperature would not change."""
    commands = [analysis.command.lower().split() for analysis in bench.analyses]
    if not any(words[0] == "dc" and "temp" in words[1::4] for words in commands):
        return []
    lines = text.replace("\n+ ", " ").splitlines()
    return [Remark(NOWHERE, line.split()[0], "depends on the temperature by arithmetic, which the sweep of the "
                                             "temperature would not follow: write tc1= and tc2=, or a B element with "
                                             "temper in it")
            for line in lines if "temperature" in used_names(line)]


def corners_of(cell: Cell) -> tuple[str, ...]:
    """The corners that its models have, the one that the file asks for first."""
    if cell.process == OWN:
        return models_of(cell)[1] or (ONLY,)
    return (cell.corner, *(name for name in PROCESSES[cell.process].corners if name != cell.corner))


def written_cell(cell: Cell, proposal: Proposal, ports: Mapping[str, str], dc: Mapping[str, str] | None = None,
                 ) -> Written:
    """The text of a cell; ``dc`` as for write_cell. Grounds of a subcircuit are 0; a netlist without one drives its
    own. Raises BuildError."""
    grounds = {net: "0" for net, role in ports.items() if role == GROUND and cell.top != MAIN}
    try:
        return write_cell(cell, proposal, grounds, dc)
    except Unmapped as error:
        raise BuildError([Remark(Line("", 1, ""), error.word, str(error))]) from None
    except ExpressionError as error:
        raise BuildError([Remark(Line("", 1, ""), "", str(error))]) from None


def original(proposal: Proposal) -> Parameters:
    """The design that the file has; a value outside its range is the nearest one inside."""
    return {group.name: group.parameter.nearest(group.value) for group in proposal.free}


def supply_of(cell: Cell, ports: Mapping[str, str]) -> float | None:
    """The largest voltage (V) that a source of the file puts on a supply; None where no source tells."""
    text = Surroundings(cell)
    supplies = {net for net, role in ports.items() if role == SUPPLY} | {"vdd", "vcc", "avdd", "vdd!"}
    values = [text.dc(element) for element in text.elements if element.kind == "v" and supplies & set(element.nets)]
    return max((value for value in values if value is not None and value > 0), default=None)


def topology(cell: Cell, ports: Mapping[str, str]) -> tuple[str, ...]:
    """What the cell is, in the words of the field: its class, its input pair, its stages."""
    structure = structure_of(cell, dict(ports))
    roles = structure.roles()
    pair = next((item.device.polarity for item in structure.transistors if roles.get(item.key) == PAIR), "")
    parts = dict.fromkeys(TOPOLOGY[role] for role in roles.values() if role in TOPOLOGY)
    return tuple(filter(None, [class_of(cell, dict(ports)), f"{pair}-input" if pair else "", *parts]))


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:200].strip() or "upload"
