"""Where a design is judged beside the task's own conditions: under all that its circuit is specified for, or some.

A choice is a ConditionSpace, all combinations of which count, and as a text ``CORNERS @ TEMPERATURES @ SUPPLIES @
LOADS``, lists with commas of which the last ones may be left out::

    tt,ss @ -40,27,125 @ 1.6,1.8      two corners, three temperatures, two supplies
    * @ 85                            every corner of the circuit, at 85 degrees

``*`` is all that the circuit is specified for; what is left out is as in the task's conditions.
"""

import re
from dataclasses import replace

from sizing_app.circuit.conditions import ConditionSpace, Conditions, Draw
from sizing_app.circuit.definition import Circuit
from sizing_app.circuit.units import read_quantity, show_quantity
from sizing_app.circuit.validation import Invalid, check_space, expect
from sizing_app.circuit.variation import first_sample, read_pelgrom
from sizing_app.task.definition import Plan, Task
from sizing_app.task.validation import MAX_SIGMAS

NOMINAL, CORNERS = "nominal", "corners"
"""Words for the two usual choices: the task's conditions alone; all corners, temperatures and supplies at its load."""
PARTS = (("corners", ""), ("temperatures", "C"), ("supplies", "V"), ("loads", "F"))
AIM_FORM = f"a percentage up to 100, such as 95%, or up to {MAX_SIGMAS} standard deviations, such as 3 sigma"
_AIM = re.compile(r"\s*(\d{1,3}(?:\.\d{1,6})?)\s*(%|sigma)?\s*", re.IGNORECASE)
FORM = "'CORNERS @ TEMPERATURES @ SUPPLIES @ LOADS', such as 'tt,ss @ -40,27,125 @ 1.6,1.8'"


def every_condition(space: ConditionSpace) -> list[Conditions]:
    """All combinations: corners in their order, the other values ascending."""
    ordered = {name: tuple(sorted(getattr(space, name))) for name in ("temperatures", "supplies", "loads")}
    return replace(space, **ordered).all()


def all_corners(circuit: Circuit, conditions: Conditions) -> ConditionSpace:
    """All corners, temperatures and supplies of a circuit at the load of ``conditions``."""
    return replace(circuit.conditions, loads=(conditions.load,))


def covers_corners(task: Task) -> bool:
    """Whether every design is judged under all that its circuit is specified for, at the task's load."""
    return set(every_condition(all_corners(task.circuit, task.conditions))) <= set(task.points)


def plan_over(conditions: Conditions, space: ConditionSpace) -> Plan | None:
    """``conditions`` first, then all of ``space``; None where these are the same."""
    others = [point for point in dict.fromkeys(every_condition(space)) if point != conditions]
    return Plan((conditions, *others)) if others else None


def read_aim(text: str) -> tuple[float, float | None]:
    """The share of random samples that must meet each spec, 1 with k sigma, and k (Plan: share, sigmas). Raises
    Invalid."""
    found = _AIM.fullmatch(text)
    number = float(found[1]) if found else 0.0
    sigmas = bool(found and found[2] and found[2] != "%")
    expect(0 < number <= (MAX_SIGMAS if sigmas else 100), "yield", AIM_FORM, text)
    return (1.0, number) if sigmas else (number / 100, None)


def show_aim(plan: Plan) -> str:
    """As ``read_aim`` reads it."""
    return f"{100 * plan.share:g}%" if plan.sigmas is None else f"{plan.sigmas:g} sigma"


def with_samples(plan: Plan | None, conditions: Conditions, draw: Draw, count: int, share: float,
                 sigmas: float | None = None) -> Plan:
    """A plan that has ``count`` random samples at ``conditions`` too, from ``draw`` on."""
    points = (conditions,) if plan is None else plan.points
    samples = (replace(conditions, draw=replace(draw, sample=draw.sample + number)) for number in range(count))
    return Plan((*points, *samples), share=share, sigmas=sigmas)


def sampled(circuit: Circuit, conditions: Conditions, plan: Plan | None, count: int, aim: str,
            pelgrom: str = "") -> Plan | None:
    """A plan with ``count`` random samples, the same ones for every design: mismatch, and the process where the foundry
    says how it varies. ``pelgrom``: coefficients to assume, as read_pelgrom reads them; the foundry's where it is
    empty. Raises Invalid and ModelError."""
    if count == 0:
        return plan
    assumed = read_pelgrom(pelgrom) if pelgrom.strip() else None
    return with_samples(plan, conditions, first_sample(circuit, conditions, pelgrom=assumed), count, *read_aim(aim))


def read_over(circuit: Circuit, conditions: Conditions, text: str) -> Plan | None:
    """The plan of a word or of a choice as text. Raises Invalid with a sentence that says what is allowed."""
    word = text.strip().lower()
    if word == NOMINAL:
        return None
    if word == CORNERS:
        return plan_over(conditions, all_corners(circuit, conditions))
    return plan_over(conditions, read_choice(circuit, conditions, text))


def read_choice(circuit: Circuit, conditions: Conditions, text: str) -> ConditionSpace:
    """A choice as text. Raises Invalid."""
    parts = [part.strip() for part in text.split("@")]
    expect(len(parts) <= len(PARTS) and any(parts), "over", f"{NOMINAL}, {CORNERS} or {FORM}", text)
    own = ((conditions.corner,), (conditions.temperature,), (conditions.supply,), (conditions.load,))
    values = [_values(circuit, key, unit, part) or mine
              for (key, unit), part, mine in zip(PARTS, [*parts, "", "", ""], own, strict=False)]
    space = ConditionSpace(*values)
    check_space(space, circuit.process, "over")
    return space


def show_choice(space: ConditionSpace) -> str:
    """A choice as people read it."""
    return " @ ".join(", ".join(value if key == "corners" else show_quantity(value, unit)
                                for value in getattr(space, key)) for key, unit in PARTS)


def _values(circuit: Circuit, key: str, unit: str, text: str) -> tuple:
    """One part of a choice; empty where it is left out."""
    if text == "*":
        return getattr(circuit.conditions, key)
    words = [word.strip() for word in text.split(",")] if text else []
    if key == "corners":
        allowed = circuit.conditions.corners
        for word in words:
            expect(word in allowed, "over: corners", f"some of {', '.join(allowed)}, or *; the whole is {FORM}", word)
        return tuple(dict.fromkeys(words))
    try:
        return tuple(dict.fromkeys(read_quantity(word, unit) for word in words))
    except ValueError as error:
        raise Invalid(f"over: {key}: {error}; the whole is {FORM}") from None
