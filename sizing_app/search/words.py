"""What the search says of a proposal: what fails, what matters for it, where the proposal comes from, what is expected.

Sentences on the state, the moves and the expectations are those that prompt/claims.py can check; an expectation is an
interval that is to hold the result in 90% of all cases. What the surfaces say of the parameters are slopes at the best
design with their standard deviations.
"""

import numpy as np

from sizing_app.prompt.analysis import misses, moves
from sizing_app.search.feasible import Infeasible
from sizing_app.search.search import Search, Suggestion
from sizing_app.search.space import Space
from sizing_app.task.turn import Turn

NINETY = 1.645
"""Standard deviations on either side of the mean that hold 90% of a normal distribution."""
STEP = 0.1
"""Share of a parameter's range over which an effect is told."""
FAILING, STRONGEST, EXPECTED = 2, 3, 4
"""Failed specs whose parameters are named, parameters that are named for each, metrics that are predicted."""
LOCAL = "within {side:.0%} of each range around turn {turn}"
GLOBAL = "over the whole ranges, to look beyond turn {turn}"
ORIGINS = {"local mean": f"The mean of the surfaces is best here, {LOCAL}.",
           "global mean": f"The mean of surfaces is best here, {GLOBAL}.",
           "local sample": f"One sample of the surfaces is best here, {LOCAL}.",
           "global sample": f"One sample of surfaces is best here, {GLOBAL}."}


def reasoning(search: Search, suggestion: Suggestion, best: Turn) -> str:
    """The analysis of a proposal; ``best`` is the turn of the design that the search
    is around."""
    solved = best.score is not None and best.measurement is not None and best.measurement.ok
    name = "The start" if best.index == 0 else f"Turn {best.index}"
    state = f"{name} {misses(best)}" if solved else f"{name} gives no result."
    if suggestion.kind == "spread":
        return f"{state} A design of a Latin hypercube over the ranges: the surfaces need some to start from."
    circuit = search.task.circuit
    full = Space(circuit)
    said = [state, *_effects(search), ORIGINS[suggestion.kind].format(side=suggestion.side, turn=best.index),
            f"From turn {best.index} I {moves(circuit, best, full.point(suggestion.parameters))}."]
    if expected := _expected(search, suggestion):
        said.append(f"With 90% I expect {', '.join(expected)}.")
    return " ".join(said)


def _effects(search: Search) -> list[str]:
    """``gbw follows i_b (+12% ± 3%) and w_in (+8% ± 1%), each for 10% of its range.``"""
    surface, objective = search.surface(), search.objective
    levels = search.levels[search.region().centre]
    slopes, doubt = surface.mean_surface().slopes(surface.centre[None])[0], surface.slope_uncertainty()
    heights = objective.heights(levels)
    sentences = []
    for place in np.argsort(heights, kind="stable")[:FAILING]:
        if heights[place] >= 0 or not surface.known[place]:
            continue
        strongest = np.argsort(-np.abs(slopes[place]) * search.space.free, kind="stable")[:STRONGEST]
        named = [f"{search.space.parameters[other].name} "
                 f"({_change(search, place, levels[place], STEP * slopes[place, other], STEP * doubt[place, other])})"
                 for other in strongest if search.space.free[other]]
        sentences.append(f"{objective.specs[place].metric} follows {', '.join(named)} for +{STEP:.0%} of the range.")
    return sentences


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


def infeasible(search: Search, found: Infeasible, nearest: Turn) -> str:
    """The verdict that no design meets the specs, with its evidence; ``nearest`` is the turn of the nearest design."""
    metric = search.task.circuit.metric
    reached = [f"{item.spec.metric} {metric(item.spec.metric).show(item.value)}" for item in found.conflict]
    loosened = [f"{item.spec.metric} {item.loosened.show(metric(item.spec.metric).unit)}" for item in found.conflict]
    return (f"No design seems to meet all specs: of {len(search.points)} designs the nearest is that of turn "
            f"{nearest.index}, which misses {', '.join(found.missed)}. With all others held, the surfaces "
            f"expect at best {', '.join(reached)}. One of these would do: {'; '.join(loosened)}.")
