"""What a session has come to, in one sentence with the conditions that were checked, and what is not known yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sizing_app.circuit.definition import Spec
from sizing_app.circuit.units import show_quantity
from sizing_app.session.events import SessionState
from sizing_app.task.definition import Task
from sizing_app.task.turn import SpecScore, Turn
from sizing_app.ui.parts.render import duration, reward, room, simulations, verdict

NAMED = 2
"""Specs that are missed and named, those that lack most; the others are counted."""


@dataclass(frozen=True)
class Verdict:
    """``open`` is what was not looked at, empty where nothing is open; ``facts`` is what it took."""

    kind: Literal["met", "nearly", "failed", "running"]
    headline: str
    open: str = ""
    facts: str = ""


def verdict_of(state: SessionState) -> Verdict:
    """For a session that has a task."""
    best, task = state.best, state.task
    if best is None:
        return Verdict("running" if state.running else "failed",
                       "Simulating the initial design." if state.running else "No design was simulated.")
    parts = best.score.specs
    met = sum(part.met for part in parts)
    if best.measurement is not None and not best.measurement.ok:
        return Verdict("failed", f"No design could be simulated so far, {_designs(state)}.")
    if met == len(parts):
        return Verdict("met", f"{_all(len(parts))} met {where(task)}.", _unchecked(task),
                       " ".join(filter(None, (_found(state), _pushed(state), _tightest(task, parts)))))
    kind = "running" if state.running else "nearly" if _near(parts) else "failed"
    so_far = " so far" if state.running else ""
    return Verdict(kind, f"{met} of {len(parts)} specs met{so_far} {where(task)}; {_misses(task, parts)}.",
                   _unchecked(task), f"Best design: turn {best.index} with reward {reward(best.reward)}, of "
                                     f"{_designs(state)}.")


def where(task: Task) -> str:
    """The conditions that a design was judged at: at tt, 27 °C, 1.8 V, 2 pF."""
    if len(task.points) > 1:
        return f"at the worst of {len(task.points)} conditions each"
    point = task.conditions
    return f"at {point.corner}, {show_quantity(point.temperature, 'C')}, {show_quantity(point.supply, 'V')}"


def _all(count: int) -> str:
    return f"All {count} specs" if count > 1 else "The spec is"


def _unchecked(task: Task) -> str:
    space = task.circuit.conditions
    others = len(space.corners) * len(space.temperatures) * len(space.supplies) > 1
    return "Corners not checked." if others and len(task.points) == 1 else ""


def _found(state: SessionState) -> str:
    """Simulations and seconds up to the first design that met all."""
    first = next(place for place, turn in enumerate(state.history) if turn.score is not None and turn.score.passed)
    until = state.history[:first + 1]
    count = sum(1 for turn in until if turn.index > 0 and turn.measurement is not None)
    if not count:
        return "The initial design meets them."
    return f"Found in {count} simulation{'s' if count > 1 else ''}, {duration(sum(turn.seconds for turn in until))}."


def _pushed(state: SessionState) -> str:
    """Where the goal stands, and where it stood when all specs were met for the first time."""
    task = state.task
    if task.goal is None:
        return ""
    first = next(turn for turn in state.history if turn.score is not None and turn.score.passed)
    then, now = (task.goal.show_value(task.circuit, task.goal.of(task.circuit, turn)) for turn in (first, state.best))
    since = "" if first is state.best else f", {then} in turn {first.index}"
    return f"To {task.goal.show()}: {now} in turn {state.best.index}{since}."


def _tightest(task: Task, parts: Sequence[SpecScore]) -> str:
    """The spec with the least room relative to its scale."""
    judged = [(part.margin, part, spec) for part, spec in zip(parts, task.specs, strict=True)
              if part.margin is not None and spec.low != spec.high]
    if not judged:
        return ""
    _, part, spec = min(judged, key=lambda item: item[0])
    metric = task.circuit.metric(spec.metric)
    return f"Tightest: {metric.title}, {show_quantity(abs(room(spec, part.value)), metric.unit, 3)} to spare."


def _near(parts: Sequence[SpecScore]) -> bool:
    return all(verdict(part) in ("met", "nearly") for part in parts)


def _misses(task: Task, parts: Sequence[SpecScore]) -> str:
    """What is missed most, and by how much."""
    missed = [(part, spec) for part, spec in zip(parts, task.specs, strict=True) if not part.met]
    missed.sort(key=lambda item: (item[0].value is not None, item[0].margin if item[0].margin is not None else -1e9))
    said = [_miss(task, part, spec) for part, spec in missed[:NAMED]]
    more = len(missed) - len(said)
    return ", ".join(said) + (f", and {more} more" if more else "")


def _miss(task: Task, part: SpecScore, spec: Spec) -> str:
    metric = task.circuit.metric(spec.metric)
    if part.value is None:
        return f"{metric.title} has no value"
    return f"{metric.title} misses by {show_quantity(abs(room(spec, part.value)), metric.unit, 3)}"


def _designs(state: SessionState) -> str:
    tried: list[Turn] = [turn for turn in state.history if turn.measurement is not None]
    return (f"{len(tried)} design{'s' if len(tried) != 1 else ''}, {simulations(state)} of {state.task.budget} "
            f"simulations, {duration(sum(turn.seconds for turn in state.history))}")
