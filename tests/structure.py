"""What a netlist is, names and sizes apart: a hash of the graph of its devices and nets.

Devices are nodes with their kind (an NMOS, a resistor), nets are nodes, terminals label the edges between them. Supply
and ground are told from other nets, drain from source not, bulks and values do not count. Devices in parallel and in
series that one device could replace are one. What is hashed is the multiset of colours of colour refinement (B.
Weisfeiler, A. Leman, 1968): equal netlists have equal hashes, and netlists that it cannot tell apart count as equal.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from sizing_app.circuit.definition import Circuit

Device = tuple[str, tuple[tuple[str, str], ...]]
"""Kind, and (terminal, net) pairs in sorted order."""
RAILS = ("vdd", "0")
TWO_TERMINALS = "rclvi"
"""Elements whose ends are not told apart, sources among them: their values carry the sign."""
SERIES = "rcnp"
"""Kinds of which two in series are one: resistors, capacitors, and transistors with one gate."""


def structure(circuit: Circuit) -> str:
    """The hash of a circuit's netlist, its testbench's probes in place."""
    return graph_hash(merged(devices(circuit)))


def devices(circuit: Circuit) -> list[Device]:
    """Every element of the netlist; nets that a probe of the testbench joins, a source between two nets, are one."""
    joined: dict[str, str] = {}
    for words in _lines(circuit.testbench):
        if words[0][0] == "v" and "0" not in words[1:3]:
            joined[words[2]] = words[1]
    return [_device(words, circuit.devices, joined) for words in _lines(circuit.netlist)]


def merged(found: Iterable[Device]) -> list[Device]:
    """One device for those that are in parallel or in series."""
    found = sorted(set(found))  # in parallel: the same kind between the same nets
    uses = Counter(net for _, ends in found for _, net in ends)
    for place, (kind, ends) in enumerate(found):
        for net in {net for terminal, net in ends if terminal == "end" and uses[net] == 2} - set(RAILS):
            for other in range(place + 1, len(found)):
                if kind in SERIES and found[other][0] == kind and ("end", net) in found[other][1] and \
                        _gates(found[other]) == _gates(found[place]):
                    left = Counter([*ends, *found[other][1]]) - Counter({("end", net): 2})
                    rest = [item for index, item in enumerate(found) if index not in (place, other)]
                    return merged([*rest, (kind, tuple(sorted(left - Counter(_gates(found[place])))))])
    return found


def graph_hash(found: Iterable[Device]) -> str:
    """Colours are refined once a node, more than enough for every node to hear of every other."""
    found = list(found)
    nets = {net for _, ends in found for _, net in ends}
    colours = {("net", net): net if net in RAILS else "net" for net in nets}
    colours |= {("device", place): kind for place, (kind, _) in enumerate(found)}
    edges = [(("device", place), ("net", net), terminal)
             for place, (_, ends) in enumerate(found) for terminal, net in ends]
    for _ in range(len(colours)):
        heard: dict[tuple, list[str]] = {node: [] for node in colours}
        for device, net, terminal in edges:
            heard[device].append(f"{terminal} {colours[net]}")
            heard[net].append(f"{terminal} {colours[device]}")
        refined = {node: _digest([colours[node], *sorted(heard[node])]) for node in colours}
        settled = len(set(refined.values())) == len(set(colours.values()))
        colours = refined
        if settled:
            break
    return _digest(sorted(colours.values()))


def _device(words: list[str], models: Mapping[str, str], joined: Mapping[str, str]) -> Device:
    kind = words[0][0]
    if kind == "m":
        drain, gate, source = words[1:4]
        model = {alias.lower(): name for alias, name in models.items()}[words[5]].lower()
        kind = "p" if model.startswith("p") or "pfet" in model else "n"
        ends = [("end", drain), ("gate", gate), ("end", source)]
    elif kind in TWO_TERMINALS:
        ends = [("end", net) for net in words[1:3]]
    else:
        raise ValueError(f"{words[0]}: there is no rule for the terminals of such an element")
    return kind, tuple(sorted((terminal, joined.get(net, net)) for terminal, net in ends))


def _gates(device: Device) -> list[tuple[str, str]]:
    return [(terminal, net) for terminal, net in device[1] if terminal == "gate"]


def _lines(text: str) -> list[list[str]]:
    """Elements as words of small letters, subcircuits expanded."""
    lines = [line for line in text.lower().splitlines() if line.strip() and line[0] != "*"]
    bodies: dict[str, list[list[str]]] = {"": []}
    ports: dict[str, list[str]] = {}
    scope = ""
    for words in map(str.split, "\n".join(lines).replace("\n+", " ").splitlines()):
        if words[0] == ".subckt":
            scope, ports[words[1]] = words[1], words[2:]
            bodies[scope] = []
        elif words[0] == ".ends":
            scope = ""
        elif words[0][0] != ".":
            bodies[scope].append(words)
    return _expanded(bodies, ports, "", {}, "")


def _expanded(bodies: Mapping[str, list[list[str]]], ports: Mapping[str, list[str]], scope: str,
              nets: Mapping[str, str], path: str) -> list[list[str]]:
    """The elements of a subcircuit; its own nets are named after the ``path`` to it."""
    found = []
    for words in bodies[scope]:
        count = {"m": 3, "x": len(words) - 2}.get(words[0][0], 2)
        outer = [nets.get(net, net if net in RAILS or not path else f"{path}.{net}") for net in words[1:count + 1]]
        if words[0][0] == "x":
            inner = words[-1]
            found += _expanded(bodies, ports, inner, dict(zip(ports[inner], outer, strict=True)),
                               f"{path}.{words[0]}")
        else:
            found.append([words[0], *outer, *words[count + 1:]])
    return found


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]
