"""Operating point of every transistor, and the waveforms of every analysis, of one design; runs in the worker.

ngspice tells device quantities as vectors such as ``@m.x1.m2[gm]`` (manual, chapter on model and device parameters).
Its BSIM models count currents and conductances of all fingers (``m=``) together, widths of one finger, and voltages
in the device's own polarity: positive for an NMOS and a PMOS that conduct.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Analysis, Circuit, Parameters
from sizing_app.circuit.netlist import END, build_netlist
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
        names = [f"@{device}[{quantity}]" for device, _ in found for quantity in QUANTITIES]
        ngspice.load(netlist.removesuffix(END) + f".save all {' '.join(names)}\n{END}")
        ngspice.alter(settings)
        ngspice.run("op")
        values = {name: float(vector[0]) for name, vector in ngspice.vectors(names).items()}
        voltages = {name: float(vector[0]) for name, vector in ngspice.all_vectors().items()
                    if not any(sign in name for sign in "#@")}
    except FAILURES as error:
        return OperatingPoint(status_of(error), (), str(error), time.perf_counter() - started)
    devices = tuple(_device(name, _alias(circuit, model), values) for name, model in found)
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
    """(name in ngspice, model) of every transistor, subcircuits expanded: m1, m.x1.m2, m.x1.x3.m2."""
    scopes: dict[str, list[list[str]]] = {"": []}
    scope = ""
    for line in netlist.lower().replace("\n+", " ").splitlines():
        words = line.split()
        if words and words[0] == ".subckt":
            scope = words[1]
            scopes[scope] = []
        elif words and words[0] == ".ends":
            scope = ""
        elif words and words[0][0] in "mx":
            scopes[scope].append(words)
    return _expand(scopes, "", ())


def _expand(scopes: Mapping[str, list[list[str]]], scope: str, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for words in scopes[scope]:
        if words[0][0] == "m":
            yield ".".join(("m", *path, words[0])) if path else words[0], words[5]
        else:
            inner = [word for word in words if "=" not in word][-1]
            yield from _expand(scopes, inner, (*path, words[0]))


def _alias(circuit: Circuit, model: str) -> str:
    """Of a model as ngspice knows it; a device of a sample may have a card of its own (circuit/variation.py), and cards
    that a circuit brings have no alias."""
    return next((alias for alias, known in circuit.devices.items()
                 if model == known.lower() or model.startswith(f"{known.lower()}__")), model)


def _device(name: str, model: str, values: Mapping[str, float]) -> Device:
    found = {quantity: values[f"@{name}[{quantity}]"] for quantity in QUANTITIES}
    vgs, vds = found["vgs"], found["vds"]
    if vds < 0:  # drain and source have changed places
        vgs, vds = vgs - vds, -vds
    return Device(name.removeprefix("m.").upper(), model, found["w"] * found["m"], found["l"], abs(found["id"]),
                  abs(found["gm"]), abs(found["gds"]), vgs, vds, found["vth"], found["vdsat"])


def _with_scale(analysis: Analysis) -> Analysis:
    scale = scale_of(analysis.command)
    missing = (scale,) if scale and scale not in analysis.save else ()
    return replace(analysis, save=(*missing, *analysis.save))
