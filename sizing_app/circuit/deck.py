"""A sized circuit as files that run in plain ngspice: subcircuit with parameters, models, testbench with its analyses.

The same text as netlist.py builds for the simulator, but with its arithmetic left in: ``w={w_in/2}`` follows .param, so
that people may go on from it. What is fixed are the number of fingers and the model bins, those of this design.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sizing_app.circuit.deck_measures import print_lines, prints
from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Analysis, Circuit, Parameters
from sizing_app.circuit.netlist import build_netlist, fingers_of, values_of
from sizing_app.circuit.own_models import kinds
from sizing_app.circuit.pdk import PROCESSES

DUT = "xdut"
"""The circuit's instance in the testbench."""
WORD = re.compile(r"(?:\{[^{}]*\}|[^\s{}])+")
FEW_NODES = {"m": 4, "s": 4, "j": 3, "k": 0}
"""Nodes of an element by its letter; two for the others but E, G, Q and X."""
CURRENT = re.compile(r"\bi\(\s*(\w+)\s*\)", re.IGNORECASE)
VOLTAGE = re.compile(r"\bv\((\w+)(?:,(\w+))?\)", re.IGNORECASE)
CARD = re.compile(r"^\.model\s.*(?:\n\+.*)*", re.MULTILINE | re.IGNORECASE)


def deck(circuit: Circuit, parameters: Parameters, conditions: Conditions,
         voltages: Mapping[str, float]) -> dict[str, str]:
    """models.sp, circuit.sp and testbench.sp. ``voltages``: of all nodes at the first operating point, the first guess
    of every analysis. Raises as build_netlist does."""
    circuit = _beside_their_sources(circuit)
    ports = _ports(circuit)
    return {"models.sp": _models(circuit, parameters, conditions),
            "circuit.sp": _circuit(circuit, parameters, conditions, ports),
            "testbench.sp": _testbench(circuit, conditions, voltages, ports)}


def wrapper_name(circuit: Circuit) -> str:
    """The name of the subcircuit that the circuit is in circuit.sp: its own, unless an inner one is called so."""
    inner = {line.split()[1].lower() for line in _lines(f"{circuit.netlist}\n{circuit.testbench}")
             if line.lower().startswith(".subckt")}
    name = circuit.name
    while name.lower() in inner:
        name += "_"
    return name


def _beside_their_sources(circuit: Circuit) -> Circuit:
    """The circuit with its F, H and B elements that sense the current of a source of the testbench moved there: from
    within a subcircuit ngspice finds no source outside."""
    sources = {line.split()[0].lower() for line in _lines(circuit.testbench) if line[0] in "vV"}
    stays, moves, inner = [], [], False
    place = stays
    for line in map(str.strip, circuit.netlist.splitlines()):
        inner = inner or line.lower().startswith(".subckt")
        if line[:1] not in ("+", "*", ""):
            place = moves if not inner and _sensed(line) & sources else stays
        place.append(line)
        inner = inner and not line.lower().startswith(".ends")
    return replace(circuit, netlist="\n".join([*stays, ""]),
                   testbench="\n".join([circuit.testbench.rstrip(), *moves, ""]))


def _sensed(line: str) -> set[str]:
    """The sources whose current an element senses, in small letters."""
    words = line.lower().split()
    return {words[3]} if words[0][0] in "fh" else {*CURRENT.findall(line.lower())} if words[0][0] == "b" else set()


def _models(circuit: Circuit, parameters: Parameters, conditions: Conditions) -> str:
    """The model cards that the sizes need, with where they are from."""
    cards = CARD.findall(build_netlist(circuit, parameters, conditions))
    return "\n".join([*_origin_of_models(circuit, conditions), *cards]) + "\n"


def _origin_of_models(circuit: Circuit, conditions: Conditions) -> list[str]:
    """Where the cards are from, as comments."""
    process = PROCESSES.get(circuit.process)
    if process is None:
        return [f"* The circuit's own model cards, corner {conditions.corner}."]
    return [
        f"* Model cards of {process.title}, corner {conditions.corner}: those that the sizes in circuit.sp need.",
        f"* From {library_names(circuit, conditions)} of the package {process.package}, constants inserted.",
        f"* {process.rights}",
        "* Other sizes may need other bins: then include the foundry's library in place of this file.",
        *(["* The circuit's own cards come last; they are in no library."] if circuit.models else [])]


def library_names(circuit: Circuit, conditions: Conditions) -> str:
    """The model files of a corner, below the package of an installed process."""
    process = PROCESSES[circuit.process]
    return ", ".join(name.format(corner=process.corners[conditions.corner]) for name in process.files)


def _circuit(circuit: Circuit, parameters: Parameters, conditions: Conditions, ports: Iterable[str]) -> str:
    """Parameters, and the circuit as a subcircuit; its own ones stand before it."""
    values = values_of(parameters, conditions)
    name, before, body, inside = wrapper_name(circuit), [], [], False
    for raw, fingers in fingers_of(circuit, parameters, conditions, circuit.netlist):
        line = raw if fingers is None else _transistor(raw, circuit, fingers)
        inside = inside or line.lower().startswith(".subckt")
        (before if inside else body).append(line)
        inside = inside and not line.lower().startswith(".ends")
    return "\n".join([f"* {circuit.title} ({circuit.name}), sizes and conditions in SI units",
                      *(f".param {key}={value:.9g}" for key, value in values.items()), *before,
                      f".subckt {name} {' '.join(ports)}", *body, f".ends {name}"]) + "\n"


