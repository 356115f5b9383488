"""What a turn teaches, in numbers: how its design differs from the best one before it, and what that changed.

::

     since 1 w_in +12% i_b -8% gives gbw= +30% power= -5%

Moves are in percent of a parameter's range, changes of metrics in percent of the spec's scale; ``+`` is up. The largest
ones come first, small ones are left out.
"""

import math
from collections.abc import Sequence

from sizing_app.circuit.definition import Circuit, Spec
from sizing_app.pools.targets import scales
from sizing_app.prompt.analysis import EFFECT, MOVE
from sizing_app.prompt.values import percent_bucket
from sizing_app.task.turn import Turn

NAMED = 4
"""Moves, and changes, that are named at most."""


def best_place(shown: Sequence[Turn]) -> int | None:
    """The place of the best turn among those that were measured, of equals the first; None without any. An analysis
    goes on from the latest turn where that is as good (analysis.py: base_turn)."""
    measured = [place for place, turn in enumerate(shown) if turn.measurement.ok and turn.proposal.parameters]
    return max(measured, key=lambda place: (shown[place].reward, -place), default=None)


def evidence_text(circuit: Circuit, specs: Sequence[Spec], shown: Sequence[Turn], turn: Turn) -> str:
    """Of a turn after those that the prompt shows before it; empty where there is nothing to compare."""
    place = best_place(shown)
    if place is None or not turn.measurement.ok or not turn.proposal.parameters:
        return ""
    base = shown[place]
    moves = [(parameter.name, parameter.to_unit(turn.proposal.parameters[parameter.name])
              - parameter.to_unit(base.proposal.parameters[parameter.name])) for parameter in circuit.parameters]
    changes = [(f"{spec.metric}=", _change(spec, base, turn)) for spec in specs]
    return f" since {place}{_listed(moves, MOVE)} gives{_listed(changes, EFFECT)}"


def _change(spec: Spec, base: Turn, turn: Turn) -> float:
    """In units of the spec's scale; 0 where one of the two was not measured."""
    before, after = (each.measurement.metrics.get(spec.metric) for each in (base, turn))
    scale = min(scales(spec))
    return 0.0 if before is None or after is None or not scale else (after - before) / scale


def _listed(items: Sequence[tuple[str, float]], least: float) -> str:
    """`` w_in +12% i_b -8%``; `` none`` where all are small."""
    large = [(name, value) for name, value in sorted(items, key=lambda item: -abs(item[1])) if abs(value) >= least]
    return "".join(f" {name} {'+' if math.copysign(1, value) > 0 else '-'}{percent_bucket(abs(value))}%"
                   for name, value in large[:NAMED]) or " none"
