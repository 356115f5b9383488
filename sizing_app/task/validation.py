"""What makes a Task and its Turns valid: one set of rules for query suites, imported sessions, the command line, the
forms and the API. See circuit/validation.py."""

import re
from collections.abc import Mapping

from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.validation import (LARGEST, Invalid, check_conditions, check_design, check_leaves, check_specs,
                                           expect)
from sizing_app.task.definition import MOST_EARLIER, Task
from sizing_app.task.goal import check_goal
from sizing_app.task.turn import Measurement, Turn

_ID = re.compile(r"[a-z0-9]{1,16}")
MAX_BUDGET = 10_000
"""Simulations of a valid task, with all that it continues."""
SESSION_BUDGET = 5000
"""Of a session that is started, by form, API, notebook or command line."""
MAX_SEED = 2**53
"""Whole numbers up to here are exact in JSON everywhere."""
MAX_POINTS, MAX_ROUND, MAX_SIGMAS = 1000, 64, 10
"""Points of a plan; proposals of a round; standard deviations of the rule for samples."""
PAGE_POINTS, PAGE_SAMPLES = 64, 100
"""Conditions, and random samples beside them, of a plan by form or API."""
MAX_HINT = 2000
"""Characters."""


def check_limits(circuit: Circuit, limits: Mapping[str, tuple[float, float]], where: str) -> None:
    """Narrowed ranges, in order and inside the parameter's; equal ones lock it."""
    known = {parameter.name: parameter for parameter in circuit.parameters}
    for name, (low, high) in limits.items():
        expect(name in known, where, f"parameters of {circuit.name}", name)
        for value in (low, high):
            if problem := known[name].problem(value):
                raise Invalid(f"{where}.{name}: {known[name].show(value)} {problem}")
        expect(low <= high, f"{where}.{name}", "[low, high] with low <= high", [low, high])


def check_task(task: Task, where: str = "task") -> None:
    """All of a task but its circuit, which circuit.check.check_circuit judges."""
    circuit = task.circuit
    for name in ("specs", "conditions", "stated", "initial", "limits", "hint", "goal", "earlier"):
        check_leaves(getattr(task, name), f"{where}.{name}")
    check_specs(task.specs, (metric.name for metric in circuit.metrics), f"{where}.specs")
    for name in ("conditions", "stated"):
        if getattr(task, name) is not None:
            check_conditions(getattr(task, name), circuit.process, f"{where}.{name}")
    if task.plan is not None:
        _check_plan(task, f"{where}.plan")
    expect(1 <= task.round <= MAX_ROUND, f"{where}.round", f"a whole number from 1 to {MAX_ROUND}", task.round)
    expect(len(task.earlier) <= MOST_EARLIER and all(map(_ID.fullmatch, task.earlier)), f"{where}.earlier",
           f"at most {MOST_EARLIER} ids of sessions")
    if task.goal is not None:
        check_goal(task.goal, circuit, f"{where}.goal")
    check_design(circuit, task.initial, f"{where}.initial")
    check_limits(circuit, task.limits, f"{where}.limits")
    for name, most in (("budget", MAX_BUDGET), ("seed", MAX_SEED)):
        value = getattr(task, name)
        expect(0 <= value <= most, f"{where}.{name}", f"a whole number from 0 to {most}", value)
    expect(len(task.hint) <= MAX_HINT, f"{where}.hint", f"at most {MAX_HINT} characters", len(task.hint))


def _check_plan(task: Task, where: str) -> None:
    points = task.plan.points
    expect(2 <= len(points) <= MAX_POINTS, where, f"2 to {MAX_POINTS} points", len(points))
    expect(points[0] == task.conditions, where, "the task's conditions as its first point")
    expect(0 < task.plan.share <= 1, f"{where}.share", "a share of the samples, above 0 and at most 1", task.plan.share)
    if task.plan.sigmas is not None:
        expect(0 < task.plan.sigmas <= MAX_SIGMAS and task.plan.share == 1, f"{where}.sigmas",
               f"a number above 0 and at most {MAX_SIGMAS}, without a share", task.plan.sigmas)
        expect(len(task.plan.samples) > 1, where, "at least two samples for their standard deviation",
               len(task.plan.samples))
    expect(task.plan.samples[:1] != (0,), where, "the task's conditions without a sample as its first point")
    expect(task.stated is None, where, "no other conditions stated than the true ones")
    for number, point in enumerate(points):
        check_conditions(point, task.circuit.process, f"{where}.{number}")


def check_turn(task: Task, turn: Turn, where: str) -> None:
    """Whether a turn fits its task, so that every page can show it and a session can go on from it."""
    check_leaves(turn, where)
    circuit, proposal, measurement, score = task.circuit, turn.proposal, turn.measurement, turn.score
    metrics = {metric.name for metric in circuit.metrics}
    if proposal.parameters is not None:
        check_design(circuit, proposal.parameters, f"{where}.parameters")
    names = {parameter.name for parameter in circuit.parameters}
    for key in ("held", "edited"):
        changed = getattr(proposal, key)
        expect(set(changed) <= (names if proposal.parameters is not None else set()), f"{where}.{key}",
               "parameters of the turn's design")
    expect(turn.seconds >= 0, f"{where}.seconds", "a number from 0", turn.seconds)
    expect((score is None) == (measurement is None), where, "a score and a measurement together")
    expect(turn.seen is None or 1 <= turn.seen <= turn.index, f"{where}.seen", "turns of the history", turn.seen)
    expect(len(turn.points) in (len(turn.measured_at), len(turn.measured_at or task.points)), f"{where}.points",
           "one for each point of the task's plan, or for each of measured_at", len(turn.points))
    expect(len({number for number in turn.measured_at if 0 <= number < len(task.points)}) == len(turn.measured_at),
           f"{where}.measured_at", "points of the task's plan, each once")
    for place, point in enumerate(turn.points):
        _check_measurement(point, metrics, circuit.name, f"{where}.points.{place}")
    if measurement is not None and score is not None:
        _check_measurement(measurement, metrics, circuit.name, where)
        expect(measurement.status != "ok" or proposal.parameters is not None, where, "parameters with a simulation")
        _check_score(task, turn, f"{where}.score")


def _check_measurement(measurement: Measurement, metrics: set[str], name: str, where: str) -> None:
    expect(set(measurement.metrics) <= metrics, f"{where}.metrics", f"those of {name}")
    for metric, value in measurement.metrics.items():
        expect(value is None or abs(value) <= LARGEST, f"{where}.metrics.{metric}",
               f"a number of a size up to {LARGEST:g}", value)
    for key in ("seconds", "cpu"):
        expect(getattr(measurement, key) >= 0, f"{where}.measurement.{key}", "a number from 0",
               getattr(measurement, key))


def _check_score(task: Task, turn: Turn, where: str) -> None:
    parts = turn.score.specs
    expect([part.metric for part in parts] == [spec.metric for spec in task.specs], f"{where}.specs",
           "the metrics of the task's specs, in their order")
    expect(0 <= turn.score.reward <= 1, f"{where}.reward", "0 to 1", turn.score.reward)
    for part in parts:
        expect(0 <= part.score <= 1, f"{where}.specs.{part.metric}.score", "0 to 1", part.score)
        expect(0 <= part.at < len(task.points), f"{where}.specs.{part.metric}.at", "a point of the task", part.at)
        for value in (part.value, part.margin):
            expect(value is None or abs(value) <= LARGEST**2, f"{where}.specs.{part.metric}",
                   f"numbers of a size up to {LARGEST**2:g}", value)
