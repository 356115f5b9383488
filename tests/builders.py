"""Small values for tests: a circuit of two parameters, a simulator that computes its metrics, scripted policies.

Session, store and hub need no ngspice: their work does not depend on where a number comes from.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sizing_app.circuit.conditions import ConditionSpace, Conditions
from sizing_app.circuit.definition import Circuit, Metric, Parameter, Spec
from sizing_app.circuit.folder import golden, load_circuit, settle
from sizing_app.session.turn import admit, finish
from sizing_app.simulator.inspection import Inspector, OperatingPoint, Waveforms
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Simulator, completed
from sizing_app.task.turn import Delta, Measurement, Proposal, Turn


def a_circuit(name: str = "TOY") -> Circuit:
    """The gain is highest at w = 10u, the power grows with w and m: see QuadraticSimulator."""
    return Circuit(
        name=name, title="Toy amplifier", summary="Two parameters, two metrics.", process="none",
        parameters=(Parameter("w", "m", 1e-6, 100e-6, "width of the input pair"),
                    Parameter("m", "", 1, 20, "mirror ratio", scale="linear", step=1)),
        metrics=(Metric("gain", "Gain", "dB", "low-frequency differential gain"),
                 Metric("power", "Power", "W", "supply voltage times supply current")),
        specs=(Spec("gain", low=50.0, scale=20.0), Spec("power", high=2e-6)),
        conditions=ConditionSpace(("tt", "ss"), (27.0, 125.0), (3.3, 3.0), (2e-12, 1e-12)),
        analyses=(), measures=(), netlist="* toy\n.end", testbench="* toy bench")


def a_circuit_without_words() -> Circuit:
    """One of whose metrics has a unit that checkpoints have no word for."""
    return replace(a_circuit(), metrics=(*a_circuit().metrics, Metric("far", "Distance", "furlong", "")))


def settled(folder: Path, circuit: Circuit | None = None) -> Circuit:
    """A circuit of its own whose files are in ``folder``."""
    circuit = replace(circuit or a_circuit(), title=str(folder))
    settle(circuit, folder)
    return circuit


def golden_design(circuit: Circuit) -> dict[str, float]:
    """That of the shipped circuit of this name, which ``circuit`` may be a changed copy of."""
    return golden(load_circuit(circuit.name))["parameters"]


def a_task(circuit: Circuit | None = None, budget: int = 5, seed: int = 0, w: float = 90e-6) -> Task:
    circuit = circuit or a_circuit()
    return Task(circuit, circuit.specs, circuit.conditions.nominal, {"w": w, "m": 10.0}, budget, seed)


def on_grid(circuit: Circuit, parameters) -> dict[str, float]:
    """The grid values that the compact prompt would write."""
    return {parameter.name: parameter.snap(parameters[parameter.name]) for parameter in circuit.parameters}


GOOD = {"w": 10e-6, "m": 10.0}
"""Meets both specs of the toy circuit."""
POOR = {"w": 60e-6, "m": 10.0}


def turn_of(task: Task, history, proposal: Proposal, simulator: Simulator) -> Turn:
    """A proposal as the session's next turn."""
    return next(finish([(task, history, admit(task, history, proposal))], simulator))


class DirectSimulator(Simulator):
    """Measures at once, by ``measure``."""

    def submit(self, jobs):
        return [completed(self.measure(job.circuit, job.parameters, job.conditions)) for job in jobs]

    def measure(self, circuit: Circuit, parameters, conditions: Conditions) -> Measurement:
        raise NotImplementedError


@dataclass
class QuadraticSimulator(DirectSimulator):
    """gain = 60 - 2 (w/10u - 1)^2 dB, power = 10 mW/m * w * m; a ``delay`` in seconds makes it slow."""

    delay: float = 0.0

    def measure(self, circuit: Circuit, parameters, conditions: Conditions) -> Measurement:
        if self.delay:
            time.sleep(self.delay)
        offset = parameters["w"] / 10e-6 - 1
        metrics = {"gain": 60.0 - 2.0 * offset * offset, "power": 1e-2 * parameters["w"] * parameters["m"]}
        return Measurement("ok", metrics, seconds=self.delay)


class Opaque(DirectSimulator, Inspector):
    """Before another simulator: one whose designs can be looked into, with nothing to be seen there."""

    def submit(self, jobs):
        seen = {"operating_point": OperatingPoint("not_converged"), "waveforms": Waveforms("not_converged", {})}
        return [completed(seen[job.want]) if job.want in seen else super(Opaque, self).submit([job])[0] for job in jobs]


class CountingSimulator(QuadraticSimulator):
    """Counts what it simulates."""

    count = 0

    def submit(self, jobs):
        self.count += len(jobs)
        return super().submit(jobs)


@dataclass
class SampledSimulator(QuadraticSimulator):
    """The gain of sample k is k dB less, of which those of a w beyond ``narrow`` feel less; sample 9 fails."""

    narrow: float = math.inf

    def measure(self, circuit: Circuit, parameters, conditions: Conditions) -> Measurement:
        found = super().measure(circuit, parameters, conditions)
        if conditions.draw is None:
            return found
        if conditions.draw.sample == 9:
            return Measurement("not_converged", dict.fromkeys(found.metrics), "no operating point")
        less = conditions.draw.sample * min(1.0, self.narrow / parameters["w"])
        return replace(found, metrics={**found.metrics, "gain": found.metrics["gain"] - less})


def write(text: str, parameters=None, finished: bool = False, problems: tuple[str, ...] = ()) -> list:
    """What a policy yields in one turn: the text in pieces of four characters, then the proposal."""
    pieces = [Delta(text[start:start + 4]) for start in range(0, len(text), 4)]
    return [*pieces, Proposal(parameters, text=text, reasoning=text, finished=finished, problems=problems)]


END = write("<Design End>", finished=True)


@dataclass
class ScriptedPolicy:
    """Plays a script: one list of pieces a turn, the last one again and again. An exception in it is raised.

    ``between`` is called before every piece, with the stop flag.
    """

    script: Sequence[Sequence[object]]
    name: str = "scripted"
    between: Callable | None = None
    histories: list = field(default_factory=list)

    def propose(self, task, history, stop):
        self.histories.append(history)
        for piece in self.script[min(len(history), len(self.script)) - 1]:
            if self.between:
                self.between(stop)
            if isinstance(piece, Exception):
                raise piece
            yield piece
