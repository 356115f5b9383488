"""From turns to a policy gradient: the reward in training, advantages within a group, the clipped objective.

Pure functions. What tells the algorithms apart is what forms a group; see algorithms.py.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from sizing_app.domain import History, Turn
from sizing_app.reward import reached
from sizing_app.train.config import RLConfig


def format_errors(turn: Turn, history: History) -> list[str]:
    """What is wrong with the form of a turn (paper, section 5.1.3), as sentences.

    Missing or wrong tags and calls (as the parser found them), an end before any design met all specs, no end after one
    did.
    """
    errors = list(turn.proposal.problems)
    if turn.proposal.finished and not reached(history):
        errors.append("The session was ended before all specs were met.")
    if not turn.proposal.finished and reached(history):
        errors.append("All specs were met, and the session was not ended.")
    return errors


def training_reward(turn: Turn, history: History, config: RLConfig) -> float:
    """Score of the design, less a format penalty (paper, eq. 15), plus a bonus if it meets all specs (ours).

    Ending a session at the right time earns what a passing design does, so that it is never worth less than going on.
    The paper does not say what its <Design End> turn earns; this is our choice.
    """
    penalty = config.format_penalty if format_errors(turn, history) else 0.0
    if turn.proposal.finished:
        score, passed = (1.0, True) if reached(history) else (0.0, False)
    else:
        score, passed = turn.total, turn.score is not None and turn.score.passed
    return score + config.all_specs_bonus * passed - penalty


def group_advantages(rewards: Sequence[float], least: float = 0.0) -> np.ndarray:
    """Rewards normalized in their group (paper, eq. 13): (r - mean) / std; zero where std is below ``least``."""
    rewards = np.asarray(rewards, dtype=np.float64)
    spread = rewards.std()
    if spread < max(least, 1e-9):
        return np.zeros(len(rewards))
    return (rewards - rewards.mean()) / spread


def by_token(tokens: Sequence[int], close: int, analysis: float, action: float) -> tuple[float, ...]:
    """One advantage for every token: of the analysis up to the token ``close`` that ends it, then of the action.

    A reply whose analysis is not closed is judged by its action, which is none.
    """
    size = tokens.index(close) + 1 if close in tokens else 0
    return (float(analysis),) * size + (float(action),) * (len(tokens) - size)


def clipped_objective(logprobs: Tensor, old_logprobs: Tensor, advantages: Tensor,
                      config: RLConfig) -> tuple[Tensor, Tensor]:
    """Objective of each token (paper, eq. 12) and whether the clip took its gradient. All tensors: (tokens,).

    min(r A, clip(r, 1 - low, 1 + high) A) with the importance ratio r = exp(new - old log-probability); no KL term.
    """
    ratio = torch.exp(logprobs - old_logprobs)
    free = ratio * advantages
    limited = ratio.clamp(1 - config.clip_low, 1 + config.clip_high) * advantages
    return torch.minimum(free, limited), limited.detach() < free.detach()
