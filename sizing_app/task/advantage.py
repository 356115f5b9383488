"""What training makes of a group of turns: the reward with its format penalty, and the advantages within the group.

Pure functions, so that the app shows the very numbers that training works with.
"""

from collections.abc import Sequence

import numpy as np

from sizing_app.task.reward import reached
from sizing_app.task.turn import History, Turn

FORMAT_PENALTY = 0.2
"""Taken from the reward of a reply with a format error (paper, eq. 15, leaves the size open)."""
ALL_SPECS_BONUS = 0.1
"""Added to the reward of a design that meets every spec. Not in the paper: the score is flat just below the bounds,
and without a bonus training settles on near misses. Never added in evaluation."""
LEAST_SPREAD = 1e-3
"""Groups whose rewards have a smaller standard deviation are dropped: nothing can be learnt from them."""
DIVISORS = ("std", "none", "floor", "mean")
"""What the rewards of a group, less their mean, may be divided by."""
SMALL = 0.02
"""The least divisor of ``floor`` and ``mean``."""
TEMPERATURE = 1.0
"""At which the proposals of a group are sampled: the policy itself, whose probabilities the ratio is made of."""
PLAY_TEMPERATURE = 0.5
"""At which a checkpoint plays wherever it is judged: app, evaluation, validation and the comparison of algorithms."""


def format_errors(turn: Turn, history: History) -> list[str]:
    """What is wrong with the form of a turn, as sentences.

    Missing or wrong tags (paper, section 5.1.3), no end after a design met all specs (its missing <Design End>), a
    missing or wrong call (ours), a reply that was cut (ours), words that the call contradicts (ours), an end before any
    design met all specs (ours). What the paper also names, more calls than allowed, cannot happen: the session is over.
    """
    errors = list(turn.proposal.problems)
    if turn.proposal.finished and not reached(history):
        errors.append("The session was ended before all specs were met.")
    if not turn.proposal.finished and reached(history):
        errors.append("All specs were met, and the session was not ended.")
    return errors


def training_reward(turn: Turn, history: History, *, format_penalty: float = FORMAT_PENALTY,
                    all_specs_bonus: float = ALL_SPECS_BONUS) -> float:
    """Score of the design, less a format penalty (paper, eq. 15), plus a bonus if it meets all specs (ours).

    Ending a session at the right time earns what a passing design does, so that it is never worth less than going on.
    The paper does not say what its <Design End> turn earns; this is our choice.
    """
    penalty = format_penalty if format_errors(turn, history) else 0.0
    if turn.proposal.finished:
        score, passed = (1.0, True) if reached(history) else (0.0, False)
    else:
        score, passed = turn.reward, turn.score is not None and turn.score.passed
    return score + all_specs_bonus * passed - penalty


def group_advantages(rewards: Sequence[float], least: float = 0.0, divide_by: str = "std") -> np.ndarray:
    """Rewards normalized in their group: (r - mean) / std (paper, eq. 13); zero where std is below ``least``.

    ``divide_by``, for ablations: ``none`` (Dr. GRPO, Liu et al. 2025), ``floor`` (std, but at least SMALL), ``mean``
    (at least SMALL too; hard queries weigh more, as in maximum-likelihood RL).
    """
    rewards = np.asarray(rewards, dtype=np.float64)
    mean, spread = rewards.mean(), rewards.std()
    if spread < max(least, 1e-9):
        return np.zeros(len(rewards))
    divisors = {"std": spread, "none": 1.0, "floor": max(spread, SMALL), "mean": max(mean, SMALL)}
    return (rewards - mean) / divisors[divide_by]
