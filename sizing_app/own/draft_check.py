"""A draft is simulated: its own design with the inputs both ways, beside plain ngspice, random designs, first specs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.netlist import Template, values_of
from sizing_app.circuit.own_models import OWN
from sizing_app.circuit.pdk import ModelError
from sizing_app.circuit.subcircuits import MAIN
from sizing_app.circuit.units import show_quantity
from sizing_app.own.assembly import Assembled, assemble, assemble_whole
from sizing_app.own.check import DESIGNS, OwnCheck, check_own
from sizing_app.own.draft import DECK, Draft
from sizing_app.own.plain_library import NoLibrary, library
from sizing_app.own.polarity import OTHER, Polarity, find_polarity
from sizing_app.simulator.inspection import Waveforms
from sizing_app.simulator.plain import plain
from sizing_app.spice.flat import flat_text
from sizing_app.task.protocols import Job, Simulator, StopSignal
from sizing_app.testbenches.bench import attach


@dataclass(frozen=True)
class DraftCheck:
    """What was found, and the draft as it is best: with the inputs the way that works."""

    draft: Draft
    polarity: Polarity | None
    found: OwnCheck

    @property
    def circuit(self) -> Circuit:
        """With the draft's specs, else with first specs."""
        circuit = self.found.circuit
        return replace(circuit, specs=self.draft.specs) if self.draft.specs else circuit

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why nobody should size this as it is: those of the design, and inputs that cannot be told apart."""
        unclear = self.polarity and not self.polarity.clear
        return (*self.found.warnings, *([f"Inputs: {self.polarity.sentence}."] if unclear else ()))

    def document(self) -> dict:
        """The design's check as plain JSON values, with what was found of the inputs and all warnings."""
        return self.found.document() | {"inputs": self.polarity.sentence if self.polarity else "",
                                        "warnings": list(self.warnings)}


def check_draft(draft: Draft, simulator: Simulator, designs: int = DESIGNS,
                stop: StopSignal | None = None) -> DraftCheck:
    """Simulate under nominal conditions. Raises DraftError with all problems where there is no circuit, and Stopped
    once ``stop`` is set while plain ngspice runs."""
    made = assemble_whole(draft)
    polarity = None
    if made.template and made.template.polarity:
        polarity = find_polarity(made.circuit, made.template, made.wiring, made.original, simulator)
    if polarity and polarity.swapped:
        draft = swapped(made)
        made = assemble_whole(draft)
    found = check_own(made.circuit, made.bench, made.original, simulator, beside(made, stop), designs,
                      as_written(made))
    return DraftCheck(draft, polarity, found)


def as_written(made: Assembled) -> Job | None:
    """The file's own design without areas and fingers of ours; None where there are none, or it cannot be made."""
    if made.circuit.as_written or made.cell.process == OWN:
        return None
    exact = assemble(replace(made.draft, as_written=True))
    if exact.circuit is None:
        return None
    return Job(attach(exact.circuit, exact.bench), exact.original, exact.circuit.conditions.nominal)


def swapped(made: Assembled) -> Draft:
    """The draft with its inputs the other way round, as a choice of its own."""
    roles = {port.net: OTHER[port.role] for port in made.ports if port.role in OTHER}
    return replace(made.draft, roles={**made.draft.roles, **roles})


def beside(made: Assembled, stop: StopSignal | None = None) -> Waveforms:
    """What plain ngspice makes of the text as it was given, in the same testbench, at the nominal corner and
    temperature, with the installed models where the text asks for them. Raises Stopped once ``stop`` is set."""
    nominal = made.circuit.conditions.nominal
    text = flat_text(made.draft.files, made.draft.main or None, nominal.corner)
    if made.kind != DECK:
        if any(item.kind in "vi" for item in made.deck.main.elements):
            return Waveforms("refused", {}, "the file has sources of its own, in whose place the testbench stands")
        text = _in_bench(made, text)
    elif made.driven.volts not in (None, made.conditions.nominal.supply):
        return Waveforms("refused", {}, f"the supply of the file is {show_quantity(made.driven.volts, 'V')}, but "
                                        "another one is chosen")
    if made.cell.process != OWN:
        try:
            models = library(made.deck, made.cell.top, made.cell.process, nominal.corner)
        except (NoLibrary, ModelError) as error:
            return Waveforms("refused", {}, str(error))
        title, _, rest = text.partition("\n")
        text = f"{title}\n{models}{rest}"
    return plain(f"{text.rstrip()}\n.temp {nominal.temperature:g}\n", made.bench.analyses, stop=stop)


def _in_bench(made: Assembled, text: str) -> str:
    """The subcircuit of the text, or all of it as one, called from the testbench at nominal conditions."""
    nodes, top = made.written.nets, made.cell.top
    ports: Sequence[str] = made.deck.subcircuits[top].ports
    if top == MAIN:
        top, ports = "owncell", [port.net for port in made.ports if port.net != "0"]
        title, _, rest = text.partition("\n")
        text = f"{title}\n.subckt {top} {' '.join(ports)}\n{rest.rstrip()}\n.ends"
    values = values_of(made.original, made.circuit.conditions.nominal)
    bench = Template.parse(made.bench.testbench).fill(values)
    call = f"Xowncell {' '.join(nodes.get(net, net) for net in ports)} {top}"
    return f"{text.rstrip()}\n{call}\n{bench}"
