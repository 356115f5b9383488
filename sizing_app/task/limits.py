"""Ranges that a person narrowed for one task: proposals are held to them, and optimizers search in them alone."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.task.definition import Task
from sizing_app.task.protocols import Policy, RoundPolicy, StopSignal
from sizing_app.task.turn import Delta, History, Proposal

Limits = Mapping[str, tuple[float, float]]
"""Parameter to its lowest and highest value in SI units; equal ones lock it."""


def hold(parameters: Parameters, limits: Limits) -> tuple[dict[str, float], dict[str, float]]:
    """The design within its limits, and what was outside of them: name to the value that it had."""
    within = {name: min(max(value, limits[name][0]), limits[name][1]) if name in limits else value
              for name, value in parameters.items()}
    held = {name: value for name, value in parameters.items()
            if not math.isclose(value, within[name], rel_tol=1e-9, abs_tol=0.0)}
    return within, held


def hold_proposal(proposal: Proposal, limits: Limits) -> Proposal:
    """The proposal within the limits; ``held`` says what had to be changed."""
    if proposal.parameters is None or not limits:
        return proposal
    within, held = hold(proposal.parameters, limits)
    return replace(proposal, parameters=within, held=held)


def narrowed(circuit: Circuit, limits: Limits) -> Circuit:
    """The circuit with the ranges of ``limits``."""
    return replace(circuit, parameters=tuple(
        replace(parameter, low=limits[parameter.name][0], high=limits[parameter.name][1])
        if parameter.name in limits else parameter for parameter in circuit.parameters))


@dataclass(frozen=True)
class Narrowed:
    """A policy that searches the ranges of the circuit it is given: it is given the narrowed ones."""

    policy: Policy

    @property
    def name(self) -> str:
        return self.policy.name

    def propose(self, task: Task, history: History, stop: StopSignal) -> Iterator[Delta | Proposal]:
        yield from self.policy.propose(_narrowed_task(task), history, stop)


@dataclass(frozen=True)
class NarrowedRounds(Narrowed):
    """The same of a policy that plans a round as a whole."""

    policy: RoundPolicy

    def propose_round(self, task: Task, history: History, stop: StopSignal, n: int) -> list[Proposal] | None:
        return self.policy.propose_round(_narrowed_task(task), history, stop, n)


def within_limits(policy: Policy) -> Narrowed:
    """A policy that searches ranges, held to those of its task."""
    return NarrowedRounds(policy) if hasattr(policy, "propose_round") else Narrowed(policy)


def _narrowed_task(task: Task) -> Task:
    return replace(task, circuit=narrowed(task.circuit, task.limits))
