"""Operating point of every transistor, and the waveforms of every analysis, of one design; runs in the worker.

ngspice tells device quantities as vectors such as ``@m.x1.m2[gm]`` (manual, chapter on model and device parameters).
Its BSIM models count currents and conductances of all fingers (``m=``) together, widths of one finger, and voltages
in the device's own polarity: positive for an NMOS and a PMOS that conduct. Models that are older call the threshold
``von``; it and ``vdsat`` of a PMOS are negative.
"""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Analysis, Circuit, Parameters
from sizing_app.circuit.netlist import END, build_netlist
from sizing_app.circuit.subcircuits import MAIN, called_at, scoped
from sizing_app.circuit.own_models import older
from sizing_app.circuit.sweeps import scale_of
from sizing_app.simulator.inspection import Device, OperatingPoint, Waveforms
from sizing_app.simulator.ngspice import Ngspice
from sizing_app.simulator.testbench import FAILURES, run_analyses, status_of

QUANTITIES = ("id", "gm", "gds", "vgs", "vds", "vth", "vdsat", "w", "l", "m")


def operating_point(ngspice: Ngspice, circuit: Circuit, parameters: Parameters,
                    conditions: Conditions) -> OperatingPoint:
    """Every transistor of the netlist at the testbench's first ``op`` analysis, or at time 0 if it has none."""
    started = time.perf_counter()
    analysis, settings = first_op(circuit)
    try:
        netlist = build_netlist(circuit, parameters, conditions)
        found = list(transistors(netlist))
        old = older(circuit.models)
        names = [f"@{device}[{told}]" for device, model in found for told in _told(model in old).values()]
        ngspice.load(netlist.removesuffix(END) + f".save all {' '.join(names)}\n{END}")
        ngspice.alter(settings)
        ngspice.run("op")
        values = {name: float(vector[0]) for name, vector in ngspice.vectors(names).items()}
        voltages = {name: float(vector[0]) for name, vector in ngspice.all_vectors().items()
                    if not any(sign in name for sign in "#@")}
    except FAILURES as error:
        return OperatingPoint(status_of(error), (), str(error), time.perf_counter() - started)
    devices = tuple(_device(name, _alias(circuit, model), _quantities(name, old.get(model), values))
                    for name, model in found)
    return OperatingPoint("ok", devices, seconds=time.perf_counter() - started, analysis=analysis, voltages=voltages,
                          simulator=str(ngspice.ngspice_version))


def waveforms(ngspice: Ngspice, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> Waveforms:
    """The vectors that metrics are read from, each analysis with the quantity that it sweeps."""
    started = time.perf_counter()
    swept = replace(circuit, analyses=tuple(_with_scale(analysis) for analysis in circuit.analyses))
    try:
        vectors = run_analyses(ngspice, swept, parameters, conditions)
    except FAILURES as error:
        return Waveforms(status_of(error), {}, str(error), time.perf_counter() - started)
    return Waveforms("ok", vectors, seconds=time.perf_counter() - started)


def first_op(circuit: Circuit) -> tuple[str, dict[str, str]]:
    """The testbench's first ``op`` and the source settings under which it runs; nothing if it has none."""
    settings: dict[str, str] = {}
    for analysis in circuit.analyses:
        settings |= analysis.alter
        if analysis.command.split()[0] == "op":
            return analysis.name, settings
    return "", {}


def transistors(netlist: str) -> Iterator[tuple[str, str]]:
    """(name in ngspice, model) of every transistor, subcircuits expanded: m1, m.x1.m2, m.x1.x3.m2. Calls of what is
    not defined have none: ngspice itself refuses them. Raises ExpressionError."""
    bodies: dict[str, list[list[str]]] = {}
    levels: dict[str, int] = {}
    for scopes, words in scoped(map(str.strip, netlist.lower().splitlines())):
        levels[scopes[-1]] = len(scopes)
        if words[0][0] in "mx":
            bodies.setdefault(scopes[-1], []).append(words)
    return _expand(bodies, levels, MAIN, ())


def _expand(bodies: Mapping[str, list[list[str]]], levels: Mapping[str, int], scope: str,
            calls: tuple[tuple[str, int], ...]) -> Iterator[tuple[str, str]]:
    """``calls``: instance and level of the definition that it calls, from the outermost one on."""
    for words in bodies.get(scope, ()):
        if words[0][0] == "m":
            yield _name(words[0], calls), words[5]
        elif (inner := words[called_at(words)]) in levels:
            yield from _expand(bodies, levels, inner, (*calls, (words[0], levels[inner])))


def _name(device: str, calls: tuple[tuple[str, int], ...]) -> str:
    """A definition within another one is expanded before that, so its devices have a whole name of their own by then:
    m.x1.m.x2.m3."""
    name, least = device, math.inf
    for call, level in reversed(calls):
        name = f"m.{call}.{name if level < least else name.removeprefix('m.')}"
        least = min(level, least)
    return name


def _alias(circuit: Circuit, model: str) -> str:
    """Of a model as ngspice knows it; a device of a sample may have a card of its own (circuit/variation.py), and cards
    that a circuit brings have no alias."""
    return next((alias for alias, known in circuit.devices.items()
                 if model == known.lower() or model.startswith(f"{known.lower()}__")), model)


def _told(is_old: bool) -> dict[str, str]:
    """Quantity to its name in ngspice."""
    return {quantity: "von" if is_old and quantity == "vth" else quantity for quantity in QUANTITIES}


def _quantities(name: str, old: str | None, values: Mapping[str, float]) -> dict[str, float]:
    """Of a device; ``old`` is the kind of its model where that is older than BSIM."""
    found = {quantity: values[f"@{name}[{told}]"] for quantity, told in _told(old is not None).items()}
    sign = -1.0 if old == "pmos" else 1.0
    return {**found, "vth": sign * found["vth"], "vdsat": sign * found["vdsat"]}


def _device(name: str, model: str, found: Mapping[str, float]) -> Device:
    vgs, vds = found["vgs"], found["vds"]
    if vds < 0:  # drain and source have changed places
        vgs, vds = vgs - vds, -vds
    shown = name.removeprefix("m.").replace(".m.", ".").upper()
    return Device(shown, model, found["w"] * found["m"], found["l"], abs(found["id"]), abs(found["gm"]),
                  abs(found["gds"]), vgs, vds, found["vth"], found["vdsat"])


def _with_scale(analysis: Analysis) -> Analysis:
    scale = scale_of(analysis.command)
    missing = (scale,) if scale and scale not in analysis.save else ()
    return replace(analysis, save=(*missing, *analysis.save))
