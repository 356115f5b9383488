"""From a proposal to a turn: admitted, simulated at every point of the task, judged."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.prompt.claims import claims, contradictions
from sizing_app.session.points import PointByPoint
from sizing_app.task.definition import Task
from sizing_app.task.limits import hold_proposal
from sizing_app.task.protocols import Job, Simulator
from sizing_app.task.reward import judge
from sizing_app.task.turn import History, Measurement, Proposal, Turn


def initial_turn(task: Task, simulator: Simulator) -> Turn:
    """Turn 0: simulate the task's initial parameters."""
    return next(finish([(task, (), Proposal(task.initial))], simulator))


def admit(task: Task, history: History, proposal: Proposal) -> Proposal:
    """A policy's proposal as the session takes it: clean texts, complete parameters in their ranges or no call, within
    the task's limits, with all that is wrong with its form."""
    checked = _checked(proposal, task.circuit)
    wrong = (*checked.problems, *contradictions(task, history, checked))
    return hold_proposal(replace(checked, problems=wrong), task.limits)


def finish(asked: Sequence[tuple[Task, History, Proposal]], simulator: Simulator) -> Iterator[Turn]:
    """Simulate admitted proposals and judge them; the turns in the same order. All of them are simulated at once, those
    over a plan stage by stage (points.py)."""
    started = time.perf_counter()
    designs = [PointByPoint(task, history, _not_simulated(task, proposal)) for task, history, proposal in asked]
    while any(stages := [design.stage() for design in designs]):
        jobs = [Job(design.task.circuit, proposal.parameters, design.task.points[number])
                for design, numbers, (_, _, proposal) in zip(designs, stages, asked, strict=True) for number in numbers]
        answers = iter(simulator.submit(jobs))
        for design, numbers in zip(designs, stages, strict=True):
            design.take({number: _clean(next(answers).result()) for number in numbers})
    for design, (task, history, proposal) in zip(designs, asked, strict=True):
        index = history[-1].index + 1 if history else 0
        if proposal.parameters is None and proposal.finished:
            yield Turn(index, proposal, None, None, time.perf_counter() - started)
            continue
        measurement, judged = judge(design.found, task.specs, task.plan)
        turn = Turn(index, proposal, measurement, judged, time.perf_counter() - started, points=design.points,
                    measured_at=design.measured_at)
        yield replace(turn, claims=tuple(claims(task, history, turn))) if history else turn


def _not_simulated(task: Task, proposal: Proposal) -> Measurement | None:
    """What stands for the simulation of something that is no complete design in its ranges, with a sentence."""
    if proposal.parameters is None:
        return _clean(Measurement("no_call", _missing(task.circuit), "\n".join(proposal.problems)))
    if problems := _parameter_problems(task.circuit, proposal.parameters):
        return Measurement("refused", _missing(task.circuit), "\n".join(problems))
    return None


def _clean(measurement: Measurement) -> Measurement:
    metrics = {name: value if value is not None and math.isfinite(value) else None
               for name, value in measurement.metrics.items()}
    return replace(measurement, metrics=metrics, log=clean_text(measurement.log))


def _parameter_problems(circuit: Circuit, parameters: Parameters) -> list[str]:
    wanted = [parameter.name for parameter in circuit.parameters]
    missing = [name for name in wanted if name not in parameters]
    unknown = [name for name in parameters if name not in wanted]
    broken = [name for name in wanted if name in parameters and not math.isfinite(parameters[name])]
    problems = (("Missing parameters", missing), ("Unknown parameters", unknown), ("Not finite", broken))
    outside = [f"{parameter.name} = {parameter.show(parameters[parameter.name])} {problem}."
               for parameter in circuit.parameters if parameter.name in parameters and parameter.name not in broken
               and (problem := parameter.problem(parameters[parameter.name]))]
    return [f"{title}: {', '.join(names)}." for title, names in problems if names] + outside


def _missing(circuit: Circuit) -> dict[str, None]:
    return {metric.name: None for metric in circuit.metrics}


def clean_text(text: str) -> str:
    """Text that every browser and database takes: no lone surrogates, no NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _checked(proposal: Proposal, circuit: Circuit) -> Proposal:
    """The proposal with clean texts; parameters that are incomplete or outside their ranges are no call."""
    parameters, problems = proposal.parameters, proposal.problems
    if parameters is not None:
        parameters = dict(parameters)
        found = _parameter_problems(circuit, parameters)
        parameters, problems = (None, (*problems, *found)) if found else (parameters, problems)
    return replace(proposal, parameters=parameters, text=clean_text(proposal.text),
                   reasoning=clean_text(proposal.reasoning), thoughts=clean_text(proposal.thoughts),
                   problems=tuple(map(clean_text, problems)))
