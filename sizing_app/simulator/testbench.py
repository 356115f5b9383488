"""One design through its testbench: netlist, analyses, metrics. Every failure becomes a Measurement."""

import time
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sizing_app.circuit.deck_rules import RefusedNetlist, check_command
from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Analysis, Circuit, Parameters
from sizing_app.circuit.expressions import ExpressionError
from sizing_app.circuit.netlist import build_netlist, with_operating_point
from sizing_app.circuit.pdk import ModelError
from sizing_app.simulator.metrics import RESPONSES
from sizing_app.simulator.metrics.stability import coarse_steps
from sizing_app.simulator.ngspice import NOT_CONVERGED, Ngspice, NgspiceError
from sizing_app.simulator.readings import MeasureError, called, read_metrics
from sizing_app.task.turn import Measurement, Status


FAILURES = (RefusedNetlist, ModelError, ExpressionError, NgspiceError, MeasureError)
"""What building and running a testbench may raise."""
POINTS, ROUNDS = 63, 3
"""Samples that refine a step of a sweep, and how often: a resonance with a Q up to 10^5 is resolved."""


def simulate(ngspice: Ngspice, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> Measurement:
    """Run every analysis of one design and read the metrics (SI units); the log says which of them have no answer."""
    started = time.perf_counter()
    try:
        vectors = run_analyses(ngspice, circuit, parameters, conditions)
        metrics, notes = read_metrics(circuit, vectors, parameters, conditions)
    except FAILURES as error:
        return failure(status_of(error), circuit, str(error), started)
    return Measurement("ok", metrics, "\n".join(notes), time.perf_counter() - started)


def status_of(error: Exception) -> Status:
    """What one of FAILURES is called in a measurement: refused where ngspice simulated nothing."""
    if isinstance(error, NgspiceError):
        return "not_converged" if NOT_CONVERGED.search(str(error)) else "crashed"
    return "crashed" if isinstance(error, MeasureError) else "refused"


def failure(status, circuit: Circuit, log: str, started: float) -> Measurement:
    """A measurement without metrics; ``started`` is a time.perf_counter() reading."""
    return Measurement(status, {metric.name: None for metric in circuit.metrics}, log, time.perf_counter() - started)


def run_analyses(ngspice: Ngspice, circuit: Circuit, parameters: Parameters, conditions: Conditions) -> dict:
    """Analysis name to its saved vectors. Raises what is in FAILURES.

    ngspice solves the operating point anew for every analysis. It is solved once here, and the circuit loaded again
    with the solution as the first guess: dearer by one load, cheaper by an operating point an analysis.
    An analysis whose needs are not met is left out; its source settings are made all the same.
    A sweep that is too coarse for the phase of a response is refined.
    """
    netlist = build_netlist(circuit, parameters, conditions)
    ngspice.load(netlist)
    ngspice.run("op")
    point = ngspice.all_vectors()
    voltages = {node: values[0] for node, values in point.items() if "#" not in node}
    wanted = (vector for analysis in circuit.analyses for vector in analysis.save)
    return _Run(ngspice, circuit, with_operating_point(netlist, voltages, wanted), parameters, conditions).vectors()


class _Run:
    """All analyses of one design. Sweeps are refined where the phase of a response steps too far between samples."""

    def __init__(self, ngspice: Ngspice, circuit: Circuit, netlist: str, parameters: Parameters,
                 conditions: Conditions):
        self.ngspice, self.circuit, self.netlist = ngspice, circuit, netlist
        self.parameters, self.conditions = parameters, conditions
        self.found: dict[str, dict] = {}
        self.gaps: dict[str, list[tuple[float, float]]] = {}
        """Command of a sweep to the ranges (Hz) that it is refined in, for all analyses with that command."""

    def vectors(self) -> dict[str, dict]:
        """Analysis name to its saved vectors."""
        self.ngspice.load(self.netlist)
        for place, analysis in enumerate(self.circuit.analyses):
            self.ngspice.alter(analysis.alter)
            known, _ = read_metrics(self.circuit, self.found, self.parameters, self.conditions, analysis.needs)
            if all(known[metric] is not None and known[metric] >= least for metric, least in analysis.needs.items()):
                self.found[analysis.name] = _run(self.ngspice, _with_frequency(analysis))
                self._add(analysis, self.gaps.get(analysis.command, ()))
                self._refine(place)
        return self.found

    def _refine(self, place: int) -> None:
        """Once an analysis completes a response, run its sweeps again inside the steps that are too coarse.

        The circuit is loaded anew where other analyses have the same command: settings that were made since cannot be
        taken back.
        """
        command = self.circuit.analyses[place].command
        several = any(analysis.command == command for analysis in self.circuit.analyses[:place])
        for _ in range(ROUNDS):
            gaps = self._coarse(self.circuit.analyses[place].name)
            if not gaps:
                return
            self.gaps[command] = [*self.gaps.get(command, ()), *gaps]
            if several:
                self.ngspice.load(self.netlist)
            for analysis in self.circuit.analyses[0 if several else place:place + 1]:
                self.ngspice.alter(analysis.alter)
                if analysis.name in self.found and analysis.command == command:
                    self._add(analysis, gaps)

    def _coarse(self, name: str) -> list[tuple[float, float]]:
        """The steps (Hz) that are too coarse in the responses that analysis ``name`` completes."""
        steps = set()
        for item in self.circuit.measures:
            if item.function in RESPONSES and name in item.analyses and set(item.analyses) <= set(self.found):
                frequency, response = called(item, RESPONSES[item.function][1], self.found, {})
                steps |= {(float(frequency[at]), float(frequency[at + 1])) for at in coarse_steps(response)}
        return sorted(steps)

    def _add(self, analysis: Analysis, gaps: Iterable[tuple[float, float]]) -> None:
        """Put samples inside ``gaps`` into what an analysis has found."""
        for low, high in gaps:
            step = (high - low) / (POINTS + 1)
            finer = replace(_with_frequency(analysis), command=f"ac lin {POINTS} {low + step!r} {high - step!r}")
            found, more = self.found[analysis.name], _run(self.ngspice, finer)
            after = np.searchsorted(found["frequency"].real, low, side="right")
            self.found[analysis.name] = {vector: np.insert(values, after, more[vector])
                                         for vector, values in found.items()}


def _with_frequency(analysis: Analysis) -> Analysis:
    """A sweep that keeps its frequencies, by which it can be refined."""
    if not analysis.command.startswith("ac") or "frequency" in analysis.save:
        return analysis
    return replace(analysis, save=(*analysis.save, "frequency"))


def _run(ngspice: Ngspice, analysis: Analysis) -> dict:
    check_command(analysis.command)
    return ngspice.analyse(analysis.command, analysis.save)
