"""A circuit whose metrics are formulas, harder than the toy of builders.py: a two-stage Miller op-amp of square-law
transistors (Gray, Hurst, Lewis and Meyer, Analysis and Design of Analog Integrated Circuits, chapters 6 and 9).

Where transistors leave saturation the gain collapses, far beyond that there is no result; without gain there is no
unity-gain frequency; the systematic offset is an absolute value with a kink at 0.
"""

import math
from dataclasses import replace

from sizing_app.circuit.conditions import ConditionSpace, Conditions
from sizing_app.circuit.definition import Circuit, Metric, Parameter, Spec
from sizing_app.policy.designs import random_design
from sizing_app.task.definition import Task
from sizing_app.task.turn import Measurement
from tests.builders import DirectSimulator

KN, KP, SUPPLY, THRESHOLD = 300e-6, 80e-6, 1.8, 0.45
"""Transconductance parameters (A/V^2), V, V."""
LAMBDA = 0.08e-6
"""Channel-length modulation times length, m/V."""
GATE = 5e-3
"""Gate capacitance, F/m^2."""
HEAT = 4.14e-21
"""kT at 27 degrees, J."""


def miller_circuit() -> Circuit:
    return Circuit(
        name="SQUARE-LAW", title="Two-stage op-amp in formulas", summary="Ten parameters, seven metrics.",
        process="none",
        parameters=(Parameter("w_in", "m", 1e-6, 100e-6, "input pair"), Parameter("l_in", "m", 0.2e-6, 2e-6, "length"),
                    Parameter("w_load", "m", 1e-6, 100e-6, "mirror"), Parameter("l_load", "m", 0.2e-6, 2e-6, "length"),
                    Parameter("w_cs", "m", 2e-6, 200e-6, "output"), Parameter("l_cs", "m", 0.2e-6, 2e-6, "length"),
                    Parameter("m_out", "", 1, 20, "output current over the tail's", scale="linear", step=1),
                    Parameter("i_b", "A", 1e-6, 100e-6, "tail current"),
                    Parameter("c_c", "F", 0.2e-12, 10e-12, "Miller"),
                    Parameter("r_z", "Ohm", 100.0, 20e3, "zero")),
        metrics=(Metric("gain", "Gain", "dB", ""), Metric("gbw", "Unity-gain frequency", "Hz", ""),
                 Metric("pm", "Phase margin", "deg", ""), Metric("power", "Power", "W", ""),
                 Metric("slew", "Slew rate", "V/s", ""), Metric("noise", "Noise", "V/sqrt(Hz)", ""),
                 Metric("offset", "Systematic offset", "V", "")),
        specs=(Spec("gain", low=75.0, scale=20.0), Spec("gbw", low=50e6), Spec("pm", low=60.0, high=80.0, scale=30.0),
               Spec("power", high=150e-6), Spec("slew", low=20e6), Spec("noise", high=11e-9),
               Spec("offset", high=0.1e-3)),
        conditions=ConditionSpace(("tt",), (27.0,), (SUPPLY,), (2e-12,)), analyses=(), measures=(),
        netlist="* formulas\n.end", testbench="* formulas")


def miller_task(seed: int = 0, budget: int = 400, **changes) -> Task:
    """From a random design; met by fewer than one of 100,000."""
    circuit = miller_circuit()
    task = Task(circuit, circuit.specs, circuit.conditions.nominal, random_design(circuit, seed, 99), budget, seed)
    return replace(task, **changes)


class SquareLaw(DirectSimulator):
    """Its simulator."""

    def measure(self, circuit: Circuit, parameters, conditions: Conditions) -> Measurement:
        values = self.metrics(parameters, conditions.load)
        if values is None:
            return Measurement("not_converged", dict.fromkeys(metric.name for metric in circuit.metrics), "no solution")
        return Measurement("ok", values)

    def metrics(self, p, load: float) -> dict[str, float | None] | None:
        tail, second = p["i_b"], p["i_b"] * p["m_out"]
        gm_in = math.sqrt(KN * p["w_in"] / p["l_in"] * tail)
        gm_load = math.sqrt(KP * p["w_load"] / p["l_load"] * tail)
        gm_cs = math.sqrt(2 * KP * p["w_cs"] / p["l_cs"] * second)
        room = SUPPLY - THRESHOLD - tail / gm_in - tail / gm_load - 0.3
        if room < -1.5:
            return None
        saturated = 1 / (1 + math.exp(-min(room, SUPPLY / 2 - 2 * second / gm_cs) / 0.05))
        first = gm_in / (tail / 2 * (LAMBDA / p["l_in"] + LAMBDA / p["l_load"]))
        last = gm_cs / (second * 2 * LAMBDA / p["l_cs"])
        gain = 20 * math.log10(max(first * last * saturated, 1e-3))
        gate = GATE * p["w_cs"] * p["l_cs"] * 2 / 3
        gbw, pole = gm_in / (2 * math.pi * p["c_c"]), gm_cs / (2 * math.pi * (load + gate))
        zero = p["c_c"] * (1 / gm_cs - p["r_z"])
        mirror = gm_load / (2 * math.pi * (2 * GATE * p["w_load"] * p["l_load"] + 10e-15))
        lag = math.atan(gbw / pole) + math.atan(2 * math.pi * gbw * zero) + math.atan(gbw / mirror / 2)
        noise = math.sqrt(16 / 3 * HEAT / gm_in * (1 + gm_load / gm_in))
        balance = math.log((p["w_cs"] / p["l_cs"]) / (p["w_load"] / p["l_load"]) / (2 * p["m_out"]))
        return {"gain": gain, "gbw": gbw if gain > 0 else None,
                "pm": max(90 - math.degrees(lag), 0.0) if gain > 0 else 0.0,
                "power": SUPPLY * (tail + second), "slew": min(tail / p["c_c"], second / (load + p["c_c"])),
                "noise": noise, "offset": 2e-3 * abs(balance) + 1e-5}


def joined(task: Task, count: int) -> Task:
    """A task of ``count`` such amplifiers side by side: ``w_in_0``, ``w_in_1`` ... with specs for each."""
    def copies(items):
        return tuple(replace(item, name=f"{item.name}_{place}") for place in range(count) for item in items)

    circuit = replace(task.circuit, parameters=copies(task.circuit.parameters), metrics=copies(task.circuit.metrics))
    specs = tuple(replace(spec, metric=f"{spec.metric}_{place}") for place in range(count) for spec in task.specs)
    initial = {f"{name}_{place}": value for place in range(count) for name, value in task.initial.items()}
    return replace(task, circuit=circuit, specs=specs, initial=initial)


class Joined(DirectSimulator):
    """The simulator of ``joined``."""

    def measure(self, circuit: Circuit, parameters, conditions: Conditions) -> Measurement:
        metrics = {}
        for place in range(len(circuit.metrics) // 7):
            own = {name.rpartition("_")[0]: value for name, value in parameters.items() if name.endswith(f"_{place}")}
            found = SquareLaw().metrics(own, conditions.load) or {}
            metrics |= {metric.name: found.get(metric.name.rpartition("_")[0]) for metric in circuit.metrics
                        if metric.name.endswith(f"_{place}")}
        return Measurement("ok", metrics)


def impossible(task: Task) -> Task:
    """A fifth of the power at the same speed: beyond what square-law transistors can do."""
    return replace(task, specs=tuple(replace(spec, high=spec.high / 5) if spec.metric == "power" else spec
                                     for spec in task.specs))
