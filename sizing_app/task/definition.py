"""What is asked of a design, and where."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sizing_app.circuit.conditions import Conditions
from sizing_app.circuit.definition import Circuit, Parameters, Spec
from sizing_app.task.goal import Goal


MOST_EARLIER = 100
"""Sessions that a search begins with."""


@dataclass(frozen=True)
class Plan:
    """Points that every design is judged at, and the rule that makes one verdict of what they gave."""

    points: tuple[Conditions, ...]
    """The first one is the task's own conditions."""
    rule: Literal["worst"] = "worst"
    """worst: each spec by the point where it has the least room (task/reward.py: judge)."""
    share: float = 1.0
    """Of the random samples (points with a draw) at least this share must meet each spec: the worst ones beyond it do
    not count."""
    sigmas: float | None = None
    """In place of ``share``: the mean of the samples and so many standard deviations of them, towards the bound, must
    meet each spec; all of them are judged as one point, by the number of the first (task/reward.py: ruled)."""

    @property
    def samples(self) -> tuple[int, ...]:
        """Numbers of the points that are random samples."""
        return tuple(number for number, point in enumerate(self.points) if point.draw is not None)

    @property
    def spared(self) -> int:
        """How many samples may miss a spec."""
        return math.floor((1 - self.share) * len(self.samples) + 1e-9)

    @property
    def pooled(self) -> tuple[int, ...]:
        """Numbers of the samples where they are judged as one point."""
        return self.samples if self.sigmas is not None else ()


@dataclass(frozen=True)
class Task:
    """One query: a circuit, its targets, the conditions, where to start and how many designs may be tried."""

    circuit: Circuit
    specs: tuple[Spec, ...]
    conditions: Conditions
    initial: Parameters
    budget: int = 5
    """Turns after the initial design; with a plan, each of them is simulated at all of its points."""
    seed: int = 0
    stated: Conditions | None = None
    """The conditions that a policy is told where they are not the true ones: then only feedback shows these."""
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Ranges that a person narrowed for this task, by parameter; equal bounds lock it. Proposals are held to them."""
    hint: str = ""
    """What a person wrote for the policy; only models that are asked in words read it."""
    plan: Plan | None = None
    """None: ``conditions`` alone."""
    round: int = 1
    """Proposals that are made from the same history and simulated at once."""
    goal: Goal | None = None
    """What is pushed once every spec is met; None: the session is done then."""
    earlier: tuple[str, ...] = ()
    """Stored sessions of the same circuit whose simulations a search begins with, the oldest first; only where it is
    given a database to look them up in."""

    @property
    def points(self) -> tuple[Conditions, ...]:
        """Where a design is simulated."""
        return (self.conditions,) if self.plan is None else self.plan.points

    def place(self, number: int) -> str:
        """Where a spec was decided: a point, or the samples that are judged as one."""
        if self.plan is not None and number in self.plan.pooled:
            return f"mean and {self.plan.sigmas:g} sigma of {len(self.plan.pooled)} samples"
        return self.points[number].show()

    def told(self) -> "Task":
        """The task as a policy may know it."""
        return self if self.stated is None else replace(self, conditions=self.stated, stated=None)
