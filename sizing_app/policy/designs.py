"""What policies without a language model share: designs in the unit cube, and proposals with their reason."""

import numpy as np

from sizing_app.circuit.definition import Circuit, Parameters
from sizing_app.task.turn import History, Proposal, Turn


def from_unit(circuit: Circuit, unit) -> Parameters:
    """Unit-cube coordinates, in the order of ``circuit.parameters``, to a design in SI units; counts are whole."""
    return {parameter.name: parameter.nearest(parameter.from_unit(fraction))
            for parameter, fraction in zip(circuit.parameters, unit, strict=True)}


def to_unit(circuit: Circuit, parameters: Parameters) -> np.ndarray:
    """A design to its unit-cube coordinates, shape (parameters,), clipped to the cube."""
    unit = [parameter.to_unit(parameters[parameter.name]) for parameter in circuit.parameters]
    return np.clip(unit, 0.0, 1.0)


def graded(turn: Turn) -> float:
    """What optimizers climb: the mean margin of the specs, each cut to [-1, 0]; 0 exactly where all specs are met.

    The reward itself is 0, and flat, wherever one spec fails by half its scale.
    """
    if turn.score is None or not turn.measurement.ok:
        return -1.0
    margins = [-1.0 if part.margin is None else min(max(part.margin, -1.0), 0.0) for part in turn.score.specs]
    return float(np.mean(margins))


def observed(circuit: Circuit, history: History) -> tuple[np.ndarray, np.ndarray]:
    """The designs of a history, shape (designs, parameters), and their grades, shape (designs,)."""
    turns = [turn for turn in history if turn.proposal.parameters is not None]
    return np.array([to_unit(circuit, turn.proposal.parameters) for turn in turns]), np.array(list(map(graded, turns)))


def derived_seed(*parts: int) -> int:
    """A seed below 2**32 of its own for each session and turn: sums of the two would meet those of other sessions."""
    return int(np.random.SeedSequence([abs(int(part)) for part in parts]).generate_state(1)[0])


def random_design(circuit: Circuit, *seed: int) -> Parameters:
    """A design drawn uniformly on each parameter's scale; the same seed gives the same design."""
    rng = np.random.default_rng([abs(int(part)) for part in seed])
    return from_unit(circuit, rng.random(len(circuit.parameters)))


def initial_design(circuit: Circuit, seed: int) -> Parameters:
    """Where a session starts unless it is told: a random design on the grid of values that designers write down."""
    drawn = random_design(circuit, seed)
    return {parameter.name: parameter.snap(drawn[parameter.name]) for parameter in circuit.parameters}


def design(parameters: Parameters, reasoning: str) -> Proposal:
    """A design with the sentence on where it comes from, tagged as language models write theirs."""
    return Proposal(parameters, text=f"<Analyze>{reasoning}</Analyze>", reasoning=reasoning)


def end(reasoning: str) -> Proposal:
    """The end of a session, with its reason."""
    return Proposal(None, text=f"<Analyze>{reasoning}</Analyze><Design End>", reasoning=reasoning, finished=True)


def end_met() -> Proposal:
    return end("A design of the history meets all specs.")
