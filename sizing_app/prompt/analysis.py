"""The closed language of an analysis: which specs fail and by how much, what is changed, what that will do.

The teacher writes it before its design. What it says of the past and of the design that follows is true: the shortfalls
are measured, the changes are those of the design. The effects are what whoever writes it expects: the teacher what its
surrogate predicts.
"""

import re
from collections.abc import Sequence

import numpy as np

from sizing_app.circuit.definition import Circuit, Parameter
from sizing_app.pools.targets import DesignGrid, metric_columns, scales
from sizing_app.prompt.roles import kind_of
from sizing_app.prompt.values import percent_bucket
from sizing_app.task.definition import Task
from sizing_app.task.turn import History, Turn, best_turn

_INVERSE = {"raise": "cut", "cut": "raise", "lengthen": "shorten", "shorten": "lengthen", "up": "down", "down": "up"}
LISTED = 3
"""Specs and parameters that a sentence names at most, beyond which there is only the count."""
MOVE = 0.02
"""The smallest move, in the unit cube, that is worth a word."""
EFFECT = 0.03
"""The smallest change of a metric, in units of its spec's scale, that is worth a word."""

UP, DOWN = ("raise", "lengthen"), ("cut", "shorten")
"""Words for a parameter that grows, or shrinks; the second ones for lengths."""


def end_text(history: History) -> str:
    """The analysis before <Design End>: the latest turn meets everything."""
    return f"Turn {history[-1].index} meets all {len(history[-1].score.specs)} specs."


def move_text(task: Task, history: History, design: np.ndarray, metrics: np.ndarray) -> str:
    """The analysis before a call of ``design`` (grid indices), of which ``metrics`` are expected."""
    latest, best = history[-1], best_turn(history)
    if not best.measurement.ok:
        return f"Turn {latest.index} gives no result."
    base = base_turn(history)
    if base is latest:
        state = f"{'The start' if latest.index == 0 else f'Turn {latest.index}'} {misses(latest)}"
    else:
        verdict = "is worse" if latest.measurement.ok else "gives no result"
        state = f"Turn {latest.index} {verdict}. Turn {best.index} {misses(best)}"
    said = moves(task.circuit, base, DesignGrid(task.circuit).unit(design))
    effects = _effects(task, base, metrics)
    origin = "" if base is latest else f"From turn {base.index} "
    return " ".join(filter(None, [state, f"{origin}I {said}.", effects and f"I expect {effects}."]))


def base_turn(history: History) -> Turn:
    """The turn that an analysis goes on from: the latest one where none is better, or else the best one, of equals the
    first. The evidence of a prompt is about the first of the best ones (evidence.py: best_place)."""
    latest, best = history[-1], best_turn(history)
    return latest if latest.measurement.ok and latest.reward >= best.reward else best


def misses(turn: Turn) -> str:
    """``misses gbw by 14% and power by 7%, 6 of 8 specs are met.``, the worst ones first."""
    parts = turn.score.specs
    failed = [part for part in parts if not part.met]
    failed.sort(key=lambda part: part.margin if part.margin is not None else -np.inf)
    met = len(parts) - len(failed)
    listed = [part.metric if part.margin is None else f"{part.metric} by {percent_bucket(part.margin)}%"
              for part in failed[:LISTED]]
    return f"misses {_join(listed)}, {met} of {len(parts)} specs {'is' if met == 1 else 'are'} met."


def moves(circuit: Circuit, base: Turn, unit: np.ndarray) -> str:
    """``raise w_in and i_b, shorten l_cas``: the largest moves from the base turn's design to a point of the unit
    cube, grouped by verb."""
    before = np.array([parameter.to_unit(base.proposal.parameters[parameter.name]) for parameter in circuit.parameters])
    change = unit - before
    order = [place for place in np.argsort(-np.abs(change), kind="stable")[:LISTED + 1] if abs(change[place]) >= MOVE]
    if not order:
        largest = circuit.parameters[int(np.argmax(np.abs(change)))]
        return f"only trim {largest.name}"
    verbs: dict[str, list[str]] = {}
    for place in order:
        parameter = circuit.parameters[place]
        verbs.setdefault(verb(parameter, change[place] > 0), []).append(parameter.name)
    return _join([f"{doing} {_join(names)}" for doing, names in verbs.items()])


def verb(parameter: Parameter, up: bool) -> str:
    """What is done to a parameter that grows, or shrinks."""
    return (UP if up else DOWN)[kind_of(parameter) == "l"]


def inverted(analysis: str) -> str:
    """The analysis with every move and every expected effect the other way round; what it says of the past stays."""
    return re.sub(rf"\b({'|'.join(_INVERSE)})\b", lambda word: _INVERSE[word[1]], analysis)


def _effects(task: Task, base: Turn, metrics: np.ndarray) -> str:
    """``gbw up and power down``: what changes most from the base turn, failed specs before met ones."""
    measured = [base.measurement.metrics.get(spec.metric) for spec in task.specs]
    found = []
    for spec, part, before, column in zip(task.specs, base.score.specs, measured,
                                          metric_columns(task.circuit, task.specs), strict=True):
        if before is None or not np.isfinite(metrics[column]):
            continue
        change = (metrics[column] - before) / min(scales(spec))
        if abs(change) >= EFFECT:
            found.append((part.met, -min(abs(change), 5.0), spec.metric, "up" if change > 0 else "down"))
    found.sort()
    words: dict[str, list[str]] = {}
    for _, _, metric, direction in found[:LISTED]:
        words.setdefault(direction, []).append(metric)
    return _join([f"{_join(names)} {direction}" for direction, names in words.items()])


def _join(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
