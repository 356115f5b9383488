"""What a ready testbench takes the place of: sources of a netlist at ports that are driven, parameters of these."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sizing_app.circuit.netlist import used_names
from sizing_app.spice.groups import Proposal, lock
from sizing_app.spice.lines import NOWHERE, Line, Remark
from sizing_app.spice.write import Written
from sizing_app.testbenches.bench import Bench
from sizing_app.testbenches.wiring import Wiring

DRIVEN = ("supply", "in+", "in-", "clock", "reference", "common mode", "bias current", "bias voltage")


def without_driven(written: Written, wiring: Wiring, bench: Bench, places: Mapping[str, Line],
                   ) -> tuple[Written, list[Remark]]:
    """The netlist with its own sources, but for those at ports that the testbench drives; names that the testbench has
    too are changed. ``places`` has the line of each device."""
    driven = {node for role in DRIVEN for node in wiring.nodes(role)}
    kept, notes = [], []
    for line in written.sources.splitlines():
        words = line.split()
        ends = {words[1], words[2]} - {"0"}
        if line[:1] != "+" and len(ends) == 1 and ends <= driven:
            notes.append(Remark(places.get(words[0], NOWHERE), words[0],
                                f"is left out: the testbench drives {ends.pop()}"))
        else:
            kept.append(line)
    taken = {line.split()[0].lower() for line in bench.testbench.splitlines() if line[:1].isalpha()}
    lines = [*written.netlist.splitlines(), *kept]
    names = {line.split()[0].lower() for line in lines if line[:1].isalpha()}
    netlist = "\n".join(_own_names(lines, taken, names)) + "\n"
    return replace(written, netlist=netlist, sources=""), notes


def without_unused(proposal: Proposal, netlist: str, bench: Bench) -> tuple[Proposal, list[Remark]]:
    """Parameters that nothing uses any more are locked."""
    used, notes = used_names(netlist) | used_names(bench.testbench), []
    for group in proposal.free:
        if group.name not in used:
            proposal = lock(proposal, group.name)
            notes.append(Remark(NOWHERE, group.name, "is no parameter here: the testbench sets it"))
    return proposal, notes


def _own_names(lines: list[str], taken: set[str], names: set[str]) -> Iterator[str]:
    """Lines outside subcircuits whose element has a name of the testbench get another one."""
    inside = False
    for line in lines:
        word = line.split()[0] if line.strip() else ""
        inside = word.lower() == ".subckt" or inside and word.lower() != ".ends"
        if not inside and word.lower() in taken:
            number = 2
            while f"{word}_{number}".lower() in taken | names:
                number += 1
            line = f"{word}_{number}{line[len(word):]}"
        yield line
