"""What the search says of a proposal: what fails, what matters for it, where the proposal comes from, what is expected.

Sentences on the state, the moves and the expectations are those that prompt/claims.py can check; an expectation is an
interval that is to hold the result in 90% of all cases. What the surfaces say of the parameters are slopes at the best
design with their standard deviations.
"""

import numpy as np

from sizing_app.circuit.definition import Circuit
from sizing_app.prompt.analysis import misses, moves
from sizing_app.search.earlier import Known
from sizing_app.search.objective import LINEAR_UNITS
from sizing_app.search.search import Search, Suggestion
from sizing_app.search.space import Space
from sizing_app.task.definition import Task
from sizing_app.task.goal import MARGIN
from sizing_app.task.infeasible import Infeasible
from sizing_app.task.settled import Settled
from sizing_app.task.turn import Proposal, Turn

NINETY = 1.645
"""Standard deviations on either side of the mean that hold 90% of a normal distribution."""
STEP = 0.1
"""Share of a parameter's range over which an effect is told."""
SLIGHT = 5e-4
"""A gain below which nothing is promised."""
FAILING, STRONGEST, EXPECTED = 2, 3, 4
"""Failed specs whose parameters are named, parameters that are named for each, metrics that are predicted."""
LISTED = 5
"""Parameters of each metric in the table of effects."""
LOCAL = "within {side:.0%} of each range around {place}"
GLOBAL = "over the whole ranges, to look beyond {place}"
ORIGINS = {"local mean": f"The mean of the surfaces is best here, {LOCAL}.",
           "global mean": f"The mean of surfaces is best here, {GLOBAL}.",
           "local sample": f"One sample of the surfaces is best here, {LOCAL}.",
           "global sample": f"One sample of surfaces is best here, {GLOBAL}.",
           "crossing": "The difference of two of the best designs, added to {place}: of many such, the best on one "
                       "sample of the surfaces."}


def reasoning(search: Search, suggestion: Suggestion, best: Turn | None) -> str:
    """The analysis of a proposal; ``best`` is the turn of the design that the search is around, None where that is of
    an earlier session."""
    if suggestion.kind == "earlier":
        sessions = len({item.session for item in search.earlier})
        found = _state(search, _as_turn(search.earlier[search.best_earlier]), "The best of them")
        plural = "s" if sessions > 1 else ""
        return (f"I begin with {len(search.earlier)} designs of {sessions} earlier session{plural} at the same "
                f"conditions. {found} It is simulated first.")
    if suggestion.kind == "elsewhere":
        item = next(item for item in search.elsewhere if item.parameters == suggestion.parameters)
        met = sum(part.met for part in item.score.specs)
        return (f"An earlier session found this design at other conditions ({item.conditions.show()}), where {met} of "
                f"the {len(item.score.specs)} specs hold for it. What it shows here is worth knowing first.")
    if best is None:
        state = _state(search, _as_turn(search.earlier[search.region().centre]), "A design of an earlier session")
        place = "a design of an earlier session"
    else:
        name = "The start" if best.index == 0 else f"Turn {best.index}"
        state, place = _state(search, best, name), f"turn {best.index}"
    if suggestion.kind == "spread":
        return f"{state} A design of a Latin hypercube over the ranges: the surfaces need some to start from."
    circuit = search.task.circuit
    full = Space(circuit)
    said = [state, *_effects(search), ORIGINS[suggestion.kind].format(side=suggestion.side, place=place)]
    if best is not None:
        said.append(f"From turn {best.index} I {moves(circuit, best, full.point(suggestion.parameters))}.")
    if expected := _expected(search, suggestion):
        said.append(f"With 90% I expect {', '.join(expected)}.")
    return " ".join(said)


def _as_turn(item: Known) -> Turn:
    """A design of an earlier session as if it were the first turn."""
    return Turn(0, Proposal(item.parameters), item.measurement, item.score)


def _state(search: Search, turn: Turn, name: str) -> str:
    """What a design misses; of one that meets every spec, where the goal stands."""
    task = search.task
    if turn.score is None or turn.measurement is None or not turn.measurement.ok:
        return f"{name} gives no result."
    if not turn.score.passed:
        return f"{name} {misses(turn)}"
    if task.goal is None:
        return f"{name} meets all {len(turn.score.specs)} specs."
    value = task.goal.show_value(task.circuit, task.goal.of(task.circuit, turn))
    return f"{name} meets all {len(turn.score.specs)} specs. To {task.goal.show()}, there {value}, goes on."


