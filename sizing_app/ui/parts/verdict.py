"""What a session has come to, in one sentence with the conditions that were checked, and what is not known yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sizing_app.circuit.definition import Spec
from sizing_app.circuit.units import show_quantity, show_share
from sizing_app.evaluate.corners import Spots
from sizing_app.evaluate.monte_carlo import yield_of
from sizing_app.evaluate.signoff import UNCHECKED, Checked, Samples
from sizing_app.session.events import SessionState
from sizing_app.task.definition import Task
from sizing_app.task.over import covers_corners
from sizing_app.task.turn import SpecScore, Turn
from sizing_app.ui.parts.render import counted, decided_at, designs, duration, over, place, reward, room, verdict

NAMED = 2
"""Specs that are missed and named, those that lack most; the others are counted."""


@dataclass(frozen=True)
class Verdict:
    """``open`` is what was not looked at or did not hold, empty where nothing is open; ``facts`` is what it took."""

    kind: Literal["met", "nearly", "failed", "running"]
    headline: str
    open: str = ""
    facts: str = ""


def verdict_of(state: SessionState, checked: Checked = UNCHECKED) -> Verdict:
    """For a session that has a task; ``checked``: what is known of its best design besides."""
    best, task = state.best, state.task
    corners = None if covers_corners(task) else checked.corners  # the session's own verdict is over them
    if best is None:
        return Verdict("running" if state.running else "failed",
                       "Simulating the initial design." if state.running else "No design was simulated.")
    parts = best.score.specs
    met = sum(part.met for part in parts)
    if best.measurement is not None and not best.measurement.ok:
        return Verdict("failed", f"No design could be simulated so far, {_designs(state)}.")
    if met == len(parts):
        samples = "" if checked.random else _yield(task, best)
        facts = _joined(_found(state), _pushed(state), _tightest(task, parts), samples)
        return _met(task, corners, checked.random, facts)
    kind = "running" if state.running else "nearly" if _near(parts) else "failed"
    so_far = " so far" if state.running else ""
    return Verdict(kind, f"{met} of {len(parts)} specs met{so_far} {where(task)}; {_misses(task, parts)}.",
                   _joined(_unchecked(task) if corners is None else _beyond(task, corners),
                           _sampled(task, checked.random)),
                   f"Best design: turn {best.index} with reward {reward(best.reward)}, of {_designs(state)}.")


def where(task: Task) -> str:
    """The conditions that a design was judged at: at tt, 27 °C, 1.8 V; over 45 corners."""
    return over(task) or f"at {place(task.conditions)}"


def _met(task: Task, corners: Spots | None, random: Samples | None, facts: str) -> Verdict:
    """Of a design that meets all specs where the task asks for it: what holds is said first, then what does not."""
    count, held, left = len(task.specs), where(task), _unchecked(task)
    everywhere = corners is None or corners.met(task.specs) == count
    if corners is not None:
        held, left = (f"over {len(corners.conditions)} corners", "") if everywhere else (held, _beyond(task, corners))
    often = random is None or random.hold(task)
    if random is not None and often:
        held += f"; {_share(task, random)}"
    return Verdict("met" if everywhere and often else "nearly", f"{_all(count)} met {held}.",
                   left if often else _joined(left, _sampled(task, random)), facts)


def _beyond(task: Task, corners: Spots) -> str:
    """What the check of the corners found, for a design that does not pass it."""
    cases = corners.worst(task.specs)
    missed = sorted((case for case in cases if not case.score.met),
                    key=lambda case: -1e9 if case.score.margin is None else case.score.margin)
    if not missed:
        return f"All {len(cases)} met over {len(corners.conditions)} corners."
    worst = missed[0]
    failed = f"; {corners.failed} simulations failed" if corners.failed else ""
    return (f"{len(cases) - len(missed)} of {len(cases)} over {len(corners.conditions)} corners; "
            f"{_miss(task, worst.score, worst.spec)} at {place(worst.conditions)}{failed}.")


def _share(task: Task, random: Samples) -> str:
    """Of the samples that were checked, how many meet all specs."""
    met, count = random.met(task.specs), len(random.measured)
    return f"yield {show_share(met / count)} of {count:,} samples"


def _sampled(task: Task, random: Samples | None) -> str:
    """The same as a sentence of its own; empty where no samples were checked."""
    return "" if random is None else f"{_share(task, random).capitalize()}."


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _all(count: int) -> str:
    return f"All {count} specs" if count > 1 else "The spec is"


def _unchecked(task: Task) -> str:
    space = task.circuit.conditions
    others = len(space.corners) * len(space.temperatures) * len(space.supplies) > 1
    if not others or covers_corners(task):
        return ""
    return "Corners not checked." if len(task.points) == 1 else "Other corners not checked."


def _found(state: SessionState) -> str:
    """Designs, simulations and seconds up to the first design that met all."""
    first = next(number for number, turn in enumerate(state.history) if turn.score is not None and turn.score.passed)
    until = state.history[:first + 1]
    count = sum(1 for turn in until if turn.index > 0 and turn.measurement is not None)
    if not count:
        return "The initial design meets them."
    seconds = duration(sum(turn.seconds for turn in until))
    if len(state.task.points) == 1:
        return f"Found in {counted(count, 'simulation')}, {seconds}."
    return f"Found in {counted(count, 'design')}, {sum(turn.simulations for turn in until):,} simulations, {seconds}."


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


def _yield(task: Task, turn: Turn) -> str:
    """Of the random samples of a plan, how many meet all specs together."""
    found = yield_of(task, turn)
    return "" if found is None else f"{found.met} of {found.samples} samples meet all specs."


def _near(parts: Sequence[SpecScore]) -> bool:
    return all(verdict(part) in ("met", "nearly") for part in parts)


def _misses(task: Task, parts: Sequence[SpecScore]) -> str:
    """What is missed most, and by how much; of the first one where, if there are several points."""
    missed = [(part, spec) for part, spec in zip(parts, task.specs, strict=True) if not part.met]
    missed.sort(key=lambda item: (item[0].value is not None, item[0].margin if item[0].margin is not None else -1e9))
    said = [_miss(task, part, spec) for part, spec in missed[:NAMED]]
    if len(task.points) > 1:
        said[0] += f" ({decided_at(task, missed[0][0].at)})"
    more = len(missed) - len(said)
    return ", ".join(said) + (f", and {more} more" if more else "")


def _miss(task: Task, part: SpecScore, spec: Spec) -> str:
    metric = task.circuit.metric(spec.metric)
    if part.value is None:
        return f"{metric.title} has no value"
    return f"{metric.title} misses by {show_quantity(abs(room(spec, part.value)), metric.unit, 3)}"


def _designs(state: SessionState) -> str:
    """What was spent: of a task with one point a design is a simulation."""
    tried = sum(1 for turn in state.history if turn.measurement is not None)
    seconds = duration(sum(turn.seconds for turn in state.history))
    spent, budget = designs(state), state.task.budget
    if len(state.task.points) == 1:
        return f"{counted(tried, 'design')}, {spent} of {budget} simulations, {seconds}"
    return f"{counted(tried, 'design')}, {spent} of a budget of {budget}, {state.simulations:,} simulations, {seconds}"