def _transistor(line: str, circuit: Circuit, fingers: int) -> str:
    """A line of netlist.sp as ngspice reads it: model, fingers, areas and perimeters of the junctions; of a circuit
    that is simulated as written, the model alone."""
    words = WORD.findall(line)
    if circuit.as_written:
        return " ".join([*words[:5], circuit.devices[words[5]], *words[6:]])
    sizes = {key: value.strip("{}") for key, _, value in (word.partition("=") for word in words[6:])}
    diffusion = PROCESSES[circuit.process].diffusion
    width = f"({sizes['w']})" if fingers == 1 else f"nint(({sizes['w']})/{fingers}/1n)*1n"  # on the layout grid
    area, perimeter = f"{width}*{diffusion:g}", f"2*({width}+{diffusion:g})"
    return (f"{' '.join(words[:5])} {circuit.devices[words[5]]} w={{{width}}} l={{{sizes['l']}}} ad={{{area}}} "
            f"as={{{area}}} pd={{{perimeter}}} ps={{{perimeter}}} m={{{fingers}*({sizes.get('m', '1')})}}")


def _testbench(circuit: Circuit, conditions: Conditions, voltages: Mapping[str, float], ports: list[str]) -> str:
    bench = [line for line in _lines(circuit.testbench) if not line.lower().startswith(".nodeset")]
    outside = {*ports, *(node for line in bench for node in _nodes(line, circuit))}
    inside = {node for line in _lines(circuit.netlist) for node in _nodes(line, circuit)}
    guess = "\n+ ".join(f"v({node if node in outside else f'{DUT}.{node}'})={voltage:.9g}"
                        for node, voltage in voltages.items() if node in outside | inside)
    inner = sorted({vector_name(name) for analysis in circuit.analyses for name in analysis.save if name[0] == "@"})
    return "\n".join([
        f"* {circuit.title}: testbench, {conditions.show()}", ".include models.sp", ".include circuit.sp",
        f"{DUT} {' '.join(ports)} {wrapper_name(circuit)}", *bench, f".nodeset {guess}",
        f".temp {conditions.temperature:g}",
        " ".join([".save all", *inner]), ".control", "set filetype=ascii", *_control(circuit, conditions),
        "quit", ".endc", ".end"]) + "\n"


def _control(circuit: Circuit, conditions: Conditions) -> Iterator[str]:
    """Every analysis with its source settings; its vectors go to NAME.raw; then the metrics that it completes."""
    values, done = values_of({}, conditions), []
    for analysis in circuit.analyses:
        yield from (f"alter {target} = {value}" for target, value in analysis.alter.items())
        yield analysis.command
        if _two_plots(analysis):
            yield "setplot previous"
        yield f"set plot_{analysis.name} = $curplot"
        yield f"write {analysis.name}.raw {' '.join(map(vector_name, analysis.save))}"
        done.append(analysis.name)
        for measure in circuit.measures:
            if prints(measure) and analysis.name in measure.analyses and set(measure.analyses) <= set(done):
                yield f"setplot {{$plot_{measure.arguments['analysis']}}}"
                yield from print_lines(measure, circuit, values)


def _two_plots(analysis: Analysis) -> bool:
    """Whether it is a noise analysis over a band: the integrals come last, the densities are in the plot before."""
    words = analysis.command.split()
    return words[0] == "noise" and words[3:5] != ["lin", "1"]


def vector_name(name: str) -> str:
    """A saved vector as the testbench names it: devices are inside the circuit."""
    return re.sub(r"^@(\w)(\w*)\[", rf"@\1.{DUT}.\1\2[", name)


def _ports(circuit: Circuit) -> list[str]:
    """Nodes that the circuit shares with its testbench and its analyses, ground left out."""
    text = "\n".join(line for line in _lines(circuit.testbench) if not line.lower().startswith(".nodeset"))
    text += "\n" + "\n".join(" ".join((analysis.command, *analysis.save)) for analysis in circuit.analyses)
    named = {name.lower() for pair in VOLTAGE.findall(text) for name in pair}
    named |= {node for line in _lines(circuit.testbench) for node in _nodes(line, circuit)}
    inside, own = [], False
    for line in _lines(circuit.netlist):
        own = own or line.lower().startswith(".subckt")
        inside += [] if own else _nodes(line, circuit)
        own = own and not line.lower().startswith(".ends")
    return [node for node in dict.fromkeys(inside) if node in named and node != "0"]


def _lines(text: str) -> list[str]:
    """Without comments, continued lines joined."""
    kept = [line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] != "*"]
    return re.sub(r"\n\+", " ", "\n".join(kept)).splitlines()


def _nodes(line: str, circuit: Circuit) -> list[str]:
    """Of an element of a circuit; none of a dot command."""
    words = [word.lower() for word in WORD.findall(line)]
    letter = words[0][0]
    if letter in ".+":
        return []
    if letter == "x":
        return [word for word in words[1:] if "=" not in word][:-1]
    if letter in "eg":
        return words[1:5] if sum("=" not in word for word in words) == 6 else words[1:3]
    if letter == "q":  # three, or four with the substrate
        return words[1:5] if len(words) > 5 and words[5] in kinds(circuit.models) else words[1:4]
    return words[1:1 + FEW_NODES.get(letter, 2)]