def _effects(search: Search) -> list[str]:
    """``gbw follows i_b (+12% ± 3%) and w_in (+8% ± 1%), each for 10% of its range.``"""
    surface, objective = search.surface(), search.objective
    levels = search.levels[search.region().centre]
    heights = objective.heights(levels)
    sentences = []
    for place in np.argsort(heights, kind="stable")[:FAILING]:
        if heights[place] < 0 and surface.known[place]:
            named = ", ".join(_strongest(search, place, STRONGEST))
            sentences.append(f"{objective.specs[place].metric} follows {named} for +{STEP:.0%} of the range.")
    return sentences


def table_of_effects(search: Search) -> str:
    """What the surfaces say of each spec's metric at the best design, for a reader who decides alone; empty as long as
    too little was simulated."""
    surface, metrics = search.surface(), [spec.metric for spec in search.objective.specs]
    lines = [f"- {metrics[place]}: {', '.join(_strongest(search, place, LISTED))}" for place in range(len(metrics))
             if surface.known[place] and np.isfinite(search.levels[search.region().centre][place])]
    if not lines:
        return ""
    return "\n".join([f"Response surfaces fitted to {len(search.points)} simulated designs say what +{STEP:.0%} of a "
                      "parameter's range changes around the best of them (one standard deviation):", *lines])


def _strongest(search: Search, place: int, count: int) -> list[str]:
    """The parameters that one spec's metric follows most, each with its effect."""
    surface, level = search.surface(), search.levels[search.region().centre][place]
    slopes = surface.mean_surface().slopes(surface.centre[None])[0][place]
    doubt = surface.slope_uncertainty()[place]
    order = np.argsort(-np.abs(slopes) * search.space.free, kind="stable")[:count]
    return [f"{search.space.parameters[other].name} "
            f"({_change(search, place, level, STEP * slopes[other], STEP * doubt[other])})"
            for other in order if search.space.free[other]]


def _change(search: Search, place: int, level: float, change: float, deviation: float) -> str:
    """A change of a level as people write it: percent of the value, or decibels and degrees."""
    objective, circuit = search.objective, search.task.circuit
    metric = circuit.metric(objective.specs[place].metric)
    values = objective.values_of(place, level + np.array([0.0, change, deviation]))
    if objective.linear[place]:
        return f"{values[1] - values[0]:+.2g} ± {values[2] - values[0]:.1g} {metric.unit}".strip()
    share = (values[1:] - values[0]) / abs(values[0])
    return f"{share[0]:+.0%} ± {share[1]:.0%}"


def _expected(search: Search, suggestion: Suggestion) -> list[str]:
    """``gbw 52 MHz to 61 MHz``: of the specs that are most in question."""
    objective, circuit = search.objective, search.task.circuit
    spread = NINETY * suggestion.deviation
    hardest = np.argsort(objective.heights(suggestion.mean), kind="stable")[:EXPECTED]
    phrases = []
    for place in hardest:
        if np.isfinite(suggestion.mean[place]):
            ends = objective.values_of(place, suggestion.mean[place] + spread[place] * np.array([-1, 1]))
            metric = circuit.metric(objective.specs[place].metric)
            phrases.append(f"{metric.name} {metric.show(ends[0])} to {metric.show(ends[1])}")
    return phrases


def infeasible(circuit: Circuit, found: Infeasible) -> str:
    """The verdict that no design meets the specs, with its evidence."""
    where, metric = "an earlier session" if found.nearest is None else f"turn {found.nearest}", circuit.metric
    reached = [f"{item.spec.metric} {metric(item.spec.metric).show(item.value)}" for item in found.conflict]
    loosened = [f"{item.spec.metric} {item.loosened.show(metric(item.spec.metric).unit)}" for item in found.conflict]
    return (f"No design seems to meet all specs: of {found.designs} designs the nearest is that of "
            f"{where}, which misses {', '.join(found.missed)}. With all others held, the surfaces "
            f"expect at best {', '.join(reached)}. One of these would do: {'; '.join(loosened)}.")


def settled(task: Task, found: Settled) -> str:
    """The verdict that the goal does not become any better, with its evidence."""
    where = "an earlier session" if found.best is None else f"turn {found.best}"
    return (f"Settled: to {task.goal.show()}, {task.goal.show_value(task.circuit, found.value)} of {where} seems to be "
            f"about as good as it gets, after {found.designs} designs. {promise(task, found)} This design is the last.")


def promise(task: Task, found: Settled) -> str:
    """What the surfaces still expect around the best design."""
    share = task.goal.unit(task.circuit) not in LINEAR_UNITS and task.goal.expression != MARGIN
    promised = f"{found.promised:.1%} more" if share else f"{found.promised:.2g} of its scale more"
    return ("The search around it was narrowed down twice without a gain, and the surfaces promise "
            f"{promised if found.promised > SLIGHT else 'nothing more'}.")
