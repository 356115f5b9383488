"""The policies as people choose them: a reasoning model, a search or both first, the rest for research; one line on
each."""

import json
from collections.abc import Sequence

from sizing_app.ui.services import BUDGET

MODEL, BOTH, SEARCH, RESEARCH = "Reasoning model", "Model, then search", "Search", "Research"
FIRST = {"chat": MODEL, "tl-grpo": MODEL, "chat+response-surface": BOTH, "tl-grpo+response-surface": BOTH,
         "response-surface": SEARCH}
"""What most people want, in this order."""
FEW, MANY = BUDGET, 200
"""Simulations that are offered for a model's turns, and where a search goes on."""
LINES = {
    "chat": "The model of the connected server: reads netlist, targets and results, and writes why it changes what.",
    "tl-grpo": "A small model that writes why it changes what; good for a few simulations of circuits that it knows.",
    "response-surface": "Learns every metric from what was simulated and goes where all specs may be met; takes some "
                        "hundred simulations, for any circuit and for hard targets. 200 is a good start.",
    "chat+response-surface": "The connected server's model first, which is told what response surfaces say of the "
                             "parameters, then the response surfaces alone.",
    "sft": "The model before reinforcement learning.",
    "tl-grpo+cma-es": "The model's turns first, then an evolution strategy around the best of them.",
    "tl-grpo+response-surface": "The model's turns first, five at most, then response surfaces of all that was "
                                "simulated: fewer simulations than the search alone for circuits that the model knows.",
    "bayes": "A Gaussian process of the reward; the usual optimizer to compare with.",
    "tpe": "Draws from densities of good and bad designs; needs tens of simulations to learn from.",
    "cma-es": "An evolution strategy; needs hundreds of simulations.",
    "random": "Designs drawn at random: what any method has to beat.",
    "lookup": "The stored design that comes nearest to the targets; needs designs that were simulated before.",
    "teacher": "Plans on stored designs; the examples that the model learnt from.",
    "mlp": "A network that was trained to answer targets with sizes; says nothing.",
    "trajectory-grpo": "The model trained by whole trajectories, to compare with TL-GRPO.",
    "single-turn-grpo": "The model trained on first turns alone, to compare with TL-GRPO.",
    "gtpo": "The model trained by GTPO, to compare with TL-GRPO.",
}
"""What a policy does and what it is for, by name."""


def in_tiers(choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """(title, name) of policies, those of FIRST before the others, each title with its tier."""
    order = list(FIRST)
    ranked = sorted(choices, key=lambda choice: order.index(choice[1]) if choice[1] in FIRST else len(order))
    return [(f"{FIRST.get(name, RESEARCH)}: {title}", name) for title, name in ranked]


def line_of(name: str) -> str:
    """One line on a policy; empty for one that is not known here."""
    return LINES.get(name, "")


def budget_for(name: str) -> int:
    """The simulations that suit a policy."""
    return MANY if FIRST.get(name) in (BOTH, SEARCH) else FEW


def suggested_budget() -> str:
    """JavaScript from a policy that was just chosen and the simulations in the form to the simulations that suit it.

    A number that a person typed stays. It runs in the browser: an answer from the server could overwrite what was
    typed while it was on its way.
    """
    searches = [name for name in FIRST if budget_for(name) == MANY]
    return (f"(policy, budget) => {json.dumps(searches)}.includes(policy) ? (budget === {FEW} ? {MANY} : budget)"
            f" : (budget === {MANY} ? {FEW} : budget)")
